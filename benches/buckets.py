"""What commands cost on a bucket behind a slow link: requests, and time against a plain download by
boto3, one object after another, in the same run. Writes a table for docs/performance.md.

    python3 -m venv venv && venv/bin/pip install boto3
    venv/bin/python benches/buckets.py target/release/stockade
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import boto3

DELAY = 0.05
SIZES = (1, 10, 50)
KEYS = 2
COMMANDS = ("backup scrub", "backup drill", "backup list", "validator list")


class Bucket(ThreadingHTTPServer):
    """The bucket `keys`, in memory. Every answer comes `delay` seconds late."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.delay = 0.0
        self.sent: Counter[str] = Counter()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def page(self, query: dict[str, list[str]]) -> bytes:
        prefix, after = query.get("prefix", [""])[0], query.get("continuation-token", [""])[0]
        names = sorted(name for name in self.objects if name.startswith(prefix) and name > after)
        page, more = names[:1000], len(names) > 1000
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        entries = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>2026-12-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;1&quot;</ETag><Size>{len(self.objects[name])}</Size></Contents>"
            for name in page
        )
        truncated = str(more).lower()
        return (
            f"<?xml version='1.0'?><ListBucketResult><Name>keys</Name><IsTruncated>{truncated}"
            f"</IsTruncated>{token}{entries}</ListBucketResult>"
        ).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Bucket

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        name = unquote(parts.path).removeprefix("/keys").lstrip("/")
        listing = "list-type" in query
        self.server.sent["LIST" if listing else "GET"] += 1
        time.sleep(self.server.delay)
        body = self.server.page(query) if listing else self.server.objects.get(name)
        status, body = (404, b"<Error><Code>NoSuchKey</Code></Error>") if body is None else (200, body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Tue, 01 Dec 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def stockade(program: Path, *arguments: str, url: str = "") -> float:
    """Runs the command on the simulated Ledger, and returns how long it took."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "of-a-test",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_S3": url,
    }
    started = time.monotonic()
    ran = subprocess.run(
        [program, "--json", "--device", "mock-ledger", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    seconds = time.monotonic() - started
    assert ran.returncode == 0, f"{arguments}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return seconds


def download(bucket: Bucket, url: str) -> float:
    """Every object by boto3, one after another."""
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="of-a-test",
    )
    started = time.monotonic()
    for page in client.get_paginator("list_objects_v2").paginate(Bucket="keys", Prefix="v/"):
        for entry in page["Contents"]:
            client.get_object(Bucket="keys", Key=entry["Key"])["Body"].read()
    return time.monotonic() - started


def main() -> None:
    program = Path(sys.argv[1]).resolve()
    print("| sets | what | LIST | GET | time | of the download's |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        copy, made = Path(folder) / "copy", 0
        for sets in SIZES:
            for made in range(made + 1, sets + 1):
                create = ["validator", "create", "--network", "hoodi", "--count", str(KEYS)]
                stockade(program, *create, "--copy", str(copy))
            bucket = Bucket()
            url = f"http://127.0.0.1:{bucket.server_address[1]}"
            for path in copy.rglob("*"):
                if path.is_file():
                    bucket.objects[f"v/{path.relative_to(copy)}"] = path.read_bytes()
            bucket.delay = DELAY
            plain = download(bucket, url)
            print(f"| {sets} | download by boto3 | {bucket.sent['LIST']} | {bucket.sent['GET']} | {plain:.1f} s | 1.00 |")
            for command in COMMANDS:
                bucket.sent.clear()
                took = stockade(program, *command.split(), "s3://keys/v", url=url)
                share = f"{took / plain:.2f}"
                print(f"| {sets} | `{command}` | {bucket.sent['LIST']} | {bucket.sent['GET']} | {took:.1f} s | {share} |", flush=True)
            bucket.shutdown()


if __name__ == "__main__":
    main()
