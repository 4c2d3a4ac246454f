"""The prefilter by hyperscan: all rules in one pass over the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import hyperscan

from scantling_analyzers.secrets.prefilter import MAX_HITS, Hits, expressions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_analyzers.secrets.prefilter import Expression
    from scantling_analyzers.secrets.rule import Rule

_FLAGS: Final = hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_PREFILTER
"""Lines begin and end at line breaks; what hyperscan can't do it may leave out of a pattern."""


class HyperscanPrefilter:
    """A compiled database and the memory that scanning with it takes."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Compile the rules' patterns, or load what was compiled before."""
        each = expressions(rules)
        self._rules = [expression.rules for expression in each]
        self._database = hyperscan.loadb(_compiled(each), mode=hyperscan.HS_MODE_BLOCK)
        self._scratch = hyperscan.Scratch(self._database)

    def hits(self, data: bytes | memoryview) -> Hits:
        """Return where the rules may match."""
        found: list[tuple[int, int]] = []

        def keep(number: int, _start: int, end: int, _flags: int, _context: Any) -> bool | None:
            found.append((end, number))
            return True if len(found) > MAX_HITS else None

        complete = True
        try:
            self._database.scan(data, match_event_handler=keep, scratch=self._scratch)
        except hyperscan.ScanTerminated:
            complete = False
        rules = self._rules
        spread = [(end, rule) for end, number in found[:MAX_HITS] for rule in rules[number]]
        spread.sort()
        return Hits(spread, complete)


def _compiled(each: Sequence[Expression]) -> bytes:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression.pattern.encode() for expression in each],
        ids=list(range(len(each))),
        elements=len(each),
        flags=[_FLAGS] * len(each),
    )
    return hyperscan.dumpb(database)
