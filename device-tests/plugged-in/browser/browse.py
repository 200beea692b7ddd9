"""Opens page.html in a headless Chromium, calls functions of it, and prints what each gave.
`browse.py FOLDER-OF-CHROMIUM FUNCTION..`, as root in the guest."""

import functools
import http.server
import json
import os
import pathlib
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
PORT = 8000
PAGE = f"http://localhost:{PORT}"
POLICIES = {
    "WebHidAllowDevicesForUrls": [{"devices": [{"vendor_id": 0x2C97}], "urls": [PAGE]}],
    "WebUsbAllowDevicesForUrls": [{"devices": [{"vendor_id": 0x2C97}, {"vendor_id": 0x1209}], "urls": [PAGE]}],
}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), functools.partial(Quiet, directory=HERE))
    threading.Thread(target=server.serve_forever, daemon=True).start()


def chromium(folder):
    """Starts it; gives the pipe that it reads from, and the one that it writes to (--remote-debugging-pipe)."""
    policies = pathlib.Path("/etc/chromium/policies/managed")
    policies.mkdir(parents=True, exist_ok=True)
    (policies / "wallets.json").write_text(json.dumps(POLICIES))
    commands, answers = os.pipe(), os.pipe()
    if os.fork() == 0:
        # The pipes may have the numbers that they are to get.
        reads, writes = os.dup(commands[0]), os.dup(answers[1])
        reads, writes = os.dup2(reads, 103), os.dup2(writes, 104)
        os.dup2(reads, 3)
        os.dup2(writes, 4)
        os.dup2(os.open("/guest/chromium.log", os.O_CREAT | os.O_WRONLY), 2)
        libraries = folder / "usr/lib/x86_64-linux-gnu"
        os.environ["LD_LIBRARY_PATH"] = f"{libraries}:{libraries}/pulseaudio"
        program = folder / "usr/lib/chromium/chromium"
        os.execv(program, [
            str(program), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--no-zygote",
            "--remote-debugging-pipe", "--user-data-dir=/guest/chromium", "about:blank",
        ])
    os.close(commands[0])
    os.close(answers[1])
    return os.fdopen(commands[1], "wb", buffering=0), os.fdopen(answers[0], "rb", buffering=0)


class Browser:
    """The DevTools protocol: one message at a time."""

    def __init__(self, folder):
        self.commands, self.answers = chromium(folder)
        self.number, self.session, self.unread = 0, None, b""

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.commands.write(json.dumps(message).encode() + b"\0")
        while (answer := self.read()).get("id") != self.number:
            pass
        if "error" in answer:
            sys.exit(f"{method}: {answer['error']}")
        return answer["result"]

    def read(self):
        while b"\0" not in self.unread:
            more = os.read(self.answers.fileno(), 65536)
            if not more:
                sys.exit("Chromium has ended")
            self.unread += more
        message, _, self.unread = self.unread.partition(b"\0")
        return json.loads(message)


def evaluate(browser, expression):
    return browser.call("Runtime.evaluate", expression=expression, awaitPromise=True)


def main():
    serve()
    browser = Browser(pathlib.Path(sys.argv[1]))
    print(browser.call("Browser.getVersion")["product"], flush=True)
    target = browser.call("Target.createTarget", url=f"{PAGE}/page.html")["targetId"]
    browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    # Navigation is not over when the target is there.
    while evaluate(browser, f"typeof {sys.argv[2]}")["result"]["value"] != "function":
        time.sleep(0.5)
    for function in sys.argv[2:]:
        found = evaluate(browser, f"{function}()")
        failed = found.get("exceptionDetails")
        print(f"{function}:", failed["exception"].get("description") if failed else found["result"]["value"], flush=True)
    browser.session = None
    browser.call("Browser.close")


main()
