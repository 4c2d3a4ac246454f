"""A real CNCF distribution registry and crane, for tests of webhooks, sync and pulls."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.services.absence import absent
from tests.services.programs import Missing, program
from tests.services.server_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

CRANE_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Notification:
    """An endpoint that the registry notifies; ``headers`` are sent with each request."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    name: str = "scantling"
    timeout: str = "5s"
    threshold: int = 5
    backoff: str = "1s"


class DistributionRegistry:
    """CNCF distribution on a free loopback port, its blobs and configuration under ``root``.

    :attr:`host` is set by :meth:`start` and stays the same over restarts. ``htpasswd`` is the
    path of an Apache password file (bcrypt); with it every request needs basic authentication.
    Raises :class:`~tests.services.programs.Missing` where there is no such program.
    """

    def __init__(
        self,
        root: Path,
        *,
        notifications: Sequence[Notification] = (),
        htpasswd: Path | None = None,
        delete: bool = True,
    ) -> None:
        # Debian's package calls it docker-registry.
        self._program = program("registry", "docker-registry")
        self._root = root
        self._notifications = notifications
        self._htpasswd = htpasswd
        self._delete = delete
        self._port = 0
        self._tls: dict[str, object] = {}
        self._server: ServerProcess | None = None

    @property
    def host(self) -> str:
        """Return ``127.0.0.1:PORT``, the host part of references."""
        return f"127.0.0.1:{self._port}"

    @property
    def log(self) -> Path:
        """Return the file with the registry's output."""
        return self._root / "registry.log"

    def start(self) -> None:
        """Write the configuration, start the registry and wait until it listens."""
        self._root.mkdir(parents=True, exist_ok=True)
        configuration = self._root / "config.yml"
        # JSON is YAML, and needs no quoting rules.
        configuration.write_text(json.dumps(self._configuration(), indent=2))
        self._server = ServerProcess(
            [self._program, "serve", str(configuration)],
            ready=re.compile(r"listening on (?:127\.0\.0\.1|\[::1?\]):(\d+)"),
            log=self.log,
            environment={"OTEL_TRACES_EXPORTER": "none"},
        )
        self._port = int(self._server.start()[1])

    def notify(self, *notifications: Notification) -> None:
        """Notify others from the next start on."""
        self._notifications = notifications

    def use_tls(self, certificate: Path, key: Path, *, clients: Path) -> None:
        """Speak TLS from the next start on, with those whose certificate ``clients`` signed."""
        self._tls = {"certificate": str(certificate), "key": str(key), "clientcas": [str(clients)]}

    def stop(self) -> None:
        """End the registry; what was pushed stays under ``root``."""
        if self._server is not None:
            self._server.stop()

    def kill(self) -> None:
        """Kill the registry with SIGKILL; notifications that it still held are lost."""
        if self._server is not None:
            self._server.kill()

    def _configuration(self) -> dict[str, object]:
        configuration: dict[str, object] = {
            "version": "0.1",
            "log": {"level": "info"},
            "storage": {
                "filesystem": {"rootdirectory": str(self._root / "storage")},
                "delete": {"enabled": self._delete},
            },
            "http": {
                "addr": self.host,
                "secret": "only-for-tests",
                **({"tls": self._tls} if self._tls else {}),
            },
            "notifications": {
                "events": {"includereferences": True},
                "endpoints": [_endpoint(notification) for notification in self._notifications],
            },
        }
        if self._htpasswd is not None:
            configuration["auth"] = {"htpasswd": {"realm": "tests", "path": str(self._htpasswd)}}
        return configuration


def _endpoint(notification: Notification) -> dict[str, object]:
    return {
        "name": notification.name,
        "url": notification.url,
        "headers": {name: [value] for name, value in notification.headers.items()},
        "timeout": notification.timeout,
        "threshold": notification.threshold,
        "backoff": notification.backoff,
    }


class Crane:
    """The ``crane`` command, for real pushes, copies, tags and deletions over plain HTTP."""

    def __init__(self) -> None:
        self._program = program("crane")

    def run(self, *arguments: str) -> str:
        """Run ``crane --insecure ARGUMENTS`` and return what it prints."""
        done = subprocess.run(
            [self._program, "--insecure", *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=CRANE_SECONDS,
        )
        if done.returncode != 0:
            raise RuntimeError(f"crane {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def push(self, archive: Path, reference: str) -> str:
        """Push a docker archive or an OCI layout folder; return the reference by digest."""
        return self.run("push", str(archive), reference)


@pytest.fixture
def start_registry(tmp_path: Path) -> Iterator[Callable[..., DistributionRegistry]]:
    """Give a function that starts registries; it takes what the class takes, but the root."""
    started: list[DistributionRegistry] = []

    def start(
        *,
        notifications: Sequence[Notification] = (),
        htpasswd: Path | None = None,
        delete: bool = True,
    ) -> DistributionRegistry:
        root = tmp_path / f"registry-{len(started)}"
        try:
            registry = DistributionRegistry(
                root, notifications=notifications, htpasswd=htpasswd, delete=delete
            )
        except Missing as missing:
            absent("registry", str(missing))
        started.append(registry)
        registry.start()
        return registry

    yield start
    for registry in started:
        registry.kill()


@pytest.fixture(scope="session")
def crane() -> Crane:
    """Give the ``crane`` command."""
    try:
        return Crane()
    except Missing as missing:
        absent("registry", str(missing))
