"""PyPI mnemonic (BIP-39), eth-account (BIP-32) and npm @chainsafe/bls-keygen (EIP-2333): the keys
of typed words, in every language, with and without a passphrase; and that nothing shows them."""

import hashlib
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from eth_account.hdaccount import key_from_seed
from eth_keys import keys
from mnemonic import Mnemonic

import javascript
import terminal
import wallet
from command import done, run

# ethstaker-deposit-cli's names, and PyPI mnemonic's.
LANGUAGES = [
    "chinese_simplified",
    "chinese_traditional",
    "czech",
    "english",
    "french",
    "italian",
    "japanese",
    "korean",
    "portuguese",
    "spanish",
]
PASSPHRASE = "pässwörd ｆｕｌｌ"
ADDRESS = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"


@pytest.fixture(scope="module")
def custodian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("custodian") / "custodian.json"
    done("custodian", "enroll", "--name", "x", "--out", file, device="mock-trezor")
    return file


def arguments(custodian: Path, copy: Path) -> list[str | Path]:
    return [
        *("validator", "create", "--network", "hoodi", "--count", "2", "--from-mnemonic"),
        *("--custodian", custodian, "--copy", copy, "--withdrawal-address", ADDRESS),
    ]


def words_of(language: str, length: int) -> str:
    """Words that are the same in each run, and different for each language and length."""
    entropy = hashlib.sha256(f"{language} {length}".encode()).digest()[: length * 4 // 3]
    return Mnemonic(language).to_mnemonic(entropy)


def check_address(seed: bytes) -> str:
    return keys.PrivateKey(key_from_seed(seed, wallet.CHECK_PATH)).public_key.to_checksum_address()


def assert_same_keys(made: Any, seed: bytes) -> None:
    paths = [key["path"] for key in made["keys"]]
    assert paths == [f"m/12381/3600/{index}/0/0" for index in range(2)]
    pubkeys = [key["pubkey"] for key in made["keys"]]
    assert javascript.lines("derive_keys.mjs", *paths, stdin=seed.hex()) == pubkeys
    assert made["signer"] == check_address(seed)


def test_accounts_of_ethdo_are_at_their_own_path(custodian: Path, tmp_path: Path) -> None:
    words = words_of("english", 24)
    create = [*arguments(custodian, tmp_path / "a"), "--ethdo-accounts", "--mnemonic-fd", "0"]
    made = done(*create, piped=words)
    paths = [key["path"] for key in made["keys"]]
    assert paths == ["m/12381/3600/0/0", "m/12381/3600/1/0"]
    seed = Mnemonic("english").to_seed(words)
    derived = javascript.lines("derive_keys.mjs", *paths, stdin=seed.hex())
    assert derived == [key["pubkey"] for key in made["keys"]]
    # The next ones are others, and the keys at EIP-2334's paths are not taken by these.
    more = done(*create, piped=words)
    assert [key["path"] for key in more["keys"]] == ["m/12381/3600/2/0", "m/12381/3600/3/0"]
    standard = done(*arguments(custodian, tmp_path / "a"), "--mnemonic-fd", "0", piped=words)
    assert [key["path"] for key in standard["keys"]] == ["m/12381/3600/0/0/0", "m/12381/3600/1/0/0"]
    # The withdrawal key would be the signing key.
    at = create.index("--withdrawal-address")
    bls = [*create[:at], *create[at + 2 :], "--credentials", "0x00"]
    assert "0x00 credentials would make" in run(*bls, piped=words).stdout


@pytest.mark.parametrize("form", ["NFC", "NFKD"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_every_language_give_the_same_keys(
    language: str, form: str, custodian: Path, tmp_path: Path
) -> None:
    length = {"NFC": 12, "NFKD": 24}[form]
    words = words_of(language, length)
    typed = unicodedata.normalize(form, f"{words}\n{PASSPHRASE}\n")
    options = ["--mnemonic-fd", "0", "--mnemonic-passphrase"]
    made = done(*arguments(custodian, tmp_path / "a"), *options, piped=typed)
    assert_same_keys(made, Mnemonic.to_seed(words, PASSPHRASE))


@pytest.mark.parametrize("length", [12, 15, 18, 21, 24])
def test_the_first_four_letters_of_words_are_enough(
    length: int, custodian: Path, tmp_path: Path
) -> None:
    words = words_of("english", length)
    short = " ".join(word[:4] for word in words.split()).upper()
    made = done(*arguments(custodian, tmp_path / "a"), "--mnemonic-fd", "0", piped=short)
    assert_same_keys(made, Mnemonic.to_seed(words))


def test_what_is_typed_never_shows(custodian: Path, tmp_path: Path) -> None:
    answers = [
        ("Mnemonic", WORDS),
        ("Its passphrase", PASSPHRASE),
        ("passphrase again", PASSPHRASE),
        ("Make new copies there?", "yes"),
    ]
    copy = tmp_path / "a"
    options = ["--mnemonic-passphrase"]
    code, seen = terminal.converse(*arguments(custodian, copy), *options, answers=answers)
    assert code == 0, seen
    for secret in [*WORDS.split(), *PASSPHRASE.split()]:
        assert secret not in seen, secret
    assert check_address(Mnemonic.to_seed(WORDS, PASSPHRASE)) in seen
    for file in copy.rglob("*"):
        assert file.is_dir() or b"winner" not in file.read_bytes(), file


def test_a_mistyped_word_or_passphrase_never_shows(custodian: Path, tmp_path: Path) -> None:
    wrong = WORDS.replace("sausage", "sausagge")
    code, seen = terminal.converse(
        *arguments(custodian, tmp_path / "a"), answers=[("Mnemonic", wrong)]
    )
    assert (code, "word 6 is not in the english word list" in seen) == (3, True), seen
    assert "sausag" not in seen
    answers = [("Mnemonic", WORDS), ("Its passphrase", "hunter2"), ("again", "hunter3")]
    code, seen = terminal.converse(
        *arguments(custodian, tmp_path / "a"), "--mnemonic-passphrase", answers=answers
    )
    assert (code, "the two passphrases differ" in seen) == (3, True), seen
    assert "hunter" not in seen
    assert not (tmp_path / "a").exists()


def test_words_are_no_argument_and_no_variable(custodian: Path, tmp_path: Path) -> None:
    named = run(*arguments(custodian, tmp_path / "a"), "--mnemonic", WORDS)
    assert named.exit_code == 2
    nobody = run(*arguments(custodian, tmp_path / "a"))
    assert (nobody.exit_code, nobody.json()["error"]["kind"]) == (2, "usage")
