"""PyPI py_ecc verifies deposits, whose roots are computed here from the specification."""

import hashlib
from typing import Any

import pytest
from eth_typing import BLSPubkey, BLSSignature
from py_ecc.bls import G2ProofOfPossession as bls

import wallet
from backup import Backup

HOODI_GENESIS_FORK = bytes.fromhex("10000910")
DOMAIN_DEPOSIT = bytes.fromhex("03000000")
AMOUNT = 32 * 10**9


def root_of(*chunks: bytes) -> bytes:
    """SSZ's hash_tree_root of values that are padded to chunks: up to four of them."""
    leaves = list(chunks) + [bytes(32)] * (-len(chunks) % 2)
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=True)
        leaves = [hashlib.sha256(left + right).digest() for left, right in pairs]
    return leaves[0]


def chunks_of(value: bytes) -> list[bytes]:
    padded = value + bytes(-len(value) % 32)
    return [padded[i : i + 32] for i in range(0, len(padded), 32)]


def message_chunks(pubkey: bytes, credentials: bytes) -> list[bytes]:
    amount = AMOUNT.to_bytes(8, "little") + bytes(24)
    return [root_of(*chunks_of(pubkey)), credentials, amount]


def message_root(pubkey: bytes, credentials: bytes) -> bytes:
    return root_of(*message_chunks(pubkey, credentials), bytes(32))


def data_root(pubkey: bytes, credentials: bytes, signature: bytes) -> bytes:
    return root_of(*message_chunks(pubkey, credentials), root_of(*chunks_of(signature), bytes(32)))


def signing_root(message: bytes) -> bytes:
    fork_data = root_of(HOODI_GENESIS_FORK + bytes(28), bytes(32))
    return root_of(message, DOMAIN_DEPOSIT + fork_data[:28])


def verifies(pubkey: bytes, message: bytes, signature: bytes) -> bool:
    return bls.Verify(BLSPubkey(pubkey), signing_root(message), BLSSignature(signature))


def credentials() -> bytes:
    """0x01, to the wallet's first address."""
    address = wallet.account(wallet.FIRST_PATH).address
    return b"\x01" + bytes(11) + bytes.fromhex(address.removeprefix("0x"))


@pytest.fixture(params=range(3))
def deposit(request: pytest.FixtureRequest, hoodi: Backup) -> Any:
    return hoodi.deposits()[request.param]


def test_deposit_is_for_the_key_and_pays_out_to_the_wallet(hoodi: Backup) -> None:
    deposits = hoodi.deposits()
    assert [deposit["pubkey"] for deposit in deposits] == hoodi.pubkeys
    for deposit in deposits:
        assert deposit["withdrawal_credentials"] == credentials().hex()
        assert (deposit["amount"], deposit["network_name"]) == (AMOUNT, "hoodi")
        assert deposit["fork_version"] == HOODI_GENESIS_FORK.hex()


def test_deposit_signature_verifies(deposit: Any) -> None:
    pubkey, signature = (bytes.fromhex(deposit[name]) for name in ("pubkey", "signature"))
    message = message_root(pubkey, credentials())
    assert deposit["deposit_message_root"] == message.hex()
    assert deposit["deposit_data_root"] == data_root(pubkey, credentials(), signature).hex()
    assert verifies(pubkey, message, signature)


def test_deposit_signature_is_for_no_other_address(hoodi: Backup) -> None:
    deposit = hoodi.deposits()[0]
    pubkey, signature = (bytes.fromhex(deposit[name]) for name in ("pubkey", "signature"))
    other = message_root(pubkey, b"\x01" + bytes(31))
    assert not verifies(pubkey, other, signature)
