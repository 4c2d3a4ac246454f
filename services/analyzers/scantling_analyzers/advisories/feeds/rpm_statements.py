"""Collecting what an advisory says of many rpm packages; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.feeds.errata import earliest_builds
from scantling_analyzers.advisories.feeds.rpm_names import ANY_ARCH, SOURCES
from scantling_analyzers.advisories.models import Statement
from scantling_analyzers.advisories.names import normalised_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from scantling_analyzers.advisories.feeds.bounds import Range
    from scantling_analyzers.advisories.models import FixState

MAX_STATEMENTS: Final = 200_000
"""How many packages an advisory may speak of, each release and each architecture counted."""


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
