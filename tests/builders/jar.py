"""Java archives."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TIME = (2024, 1, 1, 0, 0, 0)


def archive(
    members: Mapping[str, bytes] | Iterable[tuple[str, bytes]], *, stored: bool = False
) -> bytes:
    """Return a zip archive; pairs instead of a mapping may repeat a name."""
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    pairs = members if not hasattr(members, "items") else members.items()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        for name, data in pairs:
            zipped.writestr(zipfile.ZipInfo(name, _TIME), data, compress_type=method)
    return content.getvalue()


def manifest(attributes: Mapping[str, str] | None = None) -> dict[str, bytes]:
    """Return a manifest, folded at 72 bytes as the JAR specification demands."""
    lines = [f"{key}: {text}" for key, text in (attributes or {}).items()]
    text = "".join(_fold(line) for line in ("Manifest-Version: 1.0", *lines)) + "\r\n"
    return {"META-INF/MANIFEST.MF": text.encode()}


def pom(group: str, artifact: str, version: str) -> dict[str, bytes]:
    """Return the ``pom.properties`` that Maven writes."""
    text = f"#Created by Apache Maven\nversion={version}\ngroupId={group}\nartifactId={artifact}\n"
    return {f"META-INF/maven/{group}/{artifact}/pom.properties": text.encode()}


def pom_xml(group: str, artifact: str, content: str) -> dict[str, bytes]:
    """Return a ``pom.xml`` in its place; ``content`` stands within its root element."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<project xmlns="http://maven.apache.org/POM/4.0.0">\n'
        f"<modelVersion>4.0.0</modelVersion>{content}</project>\n"
    )
    return {f"META-INF/maven/{group}/{artifact}/pom.xml": text.encode()}


def library(group: str, artifact: str, version: str) -> bytes:
    """Return a library as Maven packs it."""
    return archive(
        {**manifest(), **pom(group, artifact, version), "org/example/A.class": b"\xca\xfe\xba\xbe"}
    )


def _fold(line: str) -> str:
    parts = [line[:70], *(f" {line[at : at + 69]}" for at in range(70, len(line), 69))]
    return "".join(f"{part}\r\n" for part in parts)
