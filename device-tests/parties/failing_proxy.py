"""A proxy before a server, which makes it fail."""

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Answer = tuple[int, bytes]


class Proxy:
    """Hands requests on to a server; before each `meddle` may say what it answers in its place, and
    after each `spoil` what becomes of the answer."""

    def __init__(self, port: int) -> None:
        self.meddle: Callable[[str, str, int], Answer | None] = lambda method, path, puts: None
        self.spoil: Callable[[str, str, bytes], bytes] = lambda method, path, body: body
        self.log: list[tuple[str, str]] = []
        self.puts = 0
        self.lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def handle_one(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                path = urlsplit(self.path).path
                with proxy.lock:
                    proxy.log.append((self.command, path))
                    proxy.puts += self.command in ("PUT", "DELETE")
                    answer = proxy.meddle(self.command, path, proxy.puts)
                if answer is not None:
                    self.answer(answer[0], {"content-type": "application/xml"}, answer[1])
                    return
                there = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                headers = {name: value for name, value in self.headers.items()}
                there.request(self.command, self.path, body, headers)
                given = there.getresponse()
                content = given.read()
                spoiled = proxy.spoil(self.command, path, content)
                dropped = ("transfer-encoding", "content-length", "connection")
                kept = {k: v for k, v in given.getheaders() if k.lower() not in dropped}
                promised = given.getheader("content-length")
                if self.command == "HEAD" and promised:
                    kept["content-length"] = promised
                elif len(spoiled) < len(content):
                    kept["content-length"] = str(len(content))
                self.answer(given.status, kept, spoiled)

            def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "content-length" not in headers:
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)
                promised = int(headers.get("content-length", len(body)))
                if self.command != "HEAD" and promised != len(body):
                    self.close_connection = True

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reset(self) -> None:
        self.__dict__.update(puts=0, log=[])
        self.meddle = lambda method, path, puts: None
        self.spoil = lambda method, path, body: body

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
