"""What the tests share, and what is said of the lane that nobody asked for."""

import os

import pytest
from _pytest.terminal import TerminalReporter

import age
import backup

# No package registry holds Ledger's Ethereum app. What needs it is collected where it is named.
ETHEREUM_ELF = "STOCKADE_TEST_ETHEREUM_ELF"
collect_ignore = [] if os.environ.get(ETHEREUM_ELF) else ["test_ethereum_app.py"]


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    if collect_ignore:
        terminalreporter.write_line(
            f"not run: Ledger's Ethereum app in Speculos ({ETHEREUM_ELF} not set)"
        )


@pytest.fixture(scope="session")
def hoodi(tmp_path_factory: pytest.TempPathFactory) -> backup.Backup:
    """Three keys that a simulated Ledger made, in two copies."""
    return backup.create(tmp_path_factory.mktemp("hoodi"), "mock-ledger")


@pytest.fixture(autouse=True)
def released_nowhere(request: pytest.FixtureRequest) -> None:
    """Each test is the first to release the keys that all share: of the next one, the record warns."""
    if "hoodi" in request.fixturenames:
        backup.forget(request.getfixturevalue("hoodi").copies)


@pytest.fixture(scope="session")
def set_secret(hoodi: backup.Backup, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The secret of that set, opened by `age` as RECOVERY.txt says."""
    return age.set_secret(hoodi, tmp_path_factory.mktemp("identity"))
