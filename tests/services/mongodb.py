"""A server of MongoDB's protocol for tests: a given one, Docker's, or mongo-java-server."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.services.absence import absent
from tests.services.programs import Missing, class_path, docker_answers, program
from tests.services.server_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCKER_IMAGE = "mongo:7.0"
MAIN = Path(__file__).parent / "java" / "mongodb" / "MemoryMongo.java"


class JavaMongo:
    """mongo-java-server on a free loopback port; all it holds is gone when it ends.

    :attr:`url` is set by :meth:`start` and stays the same over restarts. Raises
    :class:`~tests.services.programs.Missing` where there is no Java or no jar.
    """

    def __init__(self, folder: Path) -> None:
        self._java = program("java")
        self._class_path = class_path("mongodb")
        self._log = folder / "mongodb.log"
        self._port = 0
        self._server: ServerProcess | None = None

    @property
    def url(self) -> str:
        """Return ``mongodb://127.0.0.1:PORT``."""
        return f"mongodb://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        self._server = ServerProcess(
            [self._java, *options, "-cp", self._class_path, str(MAIN), str(self._port)],
            ready=re.compile(r"serving on port (\d+)"),
            log=self._log,
        )
        self._port = int(self._server.start()[1])

    def stop(self) -> None:
        """End the server; its documents are gone."""
        if self._server is not None:
            self._server.kill()


@pytest.fixture(scope="session")
def mongodb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a server that lives for the session.

    In this order: ``SCANTLING_TEST_MONGODB``, Docker, Java; else the test is skipped.
    """
    if given := os.environ.get("SCANTLING_TEST_MONGODB"):
        yield given
    elif docker_answers():
        yield from _docker_server()
    else:
        try:
            server = JavaMongo(tmp_path_factory.mktemp("mongodb"))
        except Missing as missing:
            absent("mongodb", str(missing))
        server.start()
        yield server.url
        server.stop()


@pytest.fixture
def mongodb_database() -> str:
    """Give a database name that no other test uses."""
    return f"scantling_test_{secrets.token_hex(6)}"


def _docker_server() -> Iterator[str]:
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415  # only with Docker
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy  # noqa: PLC0415

    ready = LogMessageWaitStrategy(re.compile(r"waiting for connections", re.IGNORECASE))
    port = 27017
    container = DockerContainer(DOCKER_IMAGE).with_exposed_ports(port)
    with container.waiting_for(ready):
        host = container.get_container_host_ip()
        yield f"mongodb://{host}:{container.get_exposed_port(port)}"
