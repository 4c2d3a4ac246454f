"""What `scantling advisories build` does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from scantling.advisories.errors import RecordsRefused
from scantling.advisories.place import advisories_file
from scantling.advisories.progress import ProgressLine
from scantling.advisories.showing import build_lines, text_of
from scantling.scan.interruption import stoppable
from scantling.scan.output import to_stdout
from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.database.schema import UNREAD
from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.sources.paths import PathSource

if TYPE_CHECKING:
    import argparse

    from scantling_analyzers.advisories.database.tally import Build


INCOMPLETE: Final = 3
"""The exit status where something could not be fetched or read: the rest is used all the same."""


def build_command(arguments: argparse.Namespace) -> int:
    """Build a database, and say what of the sources was used."""
    target = advisories_file(arguments.output)
    with stoppable(), ProgressLine(shown=sys.stderr.isatty()) as progress:

        def check(built: Build) -> None:
            progress.clear()
            to_stdout(text_of(build_lines(built)))
            if arguments.strict and built.unused:
                raise RecordsRefused(
                    f"{built.unused:,} records or files could not be used: {target} is not written",
                    hint="without --strict they are left out, and the rest is built",
                )

        sources = [PathSource(path) for path in arguments.sources]
        built = build(sources, FEEDS, target, progress, check)
    sys.stderr.write(f"scantling: {target} is written\n")
    return say_what_is_missing(built)


def say_what_is_missing(built: Build) -> int:
    """Say on standard error what could not be read; return the exit status."""
    unread = sum(each.records for each in built.refusals if each.code in UNREAD)
    if not unread:
        return 0
    sys.stderr.write(
        f"scantling: {unread:,} documents or archives could not be read: whatever is matched with "
        "this database is partial\n"
    )
    return INCOMPLETE
