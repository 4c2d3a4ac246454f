"""A collector of OpenTelemetry traces: OTLP over HTTP, as processes send them."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Span(NamedTuple):
    """A span as it was sent; ids in hexadecimal, ``parent`` empty for a root."""

    service: str
    name: str
    trace: str
    id: str
    parent: str


class Collector:
    """Listens on a free port of 127.0.0.1 for as long as the context lasts."""

    def __init__(self) -> None:
        collector = self
        self.arrived = threading.Condition()
        self._spans: dict[str, Span] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the name that http.server calls
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.take(body)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="spans")

    @property
    def endpoint(self) -> str:
        """Return what ``SCANTLING_OTLP_ENDPOINT`` is set to."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def take(self, body: bytes) -> None:
        """Take one export request."""
        request = ExportTraceServiceRequest.FromString(body)
        with self.arrived:
            for resource in request.resource_spans:
                names = {each.key: each.value.string_value for each in resource.resource.attributes}
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        made = Span(
                            names.get("service.name", ""),
                            span.name,
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            span.parent_span_id.hex(),
                        )
                        self._spans[made.id] = made
            self.arrived.notify_all()

    def spans(self) -> list[Span]:
        """Return all spans that have arrived."""
        with self.arrived:
            return list(self._spans.values())

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
