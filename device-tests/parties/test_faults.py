"""What goes wrong at a user's desk is said at once, as JSON, with its kind and exit code."""

import socket
from collections.abc import Iterator

import pytest

from command import Result, run

SECONDS = 3


def silent(kind: socket.SocketKind) -> Iterator[int]:
    """A port of this machine that takes what it is sent and never answers."""
    with socket.socket(socket.AF_INET, kind) as server:
        server.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def silent_tcp() -> Iterator[int]:
    yield from silent(socket.SOCK_STREAM)


@pytest.fixture
def silent_udp() -> Iterator[int]:
    yield from silent(socket.SOCK_DGRAM)


@pytest.fixture
def closed() -> int:
    """A port on which nobody listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def assert_fails(result: Result, kind: str) -> None:
    document = result.json()
    assert (document["ok"], document["error"]["kind"]) == (False, kind)
    assert document["error"]["message"] and document["error"]["hint"]
    assert result.exit_code == 4
    assert result.seconds < SECONDS


def test_udp_port_that_is_silent(silent_udp: int) -> None:
    assert_fails(run("device", "info", device=f"trezor-udp:127.0.0.1:{silent_udp}"), "not_found")


def test_udp_port_that_is_closed(closed: int) -> None:
    assert_fails(run("device", "info", device=f"trezor-udp:127.0.0.1:{closed}"), "not_found")


def test_tcp_port_that_is_silent(silent_tcp: int) -> None:
    assert_fails(run("device", "info", device=f"speculos:127.0.0.1:{silent_tcp}"), "timeout")


def test_tcp_port_that_is_closed(closed: int) -> None:
    assert_fails(run("device", "info", device=f"speculos:127.0.0.1:{closed}"), "not_found")


@pytest.mark.parametrize("spec", ["ledger@nowhere", "trezor@nowhere"])
def test_usb_device_that_is_not_there(spec: str) -> None:
    assert_fails(run("device", "info", device=spec), "not_found")


def test_list_is_an_answer_with_usb_and_without() -> None:
    result = run("device", "list")
    document = result.json()
    assert (result.exit_code, document["ok"]) == (0, True)
    assert isinstance(document["devices"], list) and isinstance(document["notes"], list)
    assert result.seconds < SECONDS


def test_spec_that_is_none() -> None:
    result = run("device", "info", device="ledgre")
    assert (result.exit_code, result.json()["error"]["kind"]) == (2, "usage")
    assert result.seconds < SECONDS
