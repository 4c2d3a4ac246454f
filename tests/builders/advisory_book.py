"""An advisory database in memory, made of the models that readers of feeds yield.

It answers as a built one does: rows by stream and normalised name, names joined by the same graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scantling_analyzers.advisories.database.aliases import AliasGraph, subjects
from scantling_analyzers.advisories.database.schema import Claim, Vulnerability
from scantling_analyzers.advisories.models import (
    Advisory,
    Coverage,
    Enrichment,
    Exemption,
    RepositoryCpe,
    Statement,
)
from scantling_common.versions.ranges import Event

if TYPE_CHECKING:
    from scantling_analyzers.advisories.models import Event as ModelEvent
    from scantling_analyzers.advisories.models import FixState, NameOf, Said


class AdvisoryBook:
    """A database of what is passed to it."""

    def __init__(
        self,
        *said: Said,
        build: str = "build-1",
        newest: str = "2024-06-01T00:00:00Z",
        incomplete: dict[str, str] | None = None,
    ) -> None:
        """Take what feeds say."""
        self.build, self.newest = build, newest
        self.streams: set[str] = {each.stream for each in said if isinstance(each, Coverage)}
        self.incomplete = incomplete or {}
        self._rows: dict[tuple[str, str], list[Claim]] = {}
        self._advisories: dict[int, Advisory] = {}
        self._about: dict[int, tuple[str, ...]] = {}
        self._graph = AliasGraph()
        self._known: dict[str, list[Enrichment]] = {}
        self._exemptions: dict[str, list[Exemption]] = {}
        self._cpes = {
            each.repository: each.cpes for each in said if isinstance(each, RepositoryCpe)
        }
        advisories = [each for each in said if isinstance(each, Advisory)]
        for advisory in advisories:
            if not advisory.withdrawn:
                self._graph.add(advisory)
        for each in said:
            if isinstance(each, Enrichment) and each.rejected:
                self._graph.reject(each.id)
        self._graph.join()
        for number, advisory in enumerate(advisories, start=1):
            self._take(number, advisory)
        for each in said:
            if isinstance(each, Enrichment):
                self._known.setdefault(self._graph.canonical(each.id), []).append(each)
            if isinstance(each, Exemption):
                name = self._graph.canonical(each.vulnerability)
                self._exemptions.setdefault(name, []).append(each)

    def _take(self, number: int, advisory: Advisory) -> None:
        self._advisories[number] = advisory
        self._about[number] = tuple(
            dict.fromkeys(
                self._graph.canonical(name)
                for name in subjects(advisory)
                if not self._graph.is_rejected(name)
            )
        )
        for statement in advisory.statements:
            self.streams.add(statement.stream)
            if advisory.withdrawn or not self._about[number]:
                continue
            self._rows.setdefault((statement.stream, statement.name), []).append(
                _claim(number, statement)
            )

    def statements(self, stream: str, name: str) -> tuple[Claim, ...]:
        """Return a row."""
        return tuple(self._rows.get((stream, name), ()))

    def advisory(self, number: int) -> Advisory:
        """Return an advisory."""
        return self._advisories[number]

    def vulnerabilities_of(self, number: int) -> tuple[str, ...]:
        """Return what an advisory is about."""
        return self._about[number]

    def vulnerability(self, name: str) -> Vulnerability | None:
        """Return what is known of a vulnerability."""
        canonical = self._graph.canonical(name)
        numbers = tuple(n for n, about in self._about.items() if canonical in about)
        enrichments = tuple(self._known.get(canonical, ()))
        if not numbers and not enrichments:
            return None
        return Vulnerability(
            id=canonical,
            aliases=self._graph.aliases(canonical),
            advisories=numbers,
            enrichments=enrichments,
        )

    def exemptions(self, vulnerability: str) -> tuple[Exemption, ...]:
        """Return what VEX documents say."""
        return tuple(self._exemptions.get(vulnerability, ()))

    def repositories(self, content_set: str) -> tuple[str, ...]:
        """Return the products of a repository."""
        return self._cpes.get(content_set, ())


def fixed_in(
    stream: str,
    name: str,
    fix: str = "",
    *,
    since: str = "0",
    name_of: NameOf = "binary",
    state: FixState = "",
    **more: Any,
) -> Statement:
    """Return a statement about every version before ``fix``; about all where that is empty."""
    bounds: list[ModelEvent] = [("introduced", since)]
    if fix:
        bounds.append(("fixed", fix))
    return Statement(
        stream=stream, name=name, name_of=name_of, ranges=(tuple(bounds),), state=state, **more
    )


def advisory(id_: str, *statements: Statement, feed: str = "test", **more: Any) -> Advisory:
    """Return an advisory with these statements."""
    return Advisory(id=id_, feed=feed, statements=statements, **more)


def _claim(number: int, statement: Statement) -> Claim:
    return Claim(
        advisory=number,
        ranges=tuple(tuple(Event(*event) for event in events) for events in statement.ranges),
        versions=statement.versions,
        state=statement.state,
        name_of=statement.name_of,
        arches=statement.arches,
        module=statement.module,
        repositories=statement.repositories,
        severity=statement.severity,
    )
