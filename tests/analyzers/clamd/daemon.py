"""A daemon that speaks the protocol of clamd as far as it is needed, and real ones."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Answer = bytes | None
"""What is answered; None closes the connection without a word."""


class Daemon:
    """Answers ``VERSION`` with a text, and content with what a function says of it."""

    def __init__(self, path: Path, judge: Callable[[bytes], Answer], version: Answer) -> None:
        """Listen on a socket of this machine."""
        self.asked = 0
        self._judge, self._version = judge, version
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            with connection, contextlib.suppress(OSError):
                command = _until_nul(connection)
                if command == b"":
                    return
                self.asked += 1
                answer = self._version
                if command == b"zINSTREAM":
                    answer = self._judge(_content(connection))
                if answer is not None:
                    connection.sendall(answer)

    def close(self) -> None:
        """End."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as last:
            last.connect(self._listening.getsockname())
            last.sendall(b"\0")
        self._thread.join()
        self._listening.close()


def _until_nul(connection: socket.socket) -> bytes:
    said = b""
    while not said.endswith(b"\0"):
        said += connection.recv(1)
    return said[:-1]


def _content(connection: socket.socket) -> bytes:
    content = b""
    while size := int.from_bytes(_exactly(connection, 4), "big"):
        content += _exactly(connection, size)
    return content


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += connection.recv(size - len(found))
    return found


@contextlib.contextmanager
def running(
    path: Path, judge: Callable[[bytes], Answer], version: Answer = b"ClamAV 1/2/3\0"
) -> Iterator[Daemon]:
    """Run a daemon."""
    daemon = Daemon(path, judge, version)
    try:
        yield daemon
    finally:
        daemon.close()
