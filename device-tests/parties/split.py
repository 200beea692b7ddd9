"""Keys that the command split, and their shares as other programs take them."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import javascript
from command import REPOSITORY

INSTALLED = REPOSITORY / "target/parties"
# Our Go program on herumi's library.
HERUMI = Path(os.environ.get("STOCKADE_TEST_HERUMI") or INSTALLED / "herumi/herumi")
# What npm ssv-keys was installed by, which brings bls-eth-wasm.
SSV_KEYS = Path(os.environ.get("STOCKADE_TEST_SSV_KEYS") or INSTALLED / "ssv-keys/package.json")


@dataclass
class Split:
    """A key in shares. Of tests: it guards nothing."""

    threshold: int
    whole: str
    # By x.
    shares: dict[int, str]

    def line(self) -> str:
        """As our programs on herumi's library read it."""
        shares = (f"{x}:{secret}" for x, secret in self.shares.items())
        return " ".join([str(self.threshold), self.whole, *shares])


def opened(nodes: Path) -> dict[int, list[str]]:
    """The secrets of each machine's shares, by x; npm @chainsafe/bls-keystore opens them."""
    return {x: secrets(nodes / f"node{x - 1}/validator_keys") for x in range(1, count(nodes) + 1)}


def count(nodes: Path) -> int:
    return len([node for node in nodes.iterdir() if node.name.startswith("node")])


def secrets(folder: Path) -> list[str]:
    password = (folder / "keystore-0.txt").read_text()
    # Each machine's keystores have one password.
    keystores = [folder / f"keystore-{i}.json" for i in range(len(list(folder.glob("*.json"))))]
    return javascript.lines("open_keystores.mjs", "--secret", *keystores, stdin=password)


def splits(document: Any, nodes: Path, whole: dict[str, str]) -> list[Split]:
    """Every key of what `validator split` reports. `whole`: secret keys by public key."""
    shares = opened(nodes)
    return [
        Split(
            document["threshold"],
            whole[key["pubkey"]],
            {x: secrets[place] for x, secrets in shares.items()},
        )
        for place, key in enumerate(document["keys"])
    ]


def secrets_of_plain(folder: Path) -> dict[str, str]:
    """The secret keys of a folder in the plain layout, by public key."""
    keystores = sorted(folder.glob("keystore-*.json"))
    password = (folder / "password.txt").read_text()
    opened = javascript.lines("open_keystores.mjs", "--secret", *keystores, stdin=password)
    pubkeys = [json.loads(keystore.read_bytes())["pubkey"] for keystore in keystores]
    return dict(zip(pubkeys, opened, strict=True))


def combined_by_herumi(splits: list[Split] | str, every: int) -> Any:
    """What the Go program counts. It signs with the shares of each `every`-th split."""
    lines = splits if isinstance(splits, str) else "".join(f"{one.line()}\n" for one in splits)
    run = subprocess.run([HERUMI, f"{every}"], input=lines, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
