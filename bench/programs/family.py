"""A family: KIND COUNT [SECONDS]. COUNT children that sleep (idle), or COUNT that start one after the
other and end at once (short). The parent computes beside the first and waits for the second, and
prints how long it took."""
import subprocess
import sys
import time

KIND, COUNT = sys.argv[1], int(sys.argv[2])
SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 5
START = time.time()
if KIND == "idle":
    children = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(%r)" % SECONDS])
                for _ in range(COUNT)]
    total = 0
    while time.time() < START + SECONDS:
        for i in range(1000):
            total += i
    for child in children:
        child.wait()
else:
    for _ in range(COUNT):
        subprocess.run([sys.executable, "-c", "pass"], check=True)
print(time.time() - START, flush=True)
