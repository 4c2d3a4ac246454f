"""The public description of the events, generated from the topic registry.

An AsyncAPI 3.0 document and a JSON Schema (2020-12) for each event type.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from scantling_common.events.attributes import CONTENT_TYPE
from scantling_common.events.dead_letters import dead_letters_of
from scantling_common.events.topics import TOPICS, Topic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scantling_common.events.models import Event

ASYNCAPI: Final = "asyncapi.json"
SCHEMAS: Final = "schemas"
BINDING: Final = "0.5.0"
"""The version of AsyncAPI's Kafka binding."""

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final = {"type": "string", "minLength": 1}
_NUMBER: Final = {"type": "string", "pattern": "^[0-9]{1,18}$"}
_HEADERS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["ce_id", "ce_source", "ce_specversion", "ce_type"],
    "properties": {
        "ce_id": {**_TEXT, "description": "The same fact sent twice carries the same id."},
        "ce_source": {**_TEXT, "description": "The service that sent the event."},
        "ce_specversion": {"const": "1.0"},
        "ce_type": _TEXT,
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string"},
        "ce_traceparent": {"type": "string", "description": "W3C Trace Context."},
        "ce_project": {"type": "string", "description": "The project it is about."},
        "ce_sequence": {
            **_NUMBER,
            "description": "The generation of what it describes; an older one is dropped.",
        },
        "ce_page": {**_NUMBER, "description": "The page of a change set, counted from 1."},
        "ce_pages": {**_NUMBER, "description": "How many pages the change set has."},
        "content-type": {"const": CONTENT_TYPE},
        "content-encoding": {
            "const": "zstd",
            "description": "Present where the data is compressed by Zstandard (over 8 KiB).",
        },
    },
}


def generate(directory: Path) -> list[Path]:
    """Write the documents; return their paths. What is there already is replaced."""
    schemas = directory / SCHEMAS
    schemas.mkdir(parents=True, exist_ok=True)
    written = [_write(directory / ASYNCAPI, asyncapi())]
    written += [
        _write(schemas / f"{type_}.json", schema_of(model)) for type_, model in _models().items()
    ]
    for stale in set(schemas.glob("*.json")) - set(written):
        stale.unlink()
    return written


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI document: every topic is a channel, with who sends and receives."""
    topics = all_topics()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Scantling events",
            "version": "1",
            "description": "CloudEvents 1.0 in binary mode. Topics marked x-scantling-public"
            " are for other systems; the rest is internal and may change with any release."
            " Only optional fields are added to a type; a breaking change is a new type.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": dict(
            operation for topic in topics for operation in _operations(topic).items()
        ),
        "components": {
            "messages": {type_: _message(model) for type_, model in _models().items()},
        },
    }


def all_topics() -> tuple[Topic, ...]:
    """Return the registry's topics, each followed by its dead-letter topic."""
    topics: list[Topic] = []
    for topic in TOPICS:
        topics.append(topic)
        if topic.dead_letters:
            topics.append(dead_letters_of(topic))
    return tuple(topics)


def schema_of(model: type[Event]) -> dict[str, Any]:
    """Return the JSON Schema of an event type's data."""
    return {
        "$schema": _DIALECT,
        "$id": f"urn:{model.type.replace('.', ':')}",
        **model.model_json_schema(mode="serialization"),
    }


def _models() -> dict[str, type[Event]]:
    return dict(sorted({topic.model.type: topic.model for topic in all_topics()}.items()))


def _channel(topic: Topic) -> dict[str, Any]:
    policies = ["compact"] * topic.compacted + ["delete"] * bool(topic.retention)
    return {
        "address": topic.name,
        "description": topic.describes,
        "messages": {
            topic.model.type: {"$ref": f"#/components/messages/{topic.model.type}"},
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": policies,
                    "retention.ms": topic.retention * 1000 or -1,
                },
                "bindingVersion": BINDING,
            },
        },
        "x-scantling-key": topic.key,
        "x-scantling-public": topic.public,
    }


def _operations(topic: Topic) -> Mapping[str, Any]:
    return {
        f"{role}.{action}.{topic.name}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{topic.name}"},
            "summary": f"{role} {action}s",
        }
        for action, roles in (("send", topic.writers), ("receive", topic.readers))
        for role in roles
        if role != "outside"
    }


def _message(model: type[Event]) -> dict[str, Any]:
    return {
        "name": model.type,
        "summary": (model.__doc__ or "").strip().splitlines()[0],
        "contentType": CONTENT_TYPE,
        "headers": _HEADERS,
        "payload": {
            "schemaFormat": f"application/schema+json;version={_DIALECT.split('/')[-2]}",
            "schema": {"$ref": f"{SCHEMAS}/{model.type}.json"},
        },
        "bindings": {"kafka": {"bindingVersion": BINDING}},
    }


def _write(path: Path, document: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
