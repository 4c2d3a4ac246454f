"""The entry point: choose the command, and turn what goes wrong into a message and a status."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING, Final

from scantling.cli.errors import UsageError
from scantling.cli.parser import make_parser
from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE: Final = 2
UNREADABLE: Final = 3
INTERRUPTED: Final = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status; see ``docs/reference/cli.md``."""
    given = sys.argv[1:] if argv is None else argv
    arguments = make_parser(*given[:1]).parse_args(given)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except UsageError as error:
        return _complain(error, USAGE)
    except ScantlingError as error:
        return _complain(error, UNREADABLE)
    except KeyboardInterrupt:
        print("scantling: interrupted", file=sys.stderr)
        if argv is None:
            _hush()
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain about it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _hush() -> None:
    """Let nothing be said of what was interrupted while it was made: the process ends.

    Where a signal comes while asyncio makes its event loop, Python complains of the half of it.
    """
    warnings.simplefilter("ignore")
    sys.unraisablehook = _say_nothing


def _say_nothing(unraisable: sys.UnraisableHookArgs) -> None:
    del unraisable


def _complain(error: ScantlingError, status: int) -> int:
    print(f"scantling: {error.message} [{error.code}]", file=sys.stderr)
    if error.hint:
        print(f"scantling: {error.hint}", file=sys.stderr)
    return status
