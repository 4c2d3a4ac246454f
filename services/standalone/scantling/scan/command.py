"""What `scantling scan` does, from its arguments to the exit status."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling.cli.scan import cache_directory, default_format
from scantling.scan.errors import ScanError
from scantling.scan.host import ScanHost, ScanOptions, workers
from scantling.scan.lists import read_lists
from scantling.scan.opened import OpenedArchive
from scantling.scan.platforms import ALL
from scantling.scan.verdict import exit_status
from scantling_analyzers.extraction.pool import WorkerPool
from scantling_analyzers.risks.catalogue import ANALYZERS
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.errors import ScantlingError
from scantling_common.images.reference import InRegistry, parse_location, parse_reference
from scantling_common.images.sources.local import open_source
from scantling_reporter.formats import Format, render, table

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator

    from scantling.scan.opened import Opened
    from scantling_common.images.reference import Location, Reference
    from scantling_reporter.report import Report

NARROWEST: Final = 60


class OutputUnwritable(ScanError):
    """The report can't be written."""

    code = "output_unwritable"


def scan_command(arguments: argparse.Namespace) -> int:
    """Scan, write the report, and return the exit status."""
    location = parse_location(arguments.image)
    if arguments.offline and isinstance(location, InRegistry):
        hint = "give the path of an archive, or leave --offline out"
        raise ScanError(f"{arguments.image} is in a registry, and the scan is offline", hint=hint)
    options = ScanOptions(
        risks=arguments.risk or tuple(analyzer.risk for analyzer in ANALYZERS),
        platform=arguments.platform,
        settings=read_lists(arguments.lists),
        cache=cache_directory(arguments),
        seconds=arguments.timeout,
    )
    reports = asyncio.run(_scan(arguments, location, options))
    _write(arguments, _document(reports, arguments))
    if not arguments.quiet:
        for report in reports:
            _explain(report, arguments)
    return exit_status(reports, fail_on=arguments.fail_on, allow_partial=arguments.allow_partial)


async def _scan(
    arguments: argparse.Namespace, location: Location, options: ScanOptions
) -> list[Report]:
    async with WorkerPool(workers()) as pool:
        # Before there is any thread: a fork is the fastest way to start a worker.
        pool.start()
        host = ScanHost(options, pool, SystemClock(), SystemRandomness())
        async with _opened(arguments, location) as (opened, reference):
            return await host.scan(opened, reference)


@contextlib.asynccontextmanager
async def _opened(
    arguments: argparse.Namespace, location: Location
) -> AsyncIterator[tuple[Opened, Reference | None]]:
    if isinstance(location, InRegistry):
        # aiohttp takes longer to import than many archives take to scan.
        from scantling.scan.opened_registry import open_registry  # noqa: PLC0415

        with tempfile.TemporaryDirectory(prefix="scantling-blobs-") as folder:
            async with open_registry(
                location.reference,
                plain_http=arguments.plain_http,
                ca=arguments.ca,
                folder=Path(folder),
            ) as opened:
                yield opened, location.reference
    else:
        with open_source(location) as source:
            opened_archive = OpenedArchive(source)
            yield opened_archive, await _name(opened_archive)


async def _name(opened: OpenedArchive) -> Reference | None:
    """Return the name that an archive gives its image, where it is a reference."""
    for candidate in await opened.candidates():
        for name in candidate.names:
            if not {"/", ":"}.intersection(name):
                continue  # an OCI layout names its tags only
            with contextlib.suppress(ScantlingError):
                return parse_reference(name)
    return None


def _document(reports: list[Report], arguments: argparse.Namespace) -> str:
    """Return what is written: with ``--platform all`` JSON is an array, whatever the number."""
    form = arguments.format or default_format()
    rendered = [_rendered(report, form, arguments) for report in reports]
    if form == "json" and arguments.platform == ALL:
        return "[\n" + ",\n".join(text.rstrip("\n") for text in rendered) + "\n]\n"
    if form != "table" and len(rendered) > 1:
        message = f"{form} describes one platform a document, the image has {len(rendered)}"
        raise ScanError(message, hint="choose one with --platform, or use --format json")
    return "\n".join(rendered)


def _rendered(report: Report, form: Format, arguments: argparse.Namespace) -> str:
    if form != "table":
        return render(report, form)
    to_terminal = arguments.output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((120, 40)).columns if to_terminal else 120
    colour = to_terminal and not os.environ.get("NO_COLOR")
    return table.render(report, total=max(width, NARROWEST), colour=colour)


def _write(arguments: argparse.Namespace, text: str) -> None:
    """Write to standard output, or to a file that appears whole or not at all."""
    if arguments.output is None:
        sys.stdout.write(text)
        return
    target = Path(arguments.output)
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as draft:
            draft.write(text)
        Path(draft.name).chmod(0o644)
        Path(draft.name).replace(target)
    except OSError as error:
        message = f"{target} can't be written: {error.strerror or error}"
        raise OutputUnwritable(message) from error


def _explain(report: Report, arguments: argparse.Namespace) -> None:
    """Say on standard error what was not (completely) judged: the status alone is easy to miss."""
    for risk, outcome in report.outcomes.items():
        if outcome.status not in {"complete", "not_applicable"} or arguments.verbose:
            reason = f": {outcome.reason}" if outcome.reason else ""
            print(  # noqa: T201  # a command speaks
                f"scantling: {risk} of {report.image.platform} is {outcome.status}{reason}",
                file=sys.stderr,
            )
