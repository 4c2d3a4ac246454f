"""A real push into a real registry becomes a report, in a cluster and on one machine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from scantling_analyzers.risks.catalogue import ANALYZERS
from scantling_common.http.auth import new_token
from scantling_common.risks import ALWAYS
from tests.builders.image import docker_archive
from tests.end_to_end.api import until
from tests.end_to_end.apps import PACKAGES, app, package_of
from tests.end_to_end.cluster import COMMANDS, Cluster, Up
from tests.end_to_end.spans import Collector
from tests.services.registry import Notification

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.end_to_end.api import Api
    from tests.end_to_end.spans import Span
    from tests.services.kafka import JavaBroker
    from tests.services.mongodb import JavaMongo
    from tests.services.registry import Crane, DistributionRegistry

    StartRegistry = Callable[..., DistributionRegistry]

pytestmark = [pytest.mark.end_to_end, pytest.mark.registry]

RISKS = ALWAYS
SHOWN_NAME = r"srv/caf\xe9-\xff\x1b[31m.txt"
HOPS = (
    "POST /webhooks/{registry}",
    "delivery process",
    "scantling.image.events send",
    "scantling.image.events process",
    "scantling.scan.extract send",
    "scantling.scan.extract process",
    *(f"scantling.scan.jobs.{risk} send" for risk in RISKS),
    *(f"scantling.scan.jobs.{risk} process" for risk in RISKS),
    "scantling.scan.results send",
    "scantling.scan.results process",
    "scantling.scan.completed send",
    "scantling.scan.completed process",
    "scantling.image.reports send",
)
"""What a trace goes through from the webhook to the report."""


async def watched(api: Api, start_registry: StartRegistry) -> DistributionRegistry:
    """Return a registry that notifies the product, and that the product knows."""
    secret = new_token()
    # The id is drawn when the registry is made known, which needs its address: so it starts twice.
    registry = await asyncio.to_thread(start_registry)
    id_ = await api.add_registry(registry.host, secret)
    webhook = (await api.get(f"registries/{id_}"))["webhook"]
    registry.notify(
        Notification(
            url=webhook["url"], headers={webhook["header"]: f"Bearer {secret}"}, backoff="200ms"
        )
    )

    async def synced() -> bool:
        return (await api.get(f"registries/{id_}"))["first_sync_at"] is not None

    await until(synced, "the first sync")
    await asyncio.to_thread(registry.stop)
    await asyncio.to_thread(registry.start)
    return registry


async def pushed(crane: Crane, registry: DistributionRegistry, folder: Path, name: str) -> str:
    """Push a docker archive with crane, as a build would; return the image's digest."""
    image = app(name, docker=True)
    archive = await asyncio.to_thread(docker_archive, folder / f"{name}.tar", {"app:v1": image})
    reference = f"{registry.host}/team/{name}:v1"
    return (await asyncio.to_thread(crane.push, archive, reference)).partition("@")[2]


def check(report: Any, name: str) -> None:
    """Check a report against what was pushed."""
    outcomes = report["outcomes"]
    assert {risk: outcomes[risk]["status"] for risk in RISKS} == dict.fromkeys(RISKS, "complete")
    assert report["image"]["distribution"]["id"] == "debian"
    names = {package["name"] for package in outcomes["software"]["packages"]}
    assert names == {*PACKAGES, package_of(name)}
    assert SHOWN_NAME in {file["path"] for file in outcomes["file"]["largest"]}


async def one_trace(collector: Collector, count: int) -> list[Span]:
    """Return the spans of the traces that began with a webhook, once all hops are in each."""

    async def complete() -> list[Span] | None:
        spans = collector.spans()
        traces = {span.trace for span in spans if span.name == HOPS[0]}
        whole = [
            trace
            for trace in traces
            if set(HOPS) <= {span.name for span in spans if span.trace == trace}
        ]
        found = [span for span in spans if span.trace in whole]
        return found if len(whole) >= count else None

    found: list[Span] = await until(complete, "a trace from the webhook to the report")
    return found


@pytest.mark.kafka
@pytest.mark.mongodb
async def test_a_push_becomes_a_report_in_a_cluster(
    tmp_path: Path,
    java_broker: JavaBroker,
    java_mongo: JavaMongo,
    start_registry: StartRegistry,
    crane: Crane,
) -> None:
    with Collector() as collector:
        cluster = Cluster(
            tmp_path / "cluster",
            kafka=java_broker.bootstrap,
            mongodb=f"{java_mongo.url}/cluster",
            otlp=collector.endpoint,
        )
        async with cluster:
            registry = await watched(cluster.api, start_registry)
            for name in ("one", "two"):
                digest = await pushed(crane, registry, tmp_path, name)
                check(await cluster.api.reported(digest, status="complete"), name)
            spans = await one_trace(collector, 2)
    services = {span.service for span in spans}
    # Analyzers of what nobody asks for have nothing to tell.
    idle = {f"analyzer-{each.risk}" for each in ANALYZERS if each.risk not in RISKS}
    assert services == {f"scantling-{name}" for name in COMMANDS if name not in idle}


async def test_a_push_becomes_a_report_on_one_machine(
    tmp_path: Path, start_registry: StartRegistry, crane: Crane
) -> None:
    with Collector() as collector:
        async with Up(tmp_path, otlp=collector.endpoint) as up:
            registry = await watched(up.api, start_registry)
            digest = await pushed(crane, registry, tmp_path, "one")
            check(await up.api.reported(digest, status="complete"), "one")
            spans = await one_trace(collector, 1)
    assert {span.service for span in spans} == {"scantling-control", "scantling-analysis"}
