"""PyPI `trezor`'s own debug link presses the buttons of the simulated Trezors."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from trezorlib import debuglink, device, ethereum, exceptions, messages
from trezorlib.client import get_default_client, get_default_session
from trezorlib.debuglink import DebugLink
from trezorlib.tools import parse_path
from trezorlib.transport.udp import UdpTransport

import wallet
from command import served

PATH = parse_path("m/44h/60h/0h/0/0")


@contextmanager
def beside(model: str, *arguments: str) -> Iterator[tuple[object, DebugLink]]:
    """A session with a simulated Trezor, and its debug link."""
    with served("trezor", "--model", model, "--debug-link", *arguments) as spec:
        path = spec.replace("trezor-udp:", "udp:")
        debug = DebugLink(UdpTransport.find_by_path(path).find_debug())
        with get_default_client("stockade-tests", path) as client:
            debug.model = client.model
            debug.version = client.version
            with get_default_session(client) as session:
                yield session, debug


@contextmanager
def pressing(debug: DebugLink, press: Callable[[], None], first: str) -> Iterator[None]:
    """Presses whenever something else is shown, beginning with a screen that says `first`."""
    done = threading.Event()
    screens: list[str] = []

    def until_done() -> None:
        while not done.wait(0.02):
            text = debug.read_layout().find_unique_value_by_key("text", "", str)
            if text and text not in screens[-1:]:
                screens.append(text)
                press()

    thread = threading.Thread(target=until_done)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert first in screens[0], screens


@pytest.mark.parametrize("model", ["one", "t", "safe3", "safe5"])
def test_yes_on_every_screen_signs(model: str) -> None:
    with beside(model) as (session, debug):
        own = wallet.account(wallet.FIRST_PATH)
        with pressing(debug, debug.press_yes, own.address):
            signed = ethereum.sign_message(session, PATH, "pressed elsewhere")
        assert signed.address == own.address
        assert signed.signature == wallet.personal_sign(wallet.FIRST_PATH, "pressed elsewhere")


@pytest.mark.parametrize("model", ["one", "safe5"])
def test_no_rejects_and_the_device_goes_on(model: str) -> None:
    with beside(model) as (session, debug):
        own = wallet.account(wallet.FIRST_PATH)
        with pressing(debug, debug.press_no, own.address), pytest.raises(exceptions.Cancelled):
            ethereum.sign_message(session, PATH, "not signed")
        assert ethereum.get_address(session, PATH) == own.address


@pytest.mark.parametrize("model", ["one", "t", "safe3", "safe5"])
def test_the_usual_beginning_of_a_test_on_an_emulator(model: str) -> None:
    """It is wiped, and other words are loaded."""
    words = "all " * 11 + "all"
    with beside(model) as (session, debug):
        debug.reseed(0)
        device_id = session.refresh_features().device_id
        if model == "one":
            with pressing(debug, debug.press_yes, "wipe"):
                device.wipe(session)
        else:
            debug._call(messages.WipeDevice())
        assert session.refresh_features().initialized is False
        # With its words a One forgets its sessions.
        session = session.client.get_session(passphrase=None)
        with pressing(debug, debug.press_yes, "seed"):
            debuglink.load_device(session, words, None, False, "spare")
        features = session.refresh_features()
        assert (features.initialized, features.label) == (True, "spare")
        assert features.device_id != device_id
        assert debug.state().mnemonic_secret == words.encode()
        with pytest.raises(exceptions.TrezorFailure):
            debug._call(messages.Ping())
