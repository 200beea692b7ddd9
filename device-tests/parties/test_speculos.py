"""Ledger's own emulator, with the one real app that its source distribution holds."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from command import done, run
from emulator import speculos


@pytest.fixture(scope="module")
def boilerplate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The SPEC of Speculos, in which the app Boilerplate is open."""
    elf = os.environ["STOCKADE_TEST_BOILERPLATE_ELF"]
    log = tmp_path_factory.mktemp("speculos") / "log"
    with speculos(elf, log) as address:
        yield f"speculos:{address}"


def test_info_names_model_and_app_and_says_which_app_to_open(boilerplate: str) -> None:
    info = done("device", "info", device=boilerplate)
    assert (info["vendor"], info["model"]) == ("Ledger", "Speculos")
    assert info["app"] == {"name": "Boilerplate", "version": "2.3.1"}
    assert info["state"] == "wrong_app"
    assert info["simulated"] is True


@pytest.mark.parametrize(
    "arguments",
    [["address"], ["validator", "pubkey", "--index", "0"], ["custodian", "enroll", "--name", "x"]],
    ids=" ".join,
)
def test_what_needs_the_ethereum_app_says_so(
    boilerplate: str, arguments: list[str], tmp_path: Path
) -> None:
    out = ["--out", str(tmp_path / "x.json")] if "enroll" in arguments else []
    result = run(*arguments, *out, device=boilerplate)
    assert result.exit_code == 4
    assert result.json()["error"]["kind"] == "wrong_app"
    assert "Boilerplate" in result.json()["error"]["message"]
    assert not list(tmp_path.iterdir())


def test_stays_usable_after_refusals(boilerplate: str) -> None:
    for _ in range(3):
        run("address", device=boilerplate)
        assert done("device", "info", device=boilerplate)["app"]["name"] == "Boilerplate"


def test_no_key_is_made_in_the_wrong_app(boilerplate: str, tmp_path: Path) -> None:
    copy = tmp_path / "A"
    copy.mkdir()
    create = ["validator", "create", "--network", "hoodi", "--count", "1", "--copy", str(copy)]
    result = run(*create, device=boilerplate)
    assert (result.exit_code, result.json()["error"]["kind"]) == (4, "wrong_app")
    assert not list(copy.iterdir())
