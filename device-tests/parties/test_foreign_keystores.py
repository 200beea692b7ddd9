"""Keystores that npm @chainsafe/bls-keystore makes: judged, opened, taken over and drilled."""

from pathlib import Path

import pytest

import javascript
from command import done, run

# A letter in two code points, which EIP-2335 composes, and one beyond the first plane.
PASSWORD = "u\u0308ber 12 characters \U0001f511"
PATHS = ["m/12381/3600/0/0/0", "m/12381/3600/1/0/0"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("foreign")


@pytest.fixture(scope="module")
def pubkeys(folder: Path) -> list[str]:
    (folder / "keystores").mkdir()
    (folder / "password").write_text(PASSWORD)
    arguments = [folder / "keystores", "07" * 32, *PATHS]
    return javascript.lines("make_keystores.mjs", *arguments, stdin=PASSWORD)


def test_doctor_opens_them_and_knows_who_takes_them(folder: Path, pubkeys: list[str]) -> None:
    password = ["--password-file", folder / "password"]
    doctor = run("keystore", "doctor", folder / "keystores", *password)
    judged = doctor.json()
    # Of a password with accents Prysm reads other characters, and it alone.
    assert doctor.exit_code == 1
    for key in judged["keys"]:
        assert [one["client"] for one in key["clients"] if not one["accepts"]] == ["Prysm"]
    assert [key["pubkey"] for key in judged["keys"]] == pubkeys
    assert [key["verdict"] for key in judged["keys"]] == ["proven", "proven"]
    assert [key["path"] for key in judged["keys"]] == PATHS


def test_another_password_is_inconclusive(folder: Path, pubkeys: list[str]) -> None:
    (folder / "wrong").write_text(PASSWORD + "x")
    result = run("keystore", "doctor", folder / "keystores", "--password-file", folder / "wrong")
    assert result.exit_code == 1
    assert {key["verdict"] for key in result.json()["keys"]} == {"inconclusive"}


def test_a_backup_of_them_drills(folder: Path, pubkeys: list[str]) -> None:
    source = ["--from", folder / "keystores", "--password-file", folder / "password"]
    copy = folder / "copy"
    network = ["--network", "hoodi", "--copy", copy]
    made = done("backup", "create", *source, *network, device="mock-trezor")
    assert [key["pubkey"] for key in made["keys"]] == pubkeys
    drilled = done("backup", "drill", copy, device="mock-trezor")
    assert drilled["verdicts"] == {"proven": 2, "contradicted": 0, "inconclusive": 0}
