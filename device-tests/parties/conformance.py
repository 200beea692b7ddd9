"""The conformance suite of all devices, which `cargo test` runs, on one more device."""

import re
import subprocess

from command import REPOSITORY, environment


def run(**device: str) -> None:
    """Runs the suite with the variable that names a device; no test may fail, and some must run."""
    suite = subprocess.run(
        ["cargo", "test", "--test", "device-tests", "conformance::"],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**environment(), **device},
    )
    print(suite.stdout)
    assert suite.returncode == 0
    passed = re.search(r"test result: ok\. (\d+) passed", suite.stdout)
    assert passed and int(passed[1]) > 0, "the conformance suite holds no test"
