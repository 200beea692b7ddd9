"""AWS Secrets Manager as PyPI moto serves it, with boto3 as the signer that reads what we put there."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from py_ecc.bls import G2ProofOfPossession as bls

from backup import Backup
from certificates import authority
from cloud_servers import CALLER, REGION, environment, moto
from command import done, run


@pytest.fixture(scope="module", autouse=True)
def caller() -> Iterator[None]:
    """Who calls is in the environment, as AWS's tools have it."""
    with environment(**CALLER):
        yield


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto() as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def service(endpoint: str) -> Any:
    return boto3.client("secretsmanager", region_name=REGION, endpoint_url=endpoint)


def options(endpoint: str) -> list[str]:
    return ["--aws-region", REGION, "--aws-endpoint", endpoint]


def secrets(service: Any, prefix: str) -> dict[str, str]:
    """Names and texts, as Web3signer's bulk loader asks for them."""
    found = service.get_paginator("list_secrets").paginate(
        Filters=[{"Key": "name", "Values": [prefix]}]
    )
    names = [secret["Name"] for page in found for secret in page["SecretList"]]
    return {name: service.get_secret_value(SecretId=name)["SecretString"] for name in names}


@pytest.mark.parametrize("size", [1, 2])
def test_a_signer_reads_the_keys_of_the_set(
    hoodi: Backup, endpoint: str, service: Any, size: int, tmp_path: Path
) -> None:
    prefix = f"keys-of-{size}/"
    deliver = ["deliver", "aws-secrets", hoodi.copies[0], "--prefix", prefix, "--no-note"]
    deliver += ["--keys-per-secret", str(size), "--tag", "owner=staking", *options(endpoint)]
    assert done(*deliver, device="mock-ledger")["verdicts"]["proven"] == 3
    there = secrets(service, prefix)
    lines = [line for text in there.values() for line in text.splitlines()]
    read = {bls.SkToPk(int(line, 16)).hex() for line in lines}
    assert read == set(hoodi.pubkeys)
    assert len(there) == -(-3 // size)
    tags = service.describe_secret(SecretId=next(iter(there)))["Tags"]
    assert tags == [{"Key": "owner", "Value": "staking"}]

    again = done(*deliver, device="mock-ledger")
    assert [key["status"] for key in again["keys"]] == ["same"] * 3
    assert secrets(service, prefix) == there

    check = ["store", "check", f"aws-secrets:{prefix}", hoodi.copies[0], *options(endpoint)]
    assert done(*check, device="mock-ledger")["verdicts"]["proven"] == 3
    take = ["backup", "create", "--network", "hoodi", "--from", f"aws-secrets:{prefix}"]
    taken = done(*take, "--copy", tmp_path / "copy", *options(endpoint), device="mock-ledger")
    assert {key["pubkey"] for key in taken["keys"]} == set(hoodi.pubkeys)


def test_what_somebody_else_put_there_stays(
    hoodi: Backup, endpoint: str, service: Any
) -> None:
    name = f"taken/{hoodi.pubkeys[0]}"
    service.create_secret(Name=name, SecretString="another")
    deliver = ["deliver", "aws-secrets", hoodi.copies[0], "--prefix", "taken/", "--no-note"]
    refused = run(*deliver, *options(endpoint), device="mock-ledger")
    assert refused.exit_code == 1
    statuses = {key["pubkey"]: key["status"] for key in refused.json()["keys"]}
    assert statuses.pop(hoodi.pubkeys[0]) == "refused"
    assert set(statuses.values()) == {"written"}
    assert service.get_secret_value(SecretId=name)["SecretString"] == "another"
    # One that waits to be deleted is there as well.
    service.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    refused = run(*deliver, *options(endpoint), device="mock-ledger")
    assert refused.exit_code in (1, 4)
    assert "another" not in refused.stdout


@pytest.mark.parametrize("host", ["127.0.0.1", "aws.example"])
def test_it_is_trusted_by_the_given_authority_and_under_its_own_name_alone(
    hoodi: Backup, tmp_path: Path, host: str
) -> None:
    ours = authority("ours")
    certificate, key = ours.vouch(tmp_path, host)
    ca = ours.write(tmp_path / "ca.pem")
    other = authority("another").write(tmp_path / "other.pem")
    deliver = ["deliver", "aws-secrets", hoodi.copies[0], "--prefix", "tls/", "--no-note"]
    check = ["store", "check", "aws-secrets:tls/", hoodi.copies[0]]
    with moto("-s", "-c", certificate, "-k", key) as port:
        url = f"https://127.0.0.1:{port}"
        untrusted = [[], ["--ca", other], *([["--ca", ca]] if host == "aws.example" else [])]
        for line in (deliver, check):
            for authorities in untrusted:
                refused = run(*line, *options(url), *authorities, device="mock-ledger")
                error = refused.json()["error"]
                assert (refused.exit_code, error["kind"]) == (4, "refused"), refused.stdout
                assert url in error["message"] and "not trusted" in error["message"]
                known = authorities == ["--ca", ca]
                assert ("another name" if known else "--ca") in error["hint"]
                assert "approve" not in refused.stderr
        if host == "127.0.0.1":
            for line in (deliver, check):
                done(*line, *options(url), "--ca", ca, device="mock-ledger")
            service = boto3.client(
                "secretsmanager", region_name=REGION, endpoint_url=url, verify=str(ca)
            )
            assert set(secrets(service, "tls/")) == {f"tls/{key}" for key in hoodi.pubkeys}


def test_a_server_that_hangs_is_not_waited_for_without_end(
    hoodi: Backup, endpoint: str
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        check = ["store", "check", "aws-secrets:x/", hoodi.copies[0], *options(url)]
        failed = run(*check)
    assert failed.exit_code == 4
    assert url in failed.json()["error"]["message"]
