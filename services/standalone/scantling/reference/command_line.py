"""``cli.md``: every command and option. The same on every version of Python."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from scantling.cli.parser import EPILOG, make_parser

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTRODUCTION: Final = """\
# Command line

Generated from the code by `make docs`. Messages go to standard error, what was asked for to
standard output.
"""


def command_line() -> str:
    """Return the document."""
    parser = make_parser()
    lines = [_INTRODUCTION, _paragraph(EPILOG)]
    for path, command in _commands((parser.prog,), parser):
        lines += ["", f"## `{' '.join(path)}`", "", _description(command)]
        rows = [_row(action) for action in command._actions if _is_shown(action)]  # noqa: SLF001
        if rows:
            lines += ["", "| argument | what |", "|---|---|", *rows]
    return "\n".join(lines) + "\n"


def _commands(
    path: tuple[str, ...], parser: argparse.ArgumentParser
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    """Give each command that can be run, with its path."""
    below = [
        action
        for action in parser._actions  # noqa: SLF001  # argparse shows its arguments nowhere else
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
    ]
    if not below:
        yield path, parser
    for action in below:
        for name, command in action.choices.items():
            yield from _commands((*path, name), command)


def _is_shown(action: argparse.Action) -> bool:
    return not isinstance(action, argparse._HelpAction)  # noqa: SLF001


def _row(action: argparse.Action) -> str:
    return f"| {_names(action)} | {_what(action)} |"


def _names(action: argparse.Action) -> str:
    value = _value(action)
    if not action.option_strings:
        return f"`{value}`" + (" (optional)" if action.nargs == "?" else "")
    takes = "" if action.nargs == 0 else f" {value}"
    return ", ".join(f"`{name}{takes}`" for name in action.option_strings)


def _value(action: argparse.Action) -> str:
    if action.metavar is not None:
        return str(action.metavar)
    if action.choices is not None:
        # A bar would end the cell of the table.
        return "\\|".join(map(str, action.choices))
    return action.dest.upper()


def _what(action: argparse.Action) -> str:
    what = (action.help or "").replace("%%", "%").replace("|", "\\|")
    return f"{what} (required)".strip() if action.option_strings and action.required else what


def _description(parser: argparse.ArgumentParser) -> str:
    text = _paragraph(parser.description or "")
    return text if text.endswith(".") else f"{text}."


def _paragraph(text: str) -> str:
    joined = " ".join(text.split())
    return joined[:1].upper() + joined[1:]
