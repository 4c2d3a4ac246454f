"""The published JSON Schema of reports, generated from their models."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

import msgspec

from scantling_reporter.report import Report

if TYPE_CHECKING:
    from pathlib import Path


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of ``scantling.report/1``."""
    schema = msgspec.json.schema(Report)
    for definition in schema["$defs"].values():
        # Python 3.13 takes the indentation out of docstrings, the versions before do not.
        definition["description"] = inspect.cleandoc(definition["description"])
    report = schema["$defs"]["Report"]
    report["required"] = ["schema", *report["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:scantling:report:1",
        "title": "Scantling report, version 1",
        **schema,
    }


def write_schema(path: Path) -> Path:
    """Write the schema to a file; the same models give the same bytes."""
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")
    return path
