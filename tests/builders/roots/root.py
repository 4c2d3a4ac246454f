"""What stands in a root file system that check items look at."""

from __future__ import annotations

from typing import Any, NamedTuple


class Root(NamedTuple):
    """A distribution with files by path, entries (``0644 0:0``, ``l target``), and packages.

    ``files`` say what the default files of the distribution say; their comments are left out.
    """

    distribution: tuple[str, str]
    files: dict[str, str]
    places: dict[str, str]
    packages: dict[str, str]

    @property
    def given(self) -> dict[str, Any]:
        """Return it as an image of the tests takes it."""
        return self._asdict()


def lines(*said: str) -> str:
    """Return the text of a file."""
    return "".join(f"{each}\n" for each in said)


def login_defs(**said: str) -> str:
    """Return a login.defs with what all distributions have, and what one says otherwise."""
    common = {"PASS_MAX_DAYS": "99999", "PASS_MIN_DAYS": "0", "PASS_WARN_AGE": "7"}
    return lines(*(f"{key}\t{value}" for key, value in (common | said).items()))
