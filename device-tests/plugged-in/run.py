"""Runs the scenarios: device-tests/README.md. Called by .ci/plugged-in."""

import argparse
import json
import pathlib
import re
import sys
import time
import tomllib

import faults
from guest import HERE, Gone, Guest


class Failed(Exception):
    """A scenario did not go as it says."""


class NotRun(Exception):
    """A scenario cannot run here."""


def scenarios(only, everything):
    """Every scenario, each row of its table being one. Without `everything` some rows alone."""
    for path in sorted((HERE / "scenarios").glob("*.toml")):
        for scenario in tomllib.loads(path.read_text())["scenario"]:
            rows = scenario.pop("each", None) or [{}]
            rows = [row | {"number": number} for row in rows for number in range(1, row.get("count", 1) + 1)]
            for row in rows if everything else spread(rows, scenario.get("ci", len(rows))):
                filled = row | fill(scenario, row)
                filled["lane"] = path.stem
                if not only or any(word in filled["name"] or word == path.stem for word in only):
                    yield filled


def spread(items, wanted):
    """So many of `items`, from all over them."""
    return [items[(2 * n + 1) * len(items) // (2 * wanted)] for n in range(wanted)]


def fill(value, row):
    """`value` with each @name@ replaced by what the row has for it."""
    if isinstance(value, str):
        return re.sub(r"@(\w+)@", lambda match: str(row.get(match[1], match[0])), value)
    if isinstance(value, list):
        return [fill(item, row) for item in value]
    if isinstance(value, dict):
        return {key: fill(item, row) for key, item in value.items()}
    return value


def run_steps(guest, scenario):
    """Plugs the wallets in, and runs the steps."""
    needs = scenario.get("needs")
    if needs and guest.run(needs["run"])[0] != 0:
        raise NotRun(needs["why"])
    for name, text in scenario.get("files", {}).items():
        guest.run(f"cat >{name} <<'END'\n{text}\nEND")
    wallets = scenario.get("wallets", [])
    if wallets:
        commands = "\n".join(f"{environment} wallet {arguments}" for environment, arguments in (
            wallet.split(" wallet ", 1) if " wallet " in wallet else ("", wallet) for wallet in wallets))
        check(guest, {"run": f"{commands}\nplugged {len(wallets)}"})
    try:
        for step in scenario["steps"]:
            check(guest, step)
    except Failed as failed:
        _, simulations = guest.run("tail -n 3 /guest/mock-* 2>/dev/null; dmesg | tail -n 5")
        raise Failed(f"{failed}\n{simulations}") from None
    finally:
        guest.run("away")


def check(guest, step):
    """Runs one step, and holds it to what it says."""
    code, printed = guest.run(step["run"], step.get("seconds", 120))
    wanted = step.get("exit", 0)
    if code not in (wanted if isinstance(wanted, list) else [wanted]):
        raise Failed(f"$ {step['run']}\nexit code {code}, not {wanted}:\n{printed[-1500:]}")
    for text in step.get("says", []):
        if text not in printed:
            raise Failed(f"$ {step['run']}\nsays nothing of {text!r}:\n{printed[-1500:]}")
    for text in step.get("never", []):
        if text in printed:
            raise Failed(f"$ {step['run']}\nsays {text!r}:\n{printed[-1500:]}")
    for path, value in step.get("json", {}).items():
        found = json.loads(printed)
        for key in path.split("."):
            found = found[int(key)] if isinstance(found, list) else found.get(key)
        if found != value:
            raise Failed(f"$ {step['run']}\n{path} is {found!r}, not {value!r}:\n{printed[-1500:]}")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--made", type=pathlib.Path, required=True, help="where the kernel is")
    options.add_argument("--stockade", type=pathlib.Path, required=True)
    options.add_argument("--all", action="store_true", help="every moment, not a few")
    options.add_argument("--moments", type=int, help="so many moments of each scenario")
    options.add_argument("only", nargs="*", help="words of names, or lanes")
    options = options.parse_args()
    begun = time.monotonic()
    passed, failed, not_run, moments, guest = 0, [], [], 0, None
    lab = faults.Lab(options.made, options.stockade)
    for scenario in scenarios(options.only, options.all):
        started = time.monotonic()
        try:
            if "kind" in scenario:
                if guest:
                    guest.cut_power()
                    guest = None
                moments += lab.run(scenario, options.moments or scenario.get("all" if options.all else "moments"))
            else:
                guest = guest or Guest(options.made, options.stockade)
                run_steps(guest, scenario)
            verdict = "passed"
            passed += 1
        except NotRun as why:
            verdict = f"NOT RUN: {why}"
            not_run.append(scenario["name"])
        except (Failed, Gone, faults.Violation, RuntimeError) as why:
            verdict = f"FAILED\n{why}"
            failed.append(scenario["name"])
            if isinstance(why, Gone):
                guest and guest.cut_power()
                guest = None
        print(f"{scenario['lane']}: {scenario['name']}: {verdict} ({time.monotonic() - started:.1f} s)",
              flush=True)
    guest and guest.cut_power()
    lab.close()
    total = passed + len(failed) + len(not_run)
    for name in failed:
        print(f"FAILED: {name}")
    print(f"plugged-in: {total} scenarios, {passed} passed, {len(not_run)} not run"
          f" ({moments} moments, {time.monotonic() - begun:.0f} s)")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
