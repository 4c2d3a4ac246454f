"""`scantling up`, and one service or role of a cluster."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scantling.cli import arguments as types
from scantling.cli.errors import UsageError
from scantling_common.risks import RISKS

if TYPE_CHECKING:
    from scantling_common.settings import Listen

ROLES: Final = {
    "sync": "watch registries: webhooks and metadata",
    "dispatcher": "decide what is scanned, and when",
    "extractor": "read layers into facts",
    "analyzer": "judge images by their facts",
    "reporter": "merge outcomes, and answer for reports",
}
LISTEN: Final = "127.0.0.1:8686"
DATA: Final = "scantling-data"
_CLUSTER: Final = """\
one service of a cluster; its settings are environment variables (docs/reference/settings.md):
SCANTLING_KAFKA and SCANTLING_MONGODB name the cluster's, without them all is in SCANTLING_DATA"""


def add_parsers(commands: argparse._SubParsersAction[Any]) -> None:
    """Add `up` and the roles."""
    up = commands.add_parser(
        "up", help="run everything on this machine", description=run_up.__doc__
    )
    up.add_argument(
        "--data",
        type=types.path,
        metavar="DIR",
        help="where everything is kept (SCANTLING_DATA, else scantling-data)",
    )
    up.add_argument(
        "--listen",
        metavar="HOST:PORT",
        help="where the API is (SCANTLING_LISTEN, else 127.0.0.1:8686); port 0 takes any",
    )
    up.add_argument(
        "--sample",
        action="store_true",
        help="with a small registry on this machine, and images that are pushed into it",
    )
    up.add_argument(
        "--once", action="store_true", help="with --sample: end when the reports have come"
    )
    up.add_argument(
        "--image", metavar="FILE", help="with --sample: push this archive instead of our images"
    )
    verbosity = up.add_mutually_exclusive_group()
    verbosity.add_argument("-q", "--quiet", action="store_true", help="log errors only")
    verbosity.add_argument("-v", "--verbose", action="store_true", help="log what is done")
    up.set_defaults(run=run_up)
    for role, what in ROLES.items():
        parser = commands.add_parser(
            role,
            help=what,
            description=_CLUSTER,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if role == "analyzer":
            parser.add_argument("--risk", required=True, choices=RISKS, help="its risk type")
        parser.set_defaults(run=run_role, role=role)


def run_up(arguments: argparse.Namespace) -> int:
    """Run everything on this machine until Ctrl-C; what is kept survives."""
    if (arguments.once or arguments.image) and not arguments.sample:
        raise UsageError("--once and --image need --sample")
    from scantling.cli.limits import file_limits
    from scantling.embedded.orders import SampleOrder
    from scantling.embedded.up import UpOptions
    from scantling.embedded.up import run_up as run
    from scantling_common.images.reference import parse_location

    sample = None
    if arguments.sample:
        image = arguments.image or ""
        if image:
            parse_location(image)  # it is only pushed when all runs: what is not there, is said now
        sample = SampleOrder(once=arguments.once, image=image)
    # The process that reads images reads the file again; what is wrong with it is said at once.
    named = os.environ.get("SCANTLING_LIMITS")
    file_limits(Path(named) if named else None)
    options = UpOptions(
        data=arguments.data or Path(os.environ.get("SCANTLING_DATA") or DATA),
        listen=_listen(arguments.listen or os.environ.get("SCANTLING_LISTEN") or LISTEN),
        log_level=_level(arguments),
        sample=sample,
    )
    return run(options)


def run_role(arguments: argparse.Namespace) -> int:
    """Run one service of a cluster until it is asked to stop."""
    from scantling.hosting.roles import run_role

    return run_role(arguments.role, getattr(arguments, "risk", None))


def _listen(text: str) -> Listen:
    from scantling_common.settings import parse_listen

    try:
        return parse_listen(text)
    except ValueError as error:
        raise UsageError(f"{error}", hint=f"it looks like {LISTEN}") from error


def _level(arguments: argparse.Namespace) -> str:
    if arguments.quiet:
        return "ERROR"
    if arguments.verbose:
        return "INFO"
    return os.environ.get("SCANTLING_LOG_LEVEL") or "WARNING"
