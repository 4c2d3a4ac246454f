"""Trace context across hops that carry text: events, documents, requests (W3C Trace Context)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from opentelemetry.trace import Span

_W3C: Final = TraceContextTextMapPropagator()
_FIELD: Final = "traceparent"


def current_traceparent() -> str:
    """Return the ``traceparent`` of the current span; empty outside of one."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(_FIELD, "")


def continued(
    name: str,
    traceparent: str,
    *,
    kind: SpanKind = SpanKind.CONSUMER,
    attributes: dict[str, str | int | float | bool] | None = None,
) -> AbstractContextManager[Span]:
    """Return a span, made current, that continues the trace of a ``traceparent``.

    An empty or damaged one begins a new trace.
    """
    context = _W3C.extract({_FIELD: traceparent}) if traceparent else None
    return trace.get_tracer("scantling").start_as_current_span(
        name, context=context, kind=kind, attributes=attributes
    )
