"""The arguments of every command. Imports nothing heavy: `scantling --help` starts at once."""

from __future__ import annotations

import argparse
from typing import Final

from scantling import __version__
from scantling.cli import scan

DESCRIPTION: Final = "Keep container registries under security watch, or scan one image."
EPILOG: Final = """\
exit status: 0 done; 1 findings at or above --fail-on; 2 usage; 3 the image could not be read,
or a requested risk type is failed, unsupported or partial; 130 interrupted"""


def make_parser(first: str = "") -> argparse.ArgumentParser:
    """Return the parser; the chosen command's function is ``arguments.run``.

    ``first`` is the first argument where it is known: `scantling scan` needs no other command, and
    all of them take a tenth of its start.
    """
    parser = argparse.ArgumentParser(
        prog="scantling",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"scantling {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    scan.add_parser(commands)
    if first == scan.NAME:
        return parser
    from scantling.cli import advisories, clients, rules, serve

    advisories.add_parser(commands)
    rules.add_parser(commands)
    serve.add_parsers(commands)
    clients.add_parsers(commands)
    return parser
