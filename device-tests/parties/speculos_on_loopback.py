"""Speculos as it is, but for its socket: on a free port that only this machine reaches.

Usage: python speculos_on_loopback.py (the arguments of `speculos`)
"""

import sys

from speculos import main
from speculos.mcu import apdu


class LoopbackServer(apdu.ApduServer):
    def __init__(self, host: str, port: int) -> None:
        super().__init__("127.0.0.1", 0)
        print("Listening on port", self.socket.getsockname()[1], flush=True)


apdu.ApduServer = LoopbackServer
sys.exit(main.main())
