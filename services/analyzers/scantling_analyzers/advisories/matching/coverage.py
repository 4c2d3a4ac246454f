"""What of an image the loaded advisories speak of, and what they do not; pure.

Nothing that was not judged is ever told as clean. Three things differ:

- a distribution that nobody speaks for, or whose advisories are not loaded: *unsupported*;
- packages of an ecosystem that has advisories, of which none are loaded: *left out*;
- packages of which no feed speaks at all (``luarocks``), or without a version: *unjudged*, which is
  told, but can't be helped.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from scantling_analyzers.advisories.distributions import Answer, speaks_for
from scantling_analyzers.advisories.lifecycle import KNOWN_ON, ended, unsure
from scantling_analyzers.advisories.matching.subject import (
    DISTRIBUTED,
    STREAM_OF,
    Setting,
)
from scantling_analyzers.advisories.streams import CPE
from scantling_common.outcomes import PackageEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from scantling_analyzers.advisories.matching.contract import Advisories
    from scantling_common.outcomes import DistributionEntry

T = TypeVar("T")

MAX_REPOSITORIES: Final = 4_096
"""How many repositories and products of one image are compared."""


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Who speaks for what.

    ``unsupported`` says why nobody speaks for the distribution, or is empty. ``left_out`` are
    packages whose stream is not loaded, ``halfway`` those that may be of a part of their stream
    that is ``missing``, ``unjudged`` counts by type those of which no feed speaks, ``unversioned``
    those whose version is not known. ``notes`` is what else must be known, with ``end_of_life``,
    the last day on which the distribution was mended, if it is past.
    """

    setting: Setting
    unsupported: str = ""
    left_out: tuple[PackageEntry, ...] = ()
    halfway: tuple[PackageEntry, ...] = ()
    missing: str = ""
    unjudged: tuple[tuple[str, int], ...] = ()
    unversioned: int = 0
    notes: tuple[str, ...] = ()
    end_of_life: str = ""


def survey(
    packages: Sequence[PackageEntry],
    distribution: DistributionEntry | None,
    advisories: Advisories,
    answer_of: Callable[[PackageEntry, Setting], T | None],
) -> tuple[Coverage, list[tuple[PackageEntry, T]]]:
    """Return what the loaded advisories speak of, and the packages that can be judged.

    ``answer_of`` gives what is said of a package, None where nobody could speak of it.
    """
    setting, unsupported, notes, end = _system(packages, distribution, advisories)
    judged: list[tuple[PackageEntry, T]] = []
    left_out: list[PackageEntry] = []
    halfway: list[PackageEntry] = []
    unjudged: Counter[str] = Counter()
    unversioned = 0
    loaded = advisories.streams
    incomplete = _missing(setting, advisories)
    for package in packages:
        stream = "" if package.type in DISTRIBUTED else _stream_of(package)
        if package.type in DISTRIBUTED and unsupported:
            continue
        missing = bool(stream) and stream not in loaded
        answer = answer_of(package, setting)
        if missing or (answer is None and package.type in DISTRIBUTED):
            left_out.append(package)
        elif incomplete and package.type in DISTRIBUTED:
            halfway.append(package)
        elif answer is None and stream:
            unversioned += 1
        elif answer is None:
            unjudged[package.type] += 1
        if answer is not None:
            # Though its own stream is missing, others may speak of it as a part of a product.
            judged.append((package, answer))
    coverage = Coverage(
        setting=setting,
        unsupported=unsupported,
        left_out=tuple(left_out),
        halfway=tuple(halfway),
        missing=incomplete,
        unjudged=tuple(sorted(unjudged.items())),
        unversioned=unversioned,
        notes=notes,
        end_of_life=end,
    )
    return coverage, judged


def stream_of(package: PackageEntry) -> str:
    """Return the stream that speaks of a package, in words for a distribution's."""
    return _stream_of(package) or "its distribution"


def _stream_of(package: PackageEntry) -> str:
    stream = STREAM_OF.get(package.type, "")
    return stream or (CPE if package.cpes else "")


def _system(
    packages: Iterable[PackageEntry],
    distribution: DistributionEntry | None,
    advisories: Advisories,
) -> tuple[Setting, str, tuple[str, ...], str]:
    if distribution is None:
        if any(package.type in DISTRIBUTED for package in packages):
            reason = "the image has packages of a distribution and does not tell which it is"
            return Setting(), reason, (), ""
        return Setting(), "", (), ""
    answer = speaks_for(distribution)
    if not answer.choices:
        return Setting(), answer.reason, (), ""
    streams = _chosen(answer, advisories.streams)
    if not streams:
        wanted = " or ".join(choice[-1] for choice in answer.choices)
        return Setting(), f"no advisories of {wanted} are loaded", (), ""
    end = ended(answer.release, advisories.newest)
    setting = Setting(
        streams=streams,
        release=answer.release,
        repositories=_repositories(distribution, advisories),
    )
    return setting, "", tuple(_notes(answer, streams, end, advisories.newest)), end


def _missing(setting: Setting, advisories: Advisories) -> str:
    """Return in words which parts of the distribution's advisories are missing."""
    incomplete = advisories.incomplete
    return ", ".join(
        f"{part} of {stream}"
        for stream in setting.streams
        for part in incomplete.get(stream, "").split()
    )


def _chosen(answer: Answer, loaded: AbstractSet[str]) -> tuple[str, ...]:
    """Return the first choice of which a stream is loaded, as far as it is."""
    for choice in answer.choices:
        # Without the last one, the general stream, an addition to it would look like all.
        if choice[-1] in loaded:
            return tuple(stream for stream in choice if stream in loaded)
    for choice in answer.choices:
        found = tuple(stream for stream in choice if stream in loaded)
        # What is said of an update of a release alone speaks for it, but no addition to a release.
        if found and _id(found[-1]) == _id(choice[-1]):
            return found
    return ()


def _id(stream: str) -> str:
    return stream.partition(":")[0]


def _notes(answer: Answer, streams: tuple[str, ...], end: str, newest: str) -> Iterator[str]:
    if end:
        yield (
            f"{answer.release} is past its end of life: nothing new is said of it since {end}, and "
            "what became known later is not told"
        )
    elif unsure(answer.release, newest):
        yield (
            f"whether {answer.release} is past its end of life is not sure: the dates in this "
            f"version of Scantling are of {KNOWN_ON}, and the advisories go to {newest[:10]}"
        )
    if answer.note and answer.release not in streams:
        yield answer.note


def _repositories(distribution: DistributionEntry, advisories: Advisories) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for content_set in distribution.content_sets:
        names[content_set] = None
        names.update(dict.fromkeys(advisories.repositories(content_set)))
    return tuple(names)[:MAX_REPOSITORIES]
