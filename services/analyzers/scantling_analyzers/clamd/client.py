"""The protocol of clamd(8): one command a connection, answers that end in a NUL."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Final

from scantling_analyzers.rule_packs.errors import EngineUnavailable
from scantling_common.layers.escape import escape
from scantling_common.layers.limits import KIB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.clamd.address import Address

SECONDS: Final = 120.0
"""How long is waited for an answer."""
_CHUNK: Final = 256 * KIB
_LONGEST: Final = 64 * KIB
_END: Final = b"\0\0\0\0"


class Client:
    """Asks one daemon."""

    def __init__(self, address: Address, seconds: float = SECONDS) -> None:
        """Prepare; nothing is opened."""
        self._address, self._seconds = address, seconds

    def version(self) -> str:
        """Return the version of the program and of its signatures.

        Raises :class:`EngineUnavailable`.
        """
        with self._connected() as connection:
            connection.sendall(b"zVERSION\0")
            return escape(_answer(connection))

    def scan(self, data: memoryview) -> bytes:
        """Return the answer to content: ``stream: OK``, ``… FOUND``, or ``… ERROR``.

        Raises :class:`EngineUnavailable`.
        """
        with self._connected() as connection:
            # What is over the daemon's limit is answered before it has all come.
            with contextlib.suppress(ConnectionError):
                connection.sendall(b"zINSTREAM\0")
                for at in range(0, data.nbytes, _CHUNK):
                    chunk = data[at : at + _CHUNK]
                    connection.sendall(chunk.nbytes.to_bytes(4, "big"))
                    connection.sendall(chunk)
                connection.sendall(_END)
            return _answer(connection)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        try:
            with self._connect() as connection:
                yield connection
        except (OSError, UnicodeError) as error:
            said = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise EngineUnavailable(f"clamd does not answer: {said}") from error

    def _connect(self) -> socket.socket:
        if not self._address.path:
            address = (self._address.host, self._address.port)
            return socket.create_connection(address, timeout=self._seconds)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(self._seconds)
            connection.connect(self._address.path)
        except OSError:
            connection.close()
            raise
        return connection


def _answer(connection: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"\0"):
        piece = connection.recv(_LONGEST)
        if not piece:
            break
        answer += piece
        if len(answer) > _LONGEST:
            raise EngineUnavailable("clamd answers at a length that no answer has")
    if not answer:
        raise EngineUnavailable("clamd closed the connection without an answer")
    return answer.rstrip(b"\0\n")
