"""Events to bytes and back: CloudEvents 1.0, binary mode, as Kafka records carry it.

The data is the record's value, JSON, compressed by Zstandard where it is over 8 KiB (header
``content-encoding: zstd``). Both buses carry exactly these keys, headers and values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import zstandard
from pydantic import ValidationError

from scantling_common.bus.port import EventTooLarge, Outgoing
from scantling_common.events.attributes import (
    CONTENT_TYPE,
    EventMalformed,
    Headers,
    from_headers,
    gather,
    to_headers,
)
from scantling_common.events.envelope import Envelope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_common.events.models import Event
    from scantling_common.events.topics import Topic

MAX_ENCODED: Final = 1024 * 1024
"""The largest event in bytes as the bus carries it: key, headers and value."""

MAX_DATA: Final = 16 * 1024 * 1024
"""The largest data in bytes, decompressed, that is sent or read."""

COMPRESSED_OVER: Final = 8 * 1024
_ENCODING: Final = "content-encoding"
_WINDOW: Final = 8 * 1024 * 1024
_REASONS: Final = 5


class Encoded(msgspec.Struct, frozen=True):
    """An event as the bus carries it; ``value`` is None for a tombstone."""

    key: bytes
    headers: Headers
    value: bytes | None

    @property
    def size(self) -> int:
        """Return how many bytes key, headers and value have."""
        return encoded_size(self.key, self.headers, self.value)


def encoded_size(key: bytes | None, headers: Headers, value: bytes | None) -> int:
    """Return how many bytes of the size limit a record uses."""
    heads = sum(len(name) + len(text) for name, text in headers)
    return len(key or b"") + heads + len(value or b"")


def encode(outgoing: Outgoing, *, source: str, time: str, traceparent: str = "") -> Encoded:
    """Return an event as the bus carries it.

    ``time`` is RFC 3339. Raises :class:`EventTooLarge` over :data:`MAX_ENCODED`, and
    :class:`EventMalformed` for an event that the topic doesn't carry.
    """
    event, topic = outgoing.event, outgoing.topic
    if type(event) is not topic.model or not outgoing.id:
        raise EventMalformed(
            f"{topic.name} carries no {type(event).__name__} of id {outgoing.id!r}"
        )
    envelope = Envelope(
        id=outgoing.id,
        source=source,
        type=event.type,
        time=time,
        subject=event.subject(),
        traceparent=traceparent,
        project=event.project,
        sequence=outgoing.sequence,
        page=outgoing.page,
        pages=outgoing.pages,
    )
    headers = to_headers(envelope)
    value = None if outgoing.tombstone else event.model_dump_json(exclude_none=True).encode()
    if value is not None and COMPRESSED_OVER < len(value) <= MAX_DATA:
        value = zstandard.ZstdCompressor(level=3).compress(value)
        headers += ((_ENCODING, b"zstd"),)
    encoded = Encoded(event.key().encode(), headers, value)
    if encoded.size > MAX_ENCODED:
        raise EventTooLarge(
            f"an event of {encoded.size} bytes for {topic.name}; at most {MAX_ENCODED} are carried",
            hint="publish it in pages",
        )
    return encoded


def decode_key(key: bytes | None) -> str:
    """Return the key as text; bytes that are no UTF-8 are shown as escapes."""
    return (key or b"").decode(errors="backslashreplace")


def decode_envelope(headers: Iterable[tuple[str, bytes | None]]) -> Envelope:
    """Return the envelope; raises :class:`EventMalformed`."""
    return from_headers(gather(headers))


def decode(
    topic: Topic, headers: Iterable[tuple[str, bytes | None]], value: bytes | None
) -> tuple[Envelope, Event | None]:
    """Return the envelope and the event, None for a tombstone.

    Raises :class:`EventMalformed`; its message names fields and rules, never what they held.
    """
    found = gather(headers)
    envelope = from_headers(found)
    if envelope.type != topic.model.type:
        raise EventMalformed(f"{topic.name} carries {topic.model.type} only")
    if value is None:
        return envelope, None
    if envelope.datacontenttype.partition(";")[0].strip() != CONTENT_TYPE:
        raise EventMalformed(f"the content type is not {CONTENT_TYPE}")
    data = _decompress(value, found.get(_ENCODING))
    try:
        return envelope, topic.model.model_validate_json(data)
    except ValidationError as error:
        raise EventMalformed(_reasons(error)) from None


def _decompress(value: bytes, encoding: str | None) -> bytes:
    if encoding is None:
        if len(value) > MAX_DATA:
            raise EventMalformed(f"data of {len(value)} bytes; at most {MAX_DATA} are read")
        return value
    if encoding != "zstd":
        raise EventMalformed("an unknown content encoding")
    try:
        size = zstandard.frame_content_size(value)
        if not 0 <= size <= MAX_DATA:
            raise EventMalformed(f"data of {size} bytes; at most {MAX_DATA} are read")
        return zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompress(
            value, max_output_size=MAX_DATA, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise EventMalformed(f"the data can't be decompressed: {error}") from error


def _reasons(error: ValidationError) -> str:
    """Return where the data breaks the schema; field names only, as values may be secrets."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    told = [f"{'.'.join(map(str, each['loc']))[:128]}: {each['type']}" for each in details]
    more = f" and {len(told) - _REASONS} more" if len(told) > _REASONS else ""
    return "the data breaks its schema: " + "; ".join(told[:_REASONS]) + more
