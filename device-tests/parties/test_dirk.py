"""dirk 1.2.1 on wallets that the command restored: it lists and signs, refuses what the history says was
signed, and its own slashing export is taken back; its wallets go into a set and come out by their names."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_typing import BLSPubkey, BLSSignature
from py_ecc.bls import G2ProofOfPossession as bls

from backup import Backup, forget
from command import done, run
from dirk_server import ATTESTER, DOMAIN, HOODI, Dirk

ROOT = "ab" * 32


def history(pubkeys: list[str]) -> Any:
    """What the keys signed: a block, and a vote. The last key never signed."""
    signed = {
        "signed_blocks": [{"slot": "3200"}],
        "signed_attestations": [{"source_epoch": "100", "target_epoch": "101"}],
    }
    none: dict[str, list[Any]] = {"signed_blocks": [], "signed_attestations": []}
    return {
        "metadata": {"interchange_format_version": "5", "genesis_validators_root": HOODI},
        "data": [
            {"pubkey": f"0x{key}", **(signed if key != pubkeys[-1] else none)} for key in pubkeys
        ],
    }


@pytest.fixture(scope="module")
def copies(hoodi: Backup, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Copies of the copies, whose keys nobody released yet."""
    folder = tmp_path_factory.mktemp("dirk-copies")
    own = [Path(shutil.copytree(copy, folder / copy.name)) for copy in hoodi.copies]
    forget(own)
    return own


@pytest.fixture(scope="module")
def restored(hoodi: Backup, copies: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dirk")
    file = folder / "history.json"
    file.write_text(json.dumps(history(hoodi.pubkeys)))
    to = folder / "restored"
    document = done(
        *("backup", "restore", *copies, "--to", to, "--layout", "dirk", "--history", file),
        device="mock-ledger",
    )
    assert document["layout"] == "dirk"
    return to


@pytest.fixture(scope="module")
def dirk(restored: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dirk]:
    """dirk with the restored wallets, after the printed import of the history."""
    own = Dirk(tmp_path_factory.mktemp("dirk-base"))
    own.configure(restored / "wallets", restored / "account-passphrase.txt", "Stockade")
    imported = own.once(
        *("--import-slashing-protection", f"--genesis-validators-root={HOODI}"),
        f"--slashing-protection-file={restored / 'slashing_protection.json'}",
    )
    assert imported.returncode == 0, imported.stderr
    with own.running():
        yield own


def accounts(dirk: Dirk, wallet: str) -> dict[str, str]:
    """Public keys by the names of their accounts."""
    answer = dirk.ask("list", wallet)
    assert answer["state"] == "SUCCEEDED", answer
    return {account["pubkey"]: account["name"] for account in answer.get("accounts", [])}


def test_it_lists_and_signs_with_every_restored_account(dirk: Dirk, hoodi: Backup) -> None:
    listed = accounts(dirk, "Stockade")
    assert listed == {key: f"Stockade/0x{key}" for key in hoodi.pubkeys}
    root = hashlib.sha256(bytes.fromhex(ROOT + DOMAIN)).digest()
    for key, account in listed.items():
        answer = dirk.ask("sign", account, ROOT, DOMAIN)
        assert answer["state"] == "SUCCEEDED", (answer, dirk.log())
        signature = BLSSignature(bytes.fromhex(answer["signature"]))
        assert bls.Verify(BLSPubkey(bytes.fromhex(key)), root, signature)


def test_it_refuses_what_the_restored_history_says_was_signed(dirk: Dirk, hoodi: Backup) -> None:
    first, second, never = (f"Stockade/0x{key}" for key in hoodi.pubkeys)
    for account in (first, second):
        assert not dirk.attests(account, 100, 101), "voted there"
        assert not dirk.attests(account, 99, 102), "surrounds"
        assert not dirk.proposes(account, 3200), "proposed there"
    assert dirk.attests(first, 101, 102)
    assert not dirk.attests(first, 101, 102)
    assert dirk.attests(never, 5, 6)


def test_its_own_export_is_taken_as_it_is(
    hoodi: Backup, restored: Path, tmp_path: Path
) -> None:
    """It leaves out an array that is empty. What it signed since is in what is restored next."""
    own = Dirk(tmp_path / "base")
    own.configure(restored / "wallets", restored / "account-passphrase.txt", "Stockade")
    *_, never = hoodi.pubkeys
    with own.running():
        assert own.attests(f"Stockade/0x{never}", 7, 8)
    exported = own.export(tmp_path / "export.json")
    (record,) = exported["data"]
    assert "signed_blocks" not in record
    # The other two never signed at this dirk: the file of before says what they did.
    copies = [shutil.copytree(copy, tmp_path / copy.name) for copy in hoodi.copies]
    forget(copies)
    before = tmp_path / "before.json"
    before.write_text(json.dumps(history(hoodi.pubkeys)))
    to = tmp_path / "again"
    done(
        *("backup", "restore", *copies, "--to", to, "--layout", "dirk"),
        *("--history", before, "--history", tmp_path / "export.json"),
        device="mock-ledger",
    )
    merged = json.loads((to / "slashing_protection.json").read_bytes())
    records = {one["pubkey"]: one for one in merged["data"]}
    votes = records[f"0x{never}"]["signed_attestations"]
    assert [(vote["source_epoch"], vote["target_epoch"]) for vote in votes] == [("7", "8")]
    assert records[f"0x{never}"]["signed_blocks"] == []
    assert records[f"0x{hoodi.pubkeys[0]}"]["signed_blocks"][-1]["slot"] == "3200"


def renamed(wallets: Path, wallet: str) -> None:
    """Gives the only wallet another name, as if somebody had made it under that name."""
    (folder,) = wallets.iterdir()
    file = folder / folder.name
    file.write_text(json.dumps({**json.loads(file.read_bytes()), "name": wallet}))


def test_a_wallet_goes_into_a_set_and_comes_out_under_its_names(restored: Path, tmp_path: Path) -> None:
    """With an account that dirk made. dirk's permissions are by the names of wallets and accounts."""
    wallets = Path(shutil.copytree(restored / "wallets", tmp_path / "wallets"))
    passphrase = restored / "account-passphrase.txt"
    renamed(wallets, "Hot")
    own = Dirk(tmp_path / "base")
    own.configure(wallets, passphrase, "Hot")
    with own.running():
        made = own.ask("generate", "Hot/made here", passphrase.read_text(), "1", "1")
        assert made["state"] == "SUCCEEDED", own.log()
        before = accounts(own, "Hot")
    assert "Hot/made here" in before.values()
    copy = tmp_path / "copy"
    source = ["--from", f"dirk:{wallets}", "--password-file", passphrase, "--network", "hoodi"]
    created = done("backup", "create", *source, "--copy", copy, device="mock-ledger")
    assert {key["pubkey"] for key in created["keys"]} == set(before)
    assert {file["what"] for file in created["passed_over"]} == {
        "ethdo's or dirk's index of accounts",
        "ethdo's or dirk's wallet file: its accounts are separate files",
    }
    # dirk may go on signing there: the copies know.
    (place,) = created["may_sign_at"]
    to = tmp_path / "to"
    command = ["backup", "restore", copy, "--to", to, "--layout", "dirk", "--never-attested"]
    assert run(*command, device="mock-ledger").exit_code != 0
    done(*command, "--off", place["location"], device="mock-ledger")
    other = Dirk(tmp_path / "other")
    other.configure(to / "wallets", to / "account-passphrase.txt", "Hot")
    with other.running():
        assert accounts(other, "Hot") == before
        assert other.ask("sign", "Hot/made here", ROOT, DOMAIN)["state"] == "SUCCEEDED"
        # Who may use one wallet may not use another.
        assert accounts(other, "Stockade") == {}


def test_attestations_are_signed_over_their_root(dirk: Dirk, hoodi: Backup) -> None:
    key = hoodi.pubkeys[1]
    answer = dirk.ask("attest", f"Stockade/0x{key}", "200", "201", ATTESTER)
    signature = BLSSignature(bytes.fromhex(answer["signature"]))
    assert bls.Verify(BLSPubkey(bytes.fromhex(key)), signing_root(200, 201), signature)


def signing_root(source: int, target: int) -> bytes:
    """Of the attestation that our client sends: SSZ by hand."""
    zero = bytes(32)
    number = lambda value: value.to_bytes(8, "little") + bytes(24)  # noqa: E731
    pair = lambda a, b: hashlib.sha256(a + b).digest()  # noqa: E731
    leaves = [number(target * 32), zero, zero, pair(number(source), zero), pair(number(target), zero)]
    leaves += [zero] * 3
    while len(leaves) > 1:
        leaves = [pair(*leaves[i : i + 2]) for i in range(0, len(leaves), 2)]
    return pair(leaves[0], bytes.fromhex(ATTESTER))
