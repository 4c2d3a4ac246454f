"""Notifications as CNCF distribution sends them, for tests that send them by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from tests.builders.image import OCI_MANIFEST

EVENTS: Final = "application/vnd.docker.distribution.events.v2+json"


def notice(
    repository: str,
    *,
    tag: str = "",
    digest: str = "",
    action: str = "push",
    media_type: str = OCI_MANIFEST,
    id_: str = "",
) -> dict[str, Any]:
    """Return one event; without an id it can't be recognised when it is repeated."""
    target = {"mediaType": media_type, "repository": repository, "digest": digest, "tag": tag}
    event: dict[str, Any] = {
        "action": action,
        "timestamp": datetime.now(UTC).isoformat(),
        "target": {name: value for name, value in target.items() if value},
        "request": {"host": "another.example:5000", "addr": "203.0.113.9"},
    }
    return {**event, "id": id_} if id_ else event


def notification(*events: dict[str, Any]) -> bytes:
    """Return the body of a request."""
    return json.dumps({"events": list(events)}).encode()
