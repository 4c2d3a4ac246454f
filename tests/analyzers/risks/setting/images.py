"""Images with settings, from little: files, entries, packages, configuration, file information."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from scantling_analyzers.checks.documents import read_document
from scantling_analyzers.contract import FactError, ImageContent, LocatedFact
from scantling_analyzers.facts.configuration_files import ConfigurationReader
from scantling_analyzers.facts.models import Distribution, LocatedError, Package, Place
from scantling_common.outcomes import FileReport
from tests.analyzers.facts.files import Found
from tests.analyzers.risks.content import content

FIXTURES: Final = Path(__file__).parent / "fixtures"
_KINDS: Final = {"d": "directory", "l": "link", "o": "other"}


def fixtures() -> dict[str, dict[str, Any]]:
    """Return what passes and what fails, by the id of the item."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(FIXTURES.glob("*.yaml")):
        found.update(read_document(path.read_text(encoding="utf-8"), path.name).data)
    return found


def place(path: str, text: str) -> Place:
    """Return an entry from ``0644 0:0``, ``d0755 0:0``, or ``l target``."""
    kind = _KINDS.get(text[0], "file")
    if kind == "link":
        return Place(path, kind, 0o777, 0, 0, 0, text[2:])
    mode, owner = text.lstrip("do").split()
    uid, gid = map(int, owner.split(":"))
    return Place(path, kind, int(mode, 8), uid, gid, 0)


def image(
    *,
    files: dict[str, str] | None = None,
    places: dict[str, str] | None = None,
    packages: dict[str, str] | None = None,
    config: dict[str, Any] | None = None,
    history: list[str] | None = None,
    labels: dict[str, str] | None = None,
    report: dict[str, Any] | None = None,
    distribution: tuple[str, str] | None = None,
) -> ImageContent:
    """Return an image of one layer."""
    layer = {path: text.encode() for path, text in (files or {}).items()}
    facts: list[Any] = []
    errors: list[LocatedError] = []
    for path in layer:
        found = Found(ConfigurationReader(), layer, path)
        facts += found.facts
        errors += found.errors
    for name, version in (packages or {}).items():
        facts.append(Package(path="var/lib/dpkg/status", name=name, version=version, type="deb"))
    if distribution is not None:
        id_, version = distribution
        facts.append(Distribution(path="etc/os-release", id=id_, version_id=version))
    return replace(
        content(layers=1),
        facts=tuple(LocatedFact(fact=fact, layer=0) for fact in facts),
        errors=tuple(FactError(error=each, reader="configuration", layer=0) for each in errors),
        places=tuple(place(path, text) for path, text in sorted((places or {}).items())),
        config={
            name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
            for name, value in (config or {}).items()
        },
        history=tuple(history or ()),
        labels=labels or {},
        files=msgspec.convert(report, FileReport) if report is not None else None,
    )
