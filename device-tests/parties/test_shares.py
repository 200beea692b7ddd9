"""m of n by hand: `age` opens each share, and the program in the set puts them together."""

import json
import subprocess
import sys
from pathlib import Path

import age
import backup
import pytest
import wallet
from backup import Backup
from command import done


@pytest.fixture(scope="module")
def two_of_three(tmp_path_factory: pytest.TempPathFactory) -> tuple[Backup, Path]:
    """A set of a wallet and two age identities, and the folder of their files."""
    folder = tmp_path_factory.mktemp("shares")
    files = [folder / "wallet.json", folder / "x2.json", folder / "x3.json"]
    done("custodian", "enroll", "--name", "w", "--out", files[0], device="mock-ledger")
    for x in (2, 3):
        (folder / f"{x}").mkdir()
        recipient = age.recipient(age.write_identity(folder / f"{x}", bytes([x] * 32)))
        named = ["--name", f"{x}", "--out", files[x - 1], "--age-recipient", recipient]
        done("custodian", "enroll", *named)
    options = ["--threshold", "2", "--custodian", *map(str, files)]
    return backup.create(folder / "copies", "mock-ledger", *options), folder


def share(made: Backup, folder: Path, x: int) -> Path:
    """The share of the custodian at `x`, opened by `age`."""
    if x == 1:
        prompt = f"Stockade: open backups of custodian {made.created['custodians'][0]['id']}. A secret!"
        signature = wallet.personal_sign(wallet.CHECK_PATH, prompt)
        secret = wallet.hkdf_sha256(signature[:64], "stockade/device-secret/eip191-v1", prompt)
        (folder / "1").mkdir(exist_ok=True)
        identity = age.write_identity(folder / "1", secret)
    else:
        identity = folder / f"{x}/identity.txt"
    opened = age.decrypt(made.folder / f"seal/share-{x}.age", identity)
    assert opened.returncode == 0, opened.stderr
    file = folder / f"share-{x}.json"
    file.write_bytes(opened.stdout)
    return file


def combine(made: Backup, folder: Path, *files: Path) -> bytes:
    """What the program in the set gives for these shares."""
    command = [sys.executable, "-I", made.folder / "recover.py", "combine", *files]
    return subprocess.run(command, check=True, capture_output=True, cwd=folder).stdout


def test_every_two_shares_give_the_secret_that_opens_the_set(
    two_of_three: tuple[Backup, Path],
) -> None:
    made, folder = two_of_three
    files = {x: share(made, folder, x) for x in (1, 2, 3)}
    chosen = [(1, 2), (1, 3), (2, 3), (3, 1)]
    secrets = {combine(made, folder, *(files[x] for x in xs)) for xs in chosen}
    (secret,) = secrets
    manifest = (made.folder / "manifest.json").read_bytes()
    key = wallet.hkdf_sha256(secret, "stockade/set/v1", "manifest mac")
    mac = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}"],
        input=manifest,
        capture_output=True,
        check=True,
    )
    assert (made.folder / "manifest.mac").read_text().strip() in mac.stdout.decode()


def test_a_share_says_which_set_it_is_of(two_of_three: tuple[Backup, Path]) -> None:
    made, folder = two_of_three
    text = json.loads(share(made, folder, 2).read_text())
    assert (text["set"], text["x"]) == (made.created["set_id"], 2)
    assert (text["threshold"], text["of"]) == (2, 3)
    refused = age.decrypt(made.folder / "seal/share-2.age", folder / "3/identity.txt")
    assert refused.returncode != 0
