"""Tasks: COUNT [SECONDS]. COUNT tasks of asyncio sleep; one computes, awaited by a chain of three."""
import asyncio
import sys
import time

END = time.time() + (float(sys.argv[2]) if len(sys.argv) > 2 else 60)


def leaf(n):
    total = 0
    for i in range(n):
        total += i
    return total


async def computes():
    while time.time() < END:
        for _ in range(50):
            leaf(300)
        await asyncio.sleep(0)


async def awaits(task):
    await task


async def sleeps():
    await asyncio.sleep(END - time.time())


async def main():
    sleepers = [asyncio.create_task(sleeps()) for _ in range(int(sys.argv[1]))]
    task = asyncio.create_task(computes())
    for _ in range(3):
        task = asyncio.create_task(awaits(task))
    await task
    await asyncio.gather(*sleepers)


asyncio.run(main())
