"""npm @ledgerhq/hw-app-eth, Ledger's own client, with the simulated Ledger."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

import javascript
import wallet
from command import served

PATH = wallet.FIRST_PATH.removeprefix("m/")
ADDRESS = wallet.account(wallet.FIRST_PATH).address
SIGNING_KEY = (
    "b3e445d43871965d890a398f719348a1405ac72e35b92727cc570026f54471af"
    "7ea7b2040622a8fd0b5bfb2a209b5911"
)
EXIT = {
    "type": 2,
    "chainId": 560048,
    "nonce": 7,
    "gas": 200_000,
    "maxFeePerGas": 30 * 10**9,
    "maxPriorityFeePerGas": 10**9,
    "to": "0x00000961Ef480Eb55e80D19ad83579A64c007002",
    "value": 1,
    "data": "0x" + SIGNING_KEY + "00" * 8,
}
PAYMENT = {
    "chainId": 560048,
    "nonce": 300,
    "gas": 21_000,
    "gasPrice": 20 * 10**9,
    "to": "0x" + "52" * 20,
    "value": 10**17,
    "data": "0x",
}
TYPED = {
    "types": {
        "EIP712Domain": [
            {"name": "name", "type": "string"},
            {"name": "chainId", "type": "uint256"},
            {"name": "verifyingContract", "type": "address"},
        ],
        "Key": [{"name": "pubkey", "type": "bytes"}, {"name": "index", "type": "uint32"}],
        "Set": [
            {"name": "label", "type": "string"},
            {"name": "keys", "type": "Key[]"},
            {"name": "grid", "type": "int16[2][]"},
            {"name": "test", "type": "bool"},
            {"name": "salt", "type": "bytes8"},
        ],
    },
    "primaryType": "Set",
    "domain": {"name": "Stockade", "chainId": 560048, "verifyingContract": "0x" + "11" * 20},
    "message": {
        "label": "a label longer than one command takes: " + "x" * 300,
        "keys": [
            {"pubkey": "0x" + SIGNING_KEY, "index": 0},
            {"pubkey": "0x", "index": 4_294_967_295},
        ],
        "grid": [["-1", "2"], ["300", "-32768"]],
        "test": True,
        "salt": "0x0102030405060708",
    },
}


@pytest.fixture(scope="module")
def ledger() -> Iterator[str]:
    with served("ledger") as spec:
        yield spec.removeprefix("speculos:")


@pytest.fixture(scope="module")
def blind_ledger() -> Iterator[str]:
    with served("ledger", "--blind-signing") as spec:
        yield spec.removeprefix("speculos:")


def ask(ledger: str, method: str, *arguments: Any) -> Any:
    script = str(javascript.FOLDER / "hw_app_eth.mjs")
    run = subprocess.run(
        ["node", script, ledger, method],
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def vrs(signed: dict[str, Any]) -> tuple[int, int, int]:
    assert "error" not in signed, signed
    return int(str(signed["v"]), 16), int(signed["r"], 16), int(signed["s"], 16)


def test_configuration(ledger: str) -> None:
    configuration = ask(ledger, "getAppConfiguration")
    assert (configuration["version"], configuration["arbitraryDataEnabled"]) == ("1.22.0", 0)


def test_address(ledger: str) -> None:
    assert ask(ledger, "getAddress", PATH, True)["address"] == ADDRESS


def test_personal_sign(ledger: str) -> None:
    text = "Stockade: tried by Ledger's own client. " * 20
    signed = ask(ledger, "signPersonalMessage", PATH, text.encode().hex())
    v, r, s = signed["v"], int(signed["r"], 16), int(signed["s"], 16)
    assert Account.recover_message(encode_defunct(text=text), vrs=(v, r, s)) == ADDRESS


@pytest.mark.parametrize("transaction", [EXIT, PAYMENT], ids=["exit", "payment"])
def test_transaction(ledger: str, transaction: dict[str, Any]) -> None:
    own = wallet.account(wallet.FIRST_PATH).sign_transaction(transaction)
    signed = ask(ledger, "signTransaction", PATH, unsigned(transaction), None)
    assert vrs(signed) == (own.v, own.r, own.s)


def unsigned(transaction: dict[str, Any]) -> str:
    """What is signed: EIP-1559's list after its type, or EIP-155's."""
    import rlp
    from eth_account._utils.legacy_transactions import serializable_unsigned_transaction_from_dict

    built = serializable_unsigned_transaction_from_dict(transaction)
    if transaction.get("type") == 2:
        fields = ["chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "data"]
        values = [transaction[name] for name in fields]
        items = [bytes.fromhex(v[2:]) if isinstance(v, str) else v for v in values]
        return "02" + rlp.encode([*items, []]).hex()
    return rlp.encode(built).hex()


def test_a_call_that_nobody_can_explain(ledger: str, blind_ledger: str) -> None:
    call = {**PAYMENT, "data": "0x" + "ab" * 400}
    refused = ask(ledger, "signTransaction", PATH, unsigned(call), None)
    # Its word for 6A80.
    assert "EthAppPleaseEnableContractData" in refused["error"], refused
    own = wallet.account(wallet.FIRST_PATH).sign_transaction(call)
    assert vrs(ask(blind_ledger, "signTransaction", PATH, unsigned(call), None)) == (own.v, own.r, own.s)


def test_eth2_public_key(ledger: str) -> None:
    for shown in (False, True):
        answer = ask(ledger, "eth2GetPublicKey", "12381/3600/0/0/0", shown)
        # Shown, current firmware answers more than the key: see docs/testing.md.
        assert SIGNING_KEY in answer["publicKey"], answer


def test_typed_data(blind_ledger: str) -> None:
    signed = ask(blind_ledger, "signEIP712Message", PATH, TYPED)
    assert "error" not in signed, signed
    recovered = (signed["v"], int(signed["r"], 16), int(signed["s"], 16))
    assert Account.recover_message(encode_typed_data(full_message=TYPED), vrs=recovered) == ADDRESS


def test_a_user_who_says_no() -> None:
    with served("ledger", "--user", "reject") as spec:
        ledger = spec.removeprefix("speculos:")
        assert ask(ledger, "signTransaction", PATH, unsigned(EXIT), None)["status"] == 0x6985
