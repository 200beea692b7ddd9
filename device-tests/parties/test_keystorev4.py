"""Go module go-eth2-wallet-encryptor-keystorev4, in the versions that Prysm (1.1.3) and ethdo (1.4.1)
are built with: each opens what it should of ours, we open what each makes, and what is said of a
client's password is what its library does.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from backup import forget
from command import REPOSITORY, done, run

PROGRAMS = Path(os.environ.get("STOCKADE_TEST_KEYSTOREV4", "/nonexistent"))
VARIANTS = REPOSITORY / "device-tests/vectors/keystore-variants"
VERSIONS = ["v113", "v141"]
# Who is built with it, as `keystore doctor` names it.
CLIENTS = {"v113": "Prysm", "v141": "ethdo"}

PUBKEY = (
    "b3e445d43871965d890a398f719348a1405ac72e35b92727cc570026f54471af7ea7b2040622a8fd0b5bfb2a209b5911"
)
SECRET = "3ec45abb2792f1f287ab1434acfde9d7aac879eb74c45cf7b59d25f15ba7a650"

# A password, and the form in which keystores of each version open.
PASSWORDS = {
    "ascii": ("plain ASCII, 12+", "standard", "standard"),
    "tab": ("tab\tinside it", "standard", "standard"),
    "newline": ("newline at the end\n", "standard", "standard"),
    "umlaut": ("M\u00fchsam ern\u00e4hrt", "marks_dropped", "standard"),
    "umlaut-apart": ("Mu\u0308hsam erna\u0308hrt", "marks_dropped", "standard"),
    "hangul": ("\ube44\ubc00\ubc88\ud638\ub294 \uae34 \uac83\uc774 \uc88b\ub2e4", "marks_dropped", "standard"),
    "ligature": ("\ufb01nal \ufb03x \u2460 and more", "standard", "standard"),
    "bengali": ("\u0995\u09cb \u0995\u09be and more", "marks_dropped", "standard"),
    "leading-mark": ("\u0308mark first of all", "standard", "standard"),
    "emoji": ("key \U0001f511 key and more", "standard", "standard"),
    "c1": ("sec\u0085ret and more", "c1_kept", "c1_kept"),
    "c1-umlaut": ("s\u00fcc\u0085ret and more", "marks_dropped", "c1_kept"),
    "many-marks": ("a" + "\u0301" * 70 + "b", "marks_dropped", "marks_separated"),
    "kana": ("\u304c\u3071 \uff76\uff9e and more", "marks_dropped", "standard"),
    "fullwidth": ("\uff50\uff41\uff53\uff53 \u00c5 and more", "marks_dropped", "standard"),
}


def go(version: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = PROGRAMS / version / "keystorev4"
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120)


def file(folder: Path, name: str, password: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(password.encode() if isinstance(password, str) else password)
    return path


def keystore(folder: Path, version: str, password: Path) -> Path:
    """A keystore that the library made, with the fields that it leaves to others."""
    made = go(version, "make", SECRET, password)
    assert made.returncode == 0, made.stderr
    whole = {
        "crypto": json.loads(made.stdout),
        "description": "",
        "pubkey": PUBKEY,
        "path": "m/12381/3600/0/0/0",
        "uuid": "094a5341-119b-444d-8c39-4ec68ce7f547",
        "version": 4,
    }
    path = folder / f"keystore-{version}.json"
    path.write_text(json.dumps(whole))
    return path


def doctor(path: Path, password: Path) -> Any:
    (key,) = run("keystore", "doctor", path, "--password-file", password).json()["keys"]
    return key


def accepts(key: Any, client: str) -> bool:
    (verdict,) = [one for one in key["clients"] if one["client"] == client]
    return verdict["accepts"] is True


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", PASSWORDS)
def test_what_it_makes_is_opened_and_named(name: str, version: str, tmp_path: Path) -> None:
    text, *forms = PASSWORDS[name]
    password = file(tmp_path, "password", text)
    made = keystore(tmp_path, version, password)
    key = doctor(made, password)
    assert key["password"] == forms[VERSIONS.index(version)], key["detail"]
    assert key["pubkey"] == PUBKEY
    # Each client is said to take it just if its library does.
    for other, client in CLIENTS.items():
        opened = go(other, "open", made, password)
        assert accepts(key, client) == (opened.returncode == 0), (client, opened.stderr)
    standard = key["password"] == "standard"
    assert accepts(key, "Lighthouse") == standard


@pytest.mark.parametrize("name", ["ascii", "tab", "umlaut", "hangul", "leading-mark", "c1"])
def test_what_is_restored_opens_where_it_is_said_to(name: str, tmp_path: Path) -> None:
    """What the command says of a password before it writes is what both libraries do then."""
    text, *_ = PASSWORDS[name]
    password = file(tmp_path, "password", text.rstrip("\n"))
    copy = tmp_path / "copy"
    source = ["--from", VARIANTS / "02-pbkdf2-218.json"]
    source += ["--password-file", VARIANTS / "02-pbkdf2-218.password"]
    done("backup", "create", *source, "--network", "hoodi", "--copy", copy, device="mock-trezor")
    to = tmp_path / "to"
    restored = done(
        *("backup", "restore", copy, "--to", to, "--layout", "plain", "--never-attested"),
        *("--new-password-file", password),
        device="mock-trezor",
    )
    (written,) = to.glob("keystore-*.json")
    for version, client in CLIENTS.items():
        opened = go(version, "open", written, password)
        misread = client in restored["password_misread_by"]
        assert (opened.returncode != 0) == misread, (client, opened.stderr)
        if not misread:
            assert opened.stdout.strip() == SECRET
    forget([copy])
    wallet = tmp_path / "wallet"
    for_prysm = run(
        *("backup", "restore", copy, "--to", wallet, "--layout", "prysm", "--never-attested"),
        *("--new-password-file", password),
        device="mock-trezor",
    )
    refused = "Prysm" in restored["password_misread_by"]
    assert (for_prysm.exit_code, wallet.exists()) == ((3, False) if refused else (0, True))
    if not refused:
        (accounts,) = wallet.rglob("all-accounts.keystore.json")
        assert go("v113", "open", accounts, password).returncode == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_a_password_file_that_is_not_utf_8_is_named(version: str, tmp_path: Path) -> None:
    password = file(tmp_path, "password", b"M\xfchsam ern\xe4hrt \xe4\xbd")
    key = doctor(keystore(tmp_path, version, password), password)
    assert key["password"] == "bytes_replaced", key["detail"]


def test_the_variants_open_as_their_table_says() -> None:
    expected = json.loads((VARIANTS / "expected.json").read_bytes())
    for name, row in expected.items():
        opened = go("v141", "open", VARIANTS / f"{name}.json", VARIANTS / f"{name}.password")
        said = row["go keystorev4 1.4.1"]
        # The column is of a program that looked at the public key as well.
        opens = said.startswith("accepts") or name == "15-no-pubkey"
        assert (opened.returncode == 0) == opens, f"{name}: {said}, and now {opened.stderr}"


@pytest.mark.parametrize("version", VERSIONS)
def test_what_doctor_repairs_both_versions_open(version: str, tmp_path: Path) -> None:
    old = file(tmp_path, "old", "M\u00fchsam ern\u00e4hrt")
    new = file(tmp_path, "new", "plain ASCII, 12+")
    made = keystore(tmp_path, "v113", old)
    out = tmp_path / "out"
    repair = ["keystore", "doctor", made, "--password-file", old, "--repair", out]
    assert run(*repair).exit_code == 3
    assert run(*repair, "--new-password-file", new).json()["repaired"] == 1
    (written,) = out.glob("*.json")
    assert go(version, "open", written, new).stdout.strip() == SECRET
