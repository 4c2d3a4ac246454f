"""What CNCF distribution's notifications say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scantling_sync.webhooks.distribution import parse
from scantling_sync.webhooks.notice import Notice, NotificationInvalid
from tests.builders.image import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST

DIGEST = f"sha256:{'a' * 64}"


def event(action: str = "push", **target: Any) -> dict[str, Any]:
    """Return one event as distribution sends it."""
    id_ = target.pop("id", "e1")
    timestamp = target.pop("timestamp", "2026-03-09T14:44:26.402973972-08:00")
    return {
        "id": id_,
        "timestamp": timestamp,
        "action": action,
        "target": {
            "repository": "library/test",
            "mediaType": OCI_MANIFEST,
            "digest": DIGEST,
            "size": 708,
            "url": "http://169.254.169.254/latest/meta-data",
            **target,
        },
        "request": {"host": "evil.example", "addr": "203.0.113.9:1", "method": "PUT"},
        "actor": {"name": "u"},
        "source": {"addr": "h:5000"},
    }


def body(*events: Any) -> bytes:
    """Return a request's body."""
    return json.dumps({"events": list(events)}).encode()


def test_a_push_names_repository_tag_digest_and_time() -> None:
    notification = parse(body(event(tag="v1")))
    assert notification.notices == (
        Notice(
            repository="library/test",
            tag="v1",
            digest=DIGEST,
            action="push",
            occurred_at=1_773_096_266_402,
        ),
    )
    assert notification.ids == ("e1",)


@pytest.mark.parametrize(
    "other",
    [
        event("pull", tag="v1"),
        event("mount", fromRepository="other"),
        event(mediaType="application/octet-stream"),
        event(mediaType=OCI_CONFIG),
        event("push", mediaType=""),
        event("quarantine"),
    ],
)
def test_what_concerns_no_image_is_left_out(other: dict[str, Any]) -> None:
    assert parse(body(other)).notices == ()
    kept = parse(body(other, event(tag="v1", id="kept")))
    assert [notice.tag for notice in kept.notices] == ["v1"]
    assert kept.ids == ("kept",)


@pytest.mark.parametrize(
    ("target", "tag", "digest"),
    [
        ({"mediaType": None, "digest": "", "tag": "v1"}, "v1", ""),
        ({"mediaType": None, "digest": DIGEST}, "", DIGEST),
        ({"mediaType": None, "digest": None}, "", ""),
    ],
)
def test_a_deletion_is_of_a_tag_a_digest_or_a_repository(
    target: dict[str, Any], tag: str, digest: str
) -> None:
    deletion = event("delete", **target)
    deletion["target"] = {
        key: value for key, value in deletion["target"].items() if value is not None
    }
    [notice] = parse(body(deletion)).notices
    assert (notice.action, notice.tag, notice.digest) == ("delete", tag, digest)


def test_an_index_is_an_image_and_needs_no_tag() -> None:
    [notice] = parse(body(event(mediaType=OCI_INDEX))).notices
    assert (notice.tag, notice.digest) == ("", DIGEST)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"events": null}',
        b'{"events": [1]}',
        b'{"events": [{}]}',
        b'{"events": [{"action": "push"}]}',
        b'{"events": [{"action": 1, "target": {"repository": "a"}}]}',
        b'\xff\xfe{"events": []}',
        b'{"events": []',
        b'{"events": [], "x": ' + b"[" * 200_000,
        b'{"events": [], "x": ' + b'{"a":' * 100_000,
        body(event(repository="../etc/passwd", tag="v1")),
        body(event(repository="UPPER/case", tag="v1")),
        body(event(repository="http://169.254.169.254/v2", tag="v1")),
        body(event(repository="a" * 256, tag="v1")),
        body(event(repository="", tag="v1")),
        body(event(tag="../../x")),
        body(event(tag="v1?x=y")),
        body(event(tag="a" * 129)),
        body(event(digest="sha256:short")),
        body(event(digest="md5:" + "a" * 32)),
        body(event(digest=f"{DIGEST}/../..")),
        body(event(digest="")),
        body(event(tag="ok"), event(tag="not ok")),
    ],
    ids=range(26),
)
def test_what_no_registry_sends_is_refused(data: bytes) -> None:
    with pytest.raises(NotificationInvalid):
        parse(data)


@pytest.mark.parametrize(
    "timestamp",
    ["", "yesterday", "2026-03-09T14:44:26", "9999-12-31T23:59:59-23:59", "1900-01-01T00:00:00Z"],
)
def test_a_time_that_says_nothing_is_none(timestamp: str) -> None:
    [notice] = parse(body(event(tag="v1", timestamp=timestamp))).notices
    assert notice.occurred_at == 0


def test_one_event_without_an_id_makes_the_request_one_that_is_not_recognised() -> None:
    assert parse(body(event(tag="a"), event(tag="b", id=""))).ids == ()
    assert parse(body(event(tag="a", id="x" * 257))).ids == ()
    assert parse(body(event(tag="a", id="1"), event(tag="b", id="2"))).ids == ("1", "2")
