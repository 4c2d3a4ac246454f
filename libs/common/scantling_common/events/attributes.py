"""CloudEvents attributes as Kafka headers (CloudEvents Kafka binding 1.0.2, section 3.2).

An attribute is a header whose name is the attribute's with ``ce_`` before it, as UTF-8 text;
``datacontenttype`` is the header ``content-type``. Values come from the wire: each is bounded
and checked before it is believed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_common.errors import ScantlingError
from scantling_common.events.envelope import Envelope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Headers = tuple[tuple[str, bytes], ...]

SPECIFICATION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"
MAX_HEADER: Final = 4096
"""The longest header value in bytes that is read."""

_TEXTS: Final = ("id", "source", "type", "time", "subject", "traceparent", "project")
_REQUIRED: Final = ("id", "source", "type")
_NUMBERS: Final = ("sequence", "page", "pages")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class EventMalformed(ScantlingError):
    """An event on the bus is not what its topic's schema says."""

    code = "event_malformed"


def to_headers(envelope: Envelope) -> Headers:
    """Return the headers of an envelope; attributes that are empty are left out."""
    pairs = [("ce_specversion", SPECIFICATION), ("content-type", envelope.datacontenttype)]
    pairs += [(f"ce_{name}", text) for name in _TEXTS if (text := getattr(envelope, name))]
    pairs += [
        (f"ce_{name}", str(number))
        for name in _NUMBERS
        if (number := getattr(envelope, name)) is not None
    ]
    return tuple((name, text.encode()) for name, text in pairs)


def gather(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Return headers by name, those of others left out.

    Raises :class:`EventMalformed` where one of ours is doubled, too long, or no UTF-8 text.
    """
    found: dict[str, str] = {}
    for name, value in headers:
        if not name.startswith(("ce_", "content-")):
            continue
        if name in found:
            raise EventMalformed(f"header {name[:64]!r} stands twice")
        if value is None or len(value) > MAX_HEADER:
            raise EventMalformed(f"header {name[:64]!r} is empty or over {MAX_HEADER} bytes")
        try:
            found[name] = value.decode()
        except UnicodeDecodeError as error:
            raise EventMalformed(f"header {name[:64]!r} is not UTF-8") from error
    return found


def from_headers(found: Mapping[str, str]) -> Envelope:
    """Return the envelope of gathered headers.

    Raises :class:`EventMalformed` where a required attribute is missing or one is malformed.
    A malformed ``traceparent`` is dropped (W3C Trace Context, section 3.2.2.3: start a new one).
    """
    if found.get("ce_specversion") != SPECIFICATION:
        raise EventMalformed("no CloudEvents 1.0 attributes")
    for name in _REQUIRED:
        if not found.get(f"ce_{name}"):
            raise EventMalformed(f"attribute {name!r} is missing")
    traceparent = found.get("ce_traceparent", "")
    return Envelope(
        id=found["ce_id"],
        source=found["ce_source"],
        type=found["ce_type"],
        time=found.get("ce_time", ""),
        subject=found.get("ce_subject", ""),
        datacontenttype=found.get("content-type", CONTENT_TYPE),
        traceparent=traceparent if _TRACEPARENT.fullmatch(traceparent) else "",
        project=found.get("ce_project", ""),
        sequence=_number("sequence", found.get("ce_sequence")),
        page=_number("page", found.get("ce_page")),
        pages=_number("pages", found.get("ce_pages")),
    )


def _number(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise EventMalformed(f"attribute {name!r} is no number")
    return int(text)
