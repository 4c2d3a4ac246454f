"""Advisory databases of a few made-up records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scantling_analyzers.advisories.database.builder import build
from scantling_analyzers.advisories.feeds.catalogue import FEEDS
from scantling_analyzers.advisories.sources.paths import PathSource

if TYPE_CHECKING:
    from pathlib import Path


def osv_record(
    id_: str, ecosystem: str, name: str, fixed: str | None, **fields: Any
) -> dict[str, Any]:
    """Return an OSV record that says: everything before ``fixed`` is affected."""
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    return {
        "schema_version": "1.7.0",
        "id": id_,
        "modified": "2026-01-02T00:00:00Z",
        "published": "2026-01-01T00:00:00Z",
        "summary": f"{id_} of {name}",
        "affected": [
            {
                "package": {"ecosystem": ecosystem, "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
            }
        ],
        **fields,
    }


def osv_bytes(record: dict[str, Any]) -> bytes:
    """Return a record as it is published."""
    return json.dumps(record).encode()


def advisory_database(target: Path, *records: dict[str, Any]) -> str:
    """Build a database of OSV records at ``target``; return its build."""
    folder = target.parent / f"{target.name}.feeds"
    folder.mkdir(parents=True, exist_ok=True)
    for record in records:
        (folder / f"{record['id']}.json").write_text(json.dumps(record))
    return build([PathSource(folder)], FEEDS, target).id
