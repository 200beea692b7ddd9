"""PyPI eth-account verifies what the wallet signed, with the address alone."""

import hashlib
import json
from pathlib import Path

import pytest

import wallet
from backup import Backup
from command import done

CHECK_ADDRESS = wallet.account(wallet.CHECK_PATH).address
FIRST_ADDRESS = wallet.account(wallet.FIRST_PATH).address


@pytest.fixture(scope="module")
def attestation(hoodi: Backup) -> Path:
    """The file that `attest create` adds to the first copy."""
    copies = [argument for copy in hoodi.copies for argument in ("--copy", str(copy))]
    done("attest", "create", *copies, "--check", "drill", device="mock-ledger")
    (file,) = (hoodi.copies[0] / "stockade/attestations" / hoodi.created["set_id"]).iterdir()
    return file


def manifest_sha256(hoodi: Backup) -> str:
    return hashlib.sha256((hoodi.folder / "manifest.json").read_bytes()).hexdigest()


def test_origin(hoodi: Backup) -> None:
    origin = hoodi.json("origin.json")
    set_id = hoodi.created["set_id"]
    statement = f"Stockade origin v1; set {set_id}; manifest {manifest_sha256(hoodi)}"
    assert origin["statement"] == statement
    assert origin["address"] == CHECK_ADDRESS
    assert wallet.signer_of(statement, origin["signature"]) == CHECK_ADDRESS


def test_custodian(hoodi: Backup) -> None:
    (custodian,) = hoodi.json("manifest.json")["custodians"]
    statement = (
        f"Stockade custodian v1; id {custodian['id']}; scheme eip191-v1; "
        f"recipient {custodian['recipient']}"
    )
    assert custodian["check_address"] == CHECK_ADDRESS
    assert wallet.signer_of(statement, custodian["signature"]) == CHECK_ADDRESS


def test_attestation(hoodi: Backup, attestation: Path) -> None:
    signed = json.loads(attestation.read_bytes())
    assert signed["address"] == FIRST_ADDRESS
    assert wallet.signer_of(signed["statement"], signed["signature"]) == FIRST_ADDRESS
    ids = sorted(copy["copy"] for copy in hoodi.created["copies"])
    assert signed["statement"].startswith(
        "Stockade attestation v2; level opened; keys 3 proven 0 contradicted 0 inconclusive; "
        f"copies {','.join(ids)}; set {hoodi.created['set_id']}; time "
    )
    assert signed["statement"].endswith(
        f"; challenge none; manifest {manifest_sha256(hoodi)}; history none; previous none"
    )


def test_attestation_that_somebody_changed(attestation: Path) -> None:
    signed = json.loads(attestation.read_bytes())
    changed = signed["statement"].replace("keys 3 proven", "keys 4 proven")
    assert changed != signed["statement"]
    assert wallet.signer_of(changed, signed["signature"]) != FIRST_ADDRESS
