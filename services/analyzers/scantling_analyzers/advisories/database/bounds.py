"""Bounds of an advisory that can't be ordered: what it says of versions near them is a doubt; pure.

Such a statement is kept: a package that it speaks of is never told as clean, but as not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.models import Advisory, Refused
from scantling_analyzers.advisories.streams import scheme_of
from scantling_common.versions.keys import find
from scantling_common.versions.ranges import FROM_THE_START, UNLIMITED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.models import Said, Statement

INCOMPARABLE: Final = "version_invalid"
"""The code of a statement that is kept though a bound of it is no version of its ecosystem."""
_NO_BOUNDS: Final = frozenset({FROM_THE_START, UNLIMITED})


def incomparable(said: Said) -> Iterator[Refused]:
    """Yield what to tell of each package whose ranges have a bound that can't be ordered."""
    if not isinstance(said, Advisory) or said.withdrawn:
        return
    for statement in said.statements:
        bound = _bound(statement)
        if bound is not None:
            yield Refused(
                feed=said.feed,
                record=said.id,
                code=INCOMPARABLE,
                message=f"{statement.stream} {statement.name}: no version can be compared with "
                f"the bound {bound!r}: packages of that name are told as not judged",
                part=True,
            )


def _bound(statement: Statement) -> str | None:
    """Return the first bound that can't be ordered, None where all can."""
    scheme = scheme_of(statement.stream) if statement.ranges else None
    if scheme is None:
        return None
    for events in statement.ranges:
        for _, version in events:
            if version not in _NO_BOUNDS and find(scheme, version) is None:
                return version
    return None
