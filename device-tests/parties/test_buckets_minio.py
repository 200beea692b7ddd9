"""Copies in buckets of a real MinIO, with a stick beside: every kind of bucket, and every kind of caller."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from command import done, run
from minio_server import Bucket, MinioServer, files, minio_server

CREATE = ["validator", "create", "--network", "hoodi", "--count", "2"]
DEVICE = "mock-ledger"
# The mocks' m/44'/60'/0'/0/0.
SIGNER = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
ROT = b"rot"


@pytest.fixture(scope="module")
def minio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    with minio_server(tmp_path_factory.mktemp("minio")) as server:
        yield server


@dataclass
class Copies:
    """A copy in a bucket, and one on a stick."""

    bucket: Bucket
    stick: Path

    @property
    def both(self) -> list[str]:
        return [self.bucket.copy, str(self.stick)]

    @property
    def named(self) -> list[str]:
        return [argument for copy in self.both for argument in ("--copy", copy)]

    def create(self) -> Any:
        return done(*CREATE, *self.named, device=DEVICE)

    def state(self) -> Any:
        """What is in both, which a command that is refused leaves as it was."""
        there = {str(f): f.read_bytes() for f in self.stick.rglob("*") if f.is_file()}
        return self.bucket.tags(), there

    def are_same(self) -> None:
        in_bucket, on_stick = self.bucket.files(), files(self.stick)
        assert in_bucket.keys() == on_stick.keys()
        assert in_bucket == on_stick


def plain(minio: MinioServer) -> Bucket:
    return Bucket(minio, "plain")


def versioned(minio: MinioServer) -> Bucket:
    bucket = Bucket(minio, "versioned")
    enabled = {"Status": "Enabled"}
    minio.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration=enabled)
    return bucket


def locked(minio: MinioServer, mode: str) -> Bucket:
    bucket = Bucket(minio, mode.lower(), ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": mode, "Days": 1}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    minio.client.put_object_lock_configuration(Bucket=bucket.name, ObjectLockConfiguration=lock)
    return bucket


def governance(minio: MinioServer) -> Bucket:
    return locked(minio, "GOVERNANCE")


def compliance(minio: MinioServer) -> Bucket:
    return locked(minio, "COMPLIANCE")


def encrypted(minio: MinioServer) -> Bucket:
    bucket = Bucket(minio, "encrypted")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "one"}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    minio.client.put_bucket_encryption(
        Bucket=bucket.name, ServerSideEncryptionConfiguration=rules
    )
    return bucket


@pytest.mark.parametrize("kind", [plain, versioned, governance, compliance, encrypted])
def test_a_whole_life_beside_a_stick(minio: MinioServer, kind: Any, tmp_path: Path) -> None:
    copies = Copies(kind(minio), tmp_path / "stick")
    bucket, both = copies.bucket, copies.both
    made = copies.create()
    copies.are_same()
    set_id, root = made["set_id"], f"validators/stockade/{made['set_id']}/"
    assert done("backup", "scrub", *both, device=DEVICE)["verdicts"]["proven"] == 4
    assert done("backup", "drill", *both, device=DEVICE)["verdicts"]["proven"] == 4

    assert done("attest", "create", *copies.named, "--check", "drill", device=DEVICE)["ok"]
    expected = tmp_path / "expected"
    expected.write_text("".join(f"{key['pubkey']}\n" for key in made["keys"]))
    verify = ["attest", "verify", *both, "--signer", SIGNER, "--expect", expected]
    assert done(*verify, "--level", "opened")["ok"]
    assert done("validator", "list", *both, device=DEVICE)["ok"]
    assert done("validator", "check", *both, device=DEVICE)["ok"]
    assert done("backup", "list", *both)["ok"]

    out = tmp_path / "restored"
    restore = ["backup", "restore", *both, "--set", set_id, "--layout", "plain", "--to", out]
    done(*restore, "--never-attested", device=DEVICE)
    assert len(list(out.rglob("keystore-*.json"))) == 2
    copies.are_same()

    # Rot and loss, in the bucket and on the stick.
    whole = bucket.files()
    keystore = next(path for path in whole if path.startswith(f"{set_id}/keystores/"))
    bucket.put(f"validators/stockade/{keystore}", ROT)
    bucket.delete(root + "manifest.json")
    assert run("backup", "scrub", *both, device=DEVICE).exit_code == 1
    done("backup", "repair", *both, device=DEVICE)
    assert bucket.files() == whole == files(copies.stick)
    (copies.stick / "stockade" / keystore).write_bytes(ROT)
    (copies.stick / "stockade" / set_id / "SHA256SUMS").unlink()
    assert run("backup", "scrub", *both, device=DEVICE).exit_code == 1
    done("backup", "repair", *both, device=DEVICE)
    assert bucket.files() == whole == files(copies.stick)

    more = copies.create()
    assert {key["path"] for key in more["keys"]} == {"m/12381/3600/2/0/0", "m/12381/3600/3/0/0"}
    custodian = ["--custodian", copies.stick / "stockade" / set_id]
    resealed = done("backup", "reseal", *both, "--set", set_id, *custodian, device=DEVICE)
    versions = bucket.versions()
    retire = ["backup", "retire", *both, "--set", set_id, "--by", resealed["set_id"]]
    done(*retire, device=DEVICE)
    assert not [key for key in bucket.tags() if key.startswith(root)]
    copies.are_same()
    if kind in (versioned, governance, compliance):
        # Nothing is removed for good: every version is there still, below a marker.
        assert versions <= bucket.versions()
        markers = {key for key, _ in bucket.versions("DeleteMarkers")}
        assert {f"validators/stockade/{path}" for path in whole if path.startswith(set_id)} <= markers
    assert done("backup", "drill", *both, device=DEVICE)["verdicts"]["proven"] == 8
    # Each copy alone, too.
    for copy in both:
        assert done("backup", "scrub", copy, device=DEVICE)["verdicts"]["proven"] == 4
