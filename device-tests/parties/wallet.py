"""The wallet of the mocks in Python: what Stockade makes with it, made without Stockade."""

import hashlib
import hmac

import bech32
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

MNEMONIC = " ".join(["abandon"] * 11 + ["about"])
CHECK_PATH = "m/44'/60'/83'/0/0"
FIRST_PATH = "m/44'/60'/0'/0/0"

Account.enable_unaudited_hdwallet_features()


def account(path: str) -> LocalAccount:
    """The wallet's key at `path` (BIP-39, BIP-32)."""
    return Account.from_mnemonic(MNEMONIC, account_path=path)


def personal_sign(path: str, text: str) -> bytes:
    """r, s and v of an EIP-191 signature."""
    return bytes(account(path).sign_message(encode_defunct(text=text)).signature)


def signer_of(text: str, signature: str) -> str:
    """The address that made an EIP-191 signature."""
    return Account.recover_message(encode_defunct(text=text), signature=signature)


def hkdf_sha256(ikm: bytes, salt: str, info: str) -> bytes:
    """The first 32 bytes of HKDF-SHA256 (RFC 5869)."""
    key = hmac.digest(salt.encode(), ikm, hashlib.sha256)
    return hmac.digest(key, info.encode() + b"\x01", hashlib.sha256)


def age_identity(secret: bytes) -> str:
    """32 bytes as `age` writes an X25519 identity."""
    words = bech32.convertbits(secret, 8, 5)
    assert words is not None
    return bech32.bech32_encode("age-secret-key-", words).upper()


def keystore_password(set_secret: bytes) -> str:
    """The password of all keystores of a set."""
    return hkdf_sha256(set_secret, "stockade/set/v1", "keystore password").hex()
