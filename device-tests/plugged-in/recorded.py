"""The power is cut after every write: one run of a command is recorded, and each state that a cut could have left on
three sticks is made from the record, checked as a user would, mounted and looked at. No run, no boot for each."""

import hashlib
import json
import random

from guest import Violation
from sticks import CHECK

PARTS = 3


def spread(items, wanted):
    """So many of `items`, from all over them."""
    wanted = min(wanted, len(items))
    return {items[(2 * n + 1) * len(items) // (2 * wanted)] for n in range(wanted)}


class Recorded:
    """One recorded run, and what was found in its states."""

    def __init__(self, lab, scenario):
        self.lab, self.scenario = lab, scenario
        self.names = tuple(lab.sticks)
        self.looks, self.scrubs, self.together = {}, {}, {}
        self.violations = []
        self.rotten = scenario["victim"] if "dd" in scenario.get("before", "") else None

    def record(self, command, before):
        """Runs the command, and keeps each write and flush."""
        lab, self.log = self.lab, []
        lab._fresh()
        lab._require(lab.guest.run(before)[0] == 0, "before the command")
        lab.guest.run("sync")
        self.base = {name: lab.sticks[name].snapshot() for name in self.names}
        for stick in lab.sticks.values():
            stick.well()
            stick.log = self.log
        code, printed = lab.guest.run(command)
        lab._require(code == 0, f"undisturbed: exit code {code}", printed)
        self.ended = len(self.log)
        lab._unmount(self.names)
        for stick in lab.sticks.values():
            stick.log = None
        print(f"  {len(self.log)} writes and flushes", flush=True)
        self.devices = {name: lab.guest.run(f"disk {name}")[1] for name in self.names}
        lab.guest.run("rm -f /guest/trees")

    def states(self, wanted):
        """What the sticks hold after each write: all of it; without what was not flushed; with a part of that."""
        now = {name: bytearray(image) for name, image in self.base.items()}
        flushed = dict(self.base)
        pending = {name: [] for name in self.names}
        chance = random.Random(16)
        tried = spread(range(len(self.log)), wanted)
        for index, (name, offset, data) in enumerate(self.log):
            if offset is None:
                if pending[name] and index in tried:
                    for _ in range(PARTS):
                        part = bytearray(flushed[name])
                        for at, written in pending[name]:
                            if chance.random() < 0.5:
                                part[at:at + len(written)] = written
                        yield index, "a part of what was not flushed is there", flushed | {name: bytes(part)}
                flushed[name], pending[name] = bytes(now[name]), []
                continue
            now[name][offset:offset + len(data)] = data
            pending[name].append((offset, data))
            if index in tried:
                yield index, "", {name: bytes(image) for name, image in now.items()}
                yield index, "what was not flushed is lost", dict(flushed)
        self.end = {name: bytes(image) for name, image in now.items()}

    def look(self, name, image):
        """The sum of the files on a stick in that state, after its file system was checked."""
        key = name, hashlib.blake2b(image).digest()
        if key not in self.looks:
            self.lab.sticks[name].load(image)
            code, printed = self.lab.guest.run(f"look {name} {self.devices[name]} '{CHECK[name]}'")
            self.lab._require(code == 0, f"{name} cannot be mounted", printed)
            tree, sets, *scrub = printed.splitlines()
            self.looks[key] = name, tree
            if scrub:
                self.scrubs[name, tree] = sets.split(), scrub
        return self.looks[key]

    def judge(self, name, tree):
        """No earlier set is lost, and every set is whole or absent."""
        sets, scrub = self.scrubs[tree]
        for old in self.lab.earlier(self.scenario):
            self.lab._require(old in sets, f"{name}: {old} is lost", " ".join(sets))
        if name != self.rotten:
            self.lab._require(scrub[0] == "0", f"{name}: scrub ends with {scrub[0]}", "\n".join(scrub))

    def one(self, state):
        """Looks at each stick, and has all three repaired if they were not seen so together before."""
        trees = tuple(self.look(name, state[name]) for name in self.names)
        for name, tree in zip(self.names, trees):
            self.judge(name, tree)
        if trees in self.together:
            return
        self.together[trees] = True
        for name in self.names:
            self.lab.sticks[name].load(state[name])
        places = " ".join(f"{name}:{self.devices[name]}:'{CHECK[name]}'" for name in self.names)
        code, printed = self.lab.guest.run(f"ROTTEN={self.rotten or ''} together {places}", seconds=300)
        self.lab._require(code == 0, "together", printed)

    def run(self, wanted):
        """How many states were tried."""
        tried = 0
        for index, what, state in self.states(wanted):
            tried += 1
            self.attempt(f"after write {index} of {self.ended}: {what}", state)
        tried += self.forgotten(wanted)
        what = f"{len(self.violations)} of {tried} states"
        self.lab._require(not self.violations, what, "\n".join(self.violations))
        seen = len(set(self.looks.values()))
        print(f"  {tried} states, {seen} different sticks,"
              f" {len(self.together)} different threes", flush=True)
        return tried

    def forgotten(self, wanted):
        """The command has ended well, and then one stick loses what it had said to have kept, from each write on."""
        tried = spread(range(len(self.log)), wanted)
        for name in self.names:
            now = bytearray(self.base[name])
            for index, (at, offset, data) in enumerate(self.log):
                if at == name and offset is not None:
                    if index in tried:
                        what = f"{name} forgets write {index} and later ones"
                        self.attempt(what, self.end | {name: bytes(now)})
                    now[offset:offset + len(data)] = data
        return sum(self.log[index][1] is not None for index in tried)

    def attempt(self, what, state):
        try:
            self.one(state)
        except (Violation, RuntimeError) as violation:
            print(f"  {what}: {violation}", flush=True)
            self.violations.append(f"{what}: {violation}")
