"""Lines of files of accounts without what must not be kept: the hash of a password; pure.

What stands in the field of the password is told by one word: nothing where it is empty, ``x``
(passwd(5): it stands in the shadow file), ``!`` (no password fits), the scheme of a hash (crypt(5))
such as ``sha512``, with ``!`` before it where the account is locked, or ``other``. The comment of
an account is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.accounts.entry import UNKNOWN, hashed
from scantling_analyzers.facts.models import SEVERED
from scantling_analyzers.passwords.schemes import OTHER
from scantling_common.layers.escape import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSWORD_IN: Final[Mapping[str, int]] = {
    "etc/passwd": 7,
    "etc/shadow": 9,
    "etc/group": 4,
    "etc/gshadow": 4,
}
"""The files, and how many fields a line has; the second one is the password."""

_SHADOWED: Final = b"x"
_GECOS: Final = 4
_PASSWD: Final = 7


def account_line(raw: bytes, path: str) -> str:
    """Return a line of one of the files in :data:`PASSWORD_IN` as text without a secret."""
    fields = raw.split(b":")
    name = escape(fields[0].strip())
    if len(fields) < 2 or (len(fields) < PASSWORD_IN[path] and not name.startswith(("+", "-"))):  # noqa: PLR2004 - a name and a password
        return f"{name}:{SEVERED}" if len(fields) > 1 else f"?:{SEVERED}"
    if PASSWORD_IN[path] == _PASSWD and len(fields) > _GECOS:
        fields[_GECOS] = b""
    return ":".join((name, password_word(fields[1]), *map(escape, fields[2:])))


def password_word(field: bytes) -> str:
    """Return what kind of password a field holds, and not the password."""
    if field == _SHADOWED:
        return field.decode()
    entry = hashed(field)
    scheme = OTHER if entry.scheme == UNKNOWN else entry.scheme
    return ("!" if entry.locked else "") + scheme
