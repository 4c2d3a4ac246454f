"""`scantling advisories`: build the database of advisories, show it, compare two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scantling.cli import arguments as types
from scantling.cli.clients.connection import group

if TYPE_CHECKING:
    import argparse


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command and its own commands."""
    advisories = group(commands, "advisories", "build, show and compare databases of advisories")
    _add_build(advisories)
    _add_update(advisories)
    _add_push(advisories)
    _add_status(advisories)
    _add_diff(advisories)
    _add_serve(advisories)


def _add_build(commands: argparse._SubParsersAction[Any]) -> None:
    parser = commands.add_parser(
        "build", help="build the database from feeds", description=run_build.__doc__
    )
    parser.add_argument(
        "sources",
        metavar="SOURCE",
        nargs="+",
        type=types.path,
        help="a file, a directory, or an archive (zip, tar; gz, xz, bz2, zst) of feeds",
    )
    parser.add_argument(
        "-o",
        dest="output",
        metavar="FILE",
        type=types.path,
        help="write there (default: advisories.db in SCANTLING_DATA, else in scantling-data)",
    )
    parser.add_argument(
        "--strict", action="store_true", help="build nothing where a record can't be used"
    )
    parser.set_defaults(run=run_build)


def _add_update(commands: argparse._SubParsersAction[Any]) -> None:
    parser = commands.add_parser(
        "update", help="fetch the feeds and build from them", description=run_update.__doc__
    )
    parser.add_argument(
        "--feeds", metavar="FILE", type=types.path, help="a TOML file of feeds, instead of ours"
    )
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        help="fetch and build only this feed, or those that begin so (osv-*); can be repeated",
    )
    parser.add_argument(
        "--folder",
        metavar="DIR",
        type=types.path,
        help="where what is fetched is kept (default: feeds in SCANTLING_DATA)",
    )
    parser.add_argument("--fetch-only", action="store_true", help="fetch, and build nothing")
    parser.add_argument(
        "--from",
        dest="source",
        metavar="REFERENCE",
        help="fetch a database that was pushed into an OCI registry, instead of feeds",
    )
    parser.add_argument(
        "-o",
        dest="output",
        metavar="FILE",
        type=types.path,
        help="write there (default: advisories.db in SCANTLING_DATA, else in scantling-data)",
    )
    _add_access(parser)
    parser.set_defaults(run=run_update)


def _add_push(commands: argparse._SubParsersAction[Any]) -> None:
    parser = commands.add_parser(
        "push", help="put the database into an OCI registry", description=run_push.__doc__
    )
    parser.add_argument("reference", metavar="REFERENCE", help="repository and tag (latest)")
    _add_file(parser)
    _add_access(parser)
    parser.set_defaults(run=run_push)


def _add_access(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--plain-http", action="store_true", help="the registry speaks http")
    parser.add_argument("--ca", type=types.path, metavar="FILE", help="certificates to trust")


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--advisories",
        metavar="FILE",
        type=types.path,
        help="the database (default: advisories.db in SCANTLING_DATA, else in scantling-data)",
    )


def _add_status(commands: argparse._SubParsersAction[Any]) -> None:
    parser = commands.add_parser(
        "status", help="what is loaded, how old, for which releases", description=run_status.__doc__
    )
    _add_file(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run_status)


def _add_diff(commands: argparse._SubParsersAction[Any]) -> None:
    parser = commands.add_parser(
        "diff", help="what a new build changes", description=run_diff.__doc__
    )
    parser.add_argument("old", metavar="OLD", type=types.path, help="the database before")
    parser.add_argument("new", metavar="NEW", type=types.path, help="the database after")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=run_diff)


def _add_serve(commands: argparse._SubParsersAction[Any]) -> None:
    parser = commands.add_parser(
        "serve", help="keep the advisories of a cluster", description=run_serve.__doc__
    )
    parser.set_defaults(run=run_serve, role="advisories")


def run_serve(arguments: argparse.Namespace) -> int:
    """Bring the advisories of a cluster up to date, and announce each new build."""
    from scantling.cli.serve import run_role

    return run_role(arguments)


def run_build(arguments: argparse.Namespace) -> int:
    """Build the database of advisories; the old one stays in use until the new one is complete."""
    from scantling.advisories.building import build_command

    return build_command(arguments)


def run_update(arguments: argparse.Namespace) -> int:
    """Fetch what feeds publish, only what is new of it, and build the database from it."""
    from scantling.advisories.updating import update_command

    return update_command(arguments)


def run_push(arguments: argparse.Namespace) -> int:
    """Put the database into an OCI registry, from where `update --from` fetches it."""
    from scantling.advisories.updating import push_command

    return push_command(arguments)


def run_status(arguments: argparse.Namespace) -> int:
    """Say what the database of advisories holds, how old it is, and what was refused."""
    from scantling.advisories.commands import status_command

    return status_command(arguments)


def run_diff(arguments: argparse.Namespace) -> int:
    """Say of which packages, streams and repositories a new build says something else."""
    from scantling.advisories.commands import diff_command

    return diff_command(arguments)
