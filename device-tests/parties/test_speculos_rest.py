"""PyPI speculos's own client sends commands, reads the screen and presses the buttons of the simulated
Ledger, as it does with the emulator's."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from speculos.client import Api, ApduException

import wallet
from command import shown

ADDRESS_SHOWN = bytes.fromhex("e002010015058000002c8000003c800000000000000000000000")


class Client(Api):
    """The client of an emulator that somebody else started."""

    def exchange(self, apdu: bytes) -> bytes:
        return self._apdu_exchange(apdu)


@pytest.fixture
def client() -> Iterator[Client]:
    with shown("ledger", "--rest", "127.0.0.1:0") as (spec, _):
        client = Client(re.search(r"http://\S+", spec)[0])
        client.open_stream()
        yield client
        client.close_stream()


def press_until(client: Client, page: str) -> None:
    for _ in range(20):
        if client.get_current_screen_content()["events"][0]["text"] == page:
            return client.press_and_release("both")
        client.press_and_release("right")
    raise AssertionError(f"no page says {page}")


def test_approves_and_rejects_by_its_buttons(client: Client) -> None:
    address = wallet.account(wallet.FIRST_PATH).address
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(client.exchange, ADDRESS_SHOWN)
        assert "Verify" in client.wait_for_text_event("Verify")["text"]
        assert not waiting.done()
        press_until(client, "Approve")
        assert address[2:].encode() in waiting.result(10)

        waiting = pool.submit(client.exchange, ADDRESS_SHOWN)
        client.wait_for_text_event("Verify")
        press_until(client, "Reject")
        with pytest.raises(ApduException) as rejected:
            waiting.result(10)
        assert rejected.value.sw == 0x6985


def test_what_needs_nobody_is_answered_at_once(client: Client) -> None:
    assert b"Ethereum" in client.exchange(bytes.fromhex("b001000000"))
    assert client.get_current_screen_content()["events"][0]["text"] == "Application is ready"
