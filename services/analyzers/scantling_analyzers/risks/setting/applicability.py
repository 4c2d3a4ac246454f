"""Which baseline is that of an image's distribution, and which items apply; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_analyzers.checks.models import Baseline, Item, Release
    from scantling_analyzers.facts.models import Distribution

_NUMBERS: Final = re.compile(r"\d{1,9}")


def baseline_of(distribution: Distribution, baselines: Sequence[Baseline]) -> Baseline | None:
    """Return the baseline of a distribution's release, or None where there is none."""
    for baseline in baselines:
        for release in baseline.releases:
            if _is_of(distribution, release):
                return baseline
    return None


def applies(item: Item, baseline: Baseline | None) -> bool:
    """Say whether an item is one of the image's: of its distribution, or of all images."""
    if not item.applies:
        return True
    return baseline is not None and not {baseline.id, *baseline.groups}.isdisjoint(item.applies)


def _is_of(distribution: Distribution, release: Release) -> bool:
    if distribution.id.lower() != release.id:
        return False
    version = _numbers(distribution.version_id)
    if not version:
        return False
    least, most = _numbers(release.at_least), _numbers(release.at_most)
    # "8" up to "8" has 8.10: what a bound does not say is not compared.
    return version[: len(least)] >= least and (not most or version[: len(most)] <= most)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, _NUMBERS.findall(version)))
