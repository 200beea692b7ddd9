"""npm @chainsafe/bls-keystore and @chainsafe/bls-keygen: the keystores, and the keys in them."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import javascript
import wallet
from backup import Backup
from command import REPOSITORY, run

VARIANTS = REPOSITORY / "device-tests/vectors/keystore-variants"
CHANGED = 1000
# What a field may hold instead.
VALUES: list[Any] = [
    *("", "0x", "00", "4", "m/", "sha256", "SHA256", "pbkdf2", "scrypt", "aes-128-ctr", "hmac-sha512"),
    *("\u00e9", "\u0000", None, 0, 1, -1, 3, 4, 16, 33, 1.0, True, [], {}),
]


def test_opens_every_keystore_with_the_set_s_password(hoodi: Backup, set_secret: bytes) -> None:
    password = wallet.keystore_password(set_secret)
    opened = javascript.lines("open_keystores.mjs", *hoodi.keystores, stdin=password)
    assert opened == hoodi.pubkeys
    assert [
        hoodi.json(str(file.relative_to(hoodi.folder)))["pubkey"] for file in hoodi.keystores
    ] == opened


def test_opens_none_with_another_password(hoodi: Backup) -> None:
    password = wallet.keystore_password(bytes(32))
    said = javascript.fails("open_keystores.mjs", hoodi.keystores[0], stdin=password)
    assert "Invalid password" in said


def test_derives_the_same_keys_from_the_wallet_alone(hoodi: Backup) -> None:
    prompt = "Stockade: derive hoodi batch 0. A secret!"
    signature = wallet.personal_sign(wallet.CHECK_PATH, prompt)
    seed = wallet.hkdf_sha256(signature[:64], "stockade/device-secret/eip191-v1", prompt)
    paths = [key["path"] for key in hoodi.created["keys"]]
    assert javascript.lines("derive_keys.mjs", *paths, stdin=seed.hex()) == hoodi.pubkeys


def test_agrees_about_keystores_that_were_changed(tmp_path: Path) -> None:
    """The same keystore with one or two changes to its fields, a thousand times: what `keystore doctor`
    says of Lodestar, which has this library, is what the library does."""
    text = (VARIANTS / "05-pbkdf2-c2.json").read_text()
    password = VARIANTS / "05-pbkdf2-c2.password"
    chance = random.Random(2335)
    files = []
    for number in range(CHANGED):
        keystore = changed(json.loads(text), chance)
        if number % 4 == 0:
            keystore = changed(keystore, chance)
        files.append(tmp_path / f"{number:04}.json")
        files[-1].write_text(json.dumps(keystore))
    opened = javascript.text("open_each.mjs", *files, stdin=password.read_text()).splitlines()
    assert len(opened) == CHANGED
    said = run("keystore", "doctor", *files, "--password-file", password).json()["keys"]
    said = {key["file"]: key for key in said}
    agreed, apart = 0, []
    for file, theirs in zip(files, opened, strict=True):
        ours = said.get(str(file))
        refused = theirs.startswith("no: ")
        if ours is None:
            # What is no keystore to us is none to them.
            agree = refused
        elif refused or ours["pubkey"] == theirs:
            clients = {client["client"]: client["accepts"] for client in ours["clients"]}
            claim = clients.get("Lodestar")
            # Of what we cannot read we need not know it.
            agree = claim is not refused and (claim is not None or refused)
        else:
            # It opens to another key than it states: the library does not compare the two. We never
            # call that proven.
            agree = ours["verdict"] != "proven"
        agreed += agree
        if not agree:
            apart.append((theirs, ours, file.read_text()))
    print(f"keystores that were changed: {agreed} of {CHANGED} as @chainsafe/bls-keystore")
    assert not apart, apart[:3]


def changed(keystore: Any, chance: random.Random) -> Any:
    """The keystore with one field changed, removed or added."""
    places = list(fields(keystore))
    where, name = chance.choice(places)
    value = where.get(name)
    how = chance.randrange(6)
    # Without it the library has nothing to compare with, and clients refuse it.
    if name == "pubkey" and how < 2:
        how = 2
    if how == 0 and name in where:
        del where[name]
    elif how == 1:
        where[name] = chance.choice(VALUES)
    elif how == 2 and isinstance(value, str) and value:
        at = chance.randrange(len(value))
        where[name] = value[:at] + chance.choice("0123456789abcdefABCDEFxg -") + value[at + 1 :]
    elif how == 3 and isinstance(value, str):
        ends = [f"0x{value}", f"{value}00", value[:-2], value[:-1], f"{value} ", value.upper()]
        where[name] = chance.choice(ends)
    elif how == 4:
        where[chance.choice(["extra", "name"])] = chance.choice(VALUES)
    elif isinstance(value, int):
        where[name] = value + chance.choice([-1, 1, 2, 10, 0.5])
    return keystore


def fields(value: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every field of an object and of the objects in it."""
    for name, inner in value.items():
        yield value, name
        if isinstance(inner, dict):
            yield from fields(inner)
