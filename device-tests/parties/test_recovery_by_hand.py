"""docs/guides/recovery-by-hand.md, done as it says: its own code blocks, other people's programs."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from py_ecc.bls import G2ProofOfPossession as bls

import backup
import javascript
import wallet
from backup import Backup
from command import done, served
from guide import Guide
from test_py_ecc import root_of
from test_staking_files import CAPELLA_FORK, u64, verifies

GUIDE = Guide("recovery-by-hand.md")
BATCH = "Stockade: derive hoodi batch 0. A secret!"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the guide's reader works, with the program saved."""
    (tmp_path / "recover.py").write_text(GUIDE.block("recover.py"))
    return tmp_path


@pytest.fixture(scope="module")
def ledger() -> Iterator[dict[str, str]]:
    with served("ledger") as spec:
        host, _, port = spec.removeprefix("speculos:").rpartition(":")
        yield {"LEDGER_PROXY_ADDRESS": host, "LEDGER_PROXY_PORT": port}


@pytest.fixture(scope="module", params=["one", "t"])
def trezor(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    with served("trezor", "--model", request.param) as spec:
        yield {"TREZOR_PATH": spec.replace("trezor-udp:", "udp:")}


def opens(folder: Path, made: Backup, sign: str, reached: dict[str, str]) -> None:
    """From the wallet to every key."""
    variables = {**reached, "SET": str(made.folder), "TEXT": made.recovery().prompt}
    GUIDE.sh(folder, sign, "identity", **variables)
    recipient = ["age-keygen", "-y", "identity"]
    said = subprocess.run(recipient, cwd=folder, check=True, capture_output=True, text=True)
    assert said.stdout.strip() == made.recovery().recipient
    GUIDE.sh(folder, "secret", **variables)
    every_key(folder, made)


def every_key(folder: Path, made: Backup) -> None:
    """From the set's secret to every key, which an independent program finds as well."""
    variables = {"SET": str(made.folder)}
    assert "of this manifest" in GUIDE.sh(folder, "check", **variables)
    keys = GUIDE.sh(folder, "password", "open", **variables).split()
    assert [public(key) for key in keys] == made.pubkeys
    password = (folder / "keystores.password").read_text().strip()
    assert javascript.lines("open_keystores.mjs", *made.keystores, stdin=password) == made.pubkeys


def public(key: str) -> str:
    return bls.SkToPk(int(key, 16)).hex()


def test_with_a_ledger(folder: Path, hoodi: Backup, ledger: dict[str, str]) -> None:
    opens(folder, hoodi, "ledger", ledger)
    GUIDE.sh(folder, "done")
    assert [file.name for file in folder.iterdir()] == ["recover.py"]


def test_the_signed_exits_too(folder: Path, ledger: dict[str, str]) -> None:
    made = backup.create(folder / "made", "mock-ledger")
    copies = [argument for copy in made.copies for argument in ("--copy", copy)]
    numbers = ("--index", "0", "--validator-index", "7", "8")
    done("exit", "create", "--seal", *copies, *numbers, device="mock-ledger")
    variables = {**ledger, "SET": str(made.folder), "TEXT": made.recovery().prompt}
    GUIDE.sh(folder, "ledger", "identity", "secret", "exits", **variables)
    opened = {file.name.split("-")[1]: file for file in folder.glob("2*-*.json")}
    for pubkey, number in zip(made.pubkeys[:2], (7, 8), strict=True):
        signed = json.loads(opened[pubkey[:12]].read_bytes())
        assert signed["message"] == {"epoch": "0", "validator_index": str(number)}
        message = root_of(u64(0), u64(number))
        assert verifies(pubkey, message, 4, CAPELLA_FORK, signed["signature"])
    assert not (folder / "files-identity").exists()


def test_with_a_trezor(folder: Path, hoodi: Backup, trezor: dict[str, str]) -> None:
    opens(folder, hoodi, "trezor", trezor)


def test_with_a_trezor_s_own_scheme(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, trezor: dict[str, str]
) -> None:
    directory = tmp_path_factory.mktemp("slip11")
    made = backup.create(directory, "mock-trezor:one", "--scheme", "slip11-v1")
    opens(folder, made, "slip11", trezor)


def test_another_wallet_s_signature_opens_nothing(folder: Path, hoodi: Backup) -> None:
    text = hoodi.recovery().prompt
    (folder / "signature").write_text(wallet.personal_sign("m/44'/60'/83'/0/1", text).hex())
    GUIDE.sh(folder, "identity", TEXT=text)
    with pytest.raises(AssertionError, match="no identity matched"):
        GUIDE.sh(folder, "secret", SET=str(hoodi.folder))


def test_without_any_copy(folder: Path, hoodi: Backup, ledger: dict[str, str]) -> None:
    # The text that stands in the guide is the wallet's, too.
    assert BATCH in GUIDE.block("batch")
    for index, pubkey in enumerate(hoodi.pubkeys):
        variables = {**ledger, "TEXT": BATCH}
        derive = GUIDE.block("derive").replace('"$TEXT" 0', f'"$TEXT" {index}')
        GUIDE.blocks["derive-index"] = derive
        key = GUIDE.sh(folder, "ledger", "derive-index", **variables).split()[-1]
        assert public(key) == pubkey


def split(secret: bytes, threshold: int, count: int) -> list[bytes]:
    """Shares as docs/formats/set.md says: a polynomial for each byte, its value at 0 the byte."""
    coefficients = [secret, *(secrets.token_bytes(32) for _ in range(threshold - 1))]
    return [bytes(value(byte, x) for byte in zip(*coefficients)) for x in range(1, count + 1)]


def value(coefficients: tuple[int, ...], x: int) -> int:
    """Horner's rule in GF(2^8); multiplication by Russian peasants, unlike the guide's."""
    result = 0
    for coefficient in reversed(coefficients):
        product, a, b = 0, result, x
        while b:
            product ^= a if b & 1 else 0
            a = (a << 1) ^ (0x11B if a & 0x80 else 0)
            b >>= 1
        result = product ^ coefficient
    return result


@pytest.fixture
def two_of_three(tmp_path: Path, hoodi: Backup, set_secret: bytes) -> Path:
    """The set as it would be with three `age` custodians: the seal alone differs."""
    seal = tmp_path / "set/seal"
    seal.mkdir(parents=True)
    for name in ("manifest.json", "manifest.mac"):
        (tmp_path / "set" / name).write_bytes((hoodi.folder / name).read_bytes())
    for x, share in enumerate(split(set_secret, 2, 3), start=1):
        identity = tmp_path / ("identity" if x == 1 else f"identity-{x}")
        subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
        recipient = subprocess.run(
            ["age-keygen", "-y", identity], check=True, capture_output=True, text=True
        ).stdout.strip()
        content = {
            "format": "stockade-share", "version": 1, "set": hoodi.created["set_id"],
            "x": x, "threshold": 2, "of": 3, "share": share.hex(),
        }  # fmt: skip
        subprocess.run(
            ["age", "--recipient", recipient, "-o", seal / f"share-{x}.age"],
            input=json.dumps(content).encode(),
            check=True,
        )
    return tmp_path / "set"


def test_with_two_of_three(
    folder: Path, two_of_three: Path, hoodi: Backup, set_secret: bytes
) -> None:
    GUIDE.sh(folder, "shares", "check", SET=str(two_of_three))
    assert (folder / "secret").read_bytes() == set_secret
    every_key(folder, hoodi)


def test_with_a_set_that_two_of_three_open(folder: Path) -> None:
    """The same, of a set that Stockade itself sealed to three `age` custodians."""
    custodians = []
    for x in (1, 2, 3):
        identity = folder / ("identity" if x == 1 else f"identity-{x}")
        subprocess.run(["age-keygen", "-o", identity], check=True, capture_output=True)
        recipient = subprocess.run(
            ["age-keygen", "-y", identity], check=True, capture_output=True, text=True
        ).stdout.strip()
        file = folder / f"custodian-{x}.json"
        named = ["--name", str(x), "--out", file, "--age-recipient", recipient]
        done("custodian", "enroll", *named)
        custodians += ["--custodian", str(file)]
    made = backup.create(folder / "made", "mock-ledger", "--threshold", "2", *custodians)
    GUIDE.sh(folder, "shares", SET=str(made.folder))
    every_key(folder, made)
    restore = GUIDE.block("restore").rstrip()
    GUIDE.blocks["restore-both"] = restore + " identity-3"
    said = GUIDE.sh(folder, "restore-both", SET=str(made.folder))
    assert "3 keystores and password.txt are in keys" in said
    password = (folder / "keys/password.txt").read_text()
    restored = sorted((folder / "keys").glob("keystore-*.json"))
    assert javascript.lines("open_keystores.mjs", *restored, stdin=password) == made.pubkeys


def test_one_of_three_is_not_enough(folder: Path, two_of_three: Path) -> None:
    GUIDE.sh(folder, "shares", SET=str(two_of_three))
    GUIDE.blocks["one-share"] = "python3 recover.py combine share-1.json share-1.json"
    with pytest.raises(AssertionError, match="1 shares of 2"):
        GUIDE.sh(folder, "one-share")


def test_the_guide_names_the_golden_set_s_own_text() -> None:
    # Both lines are examples that a reader replaces: they must have the true form.
    lines = GUIDE.block("set").splitlines()
    golden = next((Path(__file__).parents[1] / "golden/v1/copy/stockade").glob("*-hoodi-*"))
    assert lines[0] == f"SET=/media/stick/stockade/{golden.name}"
    custodian = json.loads((golden / "manifest.json").read_bytes())["custodians"][0]["id"]
    assert lines[1] == f'TEXT="Stockade: open backups of custodian {custodian}. A secret!"'
