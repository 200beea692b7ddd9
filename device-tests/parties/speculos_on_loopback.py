"""Speculos as it is, but for its sockets, which only this machine reaches; APDUs on a free port.

Usage: python speculos_on_loopback.py (the arguments of `speculos`)
"""

import sys
from typing import Any

from flask import Flask
from speculos import main
from speculos.mcu import apdu

LOOPBACK = "127.0.0.1"
run_anywhere = Flask.run


class LoopbackServer(apdu.ApduServer):
    def __init__(self, host: str, port: int) -> None:
        super().__init__(LOOPBACK, 0)
        print("Listening on port", self.socket.getsockname()[1], flush=True)


def run_on_loopback(self: Flask, host: str, **options: Any) -> None:
    run_anywhere(self, host=LOOPBACK, **options)


apdu.ApduServer = LoopbackServer
Flask.run = run_on_loopback
sys.exit(main.main())
