"""A person at a terminal: wallets plugged in one after another, and passphrases without echo."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import backup
import pytest
from command import BINARY, done, environment

OTHER_WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"
PASSPHRASE = "six random words or rather more"


def take_terminal() -> None:
    """Lets the new session hear the terminal's Ctrl-C, also if whoever runs the tests ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.close(os.open(os.ttyname(0), os.O_RDWR))


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, *arguments: str | Path, words: str = "") -> None:
        self.ours, theirs = pty.openpty()
        self.written = ""
        self.read_so_far = 0
        self.process = subprocess.Popen(
            [BINARY, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=take_terminal,
            env=environment() | {"STOCKADE_MOCK_MNEMONIC": words},
        )
        os.close(theirs)

    @property
    def shown(self) -> str:
        """What a person reads: the text without its colours."""
        return COLOUR.sub("", self.written)

    def read_until(self, text: str) -> None:
        """Waits for a prompt that was not answered yet."""
        end = time.monotonic() + 60
        while text not in self.shown[self.read_so_far :]:
            assert time.monotonic() < end and self.read(), f"no {text!r} in:\n{self.shown}"
        self.read_so_far = self.shown.index(text, self.read_so_far) + len(text)

    def read(self) -> bool:
        if not select.select([self.ours], [], [], 30)[0]:
            return False
        try:
            self.written += os.read(self.ours, 4096).decode(errors="replace").replace("\r\n", "\n")
        except OSError:
            return False
        return True

    def type(self, line: str) -> None:
        os.write(self.ours, f"{line}\n".encode())

    def end_at(self, question: str) -> int:
        """Presses Ctrl-C when a question is asked, and gives the exit code."""
        self.read_until(question)
        time.sleep(0.3)
        os.write(self.ours, b"\x03")
        return self.end()

    def end(self) -> int:
        """Reads on to the end, and gives the exit code."""
        while self.read():
            pass
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def custodians(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The files of a wallet, of another that holds other words, and of a passphrase."""
    folder = tmp_path_factory.mktemp("custodians")
    files = [folder / "own.json", folder / "other.json", folder / "passphrase.json"]
    done("custodian", "enroll", "--name", "own", "--out", files[0], device="mock-ledger")
    other = ["custodian", "enroll", "--name", "other", "--out", files[1], "--device", "mock-trezor"]
    assert Terminal(*other, words=OTHER_WORDS).end() == 0
    enroll = ["custodian", "enroll", "--name", "p", "--out", files[2], "--passphrase"]
    terminal = Terminal(*enroll)
    terminal.read_until("Passphrase of the custodian")
    terminal.type(PASSPHRASE)
    terminal.read_until("Type the passphrase again")
    terminal.type(f"{PASSPHRASE} mistyped")
    # It is asked for again, from the start.
    terminal.read_until("The two passphrases differ")
    terminal.read_until("Passphrase of the custodian")
    terminal.type(PASSPHRASE)
    terminal.read_until("Type the passphrase again")
    terminal.type(PASSPHRASE)
    assert terminal.end() == 0, terminal.shown
    assert PASSPHRASE not in terminal.shown
    return files


def create(folder: Path, threshold: int, files: list[Path]) -> backup.Backup:
    named = ["--threshold", str(threshold), "--custodian", *map(str, files)]
    return backup.create(folder, "mock-ledger", *named)


def test_custodians_are_plugged_in_one_after_another(
    custodians: list[Path], tmp_path: Path
) -> None:
    made = create(tmp_path, 2, custodians)
    drill = ["backup", "drill", *made.copies, "--insert"]
    words = f"{' '.join(['test'] * 11 + ['junk'])};{' '.join(['abandon'] * 11)} about;{OTHER_WORDS}"
    terminal = Terminal(*drill, words=words)
    # A stranger's wallet first: the set is not known to be one's own, and nobody is asked.
    terminal.read_until("first the wallet that made it")
    terminal.read_until("Plug in the next wallet")
    terminal.type("mock-ledger")
    terminal.read_until("Plug in the next wallet")
    assert "approve" not in terminal.shown
    terminal.type("nonsense")
    terminal.read_until("is not a device")
    terminal.type("mock-ledger")
    terminal.read_until("Passphrase of custodian")
    terminal.type("")
    terminal.read_until("Plug in the next wallet")
    terminal.type("mock-trezor")
    assert terminal.end() == 0, terminal.shown
    other = made.created["custodians"][1]
    assert f"Still missing:\n  custodian {other['id']} (check address {other['check_address']})" in (
        terminal.shown
    )
    assert "Every key opens, in every copy." in terminal.shown


def test_whoever_has_no_more_stops(custodians: list[Path], tmp_path: Path) -> None:
    made = create(tmp_path, 2, custodians[:2])
    terminal = Terminal("backup", "drill", made.copies[0], "--device", "mock-ledger", "--insert")
    terminal.read_until("Plug in the next wallet")
    terminal.type("stop")
    assert terminal.end() == 1, terminal.shown
    assert "share_missing" in terminal.shown


def test_a_mistyped_passphrase_is_asked_for_again(custodians: list[Path], tmp_path: Path) -> None:
    made = create(tmp_path, 2, [custodians[0], custodians[2]])
    terminal = Terminal("backup", "drill", made.copies[0], "--device", "mock-ledger")
    terminal.read_until("Passphrase of custodian")
    terminal.type("something else")
    terminal.read_until("does not open")
    terminal.read_until("Passphrase of custodian")
    terminal.type(PASSPHRASE)
    assert terminal.end() == 0, terminal.shown
    assert PASSPHRASE not in terminal.shown


def create_in(copy: Path) -> list[str | Path]:
    create = ["validator", "create", "--network", "hoodi", "--count", "1"]
    return [*create, "--copy", copy, "--device", "mock-ledger"]


def test_a_wrong_answer_is_asked_again_and_a_no_makes_nothing(tmp_path: Path) -> None:
    question = "Make new copies there? (yes or no)"
    terminal = Terminal(*create_in(tmp_path / "typo"))
    terminal.read_until(question)
    assert f"{tmp_path / 'typo'} has no copy yet" in terminal.shown
    terminal.type("y")
    terminal.read_until(question)
    terminal.type("no")
    assert terminal.end() == 5, terminal.shown
    assert "approve" not in terminal.shown and not list(tmp_path.iterdir())

    terminal = Terminal(*create_in(tmp_path / "new"))
    terminal.read_until(question)
    terminal.type("")
    terminal.read_until(question)
    terminal.type("Yes")
    assert terminal.end() == 0, terminal.shown
    # Nobody is asked about a copy that is there.
    assert Terminal(*create_in(tmp_path / "new")).end() == 0


def test_giving_up_at_a_question_ends_the_command_at_once(tmp_path: Path) -> None:
    assert Terminal(*create_in(tmp_path / "a")).end_at("Make new copies there?") != 0
    assert not list(tmp_path.iterdir())
    made = backup.create(tmp_path, "mock-ledger")
    restore = ["backup", "restore", *made.copies, "--to", tmp_path / "to", "--layout", "plain"]
    options = ["--never-attested", "--device", "mock-ledger"]
    terminal = Terminal(*restore, *options)
    assert terminal.end_at("Write it? (yes or no)") == 5, terminal.shown
    assert "cancelling" in terminal.shown and "nothing was written" in terminal.shown
    assert not (tmp_path / "to").exists()


def test_a_passphrase_that_is_typed_too_early_never_shows() -> None:
    secret = "a secret that is typed one prompt too early"
    options = ["--model", "safe5", "--passphrase", "--listen", "127.0.0.1:0"]
    mock = subprocess.Popen(
        [BINARY, "mock", "trezor", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert mock.stdout
        device = mock.stdout.readline().strip().rsplit(" ", 1)[1]
        terminal = Terminal("address", "--device", device)
        terminal.read_until("(yes or no)")
        time.sleep(0.2)
        terminal.type(secret)
        terminal.read_until("(yes or no)")
        time.sleep(0.2)
        terminal.type("no")
        terminal.read_until("passphrase (empty for none)")
        time.sleep(0.2)
        terminal.type(secret)
        assert terminal.end() == 0, terminal.shown
        assert secret not in terminal.shown
    finally:
        mock.terminate()
        mock.wait()
