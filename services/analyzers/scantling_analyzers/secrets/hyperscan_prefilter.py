"""The prefilter by hyperscan: all rules in one pass over the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import hyperscan

from scantling_analyzers.secrets.prefilter import MAX_HITS, Hits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_analyzers.secrets.rule import Rule

_FLAGS: Final = (
    hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_ALLOWEMPTY * 0
)


def compiled(rules: Sequence[Rule]) -> bytes:
    """Return the rules' patterns as a database that :class:`HyperscanPrefilter` loads."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[rule.prefilter.encode() for rule in rules],
        ids=list(range(len(rules))),
        elements=len(rules),
        flags=[_FLAGS] * len(rules),
    )
    return hyperscan.dumpb(database)


class HyperscanPrefilter:
    """A compiled database and the memory that scanning with it takes."""

    def __init__(self, database: bytes) -> None:
        """Load what :func:`compiled` made."""
        self._database = hyperscan.loadb(database, mode=hyperscan.HS_MODE_BLOCK)
        self._scratch = hyperscan.Scratch(self._database)

    def hits(self, data: bytes | memoryview) -> Hits:
        """Return where the rules may match."""
        found: list[tuple[int, int]] = []

        def keep(rule: int, _start: int, end: int, _flags: int, _context: Any) -> bool | None:
            found.append((end, rule))
            return True if len(found) > MAX_HITS else None

        complete = True
        try:
            self._database.scan(data, match_event_handler=keep, scratch=self._scratch)
        except hyperscan.ScanTerminated:
            complete = False
        found.sort()
        return Hits(found[:MAX_HITS], complete)
