"""`scantling rules`: add rule packs for malware and secrets, list, test and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scantling.cli import arguments as types
from scantling.cli.clients.connection import group

if TYPE_CHECKING:
    import argparse


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command and its own commands."""
    rules = group(commands, "rules", "add, list, test and remove rule packs")
    add = rules.add_parser("add", help="add a rule pack", description=run_add.__doc__)
    add.add_argument(
        "source",
        metavar="SOURCE",
        help="a directory, a file, an archive of rules, or the reference of an OCI artifact: YARA "
        "(.yar, .yara, .rule), hashes (.hdb, .hsb, .csv, .tsv, .txt, .md5, .sha1, .sha256), "
        "gitleaks (.toml)",
    )
    add.add_argument("--name", metavar="NAME", help="the name of the pack (default: the source's)")
    add.add_argument("--replace", action="store_true", help="in place of a pack of that name")
    add.add_argument(
        "--allow-partial",
        action="store_true",
        help="outcomes are complete without those of its rules that can't be used",
    )
    add.add_argument("--plain-http", action="store_true", help="the registry speaks http")
    add.add_argument("--ca", type=types.path, metavar="FILE", help="certificates to trust")
    add.set_defaults(run=run_add)
    show = rules.add_parser("list", help="which packs there are", description=run_list.__doc__)
    show.add_argument("--json", action="store_true", help="as JSON")
    show.set_defaults(run=run_list)
    test = rules.add_parser(
        "test", help="look for malware in files of this machine", description=run_test.__doc__
    )
    test.add_argument("path", metavar="PATH", type=types.path, help="a file or a directory")
    test.add_argument(
        "--rules", type=types.path, metavar="PATH", help="with these rules instead of all packs"
    )
    test.add_argument("--json", action="store_true", help="one JSON object a line")
    test.add_argument(
        "--allow-partial",
        action="store_true",
        help="what can't be looked at, and rules that can't be used, are no failure",
    )
    test.set_defaults(run=run_test)
    remove = rules.add_parser("remove", help="remove a pack", description=run_remove.__doc__)
    remove.add_argument("name", metavar="NAME", help="the name of the pack")
    remove.set_defaults(run=run_remove)
    for parser in (add, show, test, remove):
        parser.add_argument(
            "--folder",
            metavar="DIR",
            type=types.path,
            help="where packs are kept (SCANTLING_RULES, else rules in SCANTLING_DATA, else in "
            "scantling-data)",
        )


def run_add(arguments: argparse.Namespace) -> int:
    """Add a rule pack; rules that can't be used are named and left out.

    Status 3 where some are, and outcomes will be partial, unless with --allow-partial.
    """
    from scantling.rules.commands import add_command

    return add_command(arguments)


def run_list(arguments: argparse.Namespace) -> int:
    """Say which packs there are, what they hold, and what of them is left out."""
    from scantling.rules.commands import list_command

    return list_command(arguments)


def run_test(arguments: argparse.Namespace) -> int:
    """Look for malware in files of this machine by all packs; status 1 where some is found.

    Status 3 where there is no file, and unless with --allow-partial where one can't be looked at,
    or where rules can't be used.
    """
    from scantling.rules.testing import test_command

    return test_command(arguments)


def run_remove(arguments: argparse.Namespace) -> int:
    """Remove a pack."""
    from scantling.rules.commands import remove_command

    return remove_command(arguments)
