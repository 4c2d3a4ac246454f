"""Events become records and come back; what comes from the wire is believed in nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from scantling_common.bus.port import EventTooLarge, Outgoing
from scantling_common.events import topics
from scantling_common.events.attributes import EventMalformed, Headers
from scantling_common.events.codec import COMPRESSED_OVER, MAX_DATA, decode, decode_key, encode
from scantling_common.events.models import Control, ScanResult, ScanReturned

TIME = "2026-11-24T00:00:00.000Z"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CONTROL = Control(project="p", scan="s", state="paused", seq=3)
GOOD: Headers = (
    ("ce_specversion", b"1.0"),
    ("ce_id", b"x"),
    ("ce_source", b"scantling/test"),
    ("ce_type", Control.type.encode()),
    ("content-type", b"application/json"),
)


def result(size: int) -> ScanResult:
    return ScanResult(
        project="p",
        scan="s",
        image=f"sha256:{1:064x}",
        risk="file",
        risks=("file", "software"),
        seq=1,
        run="r",
        page=1,
        pages=1,
        status="complete",
        body=b"\xff\x00" * (size // 2),
    )


def replaced(name: str, value: bytes) -> Headers:
    return tuple((each, value if each == name else held) for each, held in GOOD)


def test_an_event_comes_back_with_its_attributes() -> None:
    outgoing = Outgoing(topic=topics.CONTROL, event=CONTROL, id="i", sequence=0, page=1, pages=2)
    encoded = encode(outgoing, source="scantling/x", time=TIME, traceparent=TRACEPARENT)
    envelope, event = decode(topics.CONTROL, encoded.headers, encoded.value)
    assert event == CONTROL
    assert decode_key(encoded.key) == CONTROL.key()
    assert (envelope.id, envelope.source, envelope.time) == ("i", "scantling/x", TIME)
    assert (envelope.type, envelope.subject, envelope.project) == (Control.type, "s", "p")
    assert (envelope.sequence, envelope.page, envelope.pages) == (0, 1, 2)
    assert envelope.traceparent == TRACEPARENT


def test_headers_are_those_of_the_kafka_binding() -> None:
    outgoing = Outgoing(topic=topics.CONTROL, event=CONTROL, id="i")
    headers = dict(encode(outgoing, source="s", time=TIME).headers)
    assert headers == {
        "ce_specversion": b"1.0",
        "content-type": b"application/json",
        "ce_id": b"i",
        "ce_source": b"s",
        "ce_type": b"scantling.control.v1",
        "ce_time": TIME.encode(),
        "ce_subject": b"s",
        "ce_project": b"p",
    }


def test_bytes_and_times_survive() -> None:
    for event, topic in (
        (result(100), topics.SCAN_RESULTS),
        (
            ScanReturned(
                project="p",
                scan="s",
                image=f"sha512:{1:0128x}",
                risks=("secret",),
                seq=1,
                attempt=2,
                reason="limit",
                not_before=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
            ),
            topics.SCAN_RETURNED,
        ),
    ):
        encoded = encode(Outgoing(topic=topic, event=event, id="i"), source="s", time=TIME)
        assert decode(topic, encoded.headers, encoded.value)[1] == event


def test_data_over_eight_kibibytes_is_compressed() -> None:
    small, large = result(100), result(2 * COMPRESSED_OVER)
    for event, compressed in ((small, False), (large, True)):
        outgoing = Outgoing(topic=topics.SCAN_RESULTS, event=event, id="i")
        encoded = encode(outgoing, source="s", time=TIME)
        assert (dict(encoded.headers).get("content-encoding") == b"zstd") is compressed
        assert decode(topics.SCAN_RESULTS, encoded.headers, encoded.value)[1] == event


def test_a_tombstone_has_headers_and_no_value() -> None:
    outgoing = Outgoing(topic=topics.CONTROL, event=CONTROL, id="i", tombstone=True)
    encoded = encode(outgoing, source="s", time=TIME)
    assert encoded.value is None
    envelope, event = decode(topics.CONTROL, encoded.headers, None)
    assert (envelope.id, event) == ("i", None)


def test_an_event_that_decompresses_over_the_limit_is_not_sent() -> None:
    outgoing = Outgoing(topic=topics.SCAN_RESULTS, event=result(MAX_DATA), id="i")
    with pytest.raises(EventTooLarge):
        encode(outgoing, source="s", time=TIME)


def test_a_topic_carries_its_own_type_only_and_an_id_is_needed() -> None:
    with pytest.raises(EventMalformed):
        encode(Outgoing(topic=topics.SCAN_RESULTS, event=CONTROL, id="i"), source="s", time=TIME)
    with pytest.raises(EventMalformed):
        encode(Outgoing(topic=topics.CONTROL, event=CONTROL, id=""), source="s", time=TIME)


def test_a_newer_producers_optional_fields_are_ignored() -> None:
    data = CONTROL.model_dump_json().encode()[:-1] + b',"added_later":1}'
    assert decode(topics.CONTROL, GOOD, data)[1] == CONTROL


def test_headers_of_others_are_ignored() -> None:
    headers = (*GOOD, ("x-team", b"\xff"), ("x-team", b"\xff"))
    assert decode(topics.CONTROL, headers, CONTROL.model_dump_json().encode())[1] == CONTROL


@pytest.mark.parametrize(
    "headers",
    [
        (),
        GOOD[1:],
        replaced("ce_specversion", b"0.3"),
        replaced("ce_id", b""),
        replaced("ce_id", b"\xff"),
        replaced("ce_id", b"x" * 5000),
        replaced("ce_type", b"scantling.scan.result.v1"),
        replaced("content-type", b"application/avro"),
        (*GOOD, ("ce_id", b"y")),
        (*GOOD, ("ce_page", b"-1")),
        (*GOOD, ("ce_sequence", b"1e9")),
        (*GOOD, ("ce_sequence", b"9" * 40)),
        (*GOOD, ("content-encoding", b"gzip")),
        (*GOOD, ("content-encoding", b"zstd")),
    ],
)
def test_malformed_headers_are_refused(headers: Headers) -> None:
    with pytest.raises(EventMalformed):
        decode(topics.CONTROL, headers, CONTROL.model_dump_json().encode())


def test_a_malformed_traceparent_is_dropped_not_refused() -> None:
    headers = (*GOOD, ("ce_traceparent", b"00-zz-zz-01"))
    envelope, _ = decode(topics.CONTROL, headers, CONTROL.model_dump_json().encode())
    assert envelope.traceparent == ""


def test_a_decompression_bomb_is_refused_before_it_goes_off() -> None:
    for bomb in (
        zstandard.ZstdCompressor().compress(bytes(MAX_DATA + 1)),
        zstandard.ZstdCompressor(write_content_size=False).compress(bytes(MAX_DATA + 1)),
        zstandard.ZstdCompressor().compress(b"{}") + b"more",
    ):
        with pytest.raises(EventMalformed):
            decode(topics.CONTROL, (*GOOD, ("content-encoding", b"zstd")), bomb)


def test_the_reason_names_fields_and_never_their_values() -> None:
    data = b'{"project": "p", "scan": {"token": "hunter2"}, "state": "hunter2", "seq": "x"}'
    with pytest.raises(EventMalformed) as raised:
        decode(topics.CONTROL, GOOD, data)
    assert "scan: string_type" in str(raised.value)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ce_id", "ce_page", "content-type", "content-encoding", "z"]),
            st.binary(max_size=30),
        ),
        max_size=5,
    ),
    st.binary(max_size=200) | st.none(),
)
def test_whatever_arrives_is_an_event_or_malformed(
    extra: list[tuple[str, bytes]], value: bytes | None
) -> None:
    try:
        decode(topics.CONTROL, (*GOOD, *extra), value)
    except EventMalformed as error:
        assert str(error)  # noqa: PT017  # either outcome is right, nothing else is
