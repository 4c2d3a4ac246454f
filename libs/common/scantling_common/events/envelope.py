"""The CloudEvents 1.0 context of an event on the bus."""

from __future__ import annotations

import msgspec


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """Context attributes and extensions (CloudEvents 1.0.2, section 3).

    ``project``, ``sequence``, ``page`` and ``pages`` are extensions of ours: who the event is
    about, which generation of what it describes, and where a change set was cut into pages.
    ``traceparent`` is the distributed tracing extension (W3C Trace Context).
    """

    id: str
    source: str
    type: str
    time: str
    subject: str = ""
    datacontenttype: str = "application/json"
    traceparent: str = ""
    project: str = ""
    sequence: int | None = None
    page: int | None = None
    pages: int | None = None
