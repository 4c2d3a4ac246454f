"""The ids of rules: each is that of one rule, whatever files of users have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace as replaced

from scantling_analyzers.secrets.judgement import GENERIC, TITLES
from scantling_analyzers.secrets.rules import packaged_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scantling_analyzers.secrets.gitleaks.allowlist import Allowlist
    from scantling_analyzers.secrets.gitleaks.rules import UserRules

_KEPT: Final = 56
"""Characters of an id that are kept before the number that tells it apart."""


def apart(files: Iterable[UserRules], taken: Iterable[str]) -> Iterator[UserRules]:
    """Yield the files with ids that no other file has and that are not ``taken``.

    A rule whose id is given away already gets the next free number at its end. What a file says of
    an id it says of its own rule.
    """
    known = set(taken)
    for each in files:
        names: dict[str, str] = {}
        for rule in each.rules:
            names[rule.id] = _free(rule.id, known)
            known.add(names[rule.id])
        yield replace(
            each,
            rules=tuple(replaced(rule, id=names[rule.id]) for rule in each.rules),
            allowlists=tuple(_of(allowlist, names) for allowlist in each.allowlists),
        )


def of_product() -> frozenset[str]:
    """Return the ids by which the product tells of secrets, which files of users may disable."""
    own = {rule.id for rule in packaged_rules()}
    return frozenset(own.union(f"{GENERIC}{kind}" for kind in TITLES))


def _free(name: str, known: set[str]) -> str:
    free, number = name, 1
    while free in known:
        number += 1
        free = f"{name[:_KEPT].rstrip('-')}-{number}"
    return free


def _of(allowlist: Allowlist, names: Mapping[str, str]) -> Allowlist:
    return replace(allowlist, rules=frozenset(names.get(name, name) for name in allowlist.rules))
