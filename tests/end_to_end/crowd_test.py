"""What is not asked and not read again, because it cannot have changed, is as true as the rest."""

import json
import os
import re

import support
from support import INTERPRETERS, Target, function

IDLE = 150
# Some seventy bursts are few: chance takes a tenth or two either way. Before Linux 6.12 Osprey waits
# for its turn where all CPUs are taken, and a thread that woke up just before has done its work.
FOUND = 0.55 if tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) >= (6, 12) else 0.3


class Crowd(support.EndToEnd):
    def moments(self, turn_takers):
        """For each of these threads what it did at each tick: the time line of the run."""
        with open(self.path("s.json"), encoding="utf-8") as file:
            figures = json.load(file)
        with open(self.path("p.speedscope.json"), encoding="utf-8") as file:
            run = json.load(file)
        names = [frame["name"] for frame in run["shared"]["frames"]]
        lines = []
        for profile in run["profiles"]:
            line = []
            for stack, weight in zip(profile["samples"], profile["weights"]):
                line += [{names[frame].rpartition(" (")[0] for frame in stack}] * round(
                    weight * figures["ticks"] / figures["duration_s"])
            if any(turn_takers in functions for functions in line):
                lines.append(line)
        return lines

    def test_stacks_of_threads_that_wait_are_of_the_same_moment(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version), \
                    Target("crowd.py", str(IDLE), python=python) as target:
                done = support.osprey("record", "-p", target.pid, "-d", "2", "--idle", "-F", "--stats",
                                      self.path("s.json"), "-o", self.path("p.speedscope.json"))
                target.process.stdin.close()
                lasted, _, taken = map(float, target.process.stdout.readline().split())
                self.assertEqual(done.returncode, 0, done.stderr)
                one, other = self.moments("takes_turns")
                # A stack that changed while it was copied has no sample at that tick.
                self.assertLess(abs(len(one) - len(other)), len(one) // 100)
                # Of the two, one sleeps and the other waits for it to end.
                both = sum("has_turn" in a and "has_turn" in b for a, b in zip(one, other))
                none = sum("waits_for_turn" in a and "waits_for_turn" in b
                           for a, b in zip(one, other))
                turns = [sum("has_turn" in moment for moment in line) for line in (one, other)]
                self.assertGreater(min(turns), len(one) // 10, turns)
                # Every turn lasts for many ticks: hardly one goes unseen.
                begun = sum("has_turn" in now and "has_turn" not in before
                            for line in (one, other) for before, now in zip(line, line[1:]))
                self.assertGreater(begun / 2, taken / lasted * 0.7, (begun, taken, lasted))
                self.assertLessEqual(both, len(one) // 50, (both, none, len(one)))
                # Whoever woke up may have to wait for the GIL before it goes on.
                self.assertLessEqual(none, len(one) // 2, (both, none, len(one)))

    def test_a_thread_that_wakes_up_to_run_is_found(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version), \
                    Target("crowd.py", str(IDLE), python=python) as target:
                stacks, figures = self.record("-p", target.pid, "-d", "3")
                target.process.stdin.close()
                lasted, cpu, _ = map(float, target.process.stdout.readline().split())
                found = {}
                for stack, count in stacks.items():
                    for name in {function(frame) for frame in stack}:
                        found[name] = found.get(name, 0) + count
                self.assertLess(found.get("idles", 0), figures["ticks"] // 50)
                # On a busy machine it is ready to run, and so seen, for longer than it runs.
                seen = found.get("computes_in_c", 0) / figures["ticks"]
                self.assertGreater(seen, FOUND * cpu / lasted, (seen, cpu / lasted))


if __name__ == "__main__":
    support.main()
