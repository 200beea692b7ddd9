"""npm @trezor/connect, by which Trezor Suite, MetaMask and most wallets in browsers speak to a Trezor,
with the simulated Trezors."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

import javascript
import wallet
from command import served, shown

PACKAGE = Path(os.environ.get("STOCKADE_TEST_TREZOR_CONNECT", "/nowhere"))
# Where it looks for an emulator, and nowhere else.
EMULATOR = "127.0.0.1:21324"
PATH = wallet.FIRST_PATH
OWN = wallet.account(PATH)
HOODI = 560_048
TO = "0x" + "52" * 20
ACCESS_LIST = [
    {"address": "0x" + "11" * 20, "storageKeys": ["0x" + "22" * 32, "0x" + "33" * 32]},
    {"address": "0x" + "44" * 20, "storageKeys": []},
]
TYPED = {
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
        "Item": [{"name": "id", "type": "uint64"}, {"name": "note", "type": "string"}],
        "Order": [
            {"name": "items", "type": "Item[]"},
            {"name": "pair", "type": "int16[2]"},
            {"name": "to", "type": "address"},
            {"name": "data", "type": "bytes"},
        ],
    },
    "primaryType": "Order",
    "domain": {"name": "Stockade", "chainId": HOODI},
    "message": {
        "items": [{"id": "1", "note": "a"}, {"id": "2", "note": "b"}],
        "pair": ["-1", "300"],
        "to": TO,
        "data": "0x0102",
    },
}


@pytest.fixture(params=["one", "t", "safe3", "safe5"])
def model(request: pytest.FixtureRequest) -> Iterator[str]:
    with served("trezor", "--model", request.param, listen=EMULATOR):
        yield request.param


def ask(*calls: tuple[str, dict[str, Any]], screen: Path | None = None) -> list[Any]:
    script = str(javascript.FOLDER / "trezor_connect.cjs")
    run = subprocess.run(
        ["node", script, str(PACKAGE), *([str(screen)] if screen else [])],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def given(*calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """The answers to calls that succeed."""
    answers = ask(*calls)
    assert all(answer["success"] for answer in answers), answers
    return [answer["payload"] for answer in answers]


def test_addresses_shown_and_not(model: str) -> None:
    paths = ["m/44'/60'/0'/0/0", "m/44'/60'/7'/0/0"]
    calls = [
        ("ethereumGetAddress", {"path": path, "showOnTrezor": shown})
        for path in paths
        for shown in (False, True)
    ]
    addresses = [answer["address"] for answer in given(*calls)]
    assert addresses == [wallet.account(path).address for path in paths for _ in range(2)]


def test_messages(model: str) -> None:
    texts = ["hello", "Stockade: tried by Trezor's own client. " * 20]
    signed = given(*[("ethereumSignMessage", {"path": PATH, "message": text}) for text in texts])
    for text, answer in zip(texts, signed, strict=True):
        assert answer["address"] == OWN.address
        assert Account.recover_message(encode_defunct(text=text), signature=answer["signature"]) == OWN.address


def test_transactions(model: str) -> None:
    common = {"to": TO, "gas": 200_000, "nonce": 7, "chainId": HOODI}
    fees = {"type": 2, "maxFeePerGas": 30 * 10**9, "maxPriorityFeePerGas": 10**9}
    transactions = [
        {**common, "value": 10**17, "gasPrice": 2 * 10**10, "data": "0x"},
        {**common, "value": 0, **fees, "data": "0x" + "ab" * 3000},
        {**common, "value": 1, **fees, "data": "0x", "accessList": ACCESS_LIST},
    ]
    names = {"gas": "gasLimit"}
    calls = [
        ("ethereumSignTransaction", {"path": PATH, "transaction": {
            names.get(name, name): hex(value) if isinstance(value, int) and name != "chainId" else value
            for name, value in transaction.items() if name != "type"
        }})
        for transaction in transactions
    ]
    for transaction, answer in zip(transactions, given(*calls), strict=True):
        own = OWN.sign_transaction(transaction)
        assert [int(answer[name], 16) for name in ("v", "r", "s")] == [own.v, own.r, own.s]


def test_typed_data(model: str) -> None:
    if model == "one":
        pytest.skip("a One takes hashes")
    parameters = {"path": PATH, "data": TYPED, "metamask_v4_compat": True}
    (answer,) = given(("ethereumSignTypedData", parameters))
    signable = encode_typed_data(full_message=TYPED)
    assert Account.recover_message(signable, signature=answer["signature"]) == OWN.address


def test_a_label_is_kept(model: str) -> None:
    _, features = given(("applySettings", {"label": "spare"}), ("getFeatures", {}))
    assert features["label"] == "spare"


def test_a_user_who_says_no() -> None:
    with served("trezor", "--model", "safe5", "--user", "reject", listen=EMULATOR):
        (answer,) = ask(("ethereumSignMessage", {"path": PATH, "message": "hello"}))
        assert not answer["success"] and answer["payload"]["code"] == "Failure_ActionCancelled", answer


def test_a_safe_7_is_paired_by_its_code(tmp_path: Path) -> None:
    screen = tmp_path / "screen"
    screen.touch()
    with shown("trezor", "--model", "safe7", listen=EMULATOR) as (_, said):

        def keep() -> None:
            for line in said:
                with screen.open("a") as kept:
                    kept.write(line)

        threading.Thread(target=keep, daemon=True).start()
        address, signed = ask(
            ("ethereumGetAddress", {"path": PATH, "showOnTrezor": False, "useEmptyPassphrase": True}),
            ("ethereumSignMessage", {"path": PATH, "message": "hello", "useEmptyPassphrase": True}),
            screen=screen,
        )
    assert address["success"] and address["payload"]["address"] == OWN.address, address
    signature = signed["payload"]["signature"]
    assert Account.recover_message(encode_defunct(text="hello"), signature=signature) == OWN.address
