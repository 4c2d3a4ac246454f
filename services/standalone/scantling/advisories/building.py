"""What `scantling advisories build` does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scantling.advisories.errors import RecordsRefused
from scantling.advisories.place import advisories_file
from scantling.advisories.progress import ProgressLine
from scantling.advisories.showing import build_lines, text_of
from scantling.scan.interruption import stoppable
from scantling.scan.output import to_stdout
from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.sources.paths import PathSource

if TYPE_CHECKING:
    import argparse

    from scantling_analyzers.advisories.database.tally import Build


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

        build([PathSource(path) for path in arguments.sources], FEEDS, target, progress, check)
    sys.stderr.write(f"scantling: {target} is written\n")
    return 0
