"""A parent and its children, started in the way that the argument names."""
import multiprocessing
import os
import resource
import subprocess
import sys
import threading
import time


def spin(seconds):
    end = time.time() + seconds
    while time.time() < end:
        pass


def child_work(seconds=0.6):
    spin(seconds)


def parent_work(seconds=0.3):
    spin(seconds)


def fork(body):
    """Runs `body` in a child; the child's pid in the parent."""
    pid = os.fork()
    if pid == 0:
        body()
        os._exit(0)
    return pid


def by_multiprocessing(method):
    context = multiprocessing.get_context(method)
    children = [context.Process(target=child_work) for _ in range(2)]
    for child in children:
        child.start()
    parent_work(0.6)
    for child in children:
        child.join()


def by_command(*command):
    """The command gets an interpreter and this program as its last two arguments."""
    child = subprocess.Popen([*command, sys.executable, __file__, "child"])
    parent_work()
    child.wait()


def by_double_fork():
    """The parent of the child that works has ended before that begins."""
    os.waitpid(fork(lambda: fork(child_work)), 0)
    parent_work(1)


def many(count):
    """Short-lived children, and how many files the process above has open before and after."""
    above = f"/proc/{os.getppid()}/fd"
    before = len(os.listdir(above))
    for _ in range(int(count)):
        os.waitpid(fork(lambda: child_work(0.003)), 0)
    print(before, len(os.listdir(above)), flush=True)


def crowd(count):
    """Many children at once that wait; says how many files it may have open."""
    def child_work():
        os.read(gate, 1)

    gate, end = os.pipe()
    pids = []
    for _ in range(int(count)):
        pids.append(os.fork())
        if pids[-1] == 0:
            os.close(end)
            child_work()
            os._exit(0)
    spin(2)
    print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], flush=True)
    os.close(end)
    for pid in pids:
        os.waitpid(pid, 0)


def busy_parent_of_commands(count):
    """A thread that works while another starts commands: no child ever runs that thread."""
    done = threading.Event()

    def busy_thread():
        while not done.is_set():
            pass

    thread = threading.Thread(target=busy_thread)
    thread.start()
    for i in range(int(count)):
        # With preexec_fn the child is a real fork, without it shares the parent's memory.
        subprocess.run(["true"], check=True, preexec_fn=(lambda: None) if i % 2 else None)
    done.set()
    thread.join()


def with_children(seconds):
    """Says "ready" when two children and a child of the first run; they end with the time."""
    seconds = float(seconds)
    pids = [fork(lambda: (fork(lambda: child_work(seconds)), child_work(seconds))),
            fork(lambda: child_work(seconds))]
    print("ready", flush=True)
    parent_work(seconds)
    for pid in pids:
        os.waitpid(pid, 0)


def outlived():
    """Says "ready", then its child's pid; ends with its input, and leaves the child running."""
    print("ready", flush=True)
    print(fork(lambda: child_work(60)), flush=True)
    sys.stdin.read()


def with_title(title):
    """Calls itself something else, as setproctitle does, and works on for a while."""
    with open("/proc/self/stat") as stat:
        fields = stat.read().rpartition(") ")[2].split()
    start, end = int(fields[45]), int(fields[46])  # arg_start and arg_end, proc_pid_stat(5)
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.seek(start)
        memory.write(title.encode().ljust(end - start, b"\0"))
    child_work(2)


def with_threads():
    threads = [threading.Thread(target=child_work, name=f"worker-{i}") for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    how, *arguments = sys.argv[1:]
    {
        "child": child_work,
        "fork": lambda: by_multiprocessing("fork"),
        "spawn": lambda: by_multiprocessing("spawn"),
        "forkserver": lambda: by_multiprocessing("forkserver"),
        "command": by_command,
        "double_fork": by_double_fork,
        "many": many,
        "crowd": crowd,
        "busy_parent_of_commands": busy_parent_of_commands,
        "with_children": with_children,
        "outlived": outlived,
        "titled": lambda: os.waitpid(fork(lambda: with_title("[worker 7]")), 0),
        "threads_in_child": lambda: os.waitpid(fork(with_threads), 0),
        "two_busy": lambda: [os.waitpid(pid, 0) for pid in (fork(child_work), fork(child_work))],
    }[how](*arguments)
