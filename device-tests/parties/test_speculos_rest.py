"""PyPI speculos's own client sends commands, reads the screen and presses the buttons of the simulated
Ledger, as it does with the emulator's."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from speculos.client import Api, ApduException, ApduResponse

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
        press_until(client, "Confirm")
        assert address[2:].encode() in waiting.result(10)

        waiting = pool.submit(client.exchange, ADDRESS_SHOWN)
        client.wait_for_text_event("Verify")
        press_until(client, "Cancel")
        with pytest.raises(ApduException) as rejected:
            waiting.result(10)
        assert rejected.value.sw == 0x6985


def test_what_needs_nobody_is_answered_at_once(client: Client) -> None:
    assert b"Ethereum" in client.exchange(bytes.fromhex("b001000000"))
    assert client.get_current_screen_content()["events"][0]["text"] == "Application is ready"


def test_a_command_without_waiting_returns_before_it_is_answered(client: Client) -> None:
    """As Ragger's does: it presses on the thread that sent the command."""
    address = wallet.account(wallet.FIRST_PATH).address
    response = ApduResponse(client._apdu_exchange_nowait(ADDRESS_SHOWN))
    client.wait_for_text_event("Verify")
    press_until(client, "Confirm")
    assert address[2:].encode() in response.receive()


def test_rules_press_the_buttons(client: Client) -> None:
    def press(*buttons: int) -> list[list[object]]:
        return [["button", button, down] for down in (True, False) for button in buttons]

    rules = [
        {"regexp": "^Reject .*", "actions": press(1, 2)},
        {"regexp": ".*", "actions": press(2)},
    ]
    client.set_automation_rules({"version": 1, "rules": rules})
    data = ADDRESS_SHOWN[5:] + b"\0\0\0\x05hello"
    with pytest.raises(ApduException) as rejected:
        client.exchange(bytes([0xE0, 8, 0, 0, len(data)]) + data)
    assert rejected.value.sw == 0x6985
    events = client.session.get(f"{client.api_url}/events").json()["events"]
    assert {"Sign message", "Reject message"} <= {event["text"] for event in events}


def test_what_ragger_asks_for_at_its_start_and_what_a_page_needs(client: Client) -> None:
    assert client.get_screenshot().startswith(b"\x89PNG")
    client.ticker_ctl("pause")
    answer = client.session.get(f"{client.api_url}/events")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Content-Type"] == "application/json"
    odd = client.session.post(f"{client.api_url}/apdu", json={"data": "b00"})
    assert odd.status_code == 400


def test_a_simulated_user_presses_and_the_screen_is_told() -> None:
    with shown("ledger", "--rest", "127.0.0.1:0", "--user", "approve") as (spec, _):
        client = Client(re.search(r"http://\S+", spec)[0])
        address = wallet.account(wallet.FIRST_PATH).address
        assert address[2:].encode() in client.exchange(ADDRESS_SHOWN)
        events = client.session.get(f"{client.api_url}/events").json()["events"]
        assert "Verify" in events[0]["text"]
