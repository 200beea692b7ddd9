"""The guides for those who run Obol, SSV and dirk: their own code blocks, as they are printed."""

import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from backup import Backup, forget
from command import BINARY, REPOSITORY, done
from dirk_server import HOODI, PROGRAMS, Dirk
from guide import Guide
from split import combined_by_herumi, secrets_of_plain
from test_dirk import accounts
from test_ssv_keys import CLI, NONCE, OWNER, Operator, operators, split_of  # noqa: F401

CLUSTER = REPOSITORY / "device-tests/vectors/distributed/charon-cluster"


@pytest.fixture
def folder(hoodi: Backup, tmp_path: Path) -> Path:
    """Where the reader works: two sticks, and the programs that the guides call."""
    for copy, name in zip(hoodi.copies, ["stick", "spare"], strict=True):
        shutil.copytree(copy, tmp_path / name)
    forget([tmp_path / "stick", tmp_path / "spare"])
    programs = {
        "stockade": [BINARY, "--device", "mock-ledger"],
        "ssv-keys": ["node", CLI],
        "dirk": [PROGRAMS / "dirk"],
    }
    for name, command in programs.items():
        file = tmp_path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, command))} "$@"\n')
        file.chmod(0o755)
    return tmp_path


def variables(folder: Path, **more: str | Path) -> dict[str, str]:
    path = f"{folder / 'bin'}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    given = {"STICK": folder / "stick", "SPARE": folder / "spare", **more}
    return {"PATH": path, **{name: str(value) for name, value in given.items()}}


def test_you_run_ssv(hoodi: Backup, folder: Path, operators: list[Operator]) -> None:  # noqa: F811
    guide = Guide("ssv.md")
    plain = folder / "plain"
    own = shutil.copytree(hoodi.copies[0], folder / "own")
    command = ["backup", "restore", own, "--to", plain, "--layout", "plain", "--never-attested"]
    forget([own])
    done(*command, device="mock-ledger")
    said = variables(
        folder,
        KEY=hoodi.pubkeys[0],
        OPERATOR_IDS=",".join(f"{one.id}" for one in operators),
        OPERATOR_KEYS=",".join(one.named() for one in operators),
        OWNER=OWNER,
        NONCE=f"{NONCE}",
    )
    guide.sh(folder, "restore", "split", **said)
    assert guide.sh(folder, "verify", **said).startswith("proven ")
    assert not (folder / "keys").exists() and not (folder / "keys-password.txt").exists()
    (file,) = (folder / "out").rglob("keyshares-*.json")
    pubkey, split, _ = split_of(file, operators, secrets_of_plain(plain))
    assert pubkey == hoodi.pubkeys[0]
    counts = combined_by_herumi([split], every=1)
    assert (counts["groups"], counts["groups_that_give_the_key"]) == (4, 4)
    assert guide.used == set(guide.blocks)


def test_you_run_dirk(hoodi: Backup, folder: Path) -> None:
    guide = Guide("dirk.md")
    # What the reader has: a dirk that runs, and signed.
    first = folder / "first"
    restore = ["backup", "restore", folder / "stick", "--to", first, "--layout", "dirk"]
    done(*restore, "--never-attested", device="mock-ledger")
    shutil.rmtree(folder / "stick")
    shutil.rmtree(folder / "spare")
    old = Dirk(folder / "old")
    old.configure(first / "wallets", first / "account-passphrase.txt", "Stockade")
    with old.running():
        for key in hoodi.pubkeys:
            assert old.attests(f"Stockade/0x{key}", 7, 8)
        before = accounts(old, "Stockade")
    said = variables(
        folder,
        WALLETS=first / "wallets",
        PASSPHRASE=first / "account-passphrase.txt",
        DIRK_BASE=old.folder,
        ROOT=HOODI,
    )
    printed = guide.sh(folder, "backup", **said)
    assert "6 proven" in printed
    place = re.search(r"wallets@\w+", printed)
    assert place, printed
    guide.sh(folder, "export", **said)
    guide.sh(folder, "restore", **{**said, "OLD": place[0]})
    new = Dirk(folder / "new")
    to = folder / "restored"
    new.configure(to / "wallets", to / "account-passphrase.txt", "Stockade")
    said["DIRK_BASE"] = str(new.folder)
    guide.sh(folder, "import", **said)
    with new.running(guide.block("start"), said):
        assert accounts(new, "Stockade") == before
        for account in before.values():
            assert not new.attests(account, 7, 8), "it signed that before"
            assert new.attests(account, 8, 9)
    assert guide.used == set(guide.blocks)


def test_you_run_an_obol_node(hoodi: Backup, folder: Path) -> None:
    guide = Guide("obol.md")
    for i in range(3):
        shutil.copy(CLUSTER / f"partial-exit-node{i}.json", folder)
    node = shutil.copytree(CLUSTER / "node0", folder / "node0")
    said = variables(folder, KEY=hoodi.pubkeys[0], NODE=node, NODE_STICK=folder / "node-stick")
    guide.sh(folder, "restore", **said)
    names = sorted(path.name for path in (folder / "keys").iterdir())
    assert names == ["keystore-0.json", "keystore-0.txt"]
    guide.sh(folder, "remove", **said)
    printed = guide.sh(folder, "backup", **said)
    assert "1 proven" in printed
    place = re.search(r"node0@\w+", printed)
    assert place, printed
    guide.sh(folder, "node", **{**said, "OLD": place[0]})
    given_back = folder / "node"
    for name in ["cluster-lock.json", "charon-enr-private-key", "deposit-data.json"]:
        assert (given_back / name).read_bytes() == (CLUSTER / "node0" / name).read_bytes()
    assert (given_back / "validator_keys/keystore-0.txt").exists()
    guide.sh(folder, "exit", **said)
    made = json.loads((folder / "exit.json").read_bytes())
    assert made == json.loads((CLUSTER / "exit-of-whole-key.json").read_bytes())
    assert guide.used == set(guide.blocks)
