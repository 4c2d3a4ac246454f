"""What every client command takes: which server, which token, which form of the answer."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any, Final

from scantling.cli import arguments as types

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from scantling.client.api import Api, Json

    Run = Callable[[argparse.Namespace], int]
    Group = argparse._SubParsersAction[Any]  # noqa: SLF001  # argparse names it nowhere else

DEFAULT_PROJECT: Final = "default"
DEFAULT_LIMIT: Final = 100
_UNCUT: Final = 100_000
"""How wide a table may be that goes into a file or another program."""


def group(commands: Group, name: str, what: str) -> Group:
    """Add a command that has commands of its own."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what, description=what)
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True)


def command(commands: Group, name: str, run: Run) -> argparse.ArgumentParser:
    """Add a command; what ``run`` says of itself is its help."""
    what = (run.__doc__ or "").strip().splitlines()[0].rstrip(".")
    brief = what[:1].lower() + what[1:]
    parser: argparse.ArgumentParser = commands.add_parser(name, help=brief, description=what)
    parser.set_defaults(run=run)
    parser.add_argument(
        "--server",
        metavar="URL",
        help="the server (SCANTLING_SERVER, else http://127.0.0.1:8686)",
    )
    parser.add_argument(
        "--token-file",
        type=types.path,
        metavar="FILE",
        help="file that holds the token (SCANTLING_TOKEN_FILE)",
    )
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="default: table"
    )
    return parser


def add_project(parser: argparse.ArgumentParser, *, every: bool = False) -> None:
    """Add ``--project``; with ``every`` the default is all that the token sees."""
    default = "all that the token sees" if every else "SCANTLING_PROJECT, else default"
    parser.add_argument("--project", metavar="ID", help=f"the project ({default})")


def add_limit(parser: argparse.ArgumentParser) -> None:
    """Add ``--limit``."""
    parser.add_argument(
        "--limit",
        type=types.count,
        default=DEFAULT_LIMIT,
        metavar="N",
        help=f"show at most N (default {DEFAULT_LIMIT})",
    )


def project_of(arguments: argparse.Namespace) -> str:
    """Return the one project that a command is about."""
    return arguments.project or os.environ.get("SCANTLING_PROJECT") or DEFAULT_PROJECT


def api_of(arguments: argparse.Namespace) -> Api:
    """Return the server that is asked. Raises :class:`~scantling.client.errors.ClientError`."""
    from scantling.client.api import Api, environment_server, environment_token_file, read_token

    token = read_token(arguments.token_file or environment_token_file())
    return Api(arguments.server or environment_server(), token)


def show(
    arguments: argparse.Namespace,
    items: Iterable[Json],
    columns: Mapping[str, Callable[[Json], object]],
) -> int:
    """Print a list of answers: as a table with these columns, or all there is as JSON."""
    found = list(items)
    if arguments.format == "json":
        return show_json(found)
    rows = [tuple(_text(cell(item)) for cell in columns.values()) for item in found]
    return show_table(tuple(columns), rows)


def show_one(arguments: argparse.Namespace, item: Json, facts: Sequence[tuple[str, object]]) -> int:
    """Print one answer: these facts of it, or all there is as JSON."""
    if arguments.format == "json":
        return show_json(item)
    from scantling_reporter.formats.terminal import safe

    for name, value in facts:
        print(f"{name + ':':20}{safe(_text(value))}")
    return 0


def show_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Print a table; what a terminal would act upon is shown instead."""
    from scantling_reporter.formats.terminal import columns_of

    total = shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNCUT
    for line in columns_of(header, rows, total=total):
        print(line)
    return 0


def show_json(value: Json | list[Json]) -> int:
    """Print JSON, indented."""
    import msgspec

    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
    return 0


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
