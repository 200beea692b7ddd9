"""What the tests share, and what is said of lanes that nobody asked for."""

import os

import pytest
from _pytest.terminal import TerminalReporter

import age
import backup

# Lanes that need something that no package registry holds.
OPTIONAL = {
    "STOCKADE_TEST_ETHEREUM_ELF": ("test_ethereum_app.py", "Ledger's Ethereum app in Speculos"),
    "STOCKADE_TEST_TREZOR_UDP": ("test_trezor_emulator.py", "Trezor's own emulator"),
}
collect_ignore = [file for name, (file, _) in OPTIONAL.items() if not os.environ.get(name)]


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    for name, (file, what) in OPTIONAL.items():
        if file in collect_ignore:
            terminalreporter.write_line(f"not run: {what}, since {name} is not set")


@pytest.fixture(scope="session")
def hoodi(tmp_path_factory: pytest.TempPathFactory) -> backup.Backup:
    """Three keys that a simulated Ledger made, in two copies."""
    return backup.create(tmp_path_factory.mktemp("hoodi"), "mock-ledger")


@pytest.fixture(scope="session")
def set_secret(hoodi: backup.Backup, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The secret of that set, opened by `age` as RECOVERY.txt says."""
    return age.set_secret(hoodi, tmp_path_factory.mktemp("identity"))
