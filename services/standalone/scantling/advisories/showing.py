"""What the commands of advisories print, for people; text of feeds is escaped already."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from scantling_reporter.formats.terminal import columns_of, counted, readable_size, safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scantling_analyzers.advisories.database.status import Status
    from scantling_analyzers.advisories.database.tally import Build, RefusalCount, SourceCount

_UNCUT: Final = 100_000
"""How wide a table may be that goes into a file or another program."""
_SOURCES: Final = (
    "SOURCE",
    "FEED",
    "DOCUMENTS",
    "RECORDS",
    "USED",
    "REFUSED",
    "IN PART",
    "NEWEST",
)
_DAY_MS: Final = 86_400_000


def build_lines(built: Build) -> Iterator[str]:
    """Give the lines that say what a build was made of, and what was left out."""
    yield from _source_table(built.sources)
    yield ""
    yield from _refusal_lines(built.refusals)
    if built.unknown_count:
        more = built.unknown_count - len(built.unknown)
        names = ", ".join(map(safe, built.unknown)) + (f" and {more:,} more" if more else "")
        yield f"of no feed that is known: {counted(built.unknown_count, 'document')}: {names}"
    yield (
        f"build {built.id[:12]}: {built.advisories:,} advisories "
        f"({built.withdrawn:,} withdrawn, {built.rejected:,} of rejected ids), "
        f"{built.vulnerabilities:,} vulnerabilities, {built.packages:,} packages"
    )


def status_lines(status: Status, now_ms: int) -> Iterator[str]:
    """Give the lines that say what a database holds, how old it is, and for which releases."""
    built = datetime.fromtimestamp(status.built_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    age = max(0, now_ms - status.built_ms) // _DAY_MS
    holds = (
        f"{status.advisories:,} advisories ({status.withdrawn:,} withdrawn, "
        f"{status.rejected:,} of rejected ids), {status.vulnerabilities:,} vulnerabilities, "
        f"{status.packages:,} packages, {counted(status.exemptions, 'exemption')}, "
        f"{status.repositories:,} repositories"
    )
    for name, value in (
        ("file", f"{status.path} ({readable_size(status.size)})"),
        ("build", status.build),
        ("written", f"{built} ({counted(age, 'day')} ago)"),
        ("newest record", status.newest or "unknown"),
        ("holds", holds),
    ):
        yield f"{name + ':':16}{safe(value)}"
    yield ""
    rows = [
        (each.stream, each.feed, f"{each.statements:,}", each.newest[:10], each.missing or "-")
        for each in status.streams
    ]
    yield from _table(("STREAM", "FEED", "STATEMENTS", "NEWEST", "MISSING"), rows)
    yield ""
    yield from _source_table(status.sources)
    yield ""
    yield from _refusal_lines(status.refusals)
    if status.unknown_documents:
        yield f"of no feed that is known: {counted(status.unknown_documents, 'document')}"


def text_of(lines: Iterable[str]) -> str:
    """Return lines as text."""
    return "".join(f"{line}\n" for line in lines)


def _source_table(sources: Iterable[SourceCount]) -> list[str]:
    return _table(
        _SOURCES,
        [
            (
                each.path,
                each.feed,
                f"{each.documents:,}",
                f"{each.records:,}",
                f"{each.used:,}",
                f"{each.refused:,}",
                f"{each.parts:,}",
                each.newest[:10],
            )
            for each in sources
        ],
    )


def _refusal_lines(refusals: Sequence[RefusalCount]) -> list[str]:
    """Return a table of what was refused and why, nothing where all was used."""
    if not refusals:
        return []
    rows = [
        (
            each.feed,
            f"{each.code} (in part)" if each.part else each.code,
            f"{each.records:,}",
            _example(each),
            each.message,
        )
        for each in refusals
    ]
    return [*_table(("FEED", "REFUSED FOR", "RECORDS", "SUCH AS", "BECAUSE"), rows), ""]


def _example(refused: RefusalCount) -> str:
    """Return where the first of some refused records stands, and which it is."""
    if not refused.record or refused.record in refused.document:
        return refused.document
    return f"{refused.document}: {refused.record}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    total = shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNCUT
    return columns_of(header, rows, total=total)
