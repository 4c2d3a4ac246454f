"""What is said of feeds that could not be fetched: what is the same of many, once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_reporter.formats.terminal import counted, safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scantling_analyzers.advisories.fetching.updating import Result

NAMED: Final = 3
"""How many feeds or hosts of several are named."""
_ADDRESS: Final = re.compile(r"https?://\S{1,2000}: ")


def complaints(failed: Sequence[Result]) -> Iterator[str]:
    """Give a line for each reason, and one for what to do about it."""
    groups: dict[tuple[str, str, bool, bool], list[Result]] = {}
    for each in failed:
        key = (_ADDRESS.sub("", each.reason, count=1), each.hint, bool(each.host), bool(each.size))
        groups.setdefault(key, []).append(each)
    hints: dict[str, None] = {}
    for (reason, hint, _, kept), results in groups.items():
        feeds = _named("feed", [each.name for each in results])
        hosts = _named("host", list(dict.fromkeys(each.host for each in results if each.host)))
        told = reason if len(results) > 1 else results[0].reason
        out = "it is left out" if len(results) == 1 else "they are left out"
        left = "what was fetched before is used" if kept else out
        where = f"{hosts} " if hosts else ""
        yield f"scantling: {feeds}: {where}{safe(told)}; {left} [fetch_failed]"
        hints.setdefault(hint)
    yield from (f"scantling: {safe(hint)}" for hint in hints if hint)


def _named(what: str, names: Sequence[str]) -> str:
    if len(names) < 2:  # noqa: PLR2004  # one alone is its name
        return safe("".join(names))
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"{counted(len(names), what)} ({', '.join(map(safe, names[:NAMED]))}{more})"
