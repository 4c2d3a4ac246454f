"""What can't be undone is confirmed: by a person at a terminal, or by ``--yes`` in a script."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scantling.cli.errors import UsageError

if TYPE_CHECKING:
    import argparse


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add ``--yes``."""
    parser.add_argument(
        "--yes", action="store_true", help="do not ask; needed where there is no terminal to ask at"
    )


def confirm(arguments: argparse.Namespace, what: str, name: str) -> None:
    """Return where the removal of something is meant; a person types its name.

    Raises :class:`UsageError` where it is not, or nobody can be asked.
    """
    from scantling_reporter.formats.terminal import safe

    if arguments.yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{what} is not removed without --yes: there is no terminal to ask at")
    print(f"{safe(what)} and all that is known of it will be removed.", file=sys.stderr)
    print(f"Type {safe(name)} to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != name:
        raise UsageError(f"{what} is not removed: its name was not typed")
