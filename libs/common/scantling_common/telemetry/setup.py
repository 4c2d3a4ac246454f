"""OpenTelemetry traces: one provider per process, sent by OTLP over HTTP where asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from opentelemetry import propagate, trace
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from scantling_common.settings import ServiceSettings

_TRACES: Final = "/v1/traces"


class Tracing(msgspec.Struct, frozen=True):
    """Tracing that was set up; ``spans`` are kept in memory in tests, else None."""

    provider: TracerProvider
    spans: InMemorySpanExporter | None = None

    def stop(self) -> None:
        """Send what is left, for at most 5 s."""
        self.provider.force_flush(5000)
        self.provider.shutdown()


def build_tracing(
    service: str,
    *,
    version: str = "",
    endpoint: str | None = None,
    ratio: float = 1.0,
    in_memory: bool = False,
) -> Tracing:
    """Return a tracer provider of a service, without making it the process'.

    ``ratio`` is the part of the traces begun here that is recorded; a trace that came in is
    recorded if its sender does. Without an ``endpoint`` nothing is sent.
    """
    provider = TracerProvider(
        resource=Resource.create({SERVICE_NAME: f"scantling-{service}", SERVICE_VERSION: version}),
        sampler=ParentBased(TraceIdRatioBased(ratio)),
        shutdown_on_exit=False,
    )
    spans = None
    if endpoint:
        # The exporter brings in an HTTP client; only those who send need it.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )

        url = endpoint if endpoint.endswith(_TRACES) else endpoint.rstrip("/") + _TRACES
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    if in_memory:
        spans = InMemorySpanExporter()
        provider.add_span_processor(SimpleSpanProcessor(spans))
    return Tracing(provider, spans)


def install(tracing: Tracing) -> None:
    """Make it the process' tracing; possible once. Baggage is not propagated."""
    trace.set_tracer_provider(tracing.provider)
    propagate.set_global_textmap(TraceContextTextMapPropagator())


def set_up(service: str, settings: ServiceSettings, *, version: str = "") -> Tracing:
    """Set up a service's tracing by its settings."""
    tracing = build_tracing(
        service, version=version, endpoint=settings.otlp_endpoint, ratio=settings.trace_ratio
    )
    install(tracing)
    return tracing
