"""A process that works on a SQLite store: ``python -m … PATH claim|count|write NAME``."""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

from scantling_common.store.port import Insert, Range
from scantling_common.store.sqlite import SqliteStore
from tests.common.store.conformance import OTHERS, THINGS, thing

COUNTS = 40


def say(line: str) -> None:
    """Tell the test."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def claim(store: SqliteStore, name: str) -> None:
    """Claim until nothing is left; say each id."""
    lane = Range(index="lane", prefix=("a",))
    while document := await store.claim(THINGS, lane, {"lane": name}):
        say(str(document["id"]))


async def count(store: SqliteStore, name: str) -> None:
    """Increment a counter by compare-and-set; say each value that was written."""
    for _ in range(COUNTS):
        while True:
            document = await store.get(OTHERS, "counter") or {}
            value, rev = document["value"], document["rev"]
            if not isinstance(value, int) or not isinstance(rev, int):
                raise TypeError(name)
            changed = {**document, "value": value + 1}
            if await store.replace(OTHERS, changed, rev=rev):
                say(str(value + 1))
                break


async def write(store: SqliteStore, name: str) -> None:
    """Write for ever, singly and in bulk; say each id when it is durable."""
    for number in itertools.count():
        single, first, second = (f"{name}-{number}-{part}" for part in "abc")
        await store.insert(THINGS, thing(single, body=bytes(3000)))
        say(single)
        await store.bulk(THINGS, [Insert(thing(first)), Insert(thing(second))])
        say(first)
        say(second)
        await store.set_fields(THINGS, single, {"at": 1})
        say(f"{single}!")


async def main(path: str, action: str, name: str) -> None:
    """Do one of the above."""
    store = SqliteStore(Path(path))
    await store.ensure([THINGS, OTHERS])
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    await {"claim": claim, "count": count, "write": write}[action](store, name)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
