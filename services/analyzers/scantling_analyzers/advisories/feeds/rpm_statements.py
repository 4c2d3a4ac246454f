"""Collecting what an advisory says of many rpm packages, and of what it says nothing; pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.feeds.errata import earliest_builds
from scantling_analyzers.advisories.feeds.rpm_names import ANY_ARCH, SOURCES
from scantling_analyzers.advisories.models import Refused, Statement
from scantling_analyzers.advisories.names import normalised_name
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from scantling_analyzers.advisories.models import Event, FixState

    Range = tuple[Event, ...]

EVERY: Final[Range] = (("introduced", "0"),)
"""All versions."""
MAX_STATEMENTS: Final = 200_000
"""How many packages an advisory may speak of, each release and each architecture counted."""
MAX_REASONS: Final = 50
"""How many different reasons of one advisory are told, each with how often."""


def until(version: str) -> Range:
    """Return the range of all versions before the one that has the fix."""
    return (("introduced", "0"), ("fixed", version))


class Statements:
    """Statements about packages, those of one content for several architectures joined."""

    def __init__(self) -> None:
        """Begin with none."""
        self._arches: dict[Statement, set[str]] = {}
        self._count = 0

    def __len__(self) -> int:
        """Return how many were added."""
        return self._count

    def add(self, statement: Statement, arches: Collection[str] = ("",)) -> None:
        """Add one, about packages of some architectures (an empty one, or ``noarch``: of all)."""
        self._count += len(arches)
        self._arches.setdefault(statement, set()).update(arches)

    def every(self) -> tuple[Statement, ...]:
        """Return all, of several builds of one fix the earliest."""
        return earliest_builds(self._joined())

    def _joined(self) -> Iterator[Statement]:
        for statement, arches in self._arches.items():
            if arches & {"", ANY_ARCH} or arches <= SOURCES:
                yield statement
            else:
                yield _with_arches(statement, tuple(sorted(arches - SOURCES)))


def statement(
    *,
    stream: str,
    name: str,
    ranges: Range,
    state: FixState = "",
    arch: str = "",
    module: str = "",
    repositories: tuple[str, ...] = (),
    severity: str = "",
) -> Statement:
    """Return what is said of one rpm package; that of architecture ``src`` is a source."""
    return Statement(
        stream=stream,
        name=normalised_name(stream, name),
        name_of="source" if arch in SOURCES else "binary",
        ranges=(ranges,),
        state=state,
        module=module,
        repositories=repositories,
        severity=severity,
    )


class Reasons:
    """Why parts of a record say nothing: each reason once, with how often and an example."""

    def __init__(self, feed: str, record: str) -> None:
        """Begin for one record of a feed."""
        self._feed = feed
        self._record = record
        self._counts: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], str] = {}

    def add(self, code: str, reason: str, example: str = "") -> None:
        """Add one."""
        key = (code, reason)
        if key not in self._counts and len(self._counts) >= MAX_REASONS:
            key = (code, "other reasons")
        self._counts[key] += 1
        self._examples.setdefault(key, word(example))

    def refused(self, *, part: bool) -> Iterator[Refused]:
        """Give them; ``part`` is whether the rest of the record was used."""
        for (code, reason), count in self._counts.items():
            example = self._examples[code, reason]
            shown = f" ({count}; one is {example})" if example else f" ({count})"
            yield Refused(
                feed=self._feed,
                record=self._record,
                code=code,
                message=f"{reason}{shown}",
                part=part,
            )

    def __bool__(self) -> bool:
        """Say whether there are any."""
        return bool(self._counts)


def _with_arches(said: Statement, arches: tuple[str, ...]) -> Statement:
    return Statement(
        stream=said.stream,
        name=said.name,
        name_of=said.name_of,
        ranges=said.ranges,
        state=said.state,
        arches=arches,
        module=said.module,
        repositories=said.repositories,
        severity=said.severity,
    )
