"""What `scantling advisories status` and `diff` do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from scantling.advisories.place import advisories_file
from scantling.advisories.showing import status_lines, text_of
from scantling.scan.output import to_stdout
from scantling_analyzers.advisories.database.diff import differences
from scantling_analyzers.advisories.database.reader import AdvisoryDatabase
from scantling_analyzers.advisories.database.sealing import check_seal
from scantling_analyzers.advisories.database.status import status_of
from scantling_common.clock import SystemClock

if TYPE_CHECKING:
    import argparse

    from scantling_analyzers.advisories.database.status import Status


def status_command(arguments: argparse.Namespace) -> int:
    """Say what a database holds."""
    with AdvisoryDatabase(advisories_file(arguments.advisories)) as database:
        check_seal(database)
        status = status_of(database)
    if arguments.json:
        _print_json(status)
    else:
        to_stdout(text_of(status_lines(status, SystemClock().now_ms())))
    return 0


def diff_command(arguments: argparse.Namespace) -> int:
    """Say what a new build changes, line by line as it is found."""
    for each in differences(arguments.old, arguments.new):
        if arguments.json:
            to_stdout(msgspec.json.encode(each._asdict()).decode() + "\n")
        else:
            what = " ".join(part for part in (each.stream, each.name) if part)
            to_stdout(f"{each.change:8} {each.kind:10} {what}\n")
    return 0


def _print_json(status: Status) -> None:
    """Print a status as JSON; named tuples are objects, not arrays."""
    lists = {
        "sources": [each._asdict() for each in status.sources],
        "streams": [each._asdict() for each in status.streams],
        "refusals": [each._asdict() for each in status.refusals],
    }
    text = msgspec.json.encode(status._asdict() | lists)
    to_stdout(msgspec.json.format(text, indent=2).decode() + "\n")
