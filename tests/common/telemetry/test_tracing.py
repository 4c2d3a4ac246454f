"""Traces that go on from hop to hop, and are sent where they are asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry import trace

from scantling_common.telemetry import tracing as hops
from scantling_common.telemetry.setup import Tracing, build_tracing

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def tracing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tracing]:
    tracing = build_tracing("test", version="9", in_memory=True)
    monkeypatch.setattr(trace, "get_tracer", tracing.provider.get_tracer)
    yield tracing
    tracing.stop()


def spans(tracing: Tracing) -> dict[str, tuple[str, str]]:
    """Return each span's trace, and its parent."""
    assert tracing.spans is not None
    return {
        span.name: (
            f"{span.context.trace_id:032x}",
            f"{span.parent.span_id:016x}" if span.parent else "",
        )
        for span in tracing.spans.get_finished_spans()
    }


def test_a_hop_continues_the_trace(tracing: Tracing) -> None:
    with hops.continued("first", ""):
        carried = hops.current_traceparent()
    with hops.continued("second", carried, attributes={"topic": "t"}):
        again = hops.current_traceparent()

    version, trace_id, span_id, flags = carried.split("-")
    assert version == "00"
    assert int(flags, 16) & 1, "sampled"
    assert spans(tracing) == {"first": (trace_id, ""), "second": (trace_id, span_id)}
    assert again.split("-")[1] == trace_id


@pytest.mark.parametrize("damaged", ["", "noise", "00-0-0-0", "00-" + "0" * 32 + "-" + "0" * 16])
def test_a_damaged_trace_begins_a_new_one(tracing: Tracing, damaged: str) -> None:
    with hops.continued("work", damaged):
        assert hops.current_traceparent()

    assert spans(tracing)["work"][1] == ""


def test_outside_of_a_span_nothing_is_carried() -> None:
    assert hops.current_traceparent() == ""


def test_what_is_not_recorded_is_carried_all_the_same() -> None:
    quiet = build_tracing("test", ratio=0.0, in_memory=True)
    with quiet.provider.get_tracer("t").start_as_current_span("work"):
        carried = hops.current_traceparent()

    assert not int(carried.rpartition("-")[2], 16) & 1, "sampled"
    assert quiet.spans is not None
    assert quiet.spans.get_finished_spans() == ()
    quiet.stop()


def test_the_resource_names_the_service(tracing: Tracing) -> None:
    with tracing.provider.get_tracer("t").start_as_current_span("work"):
        pass

    assert tracing.spans is not None
    attributes = tracing.spans.get_finished_spans()[0].resource.attributes
    assert (attributes["service.name"], attributes["service.version"]) == ("scantling-test", "9")


async def test_spans_are_sent_to_the_endpoint() -> None:
    received: list[tuple[str, str, bytes]] = []

    async def collect(request: web.Request) -> web.Response:
        received.append((request.path, request.content_type, await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", collect)
    async with TestServer(app) as server:
        sending = build_tracing("sync", endpoint=f"http://127.0.0.1:{server.port}/")
        with sending.provider.get_tracer("t").start_as_current_span("a span of ours"):
            pass
        await asyncio.to_thread(sending.stop)

    assert [(path, kind) for path, kind, _ in received] == [
        ("/v1/traces", "application/x-protobuf")
    ]
    assert b"a span of ours" in received[0][2]
