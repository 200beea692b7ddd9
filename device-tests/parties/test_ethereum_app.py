"""Ledger's Ethereum app in Speculos: collected where STOCKADE_TEST_ETHEREUM_ELF names its ELF.

The app must be that of a Nano, whose buttons the conformance suite presses.
"""

import os
import re
import subprocess
from pathlib import Path

from cloud_servers import free_port
from command import REPOSITORY, environment
from emulator import speculos


def test_passes_the_suite_of_all_devices(tmp_path: Path) -> None:
    rest = free_port()
    elf = os.environ["STOCKADE_TEST_ETHEREUM_ELF"]
    with speculos(elf, tmp_path / "log", rest) as address:
        suite = run_conformance(
            STOCKADE_TEST_SPECULOS=address,
            STOCKADE_TEST_SPECULOS_REST=f"127.0.0.1:{rest}",
        )
    print(suite.stdout)
    assert suite.returncode == 0
    passed = re.search(r"test result: ok\. (\d+) passed", suite.stdout)
    assert passed and int(passed[1]) > 0, "no test was run"


def run_conformance(**device: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["cargo", "test", "--test", "device-tests", "conformance::"],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**environment(), **device},
    )
