"""The entries that apply to a project: its own, the default list, or both."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.risks.compliance.policy import Policy
from scantling_analyzers.risks.compliance.rule import Rule
from scantling_common.software_list.entry import SoftwareEntry
from scantling_common.software_list.errors import EntryInvalid
from scantling_common.software_list.lines import read_lines
from scantling_common.software_list.parsing import LIST

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT: Final = "default"
"""The name of the default list."""
_FILE: Final = "disallowed-software.list"
_MARK_LENGTH: Final = 16
_KEPT: Final = 8
"""How many projects' policies are kept ready."""


class Applied(NamedTuple):
    """What applies: the policy, and which entries of the project's list can't be understood."""

    policy: Policy
    errors: tuple[str, ...]


@cache
def default_text() -> str:
    """Return the default list, as it is documented."""
    return files(__package__).joinpath(_FILE).read_text(encoding="utf-8")


@cache
def default_mark() -> str:
    """Return a short text that is another one for another default list."""
    digest = hashlib.sha256(default_text().encode()).hexdigest()
    return f"software-list:{digest[:_MARK_LENGTH]}"


@cache
def default_rules() -> tuple[Rule, ...]:
    """Return the entries of the default list."""
    lines = read_lines(default_text().splitlines())
    return tuple(Rule(read.said, DEFAULT) for read in lines if isinstance(read.said, SoftwareEntry))


@lru_cache(maxsize=_KEPT)
def applied(entries: tuple[str, ...] | None) -> Applied:
    """Return what a project's list makes; None where it has none: then the default list applies.

    Lists are checked when they are set. What an earlier release took is an error here.
    """
    if entries is None:
        return Applied(Policy(default_rules()), ())
    errors: list[str] = []
    return Applied(Policy(list(_rules(entries, errors))), tuple(errors))


def _rules(entries: tuple[str, ...], errors: list[str]) -> Iterator[Rule]:
    included = False
    for number, said in read_lines(entries):
        if isinstance(said, EntryInvalid):
            errors.append(f"entry {number} of {LIST}, column {said.column}: {said.message}")
        elif isinstance(said, SoftwareEntry):
            yield Rule(said, LIST)
        elif not included:
            included = True
            yield from default_rules()
