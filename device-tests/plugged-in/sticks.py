"""USB sticks: disks in memory that QEMU reads and writes over NBD, and what can be wrong with them.

https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md (fixed newstyle negotiation)
"""

import os
import socket
import struct
import subprocess
import threading

EIO, ENOSPC = 5, 28
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3
FLAGS = 1 | 4  # has flags, takes flushes
READ_ONLY = 2
SIZE = 40 * 1024 * 1024
MAKE = {
    "vfat": ["mkfs.vfat", "-F", "32", "-n", "VFAT"],
    "exfat": ["mkfs.exfat", "-L", "EXFAT"],
    "ext4": ["mkfs.ext4", "-q", "-L", "ext4"],
}
CHECK = {"vfat": "fsck.vfat -a -w", "exfat": "fsck.exfat -p", "ext4": "e2fsck -p"}


class Stick:
    """One stick, and the socket at which it is served."""

    def __init__(self, name, file_system, made):
        self.name, self.file_system = name, file_system
        self.path = made / f"stick-{name}.socket"
        self.lock = threading.Lock()
        self.image = bytearray(SIZE)
        self.well()
        self.path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def format(self, made):
        """Makes its file system."""
        path = made / f"stick-{self.name}.image"
        path.write_bytes(bytes(SIZE))
        subprocess.run([*MAKE[self.file_system], path], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        self.load(path.read_bytes())
        os.unlink(path)

    def load(self, image):
        """Holds `image`, and nothing is wrong with it."""
        with self.lock:
            self.image = bytearray(image)
            self.well()

    def well(self):
        """Nothing is wrong with it from here on, and nothing is counted yet."""
        self.writes = self.flushes = 0
        self.last_write, self.reached = None, threading.Event()
        self.dead = self.read_only = False
        self.bad_reads = self.bad_writes = ()
        self.flip = None
        self.drops_writes_from = None
        self.capacity, self.wraps, self.beyond = SIZE, False, 0
        self.durable = None
        self.log = None

    def dies_after(self, writes):
        """Takes so many writes, and then is gone: `reached` is set."""
        self.last_write = writes

    def has_a_cache(self):
        """What was not flushed is lost by `lose_cache`."""
        self.durable = bytearray(self.image)

    def lose_cache(self):
        if self.durable is not None:
            self.image = self.durable

    def snapshot(self):
        with self.lock:
            return bytes(self.image)

    def _serve(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._client, args=(client,), daemon=True).start()

    def _client(self, client):
        try:
            with client:
                self._negotiate(client)
                while self._request(client):
                    pass
        except (ConnectionError, struct.error):
            pass

    def _negotiate(self, client):
        flags = FLAGS | (READ_ONLY if self.read_only else 0)
        client.sendall(b"NBDMAGIC" + b"IHAVEOPT" + struct.pack(">H", 3))
        exactly(client, 4)
        while True:
            _, option, length = struct.unpack(">QII", exactly(client, 16))
            data = exactly(client, length)
            answer = lambda kind, data=b"": client.sendall(
                struct.pack(">QIII", 0x3E889045565A9, option, kind, len(data)) + data)
            if option == 1:  # export name: no answer but the export itself
                client.sendall(struct.pack(">QH", SIZE, flags) + bytes(124))
                return
            if option in (6, 7):  # info, go
                answer(3, struct.pack(">HQH", 0, SIZE, flags))
                answer(1)
                if option == 7:
                    return
            elif option == 2:  # abort
                answer(1)
                raise ConnectionError
            else:
                answer(2**31 + 1)
            del data

    def _request(self, client):
        header = exactly(client, 28)
        _, _, kind, handle, offset, length = struct.unpack(">IHHQQI", header)
        if kind == DISCONNECT:
            return False
        data = exactly(client, length) if kind == WRITE else b""
        with self.lock:
            error, read = self._do(kind, offset, length, data)
        client.sendall(struct.pack(">IIQ", 0x67446698, error, handle) + read)
        return True

    def has_less(self, capacity, wraps):
        """Has less room than it says. What is written beyond is lost, or is stored where its addresses begin again."""
        self.capacity, self.wraps = capacity, wraps

    def _store(self, offset, data):
        there = data[:max(0, self.capacity - offset)]
        self.image[offset:offset + len(there)] = there
        if len(there) < len(data):
            self.beyond += 1
            if self.wraps:
                self._store(max(0, offset - self.capacity), data[len(there):])

    def _stored(self, offset, length):
        there = bytes(self.image[offset:min(offset + length, self.capacity)])
        rest = length - len(there)
        if rest == 0:
            return there
        return there + (self._stored(max(0, offset - self.capacity), rest) if self.wraps else bytes(rest))

    def _do(self, kind, offset, length, data):
        if self.dead:
            return EIO, b""
        if kind == READ:
            if touches(self.bad_reads, offset, length):
                return EIO, b""
            return 0, self._stored(offset, length)
        if kind == FLUSH:
            self.flushes += 1
            if self.log is not None:
                self.log.append((self.name, None, b""))
            if self.durable is not None:
                self.durable = bytearray(self.image)
            return 0, b""
        if kind != WRITE or self.read_only or touches(self.bad_writes, offset, length):
            return EIO, b""
        self.writes += 1
        if self.log is not None:
            self.log.append((self.name, offset, data))
        if self.drops_writes_from is None or offset < self.drops_writes_from:
            if self.flip is not None and self.flip(data):
                data = bytes([data[0], data[1] ^ 1]) + data[2:]
            self._store(offset, data)
        if self.last_write is not None and self.writes >= self.last_write:
            self.dead = True
            self.reached.set()
        return 0, b""


def exactly(client, length):
    data = b""
    while len(data) < length:
        more = client.recv(length - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


def touches(ranges, offset, length):
    return any(offset < end and start < offset + length for start, end in ranges)
