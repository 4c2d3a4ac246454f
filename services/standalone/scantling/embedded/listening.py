"""The socket that the API listens on: opened once, kept while the process behind it changes."""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import TYPE_CHECKING, Final

from scantling.embedded.errors import PortInUse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import web

    from scantling.embedded.orders import Order
    from scantling_common.settings import Listen

BACKLOG: Final = 512
_REASONS: Final = {
    errno.EADDRINUSE: "something listens there already",
    errno.EACCES: "this user may not listen there",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}


async def serve_order(app: web.Application, order: Order) -> None:
    """Serve on the socket that the supervisor holds open, until cancelled."""
    from scantling_common.http.app import serve  # noqa: PLC0415 - the supervisor needs no server

    with socket.socket(fileno=order.socket) as sock:
        host, port = sock.getsockname()[:2]
        await serve(app, host, port, sock=sock)


@contextlib.contextmanager
def listening(address: Listen) -> Iterator[socket.socket]:
    """Listen on an address; requests wait while nobody accepts them.

    Raises :class:`PortInUse`.
    """
    where = f"[{address.host}]" if ":" in address.host else address.host
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortInUse(f"{where}:{address.port} is no address: {error.strerror}") from error
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(target)
            sock.listen(BACKLOG)
        except OSError as error:
            reason = _REASONS.get(error.errno or 0, error.strerror)
            raise PortInUse(
                f"can't listen on {where}:{address.port}: {reason}",
                hint="choose another address with --listen HOST:PORT",
            ) from error
        yield sock
