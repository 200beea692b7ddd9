"""npm @ledgerhq/device-management-kit and its kits, which Ledger's new clients are built on, with the
simulated Ledger over Speculos's REST interface: a simulated user presses."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

import javascript
import wallet
from command import shown
from test_hw_app_eth import EXIT, PAYMENT, TYPED, unsigned

PACKAGE = Path(os.environ.get("STOCKADE_TEST_LEDGER_DMK", "/nowhere"))
PATH = wallet.FIRST_PATH.removeprefix("m/")
OWN = wallet.account(wallet.FIRST_PATH)
HERE = {"skipOpenApp": True}


@contextmanager
def beside(*arguments: str) -> Iterator[str]:
    with shown("ledger", "--rest", "127.0.0.1:0", *arguments) as (spec, _):
        found = re.search(r"http://\S+", spec)
        assert found
        yield found[0]


@pytest.fixture(scope="module")
def ledger() -> Iterator[str]:
    with beside("--user", "approve", "--blind-signing") as url:
        yield url


def ask(url: str, *calls: list[Any]) -> list[Any]:
    script = str(javascript.FOLDER / "ledger_dmk.cjs")
    run = subprocess.run(
        ["node", script, str(PACKAGE), url],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def vrs(answer: Any) -> tuple[int, int, int]:
    signed = answer["output"]
    return signed["v"], int(signed["r"], 16), int(signed["s"], 16)


def test_addresses_shown_and_not(ledger: str) -> None:
    options = [{**HERE, "checkOnDevice": shown} for shown in (False, True)]
    answers = ask(ledger, *[["getAddress", PATH, option] for option in options])
    assert [answer["output"]["address"] for answer in answers] == [OWN.address] * 2


def test_messages_and_typed_data(ledger: str) -> None:
    text = "Stockade: tried by Ledger's device management kit. " * 20
    message, typed = ask(
        ledger, ["signMessage", PATH, text, HERE], ["signTypedData", PATH, TYPED, HERE]
    )
    assert Account.recover_message(encode_defunct(text=text), vrs=vrs(message)) == OWN.address
    signable = encode_typed_data(full_message=TYPED)
    assert Account.recover_message(signable, vrs=vrs(typed)) == OWN.address


@pytest.mark.parametrize("transaction", [EXIT, PAYMENT], ids=["exit", "payment"])
def test_transactions(ledger: str, transaction: dict[str, Any]) -> None:
    (answer,) = ask(ledger, ["signTransaction", PATH, "hex:" + unsigned(transaction), HERE])
    own = OWN.sign_transaction(transaction)
    assert vrs(answer) == (own.v, own.r, own.s)


def test_a_delegation_is_refused_as_the_app_refuses_it(ledger: str) -> None:
    call = ["signDelegationAuthorization", PATH, 1, "0x" + "33" * 20, 0]
    (answer,) = ask(ledger, call)
    assert answer["error"]["originalError"]["errorCode"] == "6980", answer


def test_a_user_who_says_no() -> None:
    with beside("--user", "reject") as url:
        (answer,) = ask(url, ["signMessage", PATH, "hello", HERE])
        assert answer["error"]["errorCode"] == "6985", answer
