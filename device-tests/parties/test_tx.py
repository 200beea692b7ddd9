"""PyPI eth-account reads what `tx` has the simulated wallets sign."""

import pytest
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes

import wallet
from command import done

ONE = "0x" + (
    "b3e445d43871965d890a398f719348a1405ac72e35b92727cc570026f54471af"
    "7ea7b2040622a8fd0b5bfb2a209b5911"
)
OTHER = "0x" + (
    "8b52e53cb73723a8f60fe279edfb277f48ec3ae54070326113c7277decd0f1dd"
    "9fab5267dfe40604c2614028be7860b1"
)
GIVEN = ["--network", "hoodi", "--nonce", "7", "--fee-wei", "1", "--max-fee-gwei", "30"]
DEVICES = ["mock-ledger", *(f"mock-trezor:{model}" for model in ("one", "t", "safe3", "safe5", "safe7"))]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "request_",
    [
        ["exit", "--validator", ONE],
        ["exit", "--validator", ONE, "--amount", "1.5"],
        ["consolidate", "--from", ONE, "--to", OTHER],
        ["compound", "--validator", OTHER],
    ],
    ids=["exit", "withdrawal", "consolidate", "compound"],
)
def test_recovers_to_the_withdrawal_address(device: str, request_: list[str]) -> None:
    signed = done("tx", *request_, *GIVEN, device=device)
    own = wallet.account(wallet.FIRST_PATH)
    assert Account.recover_transaction(signed["raw"]) == own.address == signed["from"]
    fields = TypedTransaction.from_bytes(HexBytes(signed["raw"])).as_dict()
    assert (fields["chainId"], fields["nonce"], fields["value"]) == (560048, 7, 1)
    assert (fields["gas"], fields["maxFeePerGas"]) == (200_000, 30 * 10**9)
    assert HexBytes(fields["data"]).hex() == signed["data"].removeprefix("0x")
    # Made by eth-account alone, it is the same to the byte.
    plain = {name: fields[name] for name in fields if name not in ("v", "r", "s", "accessList")}
    again = own.sign_transaction({**plain, "to": signed["to"]})
    assert again.raw_transaction == HexBytes(signed["raw"])
    assert again.hash == HexBytes(signed["hash"])
