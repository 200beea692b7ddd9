"""A guest: Debian's kernel in QEMU, the host's files as its root, and a shell in it."""

import atexit
import base64
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
# What its kernel needs before it has the host's files.
FIRST_MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay"]
BOOT_SECONDS = 120


class Gone(Exception):
    """The guest does not answer any more."""


class Violation(Exception):
    """Something was lost, or said to be what it is not."""


def initrd(made):
    """Makes the first file system of the guests."""
    _, modules = kernel_of(made)
    [version] = os.listdir(modules)
    if not (modules / version / "modules.dep").exists():
        subprocess.run(["depmod", "-b", made / "kernel", version], check=True)
    root = made / "initrd"
    shutil.rmtree(root, ignore_errors=True)
    for folder in ["bin", "proc", "sys", "dev", "host", "memory", "root", "modules"]:
        (root / folder).mkdir(parents=True)
    shutil.copy("/bin/busybox", root / "bin")
    shutil.copy(HERE / "init", root)
    (root / "init").chmod(0o755)
    order = []
    for module in FIRST_MODULES:
        listed = subprocess.run(
            ["modprobe", "-d", made / "kernel", "-S", version, "--show-depends", module],
            check=True, capture_output=True, text=True,
        ).stdout
        for line in listed.splitlines():
            path = pathlib.Path(line.split()[1])
            if line.startswith("insmod") and path.name not in order:
                order.append(path.name)
                shutil.copy(path, root / "modules")
    (root / "modules/order").write_text("".join(name + "\n" for name in order))
    archive = made / "initrd.gz"
    subprocess.run(
        f"find . | cpio --quiet -o -H newc | gzip -1 >{archive}", shell=True, check=True, cwd=root
    )


def kernel_of(made):
    """The kernel and its modules."""
    return next((made / "kernel/boot").glob("vmlinuz-*")), made / "kernel/lib/modules"


class Guest:
    """One boot."""

    def __init__(self, made, binary, name):
        archive, kernel, modules = made / "initrd.gz", *kernel_of(made)
        self.sockets = {kind: made / f"{name}-{kind}.socket" for kind in ("shell", "control")}
        for path in self.sockets.values():
            path.unlink(missing_ok=True)
        self.console = made / f"{name}-console.log"
        arguments = [
            "nice", "-n", "5", "qemu-system-x86_64", "-accel", "tcg", "-smp", "1", "-m", "1024", "-display", "none",
            "-no-reboot", "-nodefaults", "-kernel", kernel, "-initrd", archive,
            "-append", "console=ttyS0 loglevel=4 panic=-1 "
            f"agent={HERE}/agent.sh modules={modules} bin={binary.parent}",
            "-serial", f"file:{self.console}",
            "-chardev", f"socket,id=shell,path={self.sockets['shell']},server=on,wait=off",
            "-serial", "chardev:shell",
            "-qmp", f"unix:{self.sockets['control']},server=on,wait=off",
            "-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap",
            "-device", "virtio-9p-pci,fsdev=host,mount_tag=host",
            "-device", "qemu-xhci,id=usb", "-device", "virtio-rng-pci",
        ]
        self.process = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL)
        atexit.register(self.process.kill)
        self.shell = self._connect("shell")
        self.answers = self.shell.makefile("r")
        self.control = self._connect("control")
        self.events = self.control.makefile("r")
        self.events.readline()
        self.qmp("qmp_capabilities")
        self.shell.settimeout(BOOT_SECONDS)
        self._answer()

    def _connect(self, name):
        until = time.monotonic() + 20
        while True:
            try:
                link = socket.socket(socket.AF_UNIX)
                link.connect(str(self.sockets[name]))
                return link
            except OSError:
                link.close()
                if time.monotonic() > until or self.process.poll() is not None:
                    raise Gone("QEMU did not start") from None
                time.sleep(0.05)

    def _answer(self):
        try:
            line = self.answers.readline()
        except OSError:
            line = ""
        if not line.endswith("\n"):
            console = self.console.read_text(errors="replace")
            raise Gone("no answer; the console's end:\n" + console[-2000:])
        return line.strip()

    def send(self, command, seconds=120):
        """Has `command` run by bash, without waiting for its end."""
        encoded = base64.b64encode(command.encode()).decode()
        self.shell.settimeout(seconds + 60)
        self.shell.sendall(f"{seconds} {encoded}\n".encode())

    def receive(self):
        """The exit code of what was sent, and what it printed."""
        code, _, printed = self._answer().partition(" ")
        return int(code), base64.b64decode(printed).decode(errors="replace").rstrip("\n")

    def run(self, command, seconds=120):
        self.send(command, seconds)
        return self.receive()

    def qmp(self, execute, **arguments):
        """Has QEMU do something; gives its answer, or raises."""
        message = {"execute": execute, "arguments": arguments}
        self.control.sendall(json.dumps(message).encode() + b"\n")
        while line := self.events.readline():
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(f"{execute}: {answer['error']}")
            if "return" in answer:
                return answer["return"]
        raise Gone(f"{execute}: QEMU is gone")

    def plug(self, stick):
        """Plugs a USB stick in: the disk that `stick` serves."""
        self.qmp("blockdev-add", **{
            "node-name": stick.name, "driver": "nbd",
            "server": {"type": "unix", "path": str(stick.path)}, "export": "",
            "read-only": stick.read_only,
            "cache": {"direct": True, "no-flush": False},
        })
        self.qmp("device_add", driver="usb-storage", bus="usb.0", id=f"stick-{stick.name}",
                 drive=stick.name, serial=stick.name)

    def unplug(self, stick):
        """Pulls it out."""
        self.qmp("device_del", id=f"stick-{stick.name}")

    def forget(self, stick):
        """Lets a disk go whose stick was pulled out."""
        self.qmp("blockdev-del", **{"node-name": stick.name})

    def cut_power(self):
        self.process.kill()
        self.process.wait()
        self.shell.close()
        self.control.close()
