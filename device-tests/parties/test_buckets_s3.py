"""Copies in a bucket of S3, as PyPI moto serves it, with boto3 as whoever else is at the bucket."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest

import cloud_servers as servers
from certificates import authority
from command import done, run
from failing_proxy import Proxy

CREATE = ["validator", "create", "--network", "hoodi", "--count", "2"]
DEVICE = "mock-ledger"
REFUSED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with servers.moto() as port:
        proxy = Proxy(port)
        endpoint = f"http://127.0.0.1:{proxy.port}"
        caller = {**servers.CALLER, "AWS_REGION": servers.REGION}
        with servers.environment(**caller, AWS_ENDPOINT_URL_S3=endpoint):
            yield proxy
        proxy.close()


@pytest.fixture
def server(proxy: Proxy) -> Iterator[Proxy]:
    proxy.reset()
    yield proxy
    proxy.reset()


class Bucket:
    """A bucket, and the copy in it."""

    def __init__(self, server: Proxy, name: str, **options: Any) -> None:
        self.client = boto3.client(
            "s3", region_name=servers.REGION, endpoint_url=f"http://127.0.0.1:{server.port}"
        )
        place = {"LocationConstraint": servers.REGION}
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration=place, **options)
        self.name = name
        self.copy = f"s3://{name}/validators"
        server.reset()

    def names(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def read(self, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=self.name, Key=key)["Body"].read())

    def put(self, key: str, body: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=body)

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)

    def of_set(self, set_id: str) -> dict[str, bytes]:
        """The set's files, by their path in it."""
        folder = f"validators/stockade/{set_id}/"
        return {
            name.removeprefix(folder): self.read(name)
            for name in self.names()
            if name.startswith(folder)
        }


@pytest.fixture
def bucket(server: Proxy, request: pytest.FixtureRequest) -> Bucket:
    name = request.node.name.lower().replace("_", "-").replace("[", "-").replace("]", "")
    return Bucket(server, f"t-{hashlib.sha256(name.encode()).hexdigest()[:8]}-{name[:40].strip('-')}")


def both(bucket: Bucket, folder: Path) -> list[str]:
    return [bucket.copy, str(folder)]


def created(copies: list[str], *options: str) -> Any:
    named = [argument for copy in copies for argument in ("--copy", copy)]
    return done(*CREATE, *named, *options, device=DEVICE)


def test_a_bucket_holds_the_set_that_a_folder_holds(bucket: Bucket, tmp_path: Path) -> None:
    copies = both(bucket, tmp_path / "b")
    made = created(copies)
    folder = tmp_path / "b/stockade" / made["set_id"]
    there = bucket.of_set(made["set_id"])
    on_disk = {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    assert there == on_disk
    sums = [line.split("  ") for line in there["SHA256SUMS"].decode().splitlines()[:-1]]
    assert {path: hashlib.sha256(there[path]).hexdigest() for _, path in sums} == {
        path: digest for digest, path in sums
    }
    assert done("backup", "scrub", *copies, device=DEVICE)["verdicts"]["proven"] == 4
    assert done("backup", "drill", *copies, device=DEVICE)["verdicts"]["proven"] == 4


def test_all_that_is_done_with_a_copy_is_done_in_a_bucket(bucket: Bucket, tmp_path: Path) -> None:
    copies = both(bucket, tmp_path / "b")
    made = created(copies)
    named = ["--copy", copies[0], "--copy", copies[1]]
    attested = done("attest", "create", *named, "--check", "drill", device=DEVICE)
    assert attested["ok"]
    # The mocks' m/44'/60'/0'/0/0.
    signer = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
    verify = ["attest", "verify", copies[0], "--signer", signer, "--level", "opened"]
    assert done(*verify)["ok"]
    assert done("validator", "list", *copies, device=DEVICE)["ok"]

    more = created(copies)
    assert {key["path"] for key in more["keys"]} == {"m/12381/3600/2/0/0", "m/12381/3600/3/0/0"}
    out = tmp_path / "restored"
    restore = ["backup", "restore", copies[0], "--set", made["set_id"], "--layout", "plain"]
    done(*restore, "--to", out, "--never-attested", device=DEVICE)
    assert len(list(out.rglob("keystore-*.json"))) == 2

    reseal = ["backup", "reseal", *copies, "--set", made["set_id"]]
    custodian = tmp_path / "b/stockade" / made["set_id"]
    resealed = done(*reseal, "--custodian", custodian, device=DEVICE)
    retire = ["backup", "retire", *copies, "--set", made["set_id"], "--by", resealed["set_id"]]
    done(*retire, device=DEVICE)
    assert bucket.of_set(made["set_id"]) == {}
    drilled = done("backup", "drill", copies[0], device=DEVICE)
    assert drilled["verdicts"]["proven"] == 4


def test_rot_and_loss_are_named_and_repaired_from_a_folder(
    bucket: Bucket, tmp_path: Path
) -> None:
    copies = both(bucket, tmp_path / "b")
    made = created(copies)
    whole = bucket.of_set(made["set_id"])
    root = f"validators/stockade/{made['set_id']}/"
    keystore = next(path for path in whole if path.startswith("keystores"))
    for path in ["SHA256SUMS", "manifest.json", "manifest.mac", "seal/secret.age", keystore]:
        content = whole[path]
        bucket.put(root + path, content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
        assert run("backup", "scrub", copies[0], device=DEVICE).exit_code == 1, path
        done("backup", "repair", *copies, device=DEVICE)
        assert bucket.of_set(made["set_id"]) == whole, path
        bucket.delete(root + path)
        lacking = run("backup", "scrub", *copies, device=DEVICE)
        assert lacking.exit_code == 1, path
        done("backup", "repair", *copies, device=DEVICE)
        assert bucket.of_set(made["set_id"]) == whole, path
    assert done("backup", "drill", *copies, device=DEVICE)["verdicts"]["proven"] == 4


def test_a_bucket_that_lost_its_set_is_not_whole(bucket: Bucket, tmp_path: Path) -> None:
    copies = both(bucket, tmp_path / "b")
    made = created(copies)
    for path in bucket.of_set(made["set_id"]):
        bucket.delete(f"validators/stockade/{made['set_id']}/{path}")
    scrubbed = run("backup", "scrub", *copies, device=DEVICE)
    assert scrubbed.exit_code == 1
    assert scrubbed.json()["verdicts"] == {"proven": 2, "contradicted": 2, "inconclusive": 0}
    done("backup", "repair", *copies, device=DEVICE)
    done("backup", "scrub", *copies, device=DEVICE)


def test_a_writer_that_dies_at_any_put_leaves_no_set_or_a_whole_one(
    bucket: Bucket, server: Proxy, tmp_path: Path
) -> None:
    first = created(both(bucket, tmp_path / "b"))
    total = server.puts
    assert total > 8
    # Every put from where a set begins to close, and every third before.
    for dies_at in [n for n in range(1, total + 2) if n % 3 == 0 or n > total - 7]:
        copies = [f"s3://{bucket.name}/at-{dies_at}", str(tmp_path / f"at-{dies_at}")]
        server.reset()
        server.meddle = lambda method, path, puts, n=dies_at: (
            (403, REFUSED) if puts >= n else None
        )
        cut = run(*CREATE, "--copy", copies[0], "--copy", copies[1], device=DEVICE)
        server.reset()
        lock = f"at-{dies_at}/stockade/lock.json"
        held = lock in bucket.names() and b'"holder":"' in bucket.read(lock)
        if held:
            # Its hour is over.
            bucket.delete(lock)
        seen = run("backup", "scrub", copies[0], device=DEVICE)
        if cut.exit_code == 0:
            assert seen.exit_code == 0, dies_at
            continue
        # Where the bucket fails once it is written to, the folder has the set all the same.
        told = cut.json()
        failed = [told["error"]] if "error" in told else told["failed"]
        assert [lost["kind"] for lost in failed] == ["permission"], cut.stdout
        # Nothing is whole that is not there as a whole.
        if seen.exit_code == 0:
            assert seen.json()["verdicts"]["proven"] == 2, dies_at
        again = run(*CREATE, "--copy", copies[0], "--copy", copies[1], device=DEVICE)
        if again.exit_code == 0:
            drilled = run("backup", "drill", *copies, device=DEVICE)
            opened = [key for key in drilled.json()["keys"] if key["verdict"] == "proven"]
            assert {key["pubkey"] for key in again.json()["keys"]} <= {k["pubkey"] for k in opened}
        else:
            # A set of which one closing file is missing: said to be damaged, and by whom it is mended.
            assert seen.exit_code == 1, (dies_at, again.stdout)
    assert first["ok"]


def test_of_two_writers_at_once_one_wins_or_both_take_other_keys(
    bucket: Bucket, tmp_path: Path
) -> None:
    created([bucket.copy, str(tmp_path / "first")])
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: run(*CREATE, "--copy", bucket.copy, device=DEVICE), range(4)))
    won = [result.json() for result in runs if result.exit_code == 0]
    lost = [result.json() for result in runs if result.exit_code != 0]
    assert won, [result.stdout for result in runs]
    assert {result["error"]["kind"] for result in lost} <= {"busy"}, lost
    paths = [key["path"] for result in won for key in result["keys"]]
    assert len(paths) == len(set(paths))
    scrubbed = done("backup", "scrub", bucket.copy, device=DEVICE)
    assert scrubbed["verdicts"]["proven"] == 2 + 2 * len(won)


def test_a_lease_that_somebody_holds_keeps_others_out(bucket: Bucket, tmp_path: Path) -> None:
    copies = both(bucket, tmp_path / "b")
    created(copies)
    lock = "validators/stockade/lock.json"
    assert b'"holder":null' in bucket.read(lock)
    bucket.put(lock, b'{"format":"stockade-lock","version":1,"holder":"0011223344556677"}')
    before = bucket.names()
    busy = run(*CREATE, "--copy", copies[0], "--copy", copies[1], device=DEVICE)
    assert (busy.exit_code, busy.json()["error"]["kind"]) == (4, "busy")
    assert bucket.names() == before
    # Who only reads is not kept out.
    assert done("backup", "drill", *copies, device=DEVICE)["verdicts"]["proven"] == 4


def test_versions_stay_when_a_file_is_mended_and_a_set_retired(
    bucket: Bucket, tmp_path: Path
) -> None:
    versioned = {"Status": "Enabled"}
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration=versioned)
    copies = both(bucket, tmp_path / "b")
    made = created(copies)
    key = f"validators/stockade/{made['set_id']}/SHA256SUMS"
    bucket.put(key, b"rot")
    done("backup", "repair", *copies, device=DEVICE)
    versions = bucket.client.list_object_versions(Bucket=bucket.name, Prefix=key)["Versions"]
    assert len(versions) == 3
    reseal = ["backup", "reseal", *copies, "--set", made["set_id"]]
    custodian = tmp_path / "b/stockade" / made["set_id"]
    resealed = done(*reseal, "--custodian", custodian, device=DEVICE)
    retire = ["backup", "retire", *copies, "--set", made["set_id"], "--by", resealed["set_id"]]
    done(*retire, device=DEVICE)
    listed = bucket.client.list_object_versions(Bucket=bucket.name, Prefix=key)
    assert len(listed["Versions"]) == 3 and len(listed["DeleteMarkers"]) == 1


def test_a_bucket_that_locks_what_is_put_takes_a_copy(server: Proxy, tmp_path: Path) -> None:
    bucket = Bucket(server, "locked-bucket", ObjectLockEnabledForBucket=True)
    retention = {"Mode": "COMPLIANCE", "Days": 1}
    bucket.client.put_object_lock_configuration(
        Bucket=bucket.name,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": retention},
        },
    )
    copies = both(bucket, tmp_path / "b")
    made = created(copies)
    assert done("backup", "drill", *copies, device=DEVICE)["verdicts"]["proven"] == 4
    bucket.put(f"validators/stockade/{made['set_id']}/origin.json", b"rot")
    done("backup", "repair", *copies, device=DEVICE)
    assert done("backup", "scrub", *copies, device=DEVICE)["verdicts"]["proven"] == 4


def test_who_may_only_read_checks_and_writes_nothing(
    bucket: Bucket, server: Proxy, tmp_path: Path
) -> None:
    copies = both(bucket, tmp_path / "b")
    created(copies)
    before = bucket.names()
    server.meddle = lambda method, path, puts: (
        (403, REFUSED) if method in ("PUT", "DELETE", "POST") else None
    )
    assert done("backup", "drill", *copies, device=DEVICE)["verdicts"]["proven"] == 4
    refused = run(*CREATE, "--copy", copies[0], "--copy", copies[1], device=DEVICE)
    assert (refused.exit_code, refused.json()["error"]["kind"]) == (4, "permission")
    assert "AccessDenied" in refused.json()["error"]["message"]
    # Nobody presses a button for nothing.
    assert "approve" not in refused.stderr, refused.stderr
    new = run(*CREATE, "--copy", f"s3://{bucket.name}/new", device=DEVICE)
    assert (new.exit_code, new.json()["error"]["kind"]) == (4, "permission")
    assert "approve" not in new.stderr, new.stderr
    server.reset()
    assert bucket.names() == before


def unreadable(server: Proxy, status: int, body: bytes) -> None:
    server.meddle = lambda method, path, puts: (
        (status, body) if method == "GET" and "/keystores/" in path else None
    )


@pytest.mark.parametrize("status", [403, 500, 404])
def test_what_could_not_be_read_is_never_fine(
    bucket: Bucket, server: Proxy, status: int
) -> None:
    created([bucket.copy])
    gone = b"<Error><Code>NoSuchKey</Code><Message>It does not exist.</Message></Error>"
    unreadable(server, status, gone if status == 404 else REFUSED)
    scrubbed = run("backup", "scrub", bucket.copy, device=DEVICE)
    assert scrubbed.exit_code == 1
    reasons = {key["reason"] for key in scrubbed.json()["keys"]}
    assert reasons == {"missing" if status == 404 else "unreadable"}
    drilled = run("backup", "drill", bucket.copy, device=DEVICE)
    assert drilled.exit_code == 1 and drilled.json()["verdicts"]["proven"] == 0


def test_an_answer_that_is_cut_off_is_no_rot(bucket: Bucket, server: Proxy) -> None:
    created([bucket.copy])
    server.spoil = lambda method, path, body: (
        body[: len(body) // 2] if method == "GET" and "/keystores/" in path else body
    )
    scrubbed = run("backup", "scrub", bucket.copy, device=DEVICE)
    assert {key["reason"] for key in scrubbed.json()["keys"]} == {"unreadable"}


def test_a_service_without_time_is_asked_again(bucket: Bucket, server: Proxy) -> None:
    turned_away: list[str] = []

    def slow_down(method: str, path: str, puts: int) -> Any:
        if path in turned_away:
            return None
        turned_away.append(path)
        return 503, b"<Error><Code>SlowDown</Code><Message>Slow down</Message></Error>"

    server.meddle = slow_down
    assert created([bucket.copy])["ok"]
    assert len(turned_away) > 8


def test_no_bucket_and_no_service_are_said_to_be_that(server: Proxy, bucket: Bucket) -> None:
    for command in [["backup", "scrub"], [*CREATE, "--copy"]]:
        missing = run(*command, "s3://nobody-made-this/a", device=DEVICE)
        said = missing.json()["error"]["message"]
        assert "the bucket s3://nobody-made-this does not exist" in said
        assert "approve" not in missing.stderr
    nothing = run("backup", "scrub", f"s3://{bucket.name}/nothing", device=DEVICE)
    assert (nothing.exit_code, nothing.json()["error"]["kind"]) == (3, "file")
    with servers.environment(AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{servers.free_port()}"):
        away = run("backup", "scrub", bucket.copy, device=DEVICE)
    assert (away.exit_code, away.json()["error"]["kind"]) == (4, "not_found")
    with servers.environment(AWS_ENDPOINT_URL_S3="http://192.0.2.1:9000"):
        clear = run("backup", "scrub", bucket.copy, device=DEVICE)
    assert (clear.exit_code, clear.json()["error"]["kind"]) == (2, "usage")
    for url in ["https://bucket/a", "S3://bucket/a", "s3://key:secret@bucket/a", "s3://"]:
        odd = run(*CREATE, "--copy", url, device=DEVICE)
        assert (odd.exit_code, odd.json()["error"]["kind"]) == (2, "usage"), url


def test_what_goes_in_clear_stays_on_this_machine_whatever_proxy_is_named(
    bucket: Bucket, server: Proxy
) -> None:
    created([bucket.copy])
    elsewhere = f"http://127.0.0.1:{servers.free_port()}"
    proxies = {name: elsewhere for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")}
    with servers.environment(**proxies):
        assert done("backup", "scrub", bucket.copy, device=DEVICE)["ok"]


def test_without_credentials_nobody_calls(bucket: Bucket, tmp_path: Path) -> None:
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}
    with servers.environment(**nobody, HOME=str(tmp_path)):
        failed = run("backup", "scrub", bucket.copy, device=DEVICE)
    assert (failed.exit_code, failed.json()["error"]["kind"]) == (4, "permission")


def test_a_profile_says_who_calls(bucket: Bucket, server: Proxy, tmp_path: Path) -> None:
    created([bucket.copy])
    (tmp_path / "credentials").write_text(
        "[staking]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = x\n"
    )
    profile = {"AWS_PROFILE": "staking", "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    with servers.environment(**profile, **nobody):
        assert done("backup", "scrub", bucket.copy, device=DEVICE)["ok"]


def test_a_certificate_that_nobody_trusts_is_refused(bucket: Bucket, tmp_path: Path) -> None:
    ours = authority("ours")
    certificate, key = ours.vouch(tmp_path)
    ca = ours.write(tmp_path / "ca.pem")
    with servers.moto("-s", "-c", certificate, "-k", key) as port:
        endpoint = f"https://127.0.0.1:{port}"
        client = boto3.client(
            "s3", region_name=servers.REGION, endpoint_url=endpoint, verify=str(ca)
        )
        place = {"LocationConstraint": servers.REGION}
        client.create_bucket(Bucket="over-tls", CreateBucketConfiguration=place)
        with servers.environment(AWS_ENDPOINT_URL_S3=endpoint):
            refused = run(*CREATE, "--copy", "s3://over-tls/a", device=DEVICE)
            assert refused.exit_code == 4
            assert "certificate" in refused.json()["error"]["message"].lower(), refused.stdout
            assert client.list_objects_v2(Bucket="over-tls")["KeyCount"] == 0
            with servers.environment(AWS_CA_BUNDLE=str(ca)):
                assert created(["s3://over-tls/a"])["ok"]


def test_two_copies_in_one_bucket_are_said_to_be_there(bucket: Bucket) -> None:
    warned = run(*CREATE, "--copy", f"{bucket.copy}/a", "--copy", f"{bucket.copy}/b", device=DEVICE)
    assert warned.exit_code == 0
    assert any("the same bucket" in warning for warning in warned.json()["warnings"]), warned.stdout
    twice = run("backup", "scrub", f"{bucket.copy}/a", f"{bucket.copy}/a/", device=DEVICE)
    assert (twice.exit_code, twice.json()["error"]["kind"]) == (2, "usage")


def test_keys_in_clear_never_go_to_a_bucket(bucket: Bucket, tmp_path: Path) -> None:
    created([bucket.copy])
    restore = ["backup", "restore", bucket.copy, "--layout", "plain", "--never-attested"]
    refused = run(*restore, "--to", f"s3://{bucket.name}/restored", device=DEVICE)
    assert (refused.exit_code, refused.json()["error"]["kind"]) == (2, "usage")
    assert "not to a bucket" in refused.json()["error"]["message"]
    assert "approve" not in refused.stderr
    assert not any(name.startswith("restored") for name in bucket.names())
