"""What `scantling scan` does, from its arguments to the exit status."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import time
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling.cli.errors import UsageError
from scantling.cli.limits import file_limits
from scantling.scan.access import access_of, limits_of
from scantling.scan.cache import cache_directory, cache_seal
from scantling.scan.errors import MachineUnfit, ScanError
from scantling.scan.host import ScanHost, ScanOptions, workers
from scantling.scan.interruption import stoppable, within
from scantling.scan.left_out import left_out, notices
from scantling.scan.lists import read_lists
from scantling.scan.opened import OpenedArchive
from scantling.scan.output import require_stdout, to_file, to_stdout
from scantling.scan.platforms import ALL
from scantling.scan.rules import notices_of_added, rules_of
from scantling.scan.scratch import scratch_directory, sweep_scratch
from scantling_analyzers.extraction.pool import WorkerPool, catalogue_with
from scantling_analyzers.fact_seal import FactSeal
from scantling_analyzers.risks.catalogue import PLACES
from scantling_common.clock import SystemClock, SystemRandomness
from scantling_common.images.errors import PlatformInvalid, ReferenceInvalid
from scantling_common.images.platform import Platform, parse_platform
from scantling_common.images.reference import InRegistry, parse_location
from scantling_common.images.sources.local import open_source
from scantling_common.key_file import KeyFileUnusable
from scantling_reporter.formats import SEVERAL, Format, render, render_all

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from scantling.scan.advisories import AdvisoriesOfUser
    from scantling_analyzers.analysis.archive_index import ArchiveIndex
    from scantling_common.images.reference import Location
    from scantling_common.risks import Risk
    from scantling_reporter.report import Report

NARROWEST: Final = 60
VULNERABILITY: Final[Risk] = "vulnerability"
VERDICT: Final = "scantling.scan.verdict"
_ONE_IMAGE: Final = frozenset({"cyclonedx", "spdx"})


def scan_command(arguments: argparse.Namespace) -> int:
    """Scan, write the report, and return the exit status."""
    with stoppable():
        try:
            return _command(arguments)
        except OSError as error:
            # Archives, caches and outputs have errors of their own: this is the machine.
            where = f" ({error.filename})" if error.filename else ""
            message = f"the machine refuses: {error.strerror or error}{where}"
            hint = "is TMPDIR a directory with room, and are there processes to be had?"
            raise MachineUnfit(message, hint=hint) from error


def _command(arguments: argparse.Namespace) -> int:
    begun = time.monotonic()
    location = _location(arguments)
    if arguments.output is None:
        require_stdout()
    form = _format(arguments)
    cache = None if arguments.no_cache else arguments.cache or cache_directory()
    options = ScanOptions(
        risks=arguments.risk or tuple(PLACES),
        platform=_platform(arguments.platform),
        every=arguments.platform == ALL,
        settings=read_lists(arguments.lists),
        cache=cache,
        seconds=arguments.timeout,
        begun=begun,
        limits=file_limits(arguments.limits),
        later=(f"scantling_reporter.formats.{form}", VERDICT),
        rules=rules_of(arguments.rules, cache),
        least_score=arguments.secret_score,
    )
    seal, notice = _seal(options.cache)
    if notice:
        options = replace(options, cache=None)
    made = WorkerPool(workers(), seal=seal, catalogue=catalogue_with(options.rules))
    with contextlib.closing(made) as pool:
        # Before there is any thread: a fork is the fastest way to start a worker.
        pool.start()
        sweep_scratch()
        options, told = _without_rules(arguments, options)
        advisories = _advisories(arguments, options)
        with _archives(arguments.java_index) as archives:
            host = ScanHost(options, pool, SystemClock(), SystemRandomness(), archives, advisories)
            host.notices.extend((*notice, *told))
            reports = _reports(arguments, location, host)
    _write(arguments, _document(reports, form, arguments), form)
    _explain(arguments, host.notices, reports)
    if options.cache is not None:
        _sweep(options.cache)
    from scantling.scan.verdict import exit_status  # noqa: PLC0415  # loaded while layers were read

    # Who asks for no risk type in particular, and has no database, is told, and has not failed.
    unasked = advisories is None and not arguments.risk
    return exit_status(
        reports,
        fail_on=arguments.fail_on,
        allow_partial=arguments.allow_partial,
        unasked=frozenset({VULNERABILITY}) if unasked else frozenset(),
    )


def _seal(cache: Path | None) -> tuple[FactSeal, list[str]]:
    """Return what facts are sealed with; where the cache has no usable key, new, and a notice."""
    try:
        return cache_seal(cache), []
    except KeyFileUnusable as error:
        hint = f" ({error.hint})" if error.hint else ""
        notice = f"the cache {cache} can't be used, the scan went on without it: {error.message}"
        return FactSeal.random(), [f"{notice}{hint}"]


def _without_rules(
    arguments: argparse.Namespace, options: ScanOptions
) -> tuple[ScanOptions, list[str]]:
    """Return what is scanned, with which rules it goes without, and notices of these."""
    if arguments.rules is None:
        # Outcomes tell, too, unless whoever added a pack took it as it is.
        return options, notices_of_added() if options.rules.packs else []
    kept = Path(options.rules.cache) if options.rules.cache else None
    with within(arguments.timeout):
        without = left_out(arguments.rules, options.rules, options.risks, kept)
    told = [*notices(chain(*without.errors.values())), *without.notes]
    return replace(options, left_out=without.errors), told


def _advisories(arguments: argparse.Namespace, options: ScanOptions) -> AdvisoriesOfUser | None:
    if VULNERABILITY not in options.risks:
        return None
    # Only those who ask for vulnerabilities wait for it.
    from scantling.scan.advisories import advisories_of  # noqa: PLC0415  # as said
    from scantling.scan.first_use import fetch_if_due  # noqa: PLC0415  # as above

    if arguments.advisories is None and not arguments.offline:
        fetch_if_due(SystemClock())
    return advisories_of(arguments.advisories, arguments.vex)


def _sweep(cache: Path) -> None:
    # There is time for it: the report is written.
    from scantling.scan.cache_sweep import is_due, sweep_cache  # noqa: PLC0415  # as said

    clock = SystemClock()
    if is_due(cache, now_ms=clock.now_ms()):
        asyncio.run(sweep_cache(cache, clock))


@contextlib.contextmanager
def _archives(index: Path | None) -> Iterator[ArchiveIndex | None]:
    """Open the index of Java archives; the workers must have been forked before."""
    if index is None:
        yield None
        return
    # Most scans have none.
    from scantling_analyzers.analysis.archive_index import (  # noqa: PLC0415  # as said
        ArchiveIndex,
        JavaIndexUnusable,
    )

    try:
        archives = ArchiveIndex(index)
    except JavaIndexUnusable as error:
        raise UsageError(error.message, hint=error.hint) from error
    with contextlib.closing(archives):
        yield archives


def _location(arguments: argparse.Namespace) -> Location:
    try:
        location = parse_location(arguments.image)
    except ReferenceInvalid as error:
        raise UsageError(error.message, hint=error.hint) from error
    if arguments.offline and isinstance(location, InRegistry):
        hint = "give the path of an archive, or leave --offline out"
        raise ScanError(f"{arguments.image} is in a registry, and the scan is offline", hint=hint)
    return location


def _platform(text: str | None) -> Platform | None:
    if text is None or text == ALL:
        return None
    try:
        return parse_platform(text)
    except PlatformInvalid as error:
        raise UsageError(error.message, hint=error.hint) from error


def _format(arguments: argparse.Namespace) -> Format:
    on_terminal = arguments.output is None and sys.stdout.isatty()
    form: Format = arguments.format or ("table" if on_terminal else "json")
    if arguments.platform == ALL and form in _ONE_IMAGE:
        message = f"{form} describes one platform a document"
        raise UsageError(message, hint="choose one with --platform, or use --format json")
    return form


def _reports(arguments: argparse.Namespace, location: Location, host: ScanHost) -> list[Report]:
    if isinstance(location, InRegistry):
        return asyncio.run(_scan_remote(arguments, location, host))
    with contextlib.ExitStack() as open_:
        # Reading the archive's headers waits for no event loop, and would hold one up.
        with within(arguments.timeout):
            source = open_.enter_context(open_source(location, limits_of(arguments)))
        return asyncio.run(host.scan(OpenedArchive(source), None))


async def _scan_remote(
    arguments: argparse.Namespace, location: InRegistry, host: ScanHost
) -> list[Report]:
    # aiohttp takes longer to import than many archives take to scan.
    from scantling.scan.opened_registry import open_registry  # noqa: PLC0415

    access = access_of(arguments, os.environ)
    with scratch_directory() as folder:
        async with open_registry(
            location.reference,
            access=access,
            referrers=arguments.referrers,
            folder=folder,
        ) as opened:
            return await host.scan(opened, location.reference)


def _document(reports: list[Report], form: Format, arguments: argparse.Namespace) -> str:
    """Return what is written: with ``--platform all`` JSON is an array, whatever the number."""
    if form in SEVERAL:
        return render_all(reports, form)
    rendered = [_rendered(report, form, arguments) for report in reports]
    if form == "json" and arguments.platform == ALL:
        return "[\n" + ",\n".join(text.rstrip("\n") for text in rendered) + "\n]\n"
    return "\n".join(rendered)


def _rendered(report: Report, form: Format, arguments: argparse.Namespace) -> str:
    if form != "table":
        return render(report, form)
    to_terminal = arguments.output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((120, 40)).columns if to_terminal else 120
    colour = to_terminal and not os.environ.get("NO_COLOR")
    from scantling_reporter.formats import table  # noqa: PLC0415  # loaded while layers were read

    return table.render(
        report,
        total=max(width, NARROWEST),
        colour=colour,
        verbose=arguments.verbose,
        explain=arguments.explain,
    )


def _write(arguments: argparse.Namespace, text: str, form: Format) -> None:
    if arguments.output is not None:
        to_file(arguments.output, text)
    else:
        to_stdout(text, encoding=None if form == "table" else "utf-8")


def _explain(arguments: argparse.Namespace, notices: list[str], reports: list[Report]) -> None:
    """Say on standard error what was not (completely) judged: the status alone is easy to miss."""
    if arguments.quiet:
        return
    said = list(notices)
    for report in reports:
        for risk, outcome in report.outcomes.items():
            fine = outcome.status in {"complete", "not_applicable"} and not outcome.code
            if not fine or arguments.verbose:
                reason = f": {outcome.reason}" if outcome.reason else ""
                said.append(f"{risk} of {report.image.platform} is {outcome.status}{reason}")
    for line in said:
        print(f"scantling: {line}", file=sys.stderr)  # noqa: T201  # a command speaks
