"""Records and events of made-up registries."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from scantling_common.bus.port import Delivery
from scantling_common.events.envelope import Envelope
from scantling_common.events.models import Event, ImageEvent, ScanCompleted, ScanReturned
from scantling_common.events.topics import IMAGE_EVENTS, SCAN_COMPLETED, SCAN_RETURNED
from scantling_common.records.dispatcher import Scan, Task, TaskBody, Waiting
from scantling_common.records.reporter import Head, HeadBody, HeadRisk
from scantling_common.records.shared import ImageBody, Layer
from scantling_common.records.sync import Image, Placement, Registry, placement_id
from scantling_dispatcher.decisions.lanes import lane_name
from scantling_dispatcher.instants import required_moment

if TYPE_CHECKING:
    from scantling_common.events.topics import Topic
    from scantling_common.risks import Risk

PROJECT = "default"
NOW = 1_700_000_000_000
ALL_RISKS: tuple[Risk, ...] = ("software", "file", "baseimage")
RISKS = ",".join(ALL_RISKS)


def digest(text: str) -> str:
    """Return a digest that stands for an image, a blob or a layer."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def a_registry(id_: str = "r1", **fields: Any) -> Registry:
    """Return a registry."""
    given: dict[str, Any] = {"project": PROJECT, "name": id_, "url": "https://registry.example"}
    return Registry(id=id_, created_at=NOW, **{**given, **fields})


def a_placement(
    image: str, *, registry: str = "r1", repository: str = "app", tag: str = "1", **fields: Any
) -> Placement:
    """Return the placement of an image under a tag."""
    platform = fields.pop("platform", "linux/amd64")
    given: dict[str, Any] = {
        "project": PROJECT,
        "observed_at": NOW,
        "first_seen_at": NOW,
        "last_seen_at": NOW,
    }
    return Placement(
        id=placement_id(registry, repository, tag, platform),
        registry=registry,
        repository=repository,
        tag=tag,
        platform=platform,
        image=image,
        **{**given, **fields},
    )


def an_image(id_: str, *, layers: tuple[str, ...] = (), **fields: Any) -> Image:
    """Return an image; ``layers`` are the digests of its blobs."""
    body = ImageBody(
        layers=tuple(
            Layer(digest=each, size=1, media_type="", claimed_diff_id=each) for each in layers
        )
    )
    given: dict[str, Any] = {"os": "linux", "architecture": "amd64", "size": 1}
    return Image(
        id=id_,
        media_type="application/vnd.oci.image.manifest.v1+json",
        config_digest=digest("config"),
        first_seen_at=NOW,
        body=body,
        **{**given, **fields},
    )


def a_task(id_: str = "task-1", **fields: Any) -> Task:
    """Return a manual task that runs."""
    given: dict[str, Any] = {
        "project": PROJECT,
        "kind": "manual",
        "priority": "manual",
        "risks": RISKS,
        "state": "running",
        "created_at": NOW,
        "body": TaskBody(),
    }
    return Task(id=id_, **{**given, **fields})


def a_row(image: str, *, task: str = "task-1", **fields: Any) -> Waiting:
    """Return a waiting row."""
    given: dict[str, Any] = {
        "lane": lane_name("manual", task, "r1"),
        "project": PROJECT,
        "registry": "r1",
        "due_at": NOW,
        "stamp": NOW,
        "enqueued_at": NOW,
        "risks": RISKS,
    }
    return Waiting(id=f"{task}/{image}", task=task, image=image, **{**given, **fields})


def a_head(scan: Scan, status: str = "complete", **fields: Any) -> Head:
    """Return the head as the reporter leaves it when a scan is final."""
    risk = HeadRisk(
        seq=scan.seq,
        run="run",
        pages=1,
        status=status,
        attempt_seq=scan.seq,
        attempt_status=status,
        **fields,
    )
    return Head(
        id=scan.id,
        project=scan.project,
        image=scan.image,
        partition=0,
        completed=scan.seq,
        body=HeadBody(risks=dict.fromkeys(scan.risks.split(","), risk)),
    )


def delivered(topic: Topic, event: Event | None, id_: str = "event-1") -> Delivery:
    """Return an event as it reaches a handler."""
    envelope = Envelope(id=id_, source="test", type=topic.model.type, time="")
    return Delivery(
        topic=topic,
        partition=0,
        offset=0,
        key="" if event is None else event.key(),
        envelope=envelope,
        event=event,
    )


def an_image_event(placement: Placement, action: str = "pushed", at: int = NOW) -> ImageEvent:
    """Return what sync tells of a placement."""
    return ImageEvent.model_validate(
        {
            "project": placement.project,
            "action": action,
            "registry": placement.registry,
            "repository": placement.repository,
            "tag": placement.tag,
            "platform": placement.platform,
            "placement": placement.id,
            "image": placement.image,
            "observed_at": required_moment(at),
        }
    )


def pushed(placement: Placement, at: int = NOW) -> Delivery:
    """Return the delivery of a push."""
    return delivered(IMAGE_EVENTS, an_image_event(placement, at=at), f"{placement.id}/{at}")


def returned(
    scan: Scan,
    risks: tuple[str, ...] = ALL_RISKS,
    *,
    attempt: int = 1,
    until: int = NOW,
    reason: str = "registry_busy",
) -> Delivery:
    """Return the delivery of a scan that comes back."""
    event = ScanReturned.model_validate(
        {
            "project": scan.project,
            "scan": scan.id,
            "image": scan.image,
            "risks": risks,
            "seq": scan.seq,
            "attempt": attempt,
            "reason": reason,
            "not_before": required_moment(until),
        }
    )
    return delivered(SCAN_RETURNED, event)


def completed(
    scan: Scan, status: str = "complete", *, advisories: str = "", **statuses: str
) -> Delivery:
    """Return the delivery of a scan that is final; ``statuses`` are those of single risks."""
    outcomes = {**dict.fromkeys(scan.risks.split(","), status), **statuses}
    event = ScanCompleted.model_validate(
        {
            "project": scan.project,
            "scan": scan.id,
            "image": scan.image,
            "seq": scan.seq,
            "generation": 1,
            "status": status,
            "outcomes": outcomes,
            "advisories": advisories,
            "reasons": {risk: "why" for risk, each in outcomes.items() if each != "complete"},
        }
    )
    return delivered(SCAN_COMPLETED, event)
