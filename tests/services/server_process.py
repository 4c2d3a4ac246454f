"""A server as a child process that says in its output when it is ready."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import IO

START_SECONDS = 90.0
STOP_SECONDS = 20.0
LOG_TAIL_BYTES = 4000


class ServerDied(RuntimeError):
    """A server ended, or did not say that it is ready, in the time allowed."""


def free_port() -> int:
    """Return a loopback TCP port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """Runs ``command``; it is ready once a line of its output matches ``ready``.

    Its output, standard error included, is appended to ``log``. It may be started again after
    :meth:`stop` or :meth:`kill`.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        ready: re.Pattern[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.command = list(command)
        self.log = log
        self._ready_pattern = ready
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._match: re.Match[str] | None = None
        self._heard = threading.Event()

    @property
    def running(self) -> bool:
        """Tell whether the process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Return the process id of the running server."""
        if self._process is None:
            raise ServerDied(f"{self.command[0]} is not running")
        return self._process.pid

    def start(self, seconds: float = START_SECONDS) -> re.Match[str]:
        """Start the server and wait until it is ready; return the match of the ready line."""
        self.begin()
        return self.wait_until_ready(seconds)

    def begin(self) -> None:
        """Start the server, and wait for nothing."""
        if self.running:
            raise ServerDied(f"{self.command[0]} runs already")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._heard.clear()
        self._match = None
        process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            text=True,
            errors="replace",
        )
        self._process = process
        assert process.stdout is not None
        self._reader = threading.Thread(
            target=self._read, args=(process.stdout,), name=f"output of {self.command[0]}"
        )
        self._reader.start()

    def wait_until_ready(self, seconds: float = START_SECONDS) -> re.Match[str]:
        """Wait until a server that was begun is ready; return the match of the ready line."""
        if match := self._wait(seconds):
            return match
        self.kill()
        raise ServerDied(f"{' '.join(self.command)} is not ready:\n{self.tail()}")

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask the server to end (SIGTERM); after ``seconds`` kill it."""
        self._end(signal.SIGTERM, seconds)

    def kill(self) -> None:
        """Kill the server at once (SIGKILL), as a crash would."""
        self._end(signal.SIGKILL, STOP_SECONDS)

    def tail(self) -> str:
        """Return the end of the log."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - LOG_TAIL_BYTES))
            return log.read().decode(errors="replace")

    def _wait(self, seconds: float) -> re.Match[str] | None:
        self._heard.wait(seconds)
        return self._match

    def _read(self, output: IO[str]) -> None:
        with output, self.log.open("a", encoding="utf-8") as log:
            for line in output:
                log.write(line)
                log.flush()
                if self._match is None and (match := self._ready_pattern.search(line)):
                    self._match = match
                    self._heard.set()
        self._heard.set()

    def _end(self, number: signal.Signals, seconds: float) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        if self._reader is not None:
            self._reader.join(STOP_SECONDS)
        self._process = None
        self._reader = None
