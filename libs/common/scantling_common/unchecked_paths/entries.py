"""The list ``unchecked-paths``: where a project does not want to hear of secrets.

An entry is an absolute path of Linux, one a line. One that ends with ``/`` stands for everything
beneath it, any other one for a single file. The list has at most twenty.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_common.errors import ScantlingError
from scantling_common.layers.escape import escape, escape_text, unescape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIST: Final = "unchecked-paths"
"""The name of the list."""
MAX_ENTRIES: Final = 20
MAX_LENGTH: Final = 1024
"""The longest entry in characters."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SHOWN: Final = 60


class PathInvalid(ScantlingError):
    """An entry of the list unchecked-paths can't be understood, or is one too many."""

    code = "list_entry_invalid"


class UncheckedPath(NamedTuple):
    """An entry: a folder with a slash at its end, or a file; escaped, without a leading slash."""

    path: str

    def covers(self, path: str) -> bool:
        """Tell if the entry is about a file of an image, by its escaped path."""
        return path.startswith(self.path) if self.path.endswith("/") else path == self.path


def parse_entry(text: str) -> UncheckedPath:
    """Return what an entry says. Raises :class:`PathInvalid`, which says what to write."""
    if len(text) > MAX_LENGTH:
        message = f"the path has {len(text)} characters, {MAX_LENGTH} at most"
        raise PathInvalid(message, hint="name a folder above it, with / at its end")
    if _CONTROL.search(text):
        raise PathInvalid("a control character in a path", hint="name the folder that it is in")
    if not text.startswith("/"):
        raise PathInvalid(f"{_shown(text)} is no absolute path", hint="begin it with /")
    segments = text[1:].split("/")
    if segments == [""]:
        hint = "leave secret out of the risk types that are looked for"
        raise PathInvalid("/ would leave everything unchecked", hint=hint)
    if "" in segments[:-1] or {".", ".."}.intersection(segments):
        message = f"{_shown(text)} has an empty segment, . or .. in it"
        raise PathInvalid(message, hint="write the path as a container sees it: /srv/app/config/")
    if "*" in text or "?" in text:
        message = f"{_shown(text)} is a pattern, and entries are paths"
        raise PathInvalid(message, hint="end a folder with / for everything beneath it")
    # Reports show escaped paths, and who copies one means that file.
    return UncheckedPath(escape(unescape(text[1:])))


def invalid_entries(lines: Iterable[str]) -> Iterator[tuple[int, PathInvalid]]:
    """Yield the number, from 1, of each line that is wrong, and why; comments are none.

    The twenty-first entry is wrong, whatever it says, and those after it are not looked at. One
    that was there before does not count.
    """
    seen = set[str]()
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#") or text in seen:
            continue
        if len(seen) == MAX_ENTRIES:
            message = f"there are more than {MAX_ENTRIES} entries"
            hint = "name folders, with / at their end, in place of what is beneath them"
            yield number, PathInvalid(message, hint=hint)
            return
        seen.add(text)
        try:
            parse_entry(text)
        except PathInvalid as error:
            yield number, error


def first_error(lines: Iterable[str], what: str) -> PathInvalid | None:
    """Return the first error, whose message begins with where it is; None without one.

    ``what`` is what the number counts, as in ``line`` of a file.
    """
    for number, error in invalid_entries(lines):
        return PathInvalid(f"{what} {number}: {error.message}", hint=error.hint)
    return None


def _shown(text: str) -> str:
    return escape_text(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
