"""Trezor's emulator: collected where STOCKADE_TEST_TREZOR_UDP says at which HOST:PORT it runs."""

import os

import conformance


def test_conforms() -> None:
    conformance.run(STOCKADE_TEST_TREZOR_UDP=os.environ["STOCKADE_TEST_TREZOR_UDP"])
