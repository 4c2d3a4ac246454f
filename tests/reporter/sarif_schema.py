"""What SARIF 2.1.0 demands of the objects that reports have, as a JSON Schema of our own.

It is closed: a property that is not named here is an error, so that what is written anew is looked
up in the standard first. The numbers are those of its sections.
"""

from __future__ import annotations

from typing import Any

LEVEL = {"enum": ["none", "note", "warning", "error"]}  # 3.27.10
TEXT = {"type": "string", "minLength": 1}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}  # 3.9
BAG = {"type": "object"}  # 3.8


def closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the schema of an object with these properties and no other."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": [*required],
        "additionalProperties": False,
    }


def listed(items: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


MESSAGE = closed({"text": TEXT})  # 3.11
ARTIFACT = closed({"uri": {"type": "string", "format": "uri-reference"}, "uriBaseId": TEXT})  # 3.4
PHYSICAL = closed(  # 3.29, 3.30
    {"artifactLocation": ARTIFACT},
    {"region": closed({"startLine": {"type": "integer", "minimum": 1}})},
)
LOGICAL = closed({"fullyQualifiedName": TEXT, "kind": TEXT}, {"name": TEXT})  # 3.33
LOCATION = closed(  # 3.28
    {}, {"physicalLocation": PHYSICAL, "logicalLocations": listed(LOGICAL), "message": MESSAGE}
)
RULE = closed(  # 3.49
    {
        "id": TEXT,
        "shortDescription": MESSAGE,
        "fullDescription": MESSAGE,
        "help": MESSAGE,
        "defaultConfiguration": closed({"level": LEVEL}),
        "properties": closed(
            {
                "security-severity": {"type": "string", "pattern": r"^(10|[0-9])\.[0-9]$"},
                "tags": {**listed(TEXT), "uniqueItems": True},
            }
        ),
    },
    {"helpUri": {"type": "string", "format": "uri"}},
)
SUPPRESSION = closed(  # 3.35
    {
        "kind": {"enum": ["inSource", "external"]},
        "status": {"enum": ["accepted", "underReview", "rejected"]},
        "justification": TEXT,
    }
)
RESULT = closed(  # 3.27
    {
        "ruleId": TEXT,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": listed(LOCATION),
        "partialFingerprints": {"type": "object", "additionalProperties": TEXT},
        "properties": BAG,
    },
    {"suppressions": listed(SUPPRESSION)},
)
NOTIFICATION = closed(  # 3.58
    {"descriptor": closed({"id": TEXT}), "level": LEVEL, "message": MESSAGE},
    {"locations": listed(LOCATION)},
)
INVOCATION = closed(  # 3.20
    {
        "executionSuccessful": {"type": "boolean"},
        "toolExecutionNotifications": listed(NOTIFICATION),
    },
    {"endTimeUtc": TIME},
)
RUN = closed(  # 3.14
    {
        "tool": closed({"driver": closed({"name": TEXT, "version": TEXT, "rules": listed(RULE)})}),
        "automationDetails": closed({"id": TEXT}),
        "originalUriBaseIds": {
            "type": "object",
            "additionalProperties": closed({"description": MESSAGE}),
        },
        "invocations": listed(INVOCATION),
        "results": listed(RESULT),
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "properties": BAG,
    }
)
LOG = closed(  # 3.13
    {"$schema": {"type": "string", "format": "uri"}, "version": {"const": "2.1.0"}},
    {"runs": listed(RUN)},
)
