"""Which names stand for one vulnerability, and by which of them it goes; pure.

Names are joined where a record says that they are aliases, but never so that two CVEs become one:
records that name two CVEs (many announcements do) are about each of them and join nothing, and of
a chain that would join two the link that closes it is left out. The answer does not depend on the
order in which records come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.advisories.models import Advisory


def is_cve(name: str) -> bool:
    """Tell whether a name is of the CVE Program."""
    return name.startswith("CVE-")


def preference(name: str) -> tuple[int, str]:
    """Return how far in front a name stands: a CVE, then GitHub's, then any; the smallest."""
    if is_cve(name):
        return (0, name)
    return (1 if name.startswith("GHSA-") else 2, name)


def subjects(advisory: Advisory) -> tuple[str, ...]:
    """Return the names of the vulnerabilities that a record is about, not yet joined."""
    if advisory.vulnerabilities:
        return tuple(dict.fromkeys(advisory.vulnerabilities))
    cves = _cves(advisory)
    return tuple(cves) if len(cves) > 1 else (advisory.id,)


class AliasGraph:
    """Names that stand for the same vulnerability."""

    def __init__(self) -> None:
        """Begin with no name joined to another."""
        self._links: set[tuple[str, str]] = set()
        self._rejected: set[str] = set()
        self._parents: dict[str, str] = {}
        self._groups: dict[str, list[str]] = {}
        self._fronts: dict[str, str] = {}

    def add(self, advisory: Advisory) -> None:
        """Take the aliases of a record that was not withdrawn."""
        if advisory.vulnerabilities or len(_cves(advisory)) > 1:
            return
        self.link(advisory.id, advisory.aliases)

    def link(self, name: str, aliases: Iterable[str]) -> None:
        """Say that names stand for the same."""
        for alias in aliases:
            if alias and alias != name:
                self._links.add((name, alias) if name < alias else (alias, name))

    def reject(self, name: str) -> None:
        """Say that a name was taken back: it is the front of no group that has another."""
        self._rejected.add(name)

    def join(self) -> None:
        """Join what was said to be the same; after this nothing is added any more."""
        # What is said of a CVE itself comes first: a chain of other names never outweighs it.
        cve_of: dict[str, str] = {}
        for one, other in sorted(self._links, key=_directness):
            front, back = self._root(one), self._root(other)
            if front == back:
                continue
            cves = [cve_of.get(root) or (root if is_cve(root) else "") for root in (front, back)]
            if all(cves):
                continue
            low, high = sorted((front, back))
            self._parents[high] = low
            cve_of[low] = cves[0] or cves[1]
        self._links.clear()
        for name in sorted(self._parents):
            self._groups.setdefault(self._root(name), []).append(name)

    def canonical(self, name: str) -> str:
        """Return the one id of the vulnerability that a name stands for."""
        root = self._root(name) if name in self._parents else name
        front = self._fronts.get(root)
        if front is None:
            names = [root, *(each for each in self._groups.get(root, ()) if each != root)]
            front = min(names, key=lambda each: (each in self._rejected, preference(each)))
            self._fronts[root] = front
        return front

    def aliases(self, name: str) -> tuple[str, ...]:
        """Return the other names of a vulnerability by its canonical id, in order."""
        root = self._root(name) if name in self._parents else name
        names = {root, *self._groups.get(root, ())}
        return tuple(sorted(names - {name}, key=preference))

    def is_rejected(self, name: str) -> bool:
        """Tell whether every name of the vulnerability was taken back."""
        return self.canonical(name) in self._rejected

    def _root(self, name: str) -> str:
        parents = self._parents
        root = parents.setdefault(name, name)
        while root != (above := parents[root]):
            root = above
        while name != root:
            parents[name], name = root, parents[name]
        return root


def _cves(advisory: Advisory) -> list[str]:
    return sorted({name for name in (advisory.id, *advisory.aliases) if is_cve(name)})


def _directness(link: tuple[str, str]) -> tuple[bool, str, str]:
    return (not (is_cve(link[0]) or is_cve(link[1])), *link)
