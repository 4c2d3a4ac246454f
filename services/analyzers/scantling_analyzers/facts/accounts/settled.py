"""Options of which the last one in a file holds; pure."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.accounts.entry import MAX_ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Iterable

T = TypeVar("T")


def settled(
    found: Iterable[tuple[int, T | Unreadable]], key: Callable[[T], Hashable]
) -> Generator[tuple[int, Unreadable], None, list[tuple[int, T]]]:
    """Yield the lines that can't be read; return the last of each key with its line, in order."""
    last: dict[Hashable, tuple[int, T]] = {}
    for number, each in found:
        if isinstance(each, Unreadable):
            yield number, each
            continue
        last[key(each)] = number, each
        if len(last) > MAX_ACCOUNTS:
            message = f"more than {MAX_ACCOUNTS} options, the further ones were not read"
            yield number, Unreadable(message, code="too_many")
            break
    return sorted(last.values(), key=itemgetter(0))
