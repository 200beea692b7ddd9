"""Runs the scenarios: device-tests/README.md. Called by .ci/plugged-in."""

import argparse
import json
import pathlib
import re
import resource
import signal
import sys
import threading
import time
import tomllib

import faults
from guest import HERE, Gone, Guest, initrd


class Failed(Exception):
    """A scenario did not go as it says."""


class NotRun(Exception):
    """A scenario cannot run here."""


def scenarios(only, everything):
    """Every scenario, each row of its table being one. Without `everything` some rows alone."""
    for path in sorted((HERE / "scenarios").glob("*.toml")):
        for scenario in tomllib.loads(path.read_text())["scenario"]:
            rows = scenario.pop("each", None) or [{}]
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


def run_steps(guest, scenario, everything):
    """Plugs the wallets in, and runs the steps. How many moments were tried, where it is unplugged at some."""
    needs = scenario.get("needs")
    if needs and guest.run(needs["run"])[0] != 0:
        raise NotRun(needs["why"])
    unplugged = scenario.get("unplugged")
    moments = (range(1, unplugged["most"] + 1) if everything else unplugged["moments"]) if unplugged else []
    if unplugged:
        scenario.setdefault("files", {})["/guest/unplugged.json"] = unplugs(unplugged["after"], moments)
    for name, text in scenario.get("files", {}).items():
        guest.run(f"cat >{name} <<'END'\n{text}\nEND")
    wallets = scenario.get("wallets", [])
    if wallets:
        commands = "\n".join(f"{environment} wallet {arguments}" for environment, arguments in (
            wallet.split(" wallet ", 1) if " wallet " in wallet else ("", wallet) for wallet in wallets))
        check(guest, {"run": f"{commands}\nplugged {len(wallets)}"})
    tried = 0
    try:
        for step in scenario.get("before", []):
            check(guest, step)
        for tried in range(1, len(moments) + 1):
            attached = int(guest.run("wc -l </guest/attached")[1])
            codes = [check(guest, step) for step in scenario["moment"]]
            attached = int(guest.run("wc -l </guest/attached")[1]) - attached
            # It ended well, and the wallet left USB no more often than by itself.
            if codes[0] == 0 and attached <= int(unplugged["leaves"]):
                tried -= 1
                break
        else:
            require(not everything or not unplugged, "it is still unplugged at the last moment")
        for step in scenario["steps"]:
            check(guest, step)
        return tried
    except Failed as failed:
        _, simulations = guest.run("tail -n 3 /guest/mock-* 2>/dev/null; dmesg | tail -n 5")
        raise Failed(f"moment {tried}: {failed}\n{simulations}") from None
    finally:
        guest.run("away")


def unplugs(after, moments):
    """The script of a wallet that is unplugged after so many commands or prompts, and then after so many, .."""
    waits = {"command": {"at": "command", "do": "unlock"}, "prompt": {"do": "approve"}}[after]
    leaves = {"at": "command", "do": "unplug"} if after == "command" else {"do": "unplug"}
    steps = [step for moment in moments for step in (waits | {"times": int(moment)}, leaves)]
    return json.dumps({"steps": steps, "rest": "approve"})


def require(holds, what):
    if not holds:
        raise Failed(what)


def check(guest, step):
    """Runs one step, and holds it to what it says. Its exit code."""
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
    return code


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--made", type=pathlib.Path, required=True, help="where the kernel is")
    options.add_argument("--stockade", type=pathlib.Path, required=True)
    options.add_argument("--all", action="store_true", help="every moment, not a few")
    options.add_argument("--moments", type=int, help="so many moments of each scenario")
    options.add_argument("--parallel", action="store_true", help="sticks beside wallets, in two guests")
    options.add_argument("only", nargs="*", help="words of names, or lanes")
    options = options.parse_args()
    # So that the guests go with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    begun = time.monotonic()
    initrd(options.made)
    lab = faults.Lab(options.made, options.stockade)
    results = []
    lanes = {"sticks": [], "programs": [], "wallets": []}
    for scenario in scenarios(options.only, options.all):
        lanes[scenario["lane"]].append(scenario)

    def sticks_and_programs():
        with_sticks(lab, lanes["sticks"], options, results)
        with_wallets("programs", lanes["programs"], options, results)

    workers = [
        threading.Thread(target=sticks_and_programs, daemon=True),
        threading.Thread(
            target=with_wallets, args=("wallets", lanes["wallets"], options, results), daemon=True),
    ]
    for worker in workers:
        worker.start()
        if not options.parallel:
            worker.join()
    for worker in workers:
        worker.join()
    for verdict, name, _ in results:
        if verdict == "FAILED":
            print(f"FAILED: {name}")
    count = lambda verdict: sum(result[0] == verdict for result in results)
    moments = sum(result[2] for result in results)
    print(f"plugged-in: {len(results)} scenarios, {count('passed')} passed, {count('NOT RUN')} not run"
          f" ({moments} moments, {time.monotonic() - begun:.0f} s, {processor_seconds():.0f} s of processor time)")
    expected = sum(map(len, lanes.values()))
    sys.exit(0 if count("passed") and not count("FAILED") and len(results) == expected else 1)


def processor_seconds():
    """What this and the guests that have ended took."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def with_sticks(lab, listed, options, results):
    """Runs the scenarios of faults.py."""
    for scenario in listed:
        moments = options.moments or scenario.get("all" if options.all else "moments")
        attempt(scenario, results, lambda: lab.run(scenario, moments))
    lab.close()


def with_wallets(name, listed, options, results):
    """Runs the scenarios that are steps, in one guest while it lives."""
    guest = None
    for scenario in listed:
        try:
            guest = guest or Guest(options.made, options.stockade, name)
        except Gone as why:
            attempt(scenario, results, lambda why=why: fail(why))
            continue
        if not attempt(scenario, results, lambda: run_steps(guest, scenario, options.all)):
            guest.cut_power()
            guest = None
    guest and guest.cut_power()


def fail(why):
    raise why


def attempt(scenario, results, run):
    """Runs one scenario, and says how it went. Whether its guest is still there."""
    started, moments, there = time.monotonic(), 0, True
    try:
        moments, verdict, more = run() or 0, "passed", ""
    except NotRun as why:
        verdict, more = "NOT RUN", f": {why}"
    except (Failed, Gone, faults.Violation, RuntimeError) as why:
        verdict, more, there = "FAILED", f"\n{why}", not isinstance(why, Gone)
    results.append((verdict, scenario["name"], moments))
    seconds = time.monotonic() - started
    print(f"{scenario['lane']}: {scenario['name']}: {verdict} ({seconds:.1f} s){more}", flush=True)
    return there

if __name__ == "__main__":
    main()
