"""Lines of ``NAME=value`` as a shell would read them (os-release(5), lsb-release)."""

from __future__ import annotations

import re
from typing import Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.reading import value

MAX_FIELDS: Final = 128

_ASSIGNMENT: Final = re.compile(rb"^[ \t]*([A-Za-z_][A-Za-z0-9_]*)=([^\n]*)$", re.MULTILINE)
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)


def assignments(content: bytes) -> dict[str, str]:
    """Return what each name is set to, the last time that it is; other lines are passed over.

    Raises :class:`Unreadable` (``too_many``, ``too_large``).
    """
    found = _ASSIGNMENT.findall(content)
    if len(found) > MAX_FIELDS:
        raise Unreadable(f"more than {MAX_FIELDS} assignments", code="too_many")
    return {key.decode("ascii"): value(_unquote(raw.strip()), "a value") for key, raw in found}


def _unquote(raw: bytes) -> bytes:
    """Return a shell word without its quotes; single quotes keep backslashes."""
    if len(raw) > 1 and raw[:1] == raw[-1:] == b"'":
        return raw[1:-1]
    if len(raw) > 1 and raw[:1] == raw[-1:] == b'"':
        raw = raw[1:-1]
    return _ESCAPED.sub(rb"\1", raw)
