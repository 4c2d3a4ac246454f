"""Lines of files of accounts without what must not be kept: the hash of a password; pure.

What stands in the field of the password is told by one word: nothing where it is empty, ``x``
(passwd(5): it stands in the shadow file), ``!`` (no password fits), the scheme of a hash (crypt(5))
such as ``sha512``, with ``!`` before it where the account is locked, or ``other``. The comment of
an account is left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.models import SEVERED
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

_SCHEMES: Final = (
    ("yescrypt", b"$y$"),
    ("gost-yescrypt", b"$gy$"),
    ("sm3-yescrypt", b"$sm3y$"),
    ("scrypt", b"$7$"),
    ("bcrypt", b"$2"),
    ("sha512", b"$6$"),
    ("sha256", b"$5$"),
    ("sm3", b"$sm3$"),
    ("sha1", b"$sha1"),
    ("sunmd5", b"$md5"),
    ("md5", b"$1$"),
    ("nt", b"$3$"),
)
_DES: Final = re.compile(rb"[./0-9A-Za-z]{13}")
_BSDI: Final = re.compile(rb"_[./0-9A-Za-z]{19}")
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
    bare = field.lstrip(b"!*")
    lock = "!" if len(bare) < len(field) else ""
    if not bare or bare in {b"x", b"LK", b"NP"}:
        return lock or bare.decode()
    return lock + scheme_of(bare)


def scheme_of(field: bytes) -> str:
    """Return the scheme of a hash, ``other`` where it is none that is known."""
    for scheme, prefix in _SCHEMES:
        if field.startswith(prefix):
            return scheme
    if _BSDI.fullmatch(field):
        return "bsdi"
    return "des" if _DES.fullmatch(field) else "other"
