"""The generated documents are committed, right, and as the code is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from scantling_common.bus.port import Outgoing
from scantling_common.events.codec import encode
from scantling_common.events.documents import all_topics, asyncapi, generate, schema_of
from scantling_common.events.models import Control, ScanResult
from scantling_common.events.topics import CONTROL, TOPICS, Topic
from tests.common.events.test_codec import TIME, result

COMMITTED = Path(__file__).parents[3] / "docs" / "reference" / "events"


def test_the_committed_documents_are_as_generated(tmp_path: Path) -> None:
    generated = {path.relative_to(tmp_path): path.read_bytes() for path in generate(tmp_path)}
    committed = {
        path.relative_to(COMMITTED): path.read_bytes() for path in COMMITTED.rglob("*.json")
    }
    assert committed == generated, "run `make docs`"


def test_a_schema_of_an_event_that_is_no_more_is_removed(tmp_path: Path) -> None:
    generate(tmp_path)
    stale = tmp_path / "schemas" / "scantling.gone.v1.json"
    stale.touch()
    generate(tmp_path)
    assert not stale.exists()


def test_every_reference_of_the_asyncapi_document_leads_somewhere(tmp_path: Path) -> None:
    generate(tmp_path)
    document = json.loads((tmp_path / "asyncapi.json").read_text())
    references = list(_references(document))
    assert references
    for reference in references:
        if reference.startswith("#/"):
            target: Any = document
            for step in reference[2:].split("/"):
                target = target[step]
        else:
            assert (tmp_path / reference).is_file()


def test_the_document_has_what_asyncapi_3_requires() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= document["info"].keys()
    for name, channel in document["channels"].items():
        assert channel["address"] == name
        assert channel["messages"]
        assert channel["bindings"]["kafka"]["partitions"] > 0
    for operation in document["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in document["channels"]
    for message in document["components"]["messages"].values():
        assert {"name", "contentType", "headers", "payload"} <= message.keys()
        jsonschema.Draft202012Validator.check_schema(message["headers"])


@pytest.mark.parametrize("topic", all_topics(), ids=lambda topic: topic.name)
def test_every_topic_is_a_channel_with_a_schema(topic: Topic) -> None:
    assert topic.name in asyncapi()["channels"]
    schema = schema_of(topic.model)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert {"project"} <= set(schema["required"])


def test_dead_letters_are_channels_too() -> None:
    assert {topic.dead for topic in TOPICS} <= asyncapi()["channels"].keys()


def test_events_and_headers_are_valid_by_their_schemas() -> None:
    control = Control(project="p", scan="s", state="running", seq=1)
    for event in (control, result(100)):
        data = json.loads(event.model_dump_json(exclude_none=True))
        jsonschema.validate(data, schema_of(type(event)))
    encoded = encode(
        Outgoing(
            topic=CONTROL,
            event=Control(project="p", scan="s", state="running", seq=1),
            id="i",
            page=1,
        ),
        source="s",
        time=TIME,
    )
    headers = {name: value.decode() for name, value in encoded.headers}
    jsonschema.validate(headers, asyncapi()["components"]["messages"][Control.type]["headers"])


def test_the_schemas_refuse_what_the_models_refuse() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"project": "p"}, schema_of(Control))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            {**result(2).model_dump(mode="json"), "risk": "x"}, schema_of(ScanResult)
        )


def _references(node: Any) -> Any:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for each in node.values():
            yield from _references(each)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)
