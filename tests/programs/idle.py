"""Does nothing at all until its standard input is closed."""
import sys

print("ready", flush=True)
sys.stdin.read()
