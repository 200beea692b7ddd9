"""PyPI py_ecc verifies exits and credential changes, whose roots are computed here from the
specification; and keystores that npm @chainsafe/bls-keystore wrote are taken over."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_typing import BLSPubkey, BLSSignature
from py_ecc.bls import G2ProofOfPossession as bls

import javascript
import wallet
from command import done
from test_py_ecc import chunks_of, root_of

VALIDATORS_ROOT = bytes.fromhex("212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f")
GENESIS_FORK = bytes.fromhex("10000910")
CAPELLA_FORK = bytes.fromhex("40000910")
PASSWORD = "ünï cödé 🔑 password"


def u64(number: int) -> bytes:
    return number.to_bytes(8, "little") + bytes(24)


def verifies(pubkey: str, message: bytes, domain_type: int, fork: bytes, signature: str) -> bool:
    domain = bytes([domain_type, 0, 0, 0]) + root_of(fork + bytes(28), VALIDATORS_ROOT)[:28]
    key, made = (bytes.fromhex(text.removeprefix("0x")) for text in (pubkey, signature))
    return bls.Verify(BLSPubkey(key), root_of(message, domain), BLSSignature(made))


def mnemonic(*arguments: str | Path) -> Any:
    words = ("--from-mnemonic", "--mnemonic-fd", "0", "--network", "hoodi")
    return done(*arguments, *words, piped=wallet.MNEMONIC)


def test_an_exit_verifies(tmp_path: Path) -> None:
    file = tmp_path / "exit.json"
    options = ["--index", "3", "--validator-index", "77", "--epoch", "5", "--out", file]
    (made,) = mnemonic("exit", "create", *options)["exits"]
    pubkey = made["pubkey"]
    signed = json.loads(file.read_bytes())
    assert signed["message"] == {"epoch": "5", "validator_index": "77"}
    message = root_of(u64(5), u64(77))
    assert verifies(pubkey, message, 4, CAPELLA_FORK, signed["signature"])
    assert not verifies(pubkey, root_of(u64(6), u64(77)), 4, CAPELLA_FORK, signed["signature"])


def test_credential_changes_verify(tmp_path: Path) -> None:
    file = tmp_path / "changes.json"
    address = wallet.account(wallet.FIRST_PATH).address
    options = ["--index", "1", "--validator-index", "8", "9", "--withdrawal-address", address]
    mnemonic("credentials", "change", *options, "--out", file)
    for number, change in zip([8, 9], json.loads(file.read_bytes()), strict=True):
        message = change["message"]
        assert message["validator_index"] == str(number)
        assert message["to_execution_address"] == address.lower()
        key = bytes.fromhex(message["from_bls_pubkey"].removeprefix("0x"))
        to = bytes.fromhex(address.removeprefix("0x"))
        root = root_of(u64(number), root_of(*chunks_of(key)), to + bytes(12), bytes(32))
        assert verifies(key.hex(), root, 0x0A, GENESIS_FORK, change["signature"])


@pytest.mark.parametrize("kdf", ["scrypt", "pbkdf2"])
def test_keystores_of_javascript_are_taken_over(kdf: str, tmp_path: Path) -> None:
    path = "m/12381/3600/4/0/0"
    stdin = json.dumps({"seed": "07" * 32, "path": path, "password": PASSWORD, "kdf": kdf})
    keystore = javascript.text("make_keystore.mjs", stdin=stdin)
    (tmp_path / "keystore-1.json").write_text(keystore)
    (tmp_path / "password").write_text(PASSWORD)
    created = done(
        *("backup", "create", "--network", "hoodi", "--from", tmp_path / "keystore-1.json"),
        *("--password-file", tmp_path / "password", "--copy", tmp_path / "copy"),
        device="mock-ledger",
    )
    (pubkey,) = javascript.lines("derive_keys.mjs", path, stdin="07" * 32)
    assert [(key["pubkey"], key["path"]) for key in created["keys"]] == [(pubkey, path)]
    drilled = done("backup", "drill", tmp_path / "copy", device="mock-ledger")
    assert drilled["verdicts"]["proven"] == 1
