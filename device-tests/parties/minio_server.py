"""MinIO, built from the Go module proxy by `.ci/parties`, started for a test: buckets of every kind,
short-lived credentials with rights of their own, quotas, and a server that is killed and comes back."""

import base64
import os
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from minio import MinioAdmin
from minio.credentials import StaticProvider

import cloud_servers as servers
from command import REPOSITORY

PROGRAM = os.environ.get("STOCKADE_TEST_MINIO") or REPOSITORY / "target/parties/minio/minio"
ROOT = ("root-of-a-test", "password-of-a-test")
# It may do everything. Sessions of it may do what they were asked for with.
USER = ("operator", "password-of-operator")
# What is compared of a copy in a bucket and of one on a stick: all but what says whose copy it is.
OWN = ("lock.json", "copy.json")


@contextmanager
def minio_server(folder: Path) -> Iterator["MinioServer"]:
    """A server that runs, reached as root by the commands inside."""
    server = MinioServer(folder)
    try:
        server.start()
        server.admin.user_add(access_key=USER[0], secret_key=USER[1])
        server.admin.attach_policy(["readwrite"], user=USER[0])
        with servers.environment(**server.caller(*ROOT)):
            yield server
    finally:
        server.kill()


class MinioServer:
    """A server, and the credentials for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = servers.free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.back: threading.Timer | None = None
        self.client = self.connect("s3", *ROOT)
        root = StaticProvider(*ROOT)
        self.admin = MinioAdmin(endpoint=f"127.0.0.1:{self.port}", credentials=root, secure=False)

    def start(self) -> None:
        """Starts it, and waits until it serves."""
        console = f"127.0.0.1:{servers.free_port()}"
        address = ["--address", f"127.0.0.1:{self.port}", "--console-address", console]
        quiet = ["--quiet", "--certs-dir", self.folder / "certificates"]
        settings = {
            "MINIO_ROOT_USER": ROOT[0],
            "MINIO_ROOT_PASSWORD": ROOT[1],
            "MINIO_SITE_REGION": servers.REGION,
            "MINIO_KMS_SECRET_KEY": "one:" + base64.b64encode(bytes(32)).decode(),
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
            "MINIO_CI_CD": "1",
            "HOME": str(self.folder),
            "PATH": os.environ["PATH"],
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "server", *quiet, *address, self.folder / "data"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=settings,
            )
        until = time.monotonic() + 60
        while not self.is_ready():
            log_so_far = (self.folder / "log").read_text()[-4000:]
            assert self.process.poll() is None and time.monotonic() < until, log_so_far
            time.sleep(0.05)

    def is_ready(self) -> bool:
        health = f"http://127.0.0.1:{self.port}/minio/health/cluster"
        try:
            return bool(urllib.request.urlopen(health, timeout=5).status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def restart(self, down: float) -> None:
        """Kills it. It comes back by itself after `down` seconds."""
        self.kill()
        self.back = threading.Timer(down, self.start)
        self.back.start()

    def await_back(self) -> None:
        """Waits until it is back, and starts it if nobody does."""
        if self.back:
            self.back.join()
            self.back = None
        if self.process is None or self.process.poll() is not None:
            self.start()

    def connect(self, service: str, key: str, secret: str) -> Any:
        """boto3's client of a service of this server."""
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=servers.REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )

    def caller(self, key: str, secret: str, token: str = "") -> dict[str, str]:
        """The environment of a command with these credentials."""
        return {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_SESSION_TOKEN": token,
            "AWS_REGION": servers.REGION,
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self.port}",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def session(self, policy: str) -> dict[str, str]:
        """The environment of a command with credentials of AssumeRole, good for these rights alone."""
        made = self.connect("sts", *USER).assume_role(
            RoleArn="arn:aws:iam::000000000000:role/test", RoleSessionName="test", Policy=policy
        )["Credentials"]
        return self.caller(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


class Bucket:
    """A bucket with a copy in it, seen by its owner."""

    def __init__(self, server: MinioServer, name: str, **options: Any) -> None:
        self.client = server.client
        place = {"LocationConstraint": servers.REGION}
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration=place, **options)
        self.name = name
        self.copy = f"s3://{name}/validators"

    def pages(self, operation: str) -> Iterator[Any]:
        yield from self.client.get_paginator(operation).paginate(Bucket=self.name)

    def tags(self) -> dict[str, str]:
        """Every object, and the tag of what is in it."""
        listed = [entry for page in self.pages("list_objects_v2") for entry in page.get("Contents", [])]
        return {entry["Key"]: entry["ETag"] for entry in listed}

    def versions(self, kind: str = "Versions") -> set[tuple[str, str]]:
        """Every version of every object, or every `DeleteMarkers`."""
        listed = [entry for page in self.pages("list_object_versions") for entry in page.get(kind, [])]
        return {(entry["Key"], entry["VersionId"]) for entry in listed}

    def files(self) -> dict[str, bytes]:
        """What the copy holds, by path below its folder `stockade`."""
        root = "validators/stockade/"
        paths = [key.removeprefix(root) for key in self.tags() if key.startswith(root)]
        return {path: self.read(root + path) for path in paths if path not in OWN}

    def read(self, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=self.name, Key=key)["Body"].read())

    def put(self, key: str, body: bytes) -> None:
        # With a sum, which a bucket with Object Lock wants.
        self.client.put_object(Bucket=self.name, Key=key, Body=body, ChecksumAlgorithm="SHA256")

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=key)


def files(stick: Path) -> dict[str, bytes]:
    """What a copy on a stick holds, by path below its folder `stockade`."""
    root = stick / "stockade"
    there = {str(f.relative_to(root)): f.read_bytes() for f in root.rglob("*") if f.is_file()}
    return {path: content for path, content in there.items() if path not in OWN}
