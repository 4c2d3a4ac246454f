"""Every service and role as a process of its own, by the commands of a cluster; and `up`."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from scantling_analyzers.risks.catalogue import ANALYZERS
from scantling_common.crypto import make_key_file
from scantling_common.http.auth import new_token
from tests.end_to_end.api import Api
from tests.end_to_end.pipeline import PUSHED
from tests.services.server_process import ServerDied, ServerProcess, free_port

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Final = {
    "sync": ("sync",),
    "dispatcher": ("dispatcher",),
    "reporter": ("reporter",),
    "extractor": ("extractor",),
    **{f"analyzer-{each.risk}": ("analyzer", "--risk", each.risk) for each in ANALYZERS},
}
"""What is started, by name; a name is the instance's, too."""

RUNNING: Final = re.compile(r'"message": "running"')
SPANS_AT_ONCE: Final = {"OTEL_BSP_SCHEDULE_DELAY": "200"}
ALIKE: Final = {"SCANTLING_PUSH_RISKS": PUSHED}
"""Settings of every process unless a test says otherwise."""

START_ATTEMPTS: Final = 30
PROGRAM: Final = Path(sys.executable).parent / "scantling"


class Cluster:
    """All processes of a cluster, on a broker and a document store that run already."""

    def __init__(
        self, folder: Path, *, kafka: str, mongodb: str, otlp: str = "", **settings: str
    ) -> None:
        self.folder = folder
        token = new_token()
        folder.mkdir(parents=True, exist_ok=True)
        make_key_file(folder / "credential.key")
        make_key_file(folder / "fact.key")
        (folder / "token").write_text(f"{token}\n")
        self._shared = {
            "SCANTLING_KAFKA": kafka,
            "SCANTLING_MONGODB": mongodb,
            "SCANTLING_CREDENTIAL_KEY_FILE": str(folder / "credential.key"),
            "SCANTLING_FACT_KEY_FILE": str(folder / "fact.key"),
            "SCANTLING_ADMIN_TOKEN_FILE": str(folder / "token"),
            **ALIKE,
            **({"SCANTLING_OTLP_ENDPOINT": otlp, **SPANS_AT_ONCE} if otlp else {}),
            **settings,
        }
        self._ports = {name: free_port() for name in COMMANDS}
        self.processes = {name: self._process(name) for name in COMMANDS}
        self.api = Api(lambda service: f"http://127.0.0.1:{self._ports[service]}", token)

    async def __aenter__(self) -> Self:
        """Start every process: all at once, then wait for each."""
        for process in self.processes.values():
            process.begin()
        for process in self.processes.values():
            process.wait_until_ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End every process."""
        await self.api.session.close()
        for process in self.processes.values():
            process.kill()

    def logs(self) -> bytes:
        """Return what all processes have logged."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("*.log")))

    def _process(self, name: str) -> ServerProcess:
        own = {
            "SCANTLING_LISTEN": f"127.0.0.1:{self._ports[name]}",
            "SCANTLING_DATA": str(self.folder / name),
            "SCANTLING_INSTANCE": name,
        }
        return ServerProcess(
            [str(PROGRAM), *COMMANDS[name]],
            ready=RUNNING,
            log=self.folder / f"{name}.log",
            environment={**self._shared, **own},
        )


class Up:
    """`scantling up`: one supervisor, the processes that it keeps alive."""

    def __init__(self, folder: Path, *, otlp: str = "", **settings: str) -> None:
        self.data = folder / "data"
        self.log = folder / "up.log"
        self._base = f"http://127.0.0.1:{free_port()}"
        environment: Mapping[str, str] = {
            **ALIKE,
            **({"SCANTLING_OTLP_ENDPOINT": otlp, **SPANS_AT_ONCE} if otlp else {}),
            **settings,
        }
        listen = self._base.removeprefix("http://")
        self._process = ServerProcess(
            [str(PROGRAM), "up", "-v", "--data", str(self.data), "--listen", listen],
            ready=re.compile(r"scantling: API"),
            log=self.log,
            environment=environment,
        )
        self._api: Api | None = None

    @property
    def api(self) -> Api:
        """Return the client; it uses the token that `up` made."""
        if self._api is None:
            token = (self.data / "admin-token").read_text().strip()
            self._api = Api(lambda _: self._base, token)
        return self._api

    async def __aenter__(self) -> Self:
        """Start it, and wait until the API answers."""
        self._process.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it in peace."""
        if self._api is not None:
            await self._api.session.close()
        self._process.stop()

    def pids(self) -> dict[str, int]:
        """Return the processes that the supervisor has started, each its newest."""
        found: dict[str, int] = {}
        for line in self.log.read_text().splitlines():
            if '"process started"' in line:
                entry = json.loads(line)
                found[entry["program"]] = entry["pid"]
        return found

    def kill(self, name: str) -> int:
        """Kill a process with SIGKILL; return its id."""
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def kill_supervisor(self) -> None:
        """Kill the supervisor with SIGKILL; what it had started ends by itself."""
        self._process.kill()

    def restart(self) -> None:
        """Start it again on the same directory, as soon as what was left has ended."""
        for _ in range(START_ATTEMPTS):
            try:
                self._process.start()
            except ServerDied as error:
                if "data_in_use" not in str(error):
                    raise
            else:
                return
        raise ServerDied(f"{self.data} is still in use")
