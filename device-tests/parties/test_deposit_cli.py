"""PyPI ethstaker-deposit (ethstaker-deposit-cli): what it makes of words is what we make of them, and
each takes the other's files. Its wheel has no texts, so that its command does not start; what
derives, signs, writes and validates is imported from it here.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from ethstaker_deposit.credentials import Credential
from ethstaker_deposit.key_handling.keystore import Keystore
from ethstaker_deposit.settings import get_chain_setting
from ethstaker_deposit.utils.export_data import export_deposit_data_json
from ethstaker_deposit.utils.validation import (
    validate_bls_to_execution_change,
    validate_deposit,
    verify_signed_exit_json,
)

import wallet
from command import done, run

PASSWORD = "ünï cödé 🔑 password"
ETH = 10**9


def credential(network: str, index: int = 0, **options: Any) -> Any:
    """The tool's own view of one validator of the mocks' words."""
    made = {
        "mnemonic": wallet.MNEMONIC,
        "mnemonic_password": "",
        "amount": 32 * ETH,
        "hex_withdrawal_address": wallet.account(wallet.FIRST_PATH).address,
        **options,
    }
    return Credential(index=index, chain_setting=get_chain_setting(network), **made)


def create(copy: Path, *options: str | Path) -> Any:
    """A set of the same words, in one copy."""
    return done(
        *("validator", "create", "--from-mnemonic", "--mnemonic-fd", "0", "--copy", copy),
        *("--allow-test-seed", *options),
        device="mock-ledger",
        piped=wallet.MNEMONIC,
    )


def deposits(copy: Path, made: Any) -> Any:
    (file,) = (copy / "stockade" / made["set_id"]).glob("deposit_data-*.json")
    return json.loads(file.read_bytes())


@pytest.mark.parametrize("network", ["mainnet", "hoodi", "sepolia", "gnosis", "chiado"])
def test_deposits_of_every_network_are_the_same(network: str, tmp_path: Path) -> None:
    made = create(tmp_path / "copy", "--network", network, "--count", "1")
    theirs = credential(network)
    file = export_deposit_data_json(str(tmp_path), 1, [theirs.deposit_datum_dict])
    (expected,) = json.loads(Path(file).read_bytes())
    (ours,) = deposits(tmp_path / "copy", made)
    expected["deposit_cli_version"] = ours["deposit_cli_version"]
    assert ours == expected
    assert validate_deposit(ours, theirs.chain_setting, theirs)
    assert done("deposit", "verify", file)["verdicts"]["proven"] == 1


def test_compounding_deposits_of_any_amount_are_the_same(tmp_path: Path) -> None:
    options = ("--network", "hoodi", "--count", "1", "--start", "3")
    made = create(tmp_path / "copy", *options, "--credentials", "0x02", "--amount", "1234.5")
    theirs = credential("hoodi", 3, amount=12345 * ETH // 10, compounding=True)
    (ours,) = deposits(tmp_path / "copy", made)
    assert validate_deposit(ours, theirs.chain_setting, theirs)
    assert ours["signature"] == theirs.deposit_datum_dict["signature"].hex()
    ours["amount"] += 1
    assert not validate_deposit(ours, theirs.chain_setting, theirs)


@pytest.mark.parametrize("pbkdf2", [False, True])
def test_its_keystores_are_taken_over(pbkdf2: bool, tmp_path: Path) -> None:
    theirs = credential("hoodi", 5, use_pbkdf2=pbkdf2)
    file = theirs.save_signing_keystore(PASSWORD, str(tmp_path), 1795220361)
    (tmp_path / "password").write_text(PASSWORD)
    secret = ("--password-file", tmp_path / "password")
    # It opens; but of a password with accents Prysm reads other characters.
    doctor = run("keystore", "doctor", file, *secret)
    (judged,) = doctor.json()["keys"]
    assert (doctor.exit_code, judged["verdict"]) == (1, "proven")
    refusing = [one["client"] for one in judged["clients"] if not one["accepts"]]
    assert refusing == ["Prysm"]
    assert judged["pubkey"] == theirs.signing_pk.hex()
    copy = tmp_path / "copy"
    taken = ("backup", "create", "--network", "hoodi", "--from", file, *secret, "--copy", copy)
    (key,) = done(*taken, device="mock-ledger")["keys"]
    assert (key["pubkey"], key["path"]) == (theirs.signing_pk.hex(), theirs.signing_key_path)


def test_it_opens_our_keystores(tmp_path: Path) -> None:
    create(tmp_path / "copy", "--network", "hoodi", "--count", "2")
    restored = ("--to", tmp_path / "out", "--layout", "plain", "--never-attested")
    done("backup", "restore", tmp_path / "copy", *restored, device="mock-ledger")
    password = (tmp_path / "out/password.txt").read_text()
    files = sorted((tmp_path / "out").glob("keystore-*.json"))
    assert len(files) == 2
    for index, file in enumerate(files):
        theirs = credential("hoodi", index)
        assert theirs.verify_keystore(str(file), password)
        assert Keystore.from_file(str(file)).path == theirs.signing_key_path


@pytest.mark.parametrize("network", ["hoodi", "gnosis"])
def test_exits_are_the_same(network: str, tmp_path: Path) -> None:
    theirs = credential(network, 2)
    file = theirs.save_exit_transaction(77, 5, str(tmp_path), 1)
    ours = tmp_path / "ours.json"
    done(
        *("exit", "create", "--from-mnemonic", "--mnemonic-fd", "0", "--network", network),
        *("--index", "2", "--validator-index", "77", "--epoch", "5", "--out", ours),
        "--allow-test-seed",
        piped=wallet.MNEMONIC,
    )
    assert json.loads(ours.read_bytes()) == json.loads(Path(file).read_bytes())
    pubkey = theirs.signing_pk.hex()
    assert verify_signed_exit_json(str(ours), pubkey, theirs.chain_setting)
    whose = ("--pubkey", pubkey, "--network", network)
    assert done("exit", "verify", file, *whose)["verdict"] == "proven"
    other = "sepolia" if network == "hoodi" else "chiado"
    assert run("exit", "verify", file, "--pubkey", pubkey, "--network", other).exit_code == 1


def test_credential_changes_are_the_same(tmp_path: Path) -> None:
    theirs = credential("hoodi", 1)
    address = theirs.hex_withdrawal_address
    ours = tmp_path / "ours.json"
    done(
        *("credentials", "change", "--from-mnemonic", "--mnemonic-fd", "0", "--network", "hoodi"),
        *("--index", "1", "--validator-index", "77", "--withdrawal-address", address),
        *("--out", ours),
        piped=wallet.MNEMONIC,
    )
    (change,) = json.loads(ours.read_bytes())
    expected = theirs.get_bls_to_execution_change_dict(77)
    expected["metadata"]["deposit_cli_version"] = change["metadata"]["deposit_cli_version"]
    assert change == expected
    assert validate_bls_to_execution_change(
        change,
        theirs,
        input_validator_index=77,
        input_withdrawal_address=address,
        chain_setting=theirs.chain_setting,
    )
    (tmp_path / "theirs.json").write_text(json.dumps([expected]))
    done("credentials", "verify", tmp_path / "theirs.json")
