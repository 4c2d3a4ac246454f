"""What `scantling advisories update` and `push` do."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from scantling.advisories.building import INCOMPLETE, say_what_is_missing
from scantling.advisories.complaints import complaints
from scantling.advisories.feeds import feeds_of
from scantling.advisories.freshness import is_fresh
from scantling.advisories.place import advisories_file, feeds_folder
from scantling.advisories.progress import FetchLine, ProgressLine
from scantling.advisories.remote import pull, push
from scantling.advisories.showing import build_lines, text_of
from scantling.scan.access import Access
from scantling.scan.interruption import stoppable
from scantling.scan.output import to_stdout
from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.fetching.fetched import Fetched
from scantling_analyzers.advisories.fetching.updating import Update
from scantling_common.clock import SystemClock

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from scantling_analyzers.advisories.fetching.publications import Publication
    from scantling_analyzers.advisories.fetching.updating import Result
_TICK: Final = 1.0


def update_command(arguments: argparse.Namespace) -> int:
    """Fetch the feeds and build the database, or fetch the database itself."""
    target = advisories_file(arguments.output)
    if arguments.source is not None:
        with stoppable():
            found = asyncio.run(pull(arguments.source, _access(arguments), target))
        sys.stderr.write(f"scantling: {target} is build {found[:12]}\n")
        return 0
    publications = feeds_of(arguments.feeds, arguments.only or (), SystemClock())
    folder = arguments.folder or feeds_folder()
    with stoppable():
        results = _fetch(folder, publications)
        failed = [result for result in results if result.how == "failed"]
        sys.stderr.write(text_of(complaints(failed)))
        status = INCOMPLETE if failed else 0
        if not arguments.fetch_only:
            status = _build(folder, publications, target, results) or status
    return status


def push_command(arguments: argparse.Namespace) -> int:
    """Put the database into an OCI registry."""
    source = advisories_file(arguments.advisories)
    with stoppable():
        there = asyncio.run(push(arguments.reference, _access(arguments), source))
    to_stdout(f"{there}\n")
    return 0


def _fetch(folder: Path, publications: Sequence[Publication]) -> list[Result]:
    with FetchLine(shown=sys.stderr.isatty(), of=len(publications)) as line:
        update = Update(folder, clock=SystemClock(), heard=line.heard, done=line.done)
        results = asyncio.run(_run(update, publications, line))
    new = sum(result.how == "fetched" for result in results)
    failed = sum(result.how == "failed" for result in results)
    rest = len(results) - new - failed
    sys.stderr.write(
        f"scantling: {len(results)} feeds: {new} new, {rest} unchanged, {failed} failed\n"
    )
    return results


def _build(
    folder: Path, publications: Sequence[Publication], target: Path, results: Sequence[Result]
) -> int:
    """Build unless nothing is new and there is a database that has all of it; return the status."""
    new = any(result.how == "fetched" for result in results)
    if not new and is_fresh(target, folder, publications):
        sys.stderr.write(f"scantling: nothing is new, {target} stays\n")
        return 0
    with ExitStack() as stack:
        progress = stack.enter_context(ProgressLine(shown=sys.stderr.isatty()))
        built = build([Fetched(folder, publications)], FEEDS, target, progress)
    to_stdout(text_of(build_lines(built)))
    sys.stderr.write(f"scantling: {target} is written\n")
    return say_what_is_missing(built)


async def _run(
    update: Update, publications: Sequence[Publication], line: FetchLine
) -> list[Result]:
    ticking = asyncio.create_task(_tick(line))
    try:
        return await update.run(publications)
    finally:
        ticking.cancel()


async def _tick(line: FetchLine) -> None:
    """Show that it goes on while nobody answers."""
    while True:
        await asyncio.sleep(_TICK)
        line.tick()


def _access(arguments: argparse.Namespace) -> Access:
    return Access(plain_http=arguments.plain_http, ca=arguments.ca)
