"""A Kafka broker for tests: a given one, Docker's, or the real broker's jars under Java."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.services.absence import absent
from tests.services.programs import Missing, class_path, docker_answers, program
from tests.services.server_process import ServerDied, ServerProcess, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCKER_IMAGE = "confluentinc/cp-kafka:7.9.1"
HEAP = "-Xmx384m"
STORAGE_SECONDS = 60

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=16777216
"""


class JavaBroker:
    """A Kafka broker of its own ports whose log is in ``folder``; it survives stop and kill.

    :attr:`bootstrap` stays the same over restarts. Raises
    :class:`~tests.services.programs.Missing` where there is no Java or no jar.
    """

    def __init__(self, folder: Path) -> None:
        self._java = program("java")
        self._class_path = class_path("kafka")
        self._folder = folder
        self._configuration = folder / "server.properties"
        port = free_port()
        self.bootstrap = f"127.0.0.1:{port}"
        folder.mkdir(parents=True, exist_ok=True)
        self._configuration.write_text(
            _PROPERTIES.format(port=port, controller=free_port(), logs=folder / "logs")
        )
        self._server = ServerProcess(
            self._command("kafka.Kafka", str(self._configuration), options=[HEAP]),
            ready=re.compile(r"Kafka Server started"),
            log=folder / "broker.log",
        )

    def start(self) -> None:
        """Format the log at the first start, then wait until the broker answers."""
        if not (self._folder / "logs").exists():
            self._format()
        self._server.start()

    def stop(self) -> None:
        """End the broker as an operator would."""
        self._server.stop()

    def kill(self) -> None:
        """Kill the broker with SIGKILL."""
        self._server.kill()

    def _command(self, entry: str, *arguments: str, options: list[str]) -> list[str]:
        quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        return [self._java, *options, *quick, "-cp", self._class_path, entry, *arguments]

    def _format(self) -> None:
        tool = "kafka.tools.StorageTool"
        # Any 22 characters of base64 name a cluster; a fixed name spares one start of Java.
        arguments = ["format", "-t", "c2NhbnRsaW5nLXRlc3QtMA", "-c", str(self._configuration)]
        made = subprocess.run(
            self._command(tool, *arguments, options=["-Xmx128m"]),
            check=False,
            capture_output=True,
            text=True,
            timeout=STORAGE_SECONDS,
        )
        if made.returncode != 0:
            raise ServerDied(f"the broker's log could not be formatted: {made.stdout}{made.stderr}")


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give ``host:port`` of a broker that lives for the session; topics are the tests' own.

    In this order: ``SCANTLING_TEST_KAFKA``, Docker, Java; else the test is skipped.
    """
    if given := os.environ.get("SCANTLING_TEST_KAFKA"):
        yield given
    elif docker_answers():
        yield from _docker_broker()
    else:
        try:
            broker = JavaBroker(tmp_path_factory.mktemp("kafka"))
        except Missing as missing:
            absent("kafka", str(missing))
        broker.start()
        yield broker.bootstrap
        broker.kill()


@pytest.fixture
def java_broker(tmp_path: Path) -> Iterator[JavaBroker]:
    """Give a running broker of the test's own, to be stopped, killed and started again."""
    try:
        broker = JavaBroker(tmp_path / "kafka")
    except Missing as missing:
        absent("kafka", str(missing))
    broker.start()
    yield broker
    broker.kill()


def _docker_broker() -> Iterator[str]:
    from testcontainers.community.kafka import KafkaContainer  # noqa: PLC0415  # only with Docker

    with KafkaContainer(DOCKER_IMAGE).with_kraft() as container:
        yield container.get_bootstrap_server()
