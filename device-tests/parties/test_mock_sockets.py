"""The simulated wallets on the vendors' sockets: one seed, two vendors, the same keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import backup
from backup import Backup
from command import done, run, served


@pytest.fixture(scope="module")
def ledger() -> Iterator[str]:
    with served("ledger") as spec:
        yield spec


@pytest.fixture(scope="module")
def trezor() -> Iterator[str]:
    with served("trezor", "--model", "one") as spec:
        yield spec


@pytest.fixture(scope="module")
def made_by_ledger(ledger: str, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    return backup.create(tmp_path_factory.mktemp("ledger"), ledger)


@pytest.fixture(scope="module")
def made_by_trezor(trezor: str, tmp_path_factory: pytest.TempPathFactory) -> Backup:
    return backup.create(tmp_path_factory.mktemp("trezor"), trezor)


def test_both_make_the_same_batch(made_by_ledger: Backup, made_by_trezor: Backup) -> None:
    assert made_by_ledger.created["keys"] == made_by_trezor.created["keys"]
    assert made_by_ledger.custodian["id"] != made_by_trezor.custodian["id"]


def drill(made: Backup, spec: str) -> None:
    report = done("backup", "drill", *made.copies, device=spec)
    assert (report["level"], report["origin"]) == ("opened", "this_wallet")
    assert report["verdicts"] == {"proven": 6, "contradicted": 0, "inconclusive": 0}


def test_trezor_drills_what_ledger_made(made_by_ledger: Backup, trezor: str) -> None:
    drill(made_by_ledger, trezor)


def test_ledger_drills_what_trezor_made(made_by_trezor: Backup, ledger: str) -> None:
    drill(made_by_trezor, ledger)


def test_a_user_who_says_no_gets_nothing_made(tmp_path: Path) -> None:
    copy = tmp_path / "A"
    copy.mkdir()
    create = ["validator", "create", "--network", "hoodi", "--count", "1", "--copy", str(copy)]
    for vendor in ("ledger", "trezor"):
        with served(vendor, "--user", "reject") as spec:
            result = run(*create, device=spec)
        assert (result.exit_code, result.json()["error"]["kind"]) == (5, "rejected")
        assert not list(copy.iterdir())
