"""Copies in buckets of a real MinIO, with a stick beside: every kind of bucket, and every kind of caller."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import cloud_servers as servers
from command import Result, done, run
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


# Rights

OBJECTS, LISTED = "arn:aws:s3:::rights/", "arn:aws:s3:::rights"


def allow(*actions: str, resource: str, **more: Any) -> Any:
    return {"Effect": "Allow", "Action": list(actions), "Resource": [resource], **more}


def may_list(prefix: str = "*") -> Any:
    condition = {"StringLike": {"s3:prefix": [prefix]}}
    return allow("s3:ListBucket", resource=LISTED, Condition=condition)


def policy(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


GET, PUT, DELETE = "s3:GetObject", "s3:PutObject", "s3:DeleteObject"
READ_ONLY = policy(allow(GET, resource=OBJECTS + "*"), may_list())
NO_DELETE = policy(allow(GET, PUT, resource=OBJECTS + "*"), may_list())
NO_LIST = policy(allow(GET, PUT, resource=OBJECTS + "*"))
NO_GET = policy(allow(PUT, resource=OBJECTS + "*"), may_list())
OTHER_PREFIX = policy(allow(GET, PUT, DELETE, resource=OBJECTS + "other/*"), may_list("other/*"))
# The guide's words: list, get and put below the prefix.
THIS_PREFIX = policy(
    allow(GET, PUT, resource=OBJECTS + "validators/stockade/*"), may_list("validators/stockade/*")
)


@dataclass
class Rights(Copies):
    """Copies of two sets, of which one replaces the other."""

    old: str
    new: str
    keys: list[str] = field(default_factory=list)

    def writes(self) -> dict[str, list[str]]:
        """Every command that writes."""
        custodian = ["--custodian", str(self.stick / "stockade" / self.new)]
        return {
            "create": [*CREATE, *self.named],
            "create there alone": [*CREATE, "--copy", self.bucket.copy],
            "create in a new copy": [*CREATE, "--copy", f"s3://{self.bucket.name}/new"],
            "attest": ["attest", "create", *self.named],
            "reseal": ["backup", "reseal", *self.both, "--set", self.new, *custodian],
            "retire": ["backup", "retire", *self.both, "--set", self.old, "--by", self.new],
        }


@pytest.fixture(scope="module")
def rights(minio: MinioServer, tmp_path_factory: pytest.TempPathFactory) -> Rights:
    copies = Copies(Bucket(minio, "rights"), tmp_path_factory.mktemp("rights") / "stick")
    old = copies.create()["set_id"]
    custodian = ["--custodian", copies.stick / "stockade" / old]
    new = done("backup", "reseal", *copies.both, "--set", old, *custodian, device=DEVICE)["set_id"]
    return Rights(copies.bucket, copies.stick, old, new)


def refused(result: Result) -> None:
    """It is the caller's rights, and nobody was asked to press a button for nothing."""
    assert result.exit_code == 4, result.stdout
    error = result.json()["error"]
    assert error["kind"] == "permission", error
    assert "from here" not in (error.get("hint") or ""), error
    assert "approve" not in result.stderr.lower(), result.stderr


def test_who_may_only_read_checks_and_restores_and_writes_nothing(
    minio: MinioServer, rights: Rights, tmp_path: Path
) -> None:
    before = rights.state()
    with servers.environment(**minio.session(READ_ONLY)):
        alone = [rights.bucket.copy]
        for copies, proven in ((alone, 4), (rights.both, 8)):
            assert done("backup", "scrub", *copies, device=DEVICE)["verdicts"]["proven"] == proven
            assert done("backup", "drill", *copies, device=DEVICE)["verdicts"]["proven"] == proven
        assert done("validator", "list", *alone, device=DEVICE)["ok"]
        assert done("backup", "list", *alone)["ok"]
        for name, command in rights.writes().items():
            refused(run(*command, device=DEVICE))
            assert rights.state() == before, name
        # Where keys go is written down before they go, and this caller cannot write.
        restore = ["backup", "restore", "--set", rights.new, "--layout", "plain", "--never-attested"]
        to = ["--to", tmp_path / "restored"]
        unrecorded = run(*restore, *alone, *to, device=DEVICE)
        assert (unrecorded.exit_code, unrecorded.json()["error"]["kind"]) == (3, "file")
        assert "approve" not in unrecorded.stderr, unrecorded.stderr
        emergency = run(*restore, *alone, *to, "--unrecorded", device=DEVICE)
        assert emergency.exit_code == 1, emergency.stdout
        assert len(list((tmp_path / "restored").rglob("keystore-*.json"))) == 2
        assert rights.state() == before


@pytest.mark.parametrize("lacking", [NO_LIST, NO_GET, OTHER_PREFIX])
def test_who_lacks_a_right_is_refused_before_any_press(
    minio: MinioServer, rights: Rights, lacking: str
) -> None:
    before = rights.state()
    with servers.environment(**minio.session(lacking)):
        for name, command in rights.writes().items():
            refused(run(*command, device=DEVICE))
            assert rights.state() == before, name


@pytest.mark.parametrize("lacking", [NO_LIST, NO_GET, OTHER_PREFIX])
def test_a_bucket_that_may_not_be_read_does_not_stop_the_stick(
    minio: MinioServer, rights: Rights, lacking: str, tmp_path: Path
) -> None:
    with servers.environment(**minio.session(lacking)):
        for check in ("scrub", "drill"):
            checked = run("backup", check, *rights.both, device=DEVICE)
            assert checked.exit_code == 1, checked.stdout
            assert checked.json()["verdicts"]["proven"] == 4, checked.stdout
            assert checked.json()["verdicts"]["contradicted"] == 0, checked.stdout
        # The stick's copy learns that its keys were restored: not the one that all tests share.
        stick = shutil.copytree(rights.stick, tmp_path / "stick")
        restore = ["backup", "restore", rights.bucket.copy, stick, "--set", rights.new]
        restore += ["--layout", "plain"]
        out = tmp_path / "restored"
        restored = run(*restore, "--to", out, "--never-attested", device=DEVICE)
    assert restored.exit_code in (0, 1), restored.stdout
    assert len(list(out.rglob("keystore-*.json"))) == 2, restored.stdout


def test_the_rights_of_the_guide_are_enough(minio: MinioServer, rights: Rights) -> None:
    with servers.environment(**minio.session(THIS_PREFIX)):
        made = rights.create()
        assert done("attest", "create", *rights.named, device=DEVICE)["ok"]
        rights.bucket.put(f"validators/stockade/{made['set_id']}/SHA256SUMS", ROT)
        done("backup", "repair", *rights.both, device=DEVICE)
        assert done("backup", "scrub", *rights.both, device=DEVICE)["ok"]
        # But who may write below the prefix may not go beside it.
        before = rights.state()
        refused(run(*CREATE, "--copy", f"s3://{rights.bucket.name}/new", device=DEVICE))
        assert rights.state() == before


def test_a_retirement_that_may_not_delete_removes_nothing_anywhere(
    minio: MinioServer, rights: Rights
) -> None:
    in_bucket, on_stick = rights.bucket.files(), files(rights.stick)
    retire = rights.writes()["retire"]
    with servers.environment(**minio.session(NO_DELETE)):
        for command in (retire, [*retire[:2], retire[3], retire[2], *retire[4:]]):
            refused(run(*command, device=DEVICE))
            assert in_bucket.items() <= rights.bucket.files().items()
            assert on_stick.items() <= files(rights.stick).items()
    # By somebody who may, it goes on.
    done(*retire, device=DEVICE)
    assert not [path for path in rights.bucket.files() if path.startswith(f"{rights.old}/")]
    rights.are_same()


# Credentials, and what the service says of them


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "not-the-secret"}, "SignatureDoesNotMatch"),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "InvalidAccessKeyId"),
        ({"AWS_SESSION_TOKEN": "of-no-session"}, "InvalidTokenId"),
        ({"AWS_REGION": "eu-north-1"}, "AuthorizationHeaderMalformed"),
    ],
)
def test_wrong_credentials_are_said_to_be_that(
    minio: MinioServer, rights: Rights, wrong: dict[str, str], said: str
) -> None:
    before = rights.state()
    with servers.environment(**wrong):
        for command in (rights.writes()["create"], ["backup", "scrub", rights.bucket.copy]):
            failed = run(*command, device=DEVICE)
            refused(failed)
            assert said in failed.json()["error"]["message"], failed.stdout
    assert rights.state() == before


def test_a_session_is_good_with_its_token_alone(minio: MinioServer, rights: Rights) -> None:
    session = minio.session(THIS_PREFIX)
    with servers.environment(**session):
        assert done("backup", "scrub", rights.bucket.copy, device=DEVICE)["ok"]
    for token in ("", session["AWS_SESSION_TOKEN"][:-6] + "AAAAAA"):
        with servers.environment(**{**session, "AWS_SESSION_TOKEN": token}):
            refused(run("backup", "scrub", rights.bucket.copy, device=DEVICE))


def test_a_bucket_that_is_not_there_is_said_to_be_that(minio: MinioServer) -> None:
    for command in (["backup", "scrub"], [*CREATE, "--copy"]):
        missing = run(*command, "s3://nobody-made-this/a", device=DEVICE)
        assert missing.exit_code in (3, 4)
        assert "the bucket s3://nobody-made-this does not exist" in missing.json()["error"]["message"]
        assert "approve" not in missing.stderr
    with pytest.raises(minio.client.exceptions.NoSuchBucket):
        minio.client.list_objects_v2(Bucket="nobody-made-this")


# What a bucket does by itself


def test_a_full_bucket_holds_no_set_and_the_stick_a_whole_one(
    minio: MinioServer, tmp_path: Path
) -> None:
    copies = Copies(Bucket(minio, "full"), tmp_path / "stick")
    minio.admin.bucket_quota_set("full", 1000)
    made = run(*CREATE, *copies.named, device=DEVICE)
    assert made.exit_code == 1, made.stdout
    (failed,) = made.json()["failed"]
    assert (failed["dir"], failed["kind"]) == (copies.bucket.copy, "file"), failed
    assert "quota" in failed["message"].lower(), failed
    # The same command makes another set: the one that was begun is completed by `backup repair`.
    assert "from here" not in (failed.get("hint") or ""), failed
    alone = run(*CREATE, "--copy", copies.bucket.copy, device=DEVICE)
    assert (alone.exit_code, alone.json()["error"]["kind"]) == (3, "file"), alone.stdout
    # What was begun is named, and is not a set.
    scrubbed = run("backup", "scrub", copies.bucket.copy, device=DEVICE)
    assert scrubbed.exit_code != 0 and made.json()["set_id"] in scrubbed.stdout, scrubbed.stdout
    assert '"proven": 0' in scrubbed.stdout or not scrubbed.json()["ok"], scrubbed.stdout
    assert done("backup", "drill", copies.stick, device=DEVICE)["verdicts"]["proven"] == 2
    minio.admin.bucket_quota_clear("full")
    run("backup", "repair", *copies.both, device=DEVICE)
    drilled = run("backup", "drill", *copies.both, "--set", made.json()["set_id"], device=DEVICE)
    assert (drilled.exit_code, drilled.json()["verdicts"]["proven"]) == (0, 4), drilled.stdout


def test_a_bucket_that_is_about_to_delete_a_copy_is_warned_of(
    minio: MinioServer, tmp_path: Path
) -> None:
    copies = Copies(Bucket(minio, "expiring"), tmp_path / "stick")
    rule = {"ID": "gone", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 3}}
    minio.client.put_bucket_lifecycle_configuration(
        Bucket="expiring", LifecycleConfiguration={"Rules": [rule]}
    )
    created = copies.create()
    object_of_set = f"validators/stockade/{created['set_id']}/SHA256SUMS"
    answer = minio.client.head_object(Bucket="expiring", Key=object_of_set)
    assert 'rule-id="gone"' in answer["Expiration"]
    documents = {
        "create": created,
        "scrub": done("backup", "scrub", *copies.both, device=DEVICE),
        "attest": done("attest", "create", *copies.named, device=DEVICE),
        "list": done("validator", "list", *copies.both, device=DEVICE),
    }
    for name, document in documents.items():
        told = [text(warning) for warning in document["warnings"]]
        assert any("s3://expiring" in warning and "gone" in warning for warning in told), (name, told)


def text(warning: Any) -> str:
    return warning if isinstance(warning, str) else str(warning["text"])


def test_an_object_with_an_odd_name_stops_nothing(minio: MinioServer, tmp_path: Path) -> None:
    copies = Copies(Bucket(minio, "odd"), tmp_path / "stick")
    made = copies.create()
    copies.bucket.put("validators/stockade/a\nb", b"")
    copies.bucket.put(f"validators/stockade/{made['set_id']}/a\x01b", b"")
    scrubbed = done("backup", "scrub", copies.bucket.copy, device=DEVICE)
    assert scrubbed["verdicts"]["proven"] == 2
    restore = ["backup", "restore", copies.bucket.copy, "--layout", "plain", "--never-attested"]
    done(*restore, "--to", tmp_path / "restored", device=DEVICE)
    assert len(list((tmp_path / "restored").rglob("keystore-*.json"))) == 2


def replaced(copies: Copies) -> tuple[str, str]:
    """Makes a set, and a second one that replaces it, before the first is retired."""
    old = copies.create()["set_id"]
    custodian = ["--custodian", copies.stick / "stockade" / old]
    reseal = ["backup", "reseal", *copies.both, "--set", old, *custodian]
    return old, done(*reseal, device=DEVICE)["set_id"]


def test_a_retired_set_that_comes_back_is_told_of(minio: MinioServer, tmp_path: Path) -> None:
    bucket = Bucket(minio, "comes-back")
    enabled = {"Status": "Enabled"}
    minio.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration=enabled)
    copies = Copies(bucket, tmp_path / "stick")
    old, new = replaced(copies)
    done("backup", "retire", *copies.both, "--set", old, "--by", new, device=DEVICE)
    checks = [
        ["backup", "scrub", bucket.copy],
        ["backup", "drill", bucket.copy],
        ["attest", "create", "--copy", bucket.copy],
    ]
    for check in checks:
        told = [text(warning) for warning in done(*check, device=DEVICE)["warnings"]]
        assert not [warning for warning in told if old in warning], told
    for key, version in bucket.versions("DeleteMarkers"):
        if f"/{old}/" in key:
            minio.client.delete_object(Bucket=bucket.name, Key=key, VersionId=version)
    for check in checks:
        told = [text(warning) for warning in run(*check, device=DEVICE).json()["warnings"]]
        assert [warning for warning in told if old in warning], (check, told)


def test_a_bucket_that_is_set_back_does_not_accuse_the_stick(
    minio: MinioServer, tmp_path: Path
) -> None:
    copies = Copies(Bucket(minio, "set-back"), tmp_path / "stick")
    old, new = replaced(copies)
    expected = tmp_path / "expected"
    listed = done("backup", "drill", *copies.both, device=DEVICE)["keys"]
    expected.write_text("".join(f"{pubkey}\n" for pubkey in {key["pubkey"] for key in listed}))
    done("attest", "create", *copies.named, device=DEVICE)
    before = {key: copies.bucket.read(key) for key in copies.bucket.tags()}
    time.sleep(1.1)
    done("backup", "retire", *copies.both, "--set", old, "--by", new, device=DEVICE)
    done("attest", "create", *copies.named, device=DEVICE)
    verify = ["attest", "verify", *copies.both, "--signer", SIGNER, "--expect", expected]
    assert done(*verify)["ok"]
    for key in copies.bucket.tags():
        copies.bucket.delete(key)
    for key, body in before.items():
        copies.bucket.put(key, body)
    verified = run(*verify)
    assert verified.exit_code == 1, verified.stdout
    ours = json.loads(copies.bucket.read("validators/stockade/copy.json"))["copy_id"]
    theirs = json.loads((copies.stick / "stockade/copy.json").read_bytes())["copy_id"]
    told = verified.stdout
    assert f"copy {ours} lacks" in told, told
    assert f"copy {theirs} lacks" not in told, told
