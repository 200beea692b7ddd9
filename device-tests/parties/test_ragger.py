"""PyPI ragger, by which apps for Ledgers are tested: its Speculos backend, with the simulated Ledger in
the place of the emulator that it would start."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from ledgered.devices import Devices
from ragger.backend import SpeculosBackend
from ragger.error import ExceptionRAPDU
from ragger.navigator import NanoNavigator, NavInsID
from speculos.client import SpeculosInstance

import wallet
from command import shown

PATH = bytes.fromhex("058000002c8000003c800000000000000000000000")


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    # It runs already.
    monkeypatch.setattr(SpeculosInstance, "start", lambda self: None)
    monkeypatch.setattr(SpeculosInstance, "stop", lambda self: None)
    with shown("ledger", "--rest", "127.0.0.1:0") as (spec, _):
        found = re.search(r"http://\S+:(\d+)", spec)
        assert found
        arguments = ["--api-port", found[1]]
        device = Devices.get_by_name("nanosp")
        with SpeculosBackend("none.elf", device, args=arguments) as backend:
            yield backend


def press(backend: Any, text: str) -> None:
    """Pages to the screen that says `text`, and presses both buttons there."""
    navigator = NanoNavigator(backend, backend.device)
    navigator.navigate_until_text(
        NavInsID.RIGHT_CLICK, [NavInsID.BOTH_CLICK], text, screen_change_before_first_instruction=True
    )


def test_an_address_is_confirmed(backend: Any) -> None:
    with backend.exchange_async(0xE0, 2, 1, 0, PATH):
        press(backend, "Confirm")
    address = wallet.account(wallet.FIRST_PATH).address
    assert address[2:].encode() in backend.last_async_response.data


def test_a_message_is_signed_and_refused(backend: Any) -> None:
    message = PATH + b"\0\0\0\x05hello"
    with backend.exchange_async(0xE0, 8, 0, 0, message):
        press(backend, "Sign message")
    v, *rs = backend.last_async_response.data
    assert bytes([*rs, v]) == wallet.personal_sign(wallet.FIRST_PATH, "hello")
    with pytest.raises(ExceptionRAPDU) as refused, backend.exchange_async(0xE0, 8, 0, 0, message):
        press(backend, "Reject message")
    assert refused.value.status == 0x6985
