"""What the commands of rule packs print, for people."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from scantling_reporter.formats.terminal import columns_of, counted, safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scantling_analyzers.rule_packs.directory import InstalledPack

_UNCUT: Final = 100_000
"""How wide a table may be that goes into a file or another program."""
_HEADER: Final = ("PACK", "YARA", "HASHES", "SECRETS", "LEFT OUT", "ADDED", "FROM")
_PROBLEMS: Final = 50


def pack_lines(packs: Sequence[InstalledPack]) -> list[str]:
    """Return a table of packs."""
    rows = [
        (
            pack.name,
            *(str(pack.counts.get(kind, "")) for kind in ("yara", "hashes", "secrets")),
            str(len(pack.problems) or ""),
            datetime.fromtimestamp(pack.added / 1000, UTC).strftime("%Y-%m-%d"),
            pack.source,
        )
        for pack in packs
    ]
    total = shutil.get_terminal_size((120, 40)).columns if sys.stdout.isatty() else _UNCUT
    return columns_of(_HEADER, rows, total=total)


def problem_lines(pack: InstalledPack) -> Iterator[str]:
    """Give the lines that say what of a pack is left out, and what of it has no effect."""
    for problem in pack.problems[:_PROBLEMS]:
        rule = f", rule {problem.rule}" if problem.rule else ""
        yield f"left out: {safe(problem.file)}{safe(rule)}: {safe(problem.message)}"
    more = len(pack.problems) - _PROBLEMS
    if more > 0:
        yield f"{counted(more, 'more problem')}; rules list --json has them all"
    yield from map(safe, pack.notes)
