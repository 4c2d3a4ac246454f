"""The `scantling` command as a child process, and the processes that it has."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scantling.client.api import Api

if TYPE_CHECKING:
    from types import TracebackType

COMMAND = str(Path(sys.executable).with_name("scantling"))
PATIENCE = 90.0
_API = re.compile(r"API +(http://\S+)/api/v1/")


def scantling(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [COMMAND, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=clean_environment(**environment),
    )


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without settings of ours, and with some."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCANTLING_")}
    return {**kept, **more}


class Running:
    """A command that goes on; what it says is read while it does."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(**environment),
        )
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read, args=(stream,), daemon=True)
            for stream in (self.process.stdout, self.process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    @property
    def output(self) -> str:
        """Return all that was said so far."""
        with self._changed:
            return "".join(self._lines)

    def wait_for(self, pattern: str | re.Pattern[str]) -> re.Match[str]:
        """Return the first match in what is said."""
        found: list[re.Match[str]] = []

        def said() -> bool:
            match = re.search(pattern, "".join(self._lines))
            found.extend([match] if match else [])
            return bool(found) or self.process.poll() is not None

        with self._changed:
            self._changed.wait_for(said, PATIENCE)
        assert found, f"{pattern!r} was not said:\n{self.output}"
        return found[0]

    def api(self, token_file: Path) -> Api:
        """Return the API of `up` once it answers."""
        url = self.wait_for(_API)[1]
        return Api(url, token_file.read_text().strip())

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; return its status."""
        self.process.send_signal(sent)
        return self.end()

    def end(self) -> int:
        """Wait for its end; return its status."""
        status = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for reader in self._readers:
            reader.join(PATIENCE)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _read(self, stream: object) -> None:
        for line in stream:  # type: ignore[attr-defined]
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()


def processes_of(data: Path) -> dict[int, str]:
    """Return the pid and part of every process of `up` with that data directory."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (folder / "cmdline").read_text().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        order = next((each for each in arguments if each.startswith('{"name"')), "")
        if f'"data":"{data}"' in order:
            found[int(folder.name)] = order.split('"')[3]
    return found


def leaders_of(data: Path) -> dict[str, int]:
    """Return the pid of each part's own process; workers are of its process group."""
    return {name: pid for pid, name in processes_of(data).items() if os.getpgid(pid) == pid}


def gone(pid: int) -> bool:
    """Wait until a process has ended."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        threading.Event().wait(0.02)
    return False
