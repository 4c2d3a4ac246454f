"""What can't be undone is confirmed."""

from __future__ import annotations

import argparse
import io
import sys
from typing import TYPE_CHECKING

import pytest

from scantling.cli.clients.confirmation import add_yes, confirm
from scantling.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Terminal(io.StringIO):
    """What a person types, or is shown."""

    def isatty(self) -> bool:
        return True


def parsed(arguments: Sequence[str] = ()) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_yes(parser)
    return parser.parse_args(arguments)


def at_terminal(monkeypatch: pytest.MonkeyPatch, typed: str) -> Terminal:
    """Have a person type something; return what they are shown."""
    shown = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys, "stderr", shown)
    return shown


def test_a_person_types_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = at_terminal(monkeypatch, "work\n")

    confirm(parsed(), "registry work", "work")

    assert "registry work and all that is known of it will be removed" in shown.getvalue()


@pytest.mark.parametrize("typed", ["", "\n", "y\n", "yes\n", "Work\n", "works\n"])
def test_anything_else_is_no_confirmation(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    at_terminal(monkeypatch, typed)

    with pytest.raises(UsageError, match="its name was not typed"):
        confirm(parsed(), "registry work", "work")


def test_a_name_can_not_play_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = at_terminal(monkeypatch, "\x1b[2J\n")

    confirm(parsed(), "registry \x1b[2J", "\x1b[2J")

    assert "\x1b" not in shown.getvalue()


def test_where_nobody_can_be_asked_it_takes_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("work\n"))

    with pytest.raises(UsageError, match="--yes"):
        confirm(parsed(), "registry work", "work")

    confirm(parsed(["--yes"]), "registry work", "work")
