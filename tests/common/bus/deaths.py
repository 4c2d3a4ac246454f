"""Members of a group in processes of their own, killed by SIGKILL in the middle of their work."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tests.common.bus.samples import outgoing, topic
from tests.common.bus.worlds import World, until

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[3]
EVENTS = 600
KEYS = 30


class Reachable(World, Protocol):
    """A world that another process can reach."""

    @property
    def address(self) -> tuple[str, str]:
        """Return the arguments that open it, as ``member`` takes them."""


class Deaths:
    """The tests; an adapter's class inherits them."""

    async def test_no_event_is_lost_when_members_are_killed(
        self, world: Reachable, tmp_path: Path
    ) -> None:
        bus = await world.bus()
        made = topic(partitions=4)
        await bus.ensure_topics([made])
        producer = await bus.producer()
        logs = [tmp_path / name for name in ("one", "two", "three")]
        for log in logs:
            log.touch()
        arguments = [*world.address, made.name, "4"]

        async def all_committed() -> bool:
            return await bus.lag(made.name, made) == 0

        with _member(arguments, logs[0]) as one, _member(arguments, logs[1]) as two:
            for number in range(EVENTS // 2):
                await producer.send(outgoing(made, f"k{number % KEYS}", number))
            await until(lambda: _handled(logs, at_least=50))
            one.kill()
            for number in range(EVENTS // 2, EVENTS):
                await producer.send(outgoing(made, f"k{number % KEYS}", number))
            await until(lambda: _handled(logs, at_least=EVENTS // 2))
            with _member(arguments, logs[2]):
                two.kill()
                await until(all_committed)
        await producer.close()
        lines = [line for log in logs for line in log.read_text().splitlines()]
        assert set(lines) == {f"k{number % KEYS} {number}" for number in range(EVENTS)}
        for log in logs:
            _assert_order(log.read_text().splitlines())


@contextmanager
def _member(arguments: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.common.bus.member", *arguments, str(log)]
    with subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


async def _handled(logs: list[Path], *, at_least: int) -> bool:
    lines = await asyncio.to_thread(
        lambda: {line for log in logs for line in log.read_text().splitlines()}
    )
    return len(lines) >= at_least


def _assert_order(lines: list[str]) -> None:
    """Each key's events come in order within a process; a rebalance may repeat the last ones."""
    first: dict[str, list[int]] = {}
    for key, seq in (line.split() for line in dict.fromkeys(lines)):
        first.setdefault(key, []).append(int(seq))
    assert all(seqs == sorted(seqs) for seqs in first.values())
