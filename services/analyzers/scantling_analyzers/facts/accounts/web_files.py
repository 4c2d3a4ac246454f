"""Password files of web servers, as ``htpasswd`` writes them; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.accounts.entry import clear, hashed
from scantling_analyzers.passwords.schemes import looks_like_hash, recognise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.facts.accounts.entry import Entry

MAX_START: Final = 16 * 1024
"""In how much of a file its first line must be."""
_WEB_TAIL: Final = re.compile(rb"[: \t]")


def is_web_file(content: bytes) -> bool:
    """Tell whether a file is one of ``htpasswd``, by its first line: others have such names, too.

    The program itself, and what completes its arguments in a shell.
    """
    for line in content[:MAX_START].splitlines():
        if line.strip() and not line.startswith(b"#"):
            name, colon, field = line.strip().partition(b":")
            known = field.startswith(b"{") or looks_like_hash(_WEB_TAIL.split(field, maxsplit=1)[0])
            return bool(name and colon and known)
    return False


def web(line: bytes) -> Iterator[Entry]:
    """Yield the account of a line of ``htpasswd``: what is no hash is in the clear."""
    name, colon, rest = line.partition(b":")
    if not colon:
        raise Unreadable("a line has no password field", code="malformed")
    field = _WEB_TAIL.split(rest, maxsplit=1)[0]
    plain = field.removeprefix(b"{PLAIN}")
    if plain != field or not field:
        yield clear(name, plain)
    elif recognise(field) is not None:
        yield hashed(field)._replace(name=name)
    else:
        entry = hashed(field)
        yield (entry if entry.state == "hash" else clear(b"", field))._replace(name=name)
