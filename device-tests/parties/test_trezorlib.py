"""Trezor's own library, PyPI `trezor`, with the simulated Trezors: transactions, which its program
signs only beside the whole of web3; and a Safe 7, paired by its code."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from eth_account._utils.legacy_transactions import (
    encode_transaction,
    serializable_unsigned_transaction_from_dict,
)
from trezorlib import ethereum, messages
from trezorlib.client import get_default_client, get_default_session
from trezorlib.tools import parse_path

import wallet
from command import served, shown

HOODI = 560_048
EXIT_CONTRACT = "0x00000961Ef480Eb55e80D19ad83579A64c007002"
MODELS = ["one", "t", "safe3", "safe5"]


@pytest.fixture(scope="module", params=MODELS)
def session(request: pytest.FixtureRequest) -> Iterator[object]:
    """A session with a simulated Trezor."""
    with served("trezor", "--model", request.param) as spec:
        path = spec.replace("trezor-udp:", "udp:")
        with get_default_client("stockade-tests", path) as client:
            with get_default_session(client) as session:
                yield session


@pytest.mark.parametrize("data", [b"", bytes(range(56)), bytes(3000)], ids=["none", "exit", "long"])
@pytest.mark.parametrize("nonce", [0, 7])
def test_a_legacy_transaction_recovers_to_the_wallet(session: object, data: bytes, nonce: int) -> None:
    fields = {"nonce": nonce, "gasPrice": 2 * 10**9, "gas": 200_000, "to": EXIT_CONTRACT}
    fields |= {"value": 0 if nonce else 1, "data": data, "chainId": HOODI}
    path = parse_path("m/44h/60h/0h/0/0")
    v, r, s = ethereum.sign_tx(
        session, path, nonce, fields["gasPrice"], fields["gas"], EXIT_CONTRACT,
        fields["value"], data, HOODI,
    )
    assert v in (2 * HOODI + 35, 2 * HOODI + 36)
    unsigned = serializable_unsigned_transaction_from_dict(fields)
    raw = encode_transaction(unsigned, (v, int.from_bytes(r, "big"), int.from_bytes(s, "big")))
    assert Account.recover_transaction(raw) == wallet.account(wallet.FIRST_PATH).address


@pytest.mark.parametrize("data", [b"", bytes(range(56)), bytes(3000)], ids=["none", "exit", "long"])
@pytest.mark.parametrize("nonce", [0, 7])
def test_an_eip1559_transaction_recovers_to_the_wallet(session: object, data: bytes, nonce: int) -> None:
    fields = {"nonce": nonce, "gas": 200_000, "to": EXIT_CONTRACT, "value": 0 if nonce else 1}
    path = parse_path("m/44h/60h/0h/0/0")
    v, r, s = ethereum.sign_tx_eip1559(
        session, path, nonce=nonce, gas_limit=fields["gas"], to=EXIT_CONTRACT,
        value=fields["value"], data=data, chain_id=HOODI, max_gas_fee=2 * 10**9,
        max_priority_fee=10**9,
    )
    typed = TypedTransaction.from_dict(
        fields | {
            "type": 2, "data": data, "chainId": HOODI, "accessList": (),
            "maxFeePerGas": 2 * 10**9, "maxPriorityFeePerGas": 10**9,
            "v": v, "r": int.from_bytes(r, "big"), "s": int.from_bytes(s, "big"),
        }
    )
    assert Account.recover_transaction(typed.encode()) == wallet.account(wallet.FIRST_PATH).address


@pytest.mark.parametrize("keys", [[], [b"\x22" * 32] * 3], ids=["address", "keys"])
def test_an_access_list_is_signed(session: object, keys: list[bytes]) -> None:
    address = "0x" + "11" * 20
    v, r, s = ethereum.sign_tx_eip1559(
        session, parse_path("m/44h/60h/0h/0/0"), nonce=5, gas_limit=21_000, to=EXIT_CONTRACT,
        value=1, data=b"", chain_id=HOODI, max_gas_fee=2 * 10**9, max_priority_fee=10**9,
        access_list=[messages.EthereumAccessList(address=address, storage_keys=keys)],
    )
    own = wallet.account(wallet.FIRST_PATH).sign_transaction(
        {
            "type": 2, "nonce": 5, "gas": 21_000, "to": EXIT_CONTRACT, "value": 1, "data": b"",
            "chainId": HOODI, "maxFeePerGas": 2 * 10**9, "maxPriorityFeePerGas": 10**9,
            "accessList": [{"address": address, "storageKeys": ["0x" + key.hex() for key in keys]}],
        }
    )
    assert (v, int.from_bytes(r, "big"), int.from_bytes(s, "big")) == (own.v, own.r, own.s)


def test_a_safe_7_is_paired_by_its_code_and_known_again(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "LC_ALL": "C.UTF-8",
        "XDG_CONFIG_HOME": str(tmp_path),
        "PYTHONPATH": str(Path(__file__).parent),
        "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
        "STOCKADE_TEST_KEYRING": str(tmp_path / "keyring"),
    }
    program = Path(sys.executable).parent / "trezorctl"
    with shown("trezor", "--model", "safe7") as (spec, screen):
        path = spec.replace("trezor-udp:", "udp:")
        command = [program, "--path", path, "ethereum", "get-address", "-n", "m/44h/60h/0h/0/0"]

        def run(code: bool) -> str:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, env=environment,
            )
            typed = re.search(r"code: (\d{6})", screen.readline())[1] + "\n" if code else ""
            output, _ = process.communicate(typed, timeout=60)
            assert process.returncode == 0, output
            return output

        address = wallet.account(wallet.FIRST_PATH).address
        first = run(code=True)
        assert address in first and "Enter code" in first
        again = run(code=False)
        assert address in again and "Enter code" not in again
