"""What befalls sticks while a command writes to them: pulled out, power cut, and sticks that lie."""

import json
import select
import time

from guest import Gone, Guest, Violation
from recorded import Recorded
from sticks import CHECK, Stick

COPIES = "/media/vfat /media/exfat /media/ext4"
NAMES = ("vfat", "exfat", "ext4")
PANIC = 101


class Lab:
    """Three sticks, with the sets that every scenario begins with, and a guest for them."""

    def __init__(self, made, stockade):
        self.made, self.stockade = made, stockade
        self.guest = self.sticks = None

    def close(self):
        if self.guest:
            self.guest.cut_power()
        self.guest = None

    def run(self, scenario, moments):
        """Runs one scenario; gives how many moments it tried."""
        self._prepare()
        kind = {"pulled": self._moments, "power": self._moments, "wrong": self._wrong,
                "recorded": self._recorded}[scenario["kind"]]
        try:
            return kind(scenario, moments)
        except (Violation, RuntimeError):
            self.close()
            raise

    def _prepare(self):
        if self.sticks is None:
            self.sticks = {name: Stick(name, name, self.made) for name in NAMES}
            for stick in self.sticks.values():
                stick.format(self.made)
            self._boot()
            self._mount(NAMES, check=False)
            wallet = "stockade -q --device mock-ledger"
            code, printed = self.guest.run(
                f"{wallet} --json validator create --network hoodi --count 1 --copy {COPIES} 2>/guest/errors"
                " || { cat /guest/errors; exit 1; }"
            )
            self._require(code == 0, "no first set", printed)
            self.first = json.loads(printed)["set_id"]
            code, printed = self.guest.run(
                f"{wallet} --json backup reseal {COPIES} --custodian /media/vfat/stockade/{self.first} 2>/guest/errors"
                " || { cat /guest/errors; exit 1; }"
            )
            self._require(code == 0, "no second set", printed)
            self.second = json.loads(printed)["set_id"]
            self._unmount(NAMES)
            self.base = {name: stick.snapshot() for name, stick in self.sticks.items()}
            self.writes = {}
            self._pull(NAMES)

    def _boot(self):
        self.guest = Guest(self.made, self.stockade, "sticks")

    def _require(self, holds, what, more=""):
        if not holds:
            raise Violation(f"{what}\n{more[-3000:]}")

    def _mount(self, names, check=True, options="rw"):
        """Plugs sticks in, has their file systems checked as a user would, and mounts them."""
        for name in names:
            self.guest.plug(self.sticks[name])
        for name in names:
            fsck = f"{CHECK[name]} $device" if check else "true"
            code, printed = self.guest.run(
                f"device=$(disk {name}) || exit 1; {fsck} >/guest/fsck 2>&1 || [[ $? -lt 4 ]] || cat /guest/fsck;"
                f" mkdir -p /media/{name} && mount -t {name} -o {options} $device /media/{name}"
            )
            self._require(code == 0, f"{name} cannot be mounted", printed)

    def _unmount(self, names):
        for name in names:
            self.guest.run(f"umount /media/{name} || umount -l /media/{name}")

    def _pull(self, names):
        for name in names:
            self.guest.unplug(self.sticks[name])
        self._forget(names)

    def _forget(self, names):
        for name in names:
            for attempt in range(100):
                try:
                    self.guest.forget(self.sticks[name])
                    break
                except RuntimeError:
                    time.sleep(0.05)
            else:
                raise Violation(f"QEMU does not let {name} go")

    def _fresh(self):
        """The base state on all sticks, mounted in a guest that runs."""
        if self.guest is None:
            for name in NAMES:
                self.sticks[name].load(self.base[name])
            self._boot()
        else:
            for name in NAMES:
                self.sticks[name].load(self.base[name])
        self.guest.run("rm -rf /guest/out")
        self._mount(NAMES, check=False)

    def _fill(self, text, victim):
        return (text.replace("COPIES", COPIES).replace("FIRST", self.first)
                .replace("SECOND", self.second).replace("VICTIM", f"/media/{victim}"))

    def _moments(self, scenario, wanted):
        victim, power = scenario["victim"], scenario["kind"] == "power"
        command = self._fill(scenario["run"], victim)
        before = self._fill(scenario.get("before", "true"), victim)
        key = (scenario["run"], victim)
        if key not in self.writes:
            self._fresh()
            self._require(self.guest.run(before)[0] == 0, "before the command")
            self.guest.run("sync")
            for stick in self.sticks.values():
                stick.well()
            code, printed = self.guest.run(command)
            self._require(code == 0, f"undisturbed: exit code {code}", printed)
            self.writes[key] = self.sticks[victim].writes
            self._unmount(NAMES)
            self._pull(NAMES)
        count = self.writes[key]
        tried = min(count, wanted)
        violations = []
        for number in range(tried):
            moment = 1 + (2 * number + 1) * count // (2 * tried)
            try:
                self._one(scenario, command, before, victim, min(moment, count), power)
            except (Violation, Gone) as violation:
                violations.append(f"after write {moment} of {count}: {violation}")
                self.close()
        self._require(not violations, f"{len(violations)} of {tried} moments", "\n".join(violations))
        return tried

    def _one(self, scenario, command, before, victim, moment, power):
        self._fresh()
        self._require(self.guest.run(before)[0] == 0, "before the command")
        self.guest.run("sync")
        stick = self.sticks[victim]
        for other in self.sticks.values():
            other.well()
            if power:
                other.has_a_cache()
        stick.dies_after(moment)
        self.guest.send(command)
        while not stick.reached.wait(0.02) and not self._answered():
            pass
        if power:
            self.guest.cut_power()
            for other in self.sticks.values():
                with other.lock:
                    if scenario.get("cache"):
                        other.lose_cache()
                    other.well()
            self._boot()
            self._mount(NAMES)
        else:
            if stick.reached.is_set():
                self.guest.unplug(stick)
            code, printed = self.guest.receive()
            self._require(code != PANIC, f"exit code {code}", printed)
            if stick.reached.is_set():
                others = " ".join(f"/media/{name}" for name in NAMES if name != victim)
                self._check(others, "the other copies")
                self._unmount([victim])
                self._forget([victim])
                stick.well()
                self._mount([victim])
        self._afterwards(scenario, victim)
        self._unmount(NAMES)
        self._pull(NAMES)

    def _answered(self):
        return bool(select.select([self.guest.shell], [], [], 0)[0])

    def _check(self, copies, what, codes=(0, 1)):
        """No key in a set that is listed is other than it was written."""
        code, printed = self.guest.run(f"stockade --json backup scrub {copies} 2>/guest/errors")
        self._require(code in codes, f"{what}: scrub ends with {code}", printed)
        wrong = json.loads(printed)["verdicts"]["contradicted"]
        self._require(wrong == 0, f"{what}: {wrong} keys are contradicted", printed)

    def _afterwards(self, scenario, victim):
        """Every set whole or absent, no earlier set lost, and a repair makes all copies the same."""
        earlier = self.earlier(scenario)
        rotten = "dd" in scenario.get("before", "")
        for name in NAMES:
            listed = self.guest.run(f"sets_on {name}")[1].split()
            for old in earlier:
                self._require(old in listed, f"{name}: {old} is lost", " ".join(listed))
            if not (rotten and name == victim):
                self._check(f"/media/{name}", name, codes=(0,))
        code, printed = self.guest.run(f"stockade --device mock-ledger backup repair {COPIES}")
        self._require(code == 0, f"repair ends with {code}", printed)
        self._check(COPIES, "after the repair", codes=(0,))

    def earlier(self, scenario):
        """The sets that must be there whatever happens."""
        return [self.second] if "retire" in scenario["run"] else [self.first, self.second]

    def _recorded(self, scenario, wanted):
        """The power is cut after each write of one run."""
        victim = scenario["victim"]
        recorded = Recorded(self, scenario)
        recorded.record(self._fill(scenario["run"], victim), self._fill(scenario.get("before", "true"), victim))
        try:
            return recorded.run(wanted)
        finally:
            self._pull(NAMES)

    def _wrong(self, scenario, _moments):
        """Something is wrong with a stick from the start: what the command says of it, and what is left."""
        victim = scenario["victim"]
        self._fresh()
        stick = self.sticks[victim]
        before = self._fill(scenario.get("before", "true"), victim)
        code, printed = self.guest.run(before)
        self._require(code == 0, "before the command", printed)
        self.guest.run("sync")
        fault = scenario["fault"]
        if fault == "read-only":
            self._unmount([victim])
            self._pull([victim])
            stick.read_only = True
            self._mount([victim], check=False, options="ro")
        with stick.lock:
            if fault == "flips":
                stick.flip = lambda data: scenario["flips"].encode() in data
            elif fault == "drops":
                stick.drops_writes_from = scenario["from"]
            elif fault == "capacity":
                stick.has_less(scenario["real"], scenario["wraps"])
            elif fault == "bad-writes":
                stick.bad_writes = ((scenario["from"], len(stick.image)),)
            elif fault == "bad-reads":
                at = stick.image.find(self._fill(scenario["at"], victim).encode())
                self._require(at >= 0, "not found on the stick")
                stick.bad_reads = ((at // 512 * 512, at // 512 * 512 + 512),)
        if fault == "bad-reads":
            self.guest.run("echo 3 >/proc/sys/vm/drop_caches")
        command = self._fill(scenario["run"], victim)
        code, printed = self.guest.run(command)
        self._require(code in scenario["exit"], f"exit code {code}", printed)
        for text in scenario.get("says", []):
            self._require(self._fill(text, victim) in printed, f"says nothing of {text}", printed)
        for text in scenario.get("never", []):
            self._require(text not in printed, f"says {text}", printed)
        others = " ".join(f"/media/{name}" for name in NAMES if name != victim)
        self._check(others, "the other copies", codes=(0,))
        for text in scenario.get("others", []):
            code, printed = self.guest.run(self._fill(text, victim).replace("OTHERS", others))
            self._require(code == 0, f"the other copies: {text}", printed)
        if fault == "capacity":
            self._require(stick.beyond > 0, "nothing was written beyond what the stick has")
        if "later" in scenario:
            self._unmount([victim])
            self._pull([victim])
            try:
                self._mount([victim])
            except Violation as unreadable:
                print(f"  {unreadable}", flush=True)
        for step in scenario.get("later", []):
            code, printed = self.guest.run(self._fill(step["run"], victim).replace("OTHERS", others))
            self._require(code in step["exit"], f"later: {step['run']}: exit code {code}", printed)
        self._unmount(NAMES)
        self._pull(NAMES)
        return 0
