r"""The list ``weak-passwords``: one password a line, added to the passwords that everybody tries.

A line that begins with ``#`` is a comment; a password that does so is written ``\#…``, and one
that begins with a backslash and either of them ``\\…``. Space around a line is none of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIST: Final = "weak-passwords"
"""The name of the list."""
MAX_ENTRIES: Final = 10_000
"""How many passwords a list may have, comments left out."""
MAX_LENGTH: Final = 128
"""The longest password in characters; hashes of most schemes look at 72 bytes, or at 8."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_ESCAPED: Final = ("\\#", "\\\\")


class PasswordInvalid(ScantlingError):
    """A line of the list weak-passwords is no password. The message does not show it."""

    code = "list_entry_invalid"


class Read(NamedTuple):
    """A line with its number, from 1, and the password that it says, or what is wrong with it."""

    number: int
    said: str | PasswordInvalid


def read_passwords(lines: Iterable[str]) -> Iterator[Read]:
    """Read all lines that are neither empty nor comments."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield Read(number, _password(text))


def _password(text: str) -> str | PasswordInvalid:
    if text.startswith(_ESCAPED):
        text = text[1:]
    if len(text) > MAX_LENGTH:
        message = f"the password has {len(text)} characters, {MAX_LENGTH} at most"
        return PasswordInvalid(message, hint="is this a list of passwords, one a line?")
    found = _CONTROL.search(text)
    if found:
        message = f"a control character, the {found.start() + 1}. of the password"
        return PasswordInvalid(message, hint="write passwords as text in UTF-8, one a line")
    return text


def first_error(lines: Iterable[str], what: str) -> PasswordInvalid | None:
    """Return the first error of lines, whose message begins with where it is; None without one.

    ``what`` is what the number counts, as in ``line`` of a file. More than ``MAX_ENTRIES`` are an
    error as well.
    """
    count = 0
    wrong: list[tuple[int, PasswordInvalid]] = []
    for number, said in read_passwords(lines):
        count += 1
        if isinstance(said, PasswordInvalid):
            wrong.append((number, said))
    if wrong:
        number, error = wrong[0]
        more = f"; {len(wrong) - 1} more are wrong" if len(wrong) > 1 else ""
        return PasswordInvalid(f"{what} {number}: {error.message}{more}", hint=error.hint)
    if count > MAX_ENTRIES:
        message = f"{count} passwords; at most {MAX_ENTRIES} are kept"
        return PasswordInvalid(message, hint="keep the most likely ones")
    return None
