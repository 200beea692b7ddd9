"""Copies in Azure Blob Storage, as npm's Azurite serves it, with Azure's own client beside us; and in Google
Cloud Storage, as a stand-in of ours serves it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

import cloud_servers as servers
import gcs_stub
from command import done, run

CREATE = ["validator", "create", "--network", "hoodi", "--count", "2"]
DEVICE = "mock-ledger"
# Azurite's own, which its documentation prints.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Azure:
    copy = "az://keys/validators"

    def __init__(self, container: ContainerClient) -> None:
        self.container = container

    def names(self) -> list[str]:
        return [blob.name for blob in self.container.list_blobs()]

    def read(self, name: str) -> bytes:
        return bytes(self.container.download_blob(name).readall())

    def put(self, name: str, body: bytes) -> None:
        self.container.upload_blob(name, body, overwrite=True)


@dataclass
class Google:
    objects: gcs_stub.Objects
    copy = "gs://keys/validators"

    def names(self) -> list[str]:
        return sorted(self.objects.there)

    def read(self, name: str) -> bytes:
        return self.objects.there[name][1]

    def put(self, name: str, body: bytes) -> None:
        self.objects.put(name, body, None)


@pytest.fixture(params=["azure", "google"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "azure":
        with servers.azure(tmp_path / "azurite") as port:
            url = f"http://127.0.0.1:{port}/{ACCOUNT}"
            container = ContainerClient(url, "keys", credential=KEY)
            container.create_container()
            caller = {"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": KEY}
            with servers.environment(**caller, AZURE_STORAGE_ENDPOINT=url):
                yield Azure(container)
        return
    with gcs_stub.served("keys") as (port, objects):
        caller = {"GOOGLE_BEARER_TOKEN": gcs_stub.TOKEN}
        with servers.environment(**caller, GOOGLE_BASE_URL=f"http://127.0.0.1:{port}"):
            yield Google(objects)


def test_a_copy_there_is_made_checked_mended_and_retired(bucket: Any, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    copies = [bucket.copy, str(folder)]
    named = ["--copy", copies[0], "--copy", copies[1]]
    made = done(*CREATE, *named, device=DEVICE)
    root = f"validators/stockade/{made['set_id']}/"
    on_disk = folder / "stockade" / made["set_id"]
    there = [name for name in bucket.names() if name.startswith(root)]
    assert len(there) == sum(file.is_file() for file in on_disk.rglob("*"))
    for name in there:
        assert bucket.read(name) == (on_disk / name.removeprefix(root)).read_bytes()
    assert done("backup", "drill", *copies, device=DEVICE)["verdicts"]["proven"] == 4
    assert done("attest", "create", *named, device=DEVICE)["ok"]

    bucket.put(root + "manifest.mac", b"rot")
    assert run("backup", "scrub", copies[0], device=DEVICE).exit_code == 1
    done("backup", "repair", *copies, device=DEVICE)
    assert bucket.read(root + "manifest.mac") == (on_disk / "manifest.mac").read_bytes()

    reseal = ["backup", "reseal", *copies, "--set", made["set_id"], "--custodian", on_disk]
    resealed = done(*reseal, device=DEVICE)
    retire = ["backup", "retire", *copies, "--set", made["set_id"], "--by", resealed["set_id"]]
    done(*retire, device=DEVICE)
    assert not any(name.startswith(root) for name in bucket.names())
    assert done("backup", "drill", *copies, device=DEVICE)["verdicts"]["proven"] == 4


def test_one_writer_at_a_time_there_too(bucket: Any) -> None:
    done(*CREATE, "--copy", bucket.copy, device=DEVICE)
    lock = "validators/stockade/lock.json"
    assert b'"holder":null' in bucket.read(lock)
    bucket.put(lock, b'{"format":"stockade-lock","version":1,"holder":"0011223344556677"}')
    busy = run(*CREATE, "--copy", bucket.copy, device=DEVICE)
    assert (busy.exit_code, busy.json()["error"]["kind"]) == (4, "busy")


def test_no_bucket_there_is_said_to_be_that(bucket: Any) -> None:
    nowhere = bucket.copy.replace("keys", "nobody-made-this")
    failed = run("backup", "scrub", nowhere, device=DEVICE)
    assert failed.exit_code in (3, 4)
    assert "nobody-made-this" in failed.json()["error"]["message"]
    assert "does not exist" in failed.json()["error"]["message"], failed.stdout
