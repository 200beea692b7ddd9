"""Ledger's Ethereum app in Speculos: collected where STOCKADE_TEST_ETHEREUM_ELF names its ELF."""

import os
from collections.abc import Iterator

import pytest

import conformance
from emulator import speculos


@pytest.fixture(scope="module")
def ethereum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """HOST:PORT of Speculos, in which the Ethereum app is open."""
    log = tmp_path_factory.mktemp("speculos") / "log"
    with speculos(os.environ["STOCKADE_TEST_ETHEREUM_ELF"], log) as address:
        yield address


def test_conforms(ethereum: str) -> None:
    conformance.run(STOCKADE_TEST_SPECULOS=ethereum, STOCKADE_TEST_EMULATOR_USER="approves")
