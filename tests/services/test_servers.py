"""The servers that tests start are real, restart with what they held, and die when told to."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from motor.motor_asyncio import AsyncIOMotorClient

from tests.services.absence import absent
from tests.services.registry import Crane, Notification
from tests.services.server_process import ServerDied, ServerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.services.kafka import JavaBroker
    from tests.services.registry import DistributionRegistry

ANSWER_SECONDS = 30


async def _write_topic(bootstrap: str, topic: str, value: bytes) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def _read_topic(bootstrap: str, topic: str) -> bytes | None:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        message = await asyncio.wait_for(consumer.getone(), ANSWER_SECONDS)
    finally:
        await consumer.stop()
    value: bytes | None = message.value
    return value


@pytest.mark.kafka
async def test_a_broker_gives_back_what_it_took(kafka_bootstrap: str) -> None:
    await _write_topic(kafka_bootstrap, "services.given", b"one")

    assert await _read_topic(kafka_bootstrap, "services.given") == b"one"


@pytest.mark.kafka
async def test_a_killed_broker_comes_back_with_its_log(java_broker: JavaBroker) -> None:
    await _write_topic(java_broker.bootstrap, "services.kept", b"two")

    java_broker.kill()
    java_broker.start()

    assert await _read_topic(java_broker.bootstrap, "services.kept") == b"two"


@pytest.mark.mongodb
async def test_a_document_store_gives_back_what_it_took(
    mongodb_url: str, mongodb_database: str
) -> None:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(mongodb_url)
    try:
        collection = client[mongodb_database]["things"]
        await collection.insert_one({"_id": "a", "body": b"\x00\xff"})

        assert await collection.find_one({"_id": "a"}) == {"_id": "a", "body": b"\x00\xff"}
        await client.drop_database(mongodb_database)
    finally:
        client.close()


class _Listener:
    """An HTTP endpoint that keeps what it is sent."""

    def __init__(self) -> None:
        self.events: list[dict[str, object]] = []
        self.authorizations: set[str | None] = set()
        self.pushed = threading.Event()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the name that http.server calls
                listener.take(
                    self.headers.get("Authorization"),
                    self.rfile.read(int(self.headers["Content-Length"])),
                )
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/webhook"

    def take(self, authorization: str | None, body: bytes) -> None:
        self.authorizations.add(authorization)
        events = json.loads(body)["events"]
        self.events.extend(events)
        if any(event["target"].get("tag") == "v1" for event in events):
            self.pushed.set()


@pytest.fixture
def listener() -> Iterator[_Listener]:
    made = _Listener()
    thread = threading.Thread(target=made.server.serve_forever, name="listener")
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.mark.registry
def test_a_registry_notifies_of_a_real_push_and_keeps_it(
    start_registry: Callable[..., DistributionRegistry], crane: Crane, listener: _Listener
) -> None:
    notification = Notification(url=listener.url, headers={"Authorization": "Bearer only-a-test"})
    registry = start_registry(notifications=[notification])

    # An image without a layer needs no archive.
    crane.run("append", "--new_layer", "/dev/null", "--new_tag", f"{registry.host}/team/app:v1")

    assert listener.pushed.wait(ANSWER_SECONDS)
    assert listener.authorizations == {"Bearer only-a-test"}
    registry.stop()
    registry.start()
    assert crane.run("ls", f"{registry.host}/team/app") == "v1"


def test_a_server_that_ends_before_it_is_ready_is_an_error_with_its_output(tmp_path: Path) -> None:
    server = ServerProcess(
        [sys.executable, "-c", "print('no such luck')"],
        ready=re.compile("ready"),
        log=tmp_path / "log",
    )

    with pytest.raises(ServerDied, match="no such luck"):
        server.start()
    assert not server.running


def test_an_absent_server_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCANTLING_REQUIRE_KAFKA", raising=False)

    with pytest.raises(pytest.skip.Exception, match="no kafka: because"):
        absent("kafka", "because")


def test_an_absent_server_fails_where_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANTLING_REQUIRE_KAFKA", "1")

    with pytest.raises(pytest.fail.Exception, match="kafka is required here but because"):
        absent("kafka", "because")
