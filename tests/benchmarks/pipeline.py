"""Images a second through the whole pipeline: ``python -m tests.benchmarks.pipeline``.

`scantling up` on this machine's cores, a real CNCF registry that notifies it, small images that
share a layer: each is pushed, and counted when its report can be read. The floor in the same run
is the push itself: the same images into the same registry, with nobody listening.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.benchmarks.notifying_registry import notifying_registry
from tests.builders.image import BuiltImage, push
from tests.end_to_end.api import until
from tests.end_to_end.apps import app
from tests.end_to_end.cluster import Up
from tests.services.registry import DistributionRegistry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.end_to_end.api import Api

PATIENCE: Final = 600.0
PUSHERS: Final = 4


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        apps = [app(f"bench-{n}-{secrets.token_hex(4)}") for n in range(arguments.images)]
        floor = _floor(Path(folder) / "floor", apps)
        print(f"push alone:            {len(apps) / floor:7.1f} images/s")
        await _pipeline(Path(folder), apps, floor)


def _floor(folder: Path, apps: Sequence[BuiltImage]) -> float:
    registry = DistributionRegistry(folder)
    registry.start()
    try:
        return _push(registry.host, apps)
    finally:
        registry.stop()


async def _pipeline(folder: Path, apps: Sequence[BuiltImage], floor: float) -> None:
    async with Up(folder / "up") as up:
        api = up.api
        registry = await notifying_registry(folder / "registry", api)
        try:
            await asyncio.to_thread(push, registry.host, "warm/up", "1", app("warm-up"))
            await api.reported(app("warm-up").digest)
            begun = time.perf_counter()
            pushing = asyncio.create_task(asyncio.to_thread(_push, registry.host, apps))
            wanted = {each.digest for each in apps}

            async def all_reported() -> bool:
                rows = await api.rows()
                return wanted <= {row["digest"] for row in rows if row["status"] == "complete"}

            await until(all_reported, "all reports", seconds=PATIENCE)
            seconds = time.perf_counter() - begun
            await pushing
            single = [await _one(registry, api) for _ in range(20)]
        finally:
            registry.stop()
        memory = {name: _peak(pid) for name, pid in up.pids().items()}
    rate = len(apps) / seconds
    print(f"push, scan and report: {rate:7.1f} images/s, {seconds / floor:.1f} times the push")
    median, slowest = statistics.median(single), max(single)
    print(f"one push to its report: median {median:.2f} s, max {slowest:.2f} s")
    for name, peak in sorted(memory.items()):
        print(f"peak memory of {name}: {peak:.0f} MiB")


async def _one(registry: DistributionRegistry, api: Api) -> float:
    image = app(f"single-{secrets.token_hex(4)}")
    begun = time.perf_counter()
    await asyncio.to_thread(push, registry.host, "bench/single", secrets.token_hex(4), image)
    await api.reported(image.digest)
    return time.perf_counter() - begun


def _push(host: str, apps: Sequence[BuiltImage]) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(PUSHERS) as pool:
        list(
            pool.map(
                lambda pair: push(host, f"bench/app-{pair[0] % 10}", f"v{pair[0]}", pair[1]),
                enumerate(apps),
            )
        )
    return time.perf_counter() - begun


def _peak(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    asyncio.run(main())
