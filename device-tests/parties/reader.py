"""An independent reader of copies, written from docs/formats alone: verifies, and opens.

Every assertion is a sentence of those documents.
"""

import hashlib
import hmac
import json
import re
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from eth_typing import ChecksumAddress
from py_ecc.bls import G2ProofOfPossession as bls

import wallet

DIGEST = r"[0-9a-f]{64}"
NETWORKS = "mainnet|sepolia|hoodi|gnosis|chiado"
SET_ID = rf"\d{{8}}-(?:{NETWORKS})-[0-9a-f]{{8}}"
UTC = r"\d{8}T\d{6}Z"
NOT_LISTED_IN_MANIFEST = {"manifest.json", "manifest.mac", "origin.json"}
COUNT = r"(?:0|[1-9]\d*)"
SET = rf"set (?P<set>{SET_ID})"
MANIFEST = rf"manifest (?P<manifest>{DIGEST})"
CHECKED = (
    rf"level (?P<level>bytes|opened); keys (?P<proven>{COUNT}) proven "
    rf"(?P<contradicted>{COUNT}) contradicted (?P<inconclusive>{COUNT}) inconclusive; "
    rf"copies (?P<copies>[0-9a-f]{{8}}(?:,[0-9a-f]{{8}})*)"
)
BEFORE = rf"history (?P<history>{DIGEST}|none); previous (?P<previous>{DIGEST}|none)"
CHALLENGE = r"challenge (?P<challenge>[A-Za-z0-9 ._:-]{1,64})"
TIME = rf"time (?P<time>{UTC})"
STATEMENTS = {
    1: f"Stockade attestation v1; {SET}; {MANIFEST}; {CHECKED}; {BEFORE}; {CHALLENGE}; {TIME}",
    2: f"Stockade attestation v2; {CHECKED}; {SET}; {TIME}; {CHALLENGE}; {MANIFEST}; {BEFORE}",
    3: (
        rf"Stockade attestation v3; {CHECKED}; shares (?P<shares>{COUNT}); {SET}; {TIME}; "
        rf"{CHALLENGE}; {MANIFEST}; {BEFORE}"
    ),
}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def signed_by(statement: str, signature: str) -> ChecksumAddress:
    """The address that signed, if the signature is in the one form that is taken."""
    assert re.fullmatch(r"0x[0-9a-f]{128}(1b|1c)", signature), signature
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    assert int(signature[66:130], 16) <= order // 2, "a high s"
    return cast(ChecksumAddress, wallet.signer_of(statement, signature))


def fields(document: Any, *names: str) -> None:
    """Unknown fields are refused, and missing ones."""
    assert set(document) == set(names), set(document) ^ set(names)


class Set:
    """One set in a copy. To make it is to verify all that needs no wallet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        assert re.fullmatch(SET_ID, folder.name)
        self.listed = self.read_sums()
        self.manifest = self.read_manifest()
        self.custodians = [read_custodian(one) for one in self.manifest["custodians"]]
        self.origin = self.read_origin()

    def read(self, path: str) -> bytes:
        file = self.folder / path
        assert not file.is_symlink()
        return file.read_bytes()

    def read_sums(self) -> dict[str, str]:
        text = self.read("SHA256SUMS").decode()
        *lines, last = text.splitlines(keepends=True)
        above = "".join(lines)
        assert last == f"# {sha256(above.encode())}\n"
        matches = [re.fullmatch(rf"({DIGEST})  (.+)\n", line) for line in lines]
        listed = {match[2]: match[1] for match in matches if match}
        assert len(listed) == len(lines)
        assert list(listed) == sorted(listed, key=str.encode)
        assert len({path.lower() for path in listed}) == len(listed)
        for path, digest in listed.items():
            names = path.split("/")
            assert len(names) <= 8
            for name in names:
                assert re.fullmatch(r"[A-Za-z0-9._-]{1,200}", name) and name.strip(".")
            assert sha256(self.read(path)) == digest, path
        return listed

    def read_manifest(self) -> Any:
        manifest = json.loads(self.read("manifest.json"))
        fields(
            manifest, "format", "version", "set_id", "created", "network", "test", "threshold",
            "custodians", "keystores", "files",
        )  # fmt: skip
        has_shares = any("share" in keystore for keystore in manifest["keystores"])
        assert (manifest["format"], manifest["version"]) == ("stockade-set", 1 + has_shares)
        assert manifest["set_id"] == self.folder.name
        assert manifest["network"] == self.folder.name.split("-")[1]
        datetime.strptime(manifest["created"], "%Y-%m-%dT%H:%M:%SZ")
        assert manifest["test"] in (True, False)
        assert 1 <= manifest["threshold"] <= len(manifest["custodians"])
        assert manifest["keystores"], "never empty"
        digests = {}
        for keystore in manifest["keystores"]:
            share = ("share",) if "share" in keystore else ()
            fields(keystore, "file", "sha256", "pubkey", "path", "source", *share)
            if share:
                read_share(keystore["share"], keystore["pubkey"])
            assert keystore["file"].startswith("keystores/")
            assert re.fullmatch(r"[0-9a-f]{96}", keystore["pubkey"])
            assert keystore["source"]["kind"] in ("device", "mnemonic", "imported")
            digests[keystore["file"]] = keystore["sha256"]
        assert len({keystore["pubkey"] for keystore in manifest["keystores"]}) == len(digests)
        for file in manifest["files"]:
            fields(file, "path", "sha256", "size")
            assert len(self.read(file["path"])) == file["size"]
            assert not file["path"].startswith("keystores/")
            digests[file["path"]] = file["sha256"]
        in_sums = {p: d for p, d in self.listed.items() if p not in NOT_LISTED_IN_MANIFEST}
        assert digests == in_sums, "it lists exactly the files that the manifest lists"
        assert NOT_LISTED_IN_MANIFEST <= set(self.listed)
        seal = [path for path in digests if path.startswith("seal/")]
        of = len(manifest["custodians"])
        shares = [f"seal/share-{x}.age" for x in range(1, of + 1)]
        assert sorted(seal) == (["seal/secret.age"] if manifest["threshold"] == 1 else shares)
        return manifest

    def read_origin(self) -> str:
        """Who made it: a check address."""
        content = self.read("origin.json")
        assert len(content) <= 4096
        origin = json.loads(content)
        fields(origin, "statement", "address", "signature")
        digest = sha256(self.read("manifest.json"))
        statement = f"Stockade origin v1; set {self.folder.name}; manifest {digest}"
        assert origin["statement"] == statement
        assert signed_by(statement, origin["signature"]) == origin["address"]
        return str(origin["address"])

    def open(self, identity: Path) -> list[bytes]:
        """Every signing key, opened with one custodian's identity."""
        assert self.manifest["threshold"] == 1
        command = ["age", "--decrypt", "--identity", str(identity)]
        sealed = self.read("seal/secret.age")
        secret = subprocess.run(command, input=sealed, check=True, capture_output=True).stdout
        assert len(secret) == 32
        key = wallet.hkdf_sha256(secret, "stockade/set/v1", "manifest mac")
        mac = hmac.digest(key, self.read("manifest.json"), hashlib.sha256).hex()
        assert self.read("manifest.mac") == f"{mac}\n".encode()
        password = wallet.hkdf_sha256(secret, "stockade/set/v1", "keystore password").hex()
        entries = self.manifest["keystores"]
        files = [json.loads(self.read(entry["file"])) for entry in entries]
        (salt,) = {file["crypto"]["kdf"]["params"]["salt"] for file in files}
        derived = hashlib.scrypt(
            password.encode(), salt=bytes.fromhex(salt), n=262144, r=8, p=1, dklen=32,
            maxmem=2**29,
        )  # fmt: skip
        return [self.open_keystore(*one, derived) for one in zip(entries, files, strict=True)]

    def open_keystore(self, entry: Any, keystore: Any, derived: bytes) -> bytes:
        fields(keystore, "crypto", "description", "path", "pubkey", "uuid", "version")
        assert keystore["version"] == 4
        assert (keystore["pubkey"], keystore["path"]) == (entry["pubkey"], entry["path"])
        kdf, checksum, cipher = (keystore["crypto"][n] for n in ("kdf", "checksum", "cipher"))
        assert (kdf["function"], checksum["function"]) == ("scrypt", "sha256")
        assert cipher["function"] == "aes-128-ctr"
        params = {name: kdf["params"][name] for name in ("n", "r", "p", "dklen")}
        assert params == {"n": 262144, "r": 8, "p": 1, "dklen": 32}
        message, iv = bytes.fromhex(cipher["message"]), bytes.fromhex(cipher["params"]["iv"])
        assert sha256(derived[16:] + message) == checksum["message"]
        key = Cipher(algorithms.AES(derived[:16]), modes.CTR(iv)).decryptor().update(message)
        assert bls.SkToPk(int.from_bytes(key, "big")).hex() == entry["pubkey"]
        source = entry["source"]
        if source["kind"] == "device":
            network = self.manifest["network"]
            made = f"Stockade {network} batch {source['batch']}, {source['scheme']}"
            assert keystore["description"] == f"{made}; not from the mnemonic path"
        return key


def read_share(share: Any, pubkey: str) -> None:
    """Which share of a validator's key a key is."""
    known = [name for name in ("shares", "cluster") if name in share]
    fields(share, "validator", "x", "threshold", "tool", *known)
    assert re.fullmatch(r"[0-9a-f]{96}", share["validator"]) and share["validator"] != pubkey
    assert share["x"] >= 1 and share["threshold"] >= 2
    assert share.get("shares", share["threshold"]) >= share["threshold"]
    assert re.fullmatch(rf"0x{DIGEST}", share.get("cluster", f"0x{'0' * 64}"))
    assert share["tool"] in ("charon", "dirk", "stockade", "user")


def read_custodian(custodian: Any) -> Any:
    """A custodian in a manifest, or a file of one."""
    custodian = {name: value for name, value in custodian.items() if name != "name"}
    if custodian["kind"] != "wallet":
        return custodian
    fields(
        custodian, "format", "version", "id", "kind", "scheme", "recipient", "check_address",
        "uses_passphrase", "test", "signature",
    )  # fmt: skip
    assert (custodian["format"], custodian["version"]) == ("stockade-custodian", 1)
    assert re.fullmatch(r"[0-9a-f]{8}", custodian["id"])
    assert custodian["scheme"] in ("eip191-v1", "slip11-v1")
    assert custodian["uses_passphrase"] in (True, False, "unknown")
    statement = (
        f"Stockade custodian v1; id {custodian['id']}; scheme {custodian['scheme']}; "
        f"recipient {custodian['recipient']}"
    )
    assert signed_by(statement, custodian["signature"]) == custodian["check_address"]
    return custodian


def read_attestation(file: Path) -> dict[str, str]:
    """The fields of a statement that its address signed."""
    content = file.read_bytes()
    assert len(content) <= 64 * 1024
    attestation = json.loads(content)
    fields(attestation, "version", "statement", "address", "signature")
    pattern = STATEMENTS[attestation["version"]]
    statement, address = attestation["statement"], attestation["address"]
    assert signed_by(statement, attestation["signature"]) == address
    match = re.fullmatch(pattern, statement)
    assert match, statement
    said = match.groupdict()
    copies = said["copies"].split(",")
    assert copies == sorted(set(copies))
    assert file.name == f"{said['time']}-{address}.json"
    return said


class Copy:
    """A copy: its id and its sets, all verified."""

    def __init__(self, folder: Path) -> None:
        root = folder / "stockade"
        copy = json.loads((root / "copy.json").read_bytes())
        fields(copy, "copy_id", "label")
        assert re.fullmatch(r"[0-9a-f]{8}", copy["copy_id"])
        self.id = copy["copy_id"]
        names = [one for one in sorted(root.iterdir()) if re.fullmatch(SET_ID, one.name)]
        self.sets = [Set(one) for one in names]
        self.attestations = [
            said
            for one in self.sets
            for file in sorted((root / "attestations" / one.folder.name).glob("*.json"))
            for said in [self.attested(one, file)]
        ]

    def attested(self, one: Set, file: Path) -> dict[str, str]:
        said = read_attestation(file)
        assert said["set"] == one.folder.name
        assert said["manifest"] == sha256(one.read("manifest.json"))
        assert self.id in said["copies"].split(",")
        history = file.parents[2] / "history" / one.folder.name
        files = sorted(f for f in history.glob("*.json") if re.fullmatch(UTC, f.stem))
        newest = sha256(files[-1].read_bytes()) if files else "none"
        assert said["history"] == newest
        return said
