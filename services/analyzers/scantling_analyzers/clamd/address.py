"""Where a daemon of ClamAV listens: a socket on this machine, or a host and a port."""

from __future__ import annotations

from typing import Final, NamedTuple

from scantling_analyzers.rule_packs.errors import RulesUnusable

_UNIX: Final = "unix:"
_TCP: Final = "tcp:"
_HIGHEST: Final = 65535
_HINT: Final = "it looks like unix:/run/clamav/clamd.ctl or tcp:HOST:3310"


class Address(NamedTuple):
    """A socket by its ``path``, or ``host`` and ``port`` where that is empty."""

    path: str
    host: str = ""
    port: int = 0


def parse_address(text: str) -> Address:
    """Return the address that a text says. Raises :class:`RulesUnusable`."""
    if text.startswith(("/", _UNIX)):
        path = text.removeprefix(_UNIX)
        if path.startswith("/") and "\0" not in path:
            return Address(path)
    else:
        host, colon, port = text.removeprefix(_TCP).rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if host and colon and port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _HIGHEST:
            return Address("", host, int(port))
    raise RulesUnusable(f"{text!r} is no address of clamd", hint=_HINT)
