"""Tasks that await each other: the one called "busy" computes, all others wait. argv[1]: the shape.
Ends by itself after two minutes, or OSPREY_TEST_SECONDS."""

import asyncio
import os
import sys
import threading
import time

END = time.monotonic() + float(os.environ.get("OSPREY_TEST_SECONDS", "110"))


def compute(seconds=0.005):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(200))


async def busy_step():
    compute()


async def busy():
    while time.monotonic() < END:
        await busy_step()
        await asyncio.sleep(0)


async def idle():
    await asyncio.sleep(END - time.monotonic())


async def awaits(task):
    await awaits_inside(task)


async def awaits_inside(task):
    return await task


def make(coroutine, name):
    return asyncio.get_event_loop().create_task(coroutine, name=name)


def ready():
    print("ready", flush=True)


async def all_have_begun():
    """All tasks that were made before have run up to where they wait."""
    await asyncio.sleep(0.02)
    ready()


async def chain():
    """outer awaits middle awaits busy; each is a task."""
    inner = make(busy(), "busy")
    middle = make(awaits(inner), "middle")
    outer = make(awaits(middle), "outer")
    await all_have_begun()
    await outer


async def gathered():
    outer = make(gathering(), "outer")
    await all_have_begun()
    await outer


async def gathering():
    await asyncio.gather(make(busy(), "busy"), make(idle(), "idle one"), make(idle(), "idle two"))


async def grouped():
    async with asyncio.TaskGroup() as group:
        group.create_task(busy(), name="busy")
        group.create_task(idle(), name="idle one")
        await all_have_begun()


async def waited():
    """By asyncio.wait, wait_for and shield, one inside the other."""
    inner = make(busy(), "busy")
    one = make(waiting(inner), "waits")
    two = make(waiting_for(one), "waits for")
    three = make(shielding(two), "shields")
    await all_have_begun()
    await three


async def waiting(task):
    await asyncio.wait([task])


async def waiting_for(task):
    await asyncio.wait_for(task, 1000)


async def shielding(task):
    await asyncio.shield(task)


async def shared():
    """Three tasks await one that waits; nobody computes."""
    future = asyncio.get_event_loop().create_future()
    inner = make(awaits(future), "inner")
    tasks = [make(awaits(inner), f"awaiter {i}") for i in range(3)]
    await all_have_begun()
    await asyncio.wait(tasks, timeout=END - time.monotonic())


async def circle():
    """Two tasks that await each other."""
    tasks = []

    async def one():
        await asyncio.sleep(0)
        await tasks[1]

    async def two():
        await asyncio.sleep(0)
        await tasks[0]

    tasks += [make(one(), "one"), make(two(), "two")]
    await all_have_begun()
    await asyncio.sleep(END - time.monotonic())


async def generators():
    """A task that waits inside an asynchronous generator and an object with __await__."""

    async def numbers():
        await asyncio.sleep(END - time.monotonic())
        yield 1

    class Awaitable:
        def __await__(self):
            return idle().__await__()

    async def iterates():
        async for _ in numbers():
            pass

    async def awaits_object():
        await Awaitable()

    tasks = [make(iterates(), "iterates"), make(awaits_object(), "awaits object")]
    await all_have_begun()
    await asyncio.wait(tasks)


async def many():
    """argv[2] tasks that sleep, and new ones all the time."""
    tasks = [make(idle(), "sleeper") for _ in range(int(sys.argv[2]))]
    await all_have_begun()
    while time.monotonic() < END:
        await asyncio.gather(*[make(asyncio.sleep(0.001), "short") for _ in range(10)])
    for task in tasks:
        task.cancel()


async def eager():
    """A task that computes before it ever awaits, inside the one that made it."""
    loop = asyncio.get_running_loop()
    ready()
    while time.monotonic() < END:
        asyncio.eager_task_factory(loop, busy_step(), name="eager")
        await asyncio.sleep(0)


async def names():
    """A name of other alphabets, one with a semicolon, and none but the default."""
    for name in ("größe", "任务", "a;b"):
        make(idle(), name)
    asyncio.get_event_loop().create_task(idle())
    await all_have_begun()
    await asyncio.sleep(END - time.monotonic())


async def threads():
    """An event loop in a second thread."""

    has_begun = threading.Event()

    # It leaves the lock of the interpreter to the other most of the time: one that computes can keep
    # the main thread from it for long.
    async def turns():
        while time.monotonic() < END:
            has_begun.set()
            await asyncio.sleep(0.001)

    async def second():
        await asyncio.gather(make(idle(), "idle in second"), make(turns(), "turns"))

    thread = threading.Thread(target=lambda: asyncio.run(second()), name="second", daemon=True)
    thread.start()
    has_begun.wait()
    make(idle(), "idle in main")
    await all_have_begun()
    await asyncio.sleep(END - time.monotonic())


async def plain():
    """What every version can run."""
    ready()
    await busy()


BODY = """
async def inner_{0}(step):
    if step % 3 == 0:
        compute(0.0002)
    await asyncio.sleep(0.0005 if step % 4 == 0 else 0)

async def body_{0}():
    for step in range(1 + {0} % 5):
        await inner_{0}(step)

async def parent_{0}():
    while time.monotonic() < END:
        await make(body_{0}(), "child {0}")
"""


async def reused():
    """Tasks that come and go all the time, so that their places in memory are used again: each has
    the number of its functions in its name, and so has the one that awaits it."""
    for number in range(20):
        exec(BODY.format(number), globals())
    tasks = [make(globals()[f"parent_{number}"](), f"parent {number}") for number in range(20)]
    ready()
    await asyncio.wait(tasks)


async def brief():
    """Tasks of a millisecond or two that one gathers, all the time."""
    async def one():
        await asyncio.sleep(0.001)
        compute(0.0015)

    async def gathers():
        while True:
            await asyncio.gather(one(), one(), one())
    gathering = make(gathers(), "gatherer")
    ready()
    await gathering


if __name__ == "__main__":
    main = globals()[sys.argv[1]]()
    if hasattr(asyncio, "run"):
        asyncio.run(main)
    else:  # 3.6
        asyncio.get_event_loop().run_until_complete(main)
