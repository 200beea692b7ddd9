"""Trezor's own program, `trezorctl`, with the simulated Trezors."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import age
import backup
import wallet
from command import served

MODELS = ["one", "t", "safe3", "safe5"]


@pytest.fixture(scope="module", params=MODELS)
def trezor(request: pytest.FixtureRequest) -> Iterator[str]:
    """The path by which trezorctl reaches a simulated Trezor."""
    with served("trezor", "--model", request.param) as spec:
        yield spec.replace("trezor-udp:", "udp:")


def trezorctl(path: str, *arguments: str) -> str:
    """What `trezorctl` prints."""
    program = Path(sys.executable).parent / "trezorctl"
    run = subprocess.run(
        [program, "--path", path, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    # It says when it waits for its user.
    told = [line for line in run.stdout.splitlines() if not line.startswith("Please confirm")]
    return "\n".join(told).strip()


def test_gets_the_address(trezor: str) -> None:
    address = trezorctl(trezor, "ethereum", "get-address", "-n", "m/44h/60h/0h/0/0")
    assert address == wallet.account(wallet.FIRST_PATH).address


def test_signs_as_eth_account_does(trezor: str) -> None:
    text = "Stockade: open backups of custodian 7f3a19c2. A secret!"
    said = trezorctl(trezor, "ethereum", "sign-message", "-n", "m/44h/60h/83h/0/0", text)
    signature = wallet.personal_sign(wallet.CHECK_PATH, text)
    assert f"signature: 0x{signature.hex()}" in said.splitlines()


def identity_by_hand(trezor: str, made: backup.Backup, folder: Path) -> Path:
    """The identity of the set's custodian, by the very lines of RECOVERY.txt, in a shell."""
    recovery = made.recovery()
    lines = [recovery.find(rf"(?m)^    ({line}.+)$") for line in ("TEXT=", "trezorctl ", "python3 .+ identity ")]
    programs = Path(sys.executable).parent
    run = subprocess.run(
        ["bash", "-euc", "\n".join(lines)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env={
            **os.environ,
            "LC_ALL": "C.UTF-8",
            "PATH": f"{programs}:{os.environ['PATH']}",
            "SET": str(made.folder),
            "TREZOR_PATH": trezor,
        },
    )
    assert run.returncode == 0, run.stdout + run.stderr
    [identity] = folder.glob("identity-*")
    return identity


def test_opens_a_set_by_the_command_that_recovery_txt_prints(
    trezor: str, hoodi: backup.Backup, tmp_path: Path
) -> None:
    opened = age.decrypt(hoodi.sealed_secret, identity_by_hand(trezor, hoodi, tmp_path))
    assert (opened.returncode, len(opened.stdout)) == (0, 32)


def test_opens_a_slip11_set_by_the_command_that_recovery_txt_prints(
    trezor: str, slip11: backup.Backup, tmp_path: Path
) -> None:
    opened = age.decrypt(slip11.sealed_secret, identity_by_hand(trezor, slip11, tmp_path))
    assert (opened.returncode, len(opened.stdout)) == (0, 32)


def test_tells_its_features(trezor: str) -> None:
    features = trezorctl(trezor, "get-features")
    assert "initialized: True" in features and "fw_vendor: 'EMULATOR'" in features


def test_decrypts_what_it_encrypted(trezor: str) -> None:
    value = bytes(range(32)).hex()
    arguments = ("-n", "m/10016h/0h", "a text")
    sealed = trezorctl(trezor, "crypto", "encrypt-keyvalue", *arguments, value)
    assert sealed != value
    assert trezorctl(trezor, "crypto", "decrypt-keyvalue", *arguments, sealed) == value


def test_says_no_where_its_user_does() -> None:
    with served("trezor", "--model", "safe5", "--user", "reject") as spec:
        path = spec.replace("trezor-udp:", "udp:")
        with pytest.raises(AssertionError, match="Action was cancelled"):
            trezorctl(path, "ethereum", "sign-message", "-n", "m/44h/60h/0h/0/0", "hello")


def test_asks_for_pin_and_passphrase() -> None:
    with served("trezor", "--model", "safe5", "--pin", "1234", "--passphrase") as spec:
        path = spec.replace("trezor-udp:", "udp:")
        arguments = ("--passphrase-on-host", "ethereum", "get-address")
        os.environ["PASSPHRASE"] = "TREZOR"
        try:
            said = trezorctl(path, *arguments, "-n", "m/44h/60h/0h/0/0")
        finally:
            del os.environ["PASSPHRASE"]
        assert "0x9c32F71D4DB8Fb9e1A58B0a80dF79935e7256FA6" in said


@pytest.fixture(scope="module")
def slip11(tmp_path_factory: pytest.TempPathFactory) -> backup.Backup:
    """A set that is sealed by the scheme of Trezors alone."""
    directory = tmp_path_factory.mktemp("slip11")
    return backup.create(directory, "mock-trezor:one", "--scheme", "slip11-v1")
