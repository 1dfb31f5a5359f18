"""What is not asked and not read again, because it cannot have changed, is as true as the rest."""

import support
from support import INTERPRETERS, Target, function

IDLE = 150


class Crowd(support.EndToEnd):
    def sampled(self, python, *options):
        """Samples by function, anywhere in the stack, the figures, and the program's own account."""
        with Target("crowd.py", str(IDLE), python=python) as target:
            stacks, figures = self.record("-p", target.pid, "-d", "2", *options)
            target.process.stdin.close()
            own = [float(word) for word in target.process.stdout.readline().split()]
        found = {}
        for stack, count in stacks.items():
            for name in {function(frame) for frame in stack}:
                found[name] = found.get(name, 0) + count
        return found, figures, own

    def test_threads_that_wait_are_seen_to_move(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version):
                found, figures, (_, _, here, there) = self.sampled(python, "--idle")
                self.assertGreater(found["idles"], figures["ticks"] * IDLE * 9 // 10)
                self.assertEqual(figures["rejected"], 0)
                seen = found["waits_here"] / (found["waits_here"] + found["waits_there"])
                true = here / (here + there)
                self.assertLess(abs(seen - true), 0.1, (seen, true))

    def test_a_thread_that_wakes_up_to_run_is_found(self):
        for version, python in INTERPRETERS:
            with self.subTest(version=version):
                found, figures, (lasted, cpu, _, _) = self.sampled(python)
                self.assertLess(found.get("idles", 0), figures["ticks"] // 50)
                # On a busy machine it is ready to run, and so seen, for longer than it runs.
                seen = found.get("computes_in_c", 0) / figures["ticks"]
                self.assertGreater(seen, 0.6 * cpu / lasted, (seen, cpu / lasted))


if __name__ == "__main__":
    support.main()
