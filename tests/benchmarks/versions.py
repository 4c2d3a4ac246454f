"""How long a key, a comparison and an image take: ``python -m tests.benchmarks.versions``.

What is printed is time of the processor, so that a busy machine is not counted. No range is met
twice and nothing is kept from before, so an image takes longer here than in earnest.
"""

from __future__ import annotations

from itertools import pairwise
from time import process_time
from typing import TYPE_CHECKING, Final

from scantling_common.versions import keys
from scantling_common.versions.ranges import Event, affected
from scantling_common.versions.schemes import Scheme
from tests.builders.versions import pairs

if TYPE_CHECKING:
    from collections.abc import Callable

VERSIONS: Final = 20_000
RANGES: Final = 10
"""Of each package."""
SIZES: Final = (500, 10_000)
"""Packages of an image."""
ROUNDS: Final = 3


def main() -> None:
    """Print microseconds per scheme, and milliseconds per image."""
    print(f"{'scheme':10} {'µs a key':>9} {'µs a kept key':>14} {'µs a comparison':>16}")
    for scheme in Scheme:
        texts = [text for pair in pairs(scheme, VERSIONS // 2, 3) for text in pair]
        fresh = _fastest(lambda: [keys._found(scheme, text) for text in texts])  # noqa: B023 - called at once
        _ = [keys.find(scheme, text) for text in texts]
        kept = _fastest(lambda: [keys.find(scheme, text) for text in texts])  # noqa: B023 - as above
        found = [key for text in texts if (key := keys.find(scheme, text)) is not None]
        compared = _fastest(lambda: [a < b for a, b in pairwise(found)])  # noqa: B023 - as above
        print(
            f"{scheme:10} {fresh / len(texts) * 1e6:9.2f} {kept / len(texts) * 1e6:14.2f}"
            f" {compared / len(found) * 1e6:16.3f}"
        )
    for scheme in (Scheme.DEB, Scheme.RPM, Scheme.MAVEN, Scheme.SEMVER):
        for size in SIZES:
            print(f"{size} {scheme} packages, {RANGES} ranges each: {_judged(scheme, size):.0f} ms")


def _judged(scheme: Scheme, packages: int) -> float:
    """Return the milliseconds that packages with ranges of their own take, nothing kept before."""
    made = pairs(scheme, packages * RANGES, 5)
    ranges = [(Event("introduced", "0"), Event("fixed", fixed)) for _, fixed in made]
    keys._kept.cache_clear()
    started = process_time()
    for package in range(packages):
        installed = made[package][0]
        for events in ranges[package * RANGES : (package + 1) * RANGES]:
            affected(scheme, installed, events)
    return (process_time() - started) * 1000


def _fastest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = process_time()
        work()
        times.append(process_time() - started)
    return min(times)


if __name__ == "__main__":
    main()
