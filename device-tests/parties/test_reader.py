"""The formats' documents suffice: a reader written from them alone opens what Stockade writes."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

import age
import wallet
from backup import Backup
from command import REPOSITORY, done
from reader import Copy, read_custodian

GOLDEN = sorted((REPOSITORY / "device-tests/golden").glob("v*"))


def identity(directory: Path, custodian: str) -> Path:
    prompt = f"Stockade: open backups of custodian {custodian}. A secret!"
    signature = wallet.personal_sign(wallet.CHECK_PATH, prompt)
    secret = wallet.hkdf_sha256(signature[:64], "stockade/device-secret/eip191-v1", prompt)
    return age.write_identity(directory, secret)


def opened(copy: Copy, directory: Path) -> int:
    keys = 0
    for one in copy.sets:
        assert one.origin == wallet.account(wallet.CHECK_PATH).address
        (custodian,) = one.custodians
        assert custodian["check_address"] == one.origin
        file = identity(directory, custodian["id"])
        assert age.recipient(file) == custodian["recipient"]
        keys += len(one.open(file))
    return keys


@pytest.mark.parametrize("version", GOLDEN, ids=lambda version: version.name)
def test_reads_and_opens_the_golden_set(version: Path, tmp_path: Path) -> None:
    copy = Copy(version / "copy")
    assert opened(copy, tmp_path) == 2
    (said,) = copy.attestations
    assert (said["level"], said["proven"], said["challenge"]) == ("opened", "2", "golden")
    assert said["history"] != "none"
    read_custodian(json.loads((version / "custodian.json").read_bytes()))


def test_reads_and_opens_a_set_made_now(hoodi: Backup, tmp_path: Path) -> None:
    directory = tmp_path / "A"
    shutil.copytree(hoodi.copies[0], directory)
    done("attest", "create", "--copy", directory, device="mock-ledger")
    copy = Copy(directory)
    assert opened(copy, tmp_path) == 3
    assert {said["proven"] for said in copy.attestations} == {"3"}


@pytest.mark.parametrize(
    "name",
    ["SHA256SUMS", "manifest.json", "origin.json", "seal/secret.age", "attestation", "keystore"],
)
def test_notices_any_changed_file(name: str, tmp_path: Path) -> None:
    directory = tmp_path / "copy"
    shutil.copytree(GOLDEN[0] / "copy", directory)
    root = directory / "stockade"
    (folder,) = root.glob("*-hoodi-*")
    named = {
        "attestation": next((root / "attestations").rglob("*.json")),
        "keystore": next((folder / "keystores").iterdir()),
    }
    file = named.get(name, folder / name)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises((AssertionError, ValueError)):
        Copy(directory)


def test_notices_a_stranger_s_origin(tmp_path: Path) -> None:
    """Digests that fit are no proof: the signature is."""
    directory = tmp_path / "copy"
    shutil.copytree(GOLDEN[0] / "copy", directory)
    (folder,) = (directory / "stockade").glob("*-hoodi-*")
    origin = json.loads((folder / "origin.json").read_bytes())
    origin["address"] = wallet.account(wallet.FIRST_PATH).address
    (folder / "origin.json").write_text(json.dumps(origin))
    sums = folder / "SHA256SUMS"
    lines = [line for line in sums.read_text().splitlines() if not line.startswith("#")]
    digest = hashlib.sha256((folder / "origin.json").read_bytes()).hexdigest()
    lines = [f"{digest}  origin.json" if line.endswith("  origin.json") else line for line in lines]
    above = "".join(f"{line}\n" for line in lines)
    sums.write_text(above + f"# {hashlib.sha256(above.encode()).hexdigest()}\n")
    with pytest.raises(AssertionError):
        Copy(directory)
