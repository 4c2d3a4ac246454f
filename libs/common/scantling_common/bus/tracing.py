"""Traces across the bus: one span per send and per event handled, tied by ``traceparent``.

Names and attributes follow OpenTelemetry's semantic conventions for messaging.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from opentelemetry.trace import Span

    from scantling_common.bus.port import Delivery

_HEADER: Final = "traceparent"
_SCOPE: Final = "scantling.bus"
_PROPAGATOR: Final = TraceContextTextMapPropagator()


@contextmanager
def sending(system: str, events: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    """Make a span for each event to send; yields their ``traceparent`` values.

    Each event is its topic and the ``traceparent`` that it continues, empty for the current span.
    """
    tracer = trace.get_tracer(_SCOPE)
    spans = [
        tracer.start_span(
            f"{topic} send",
            context=_PROPAGATOR.extract({_HEADER: parent}, context=Context()) if parent else None,
            kind=trace.SpanKind.PRODUCER,
            attributes={
                "messaging.system": system,
                "messaging.operation.name": "send",
                "messaging.operation.type": "send",
                "messaging.destination.name": topic,
            },
        )
        for topic, parent in events
    ]
    try:
        yield [_traceparent(span) for span in spans]
    except Exception as error:
        for span in spans:
            _mark(span, error)
        raise
    finally:
        for span in spans:
            span.end()


def _traceparent(span: Span) -> str:
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, context=trace.set_span_in_context(span))
    return carrier.get(_HEADER, "")


@contextmanager
def processing(system: str, group: str | None, delivery: Delivery) -> Iterator[Span]:
    """Make a span around handling an event, a child of the span that sent it."""
    parent = _PROPAGATOR.extract(
        {_HEADER: delivery.envelope.traceparent} if delivery.envelope.traceparent else {},
        context=Context(),
    )
    attributes: dict[str, str | int] = {
        "messaging.system": system,
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": delivery.topic.name,
        "messaging.destination.partition.id": str(delivery.partition),
        "messaging.message.id": delivery.envelope.id,
        "messaging.consumer.group.name": group or "",
        "messaging.kafka.offset": delivery.offset,
    }
    with trace.get_tracer(_SCOPE).start_as_current_span(
        f"{delivery.topic.name} process",
        context=parent,
        kind=trace.SpanKind.CONSUMER,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except Exception as error:
            _mark(span, error)
            raise


def _mark(span: Span, error: Exception) -> None:
    """Mark a span with an error's type; its message may hold what an image contains."""
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(trace.StatusCode.ERROR)
