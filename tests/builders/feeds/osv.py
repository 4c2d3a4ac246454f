"""OSV records."""

from __future__ import annotations

from typing import Any


def record(
    id_: str = "GHSA-aaaa-bbbb-cccc", *affected: dict[str, Any], **fields: Any
) -> dict[str, Any]:
    """Return a record, by default of one npm package that is fixed in 1.2.3."""
    return {
        "schema_version": "1.7.0",
        "id": id_,
        "modified": "2024-02-03T04:05:06.789Z",
        "published": "2024-01-02T03:04:05Z",
        "affected": list(affected) or [package()],
        **fields,
    }


def package(
    ecosystem: str = "npm", name: str = "left", *ranges: dict[str, Any], **fields: Any
) -> dict[str, Any]:
    """Return what a record says of one package, by default that 1.2.3 is fixed."""
    entry: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}, **fields}
    if ranges or "versions" not in fields:
        entry["ranges"] = list(ranges) or [span(fixed="1.2.3")]
    return entry


def span(type_: str = "ECOSYSTEM", **bounds: str) -> dict[str, Any]:
    """Return a range from the beginning, unless ``introduced`` is given."""
    bounds = {"introduced": "0", **bounds}
    return {"type": type_, "events": [{kind: version} for kind, version in bounds.items()]}
