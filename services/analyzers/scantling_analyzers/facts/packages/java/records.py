"""Maven's own records in an archive: ``META-INF/maven/GROUP/ARTIFACT``.

Its ``pom.properties`` and ``pom.xml`` together tell of one artifact that the archive is, or was
made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.facts.packages.java import evidence
from scantling_analyzers.facts.packages.java.coordinates import Coordinates, describes
from scantling_analyzers.facts.packages.java.manifest import said
from scantling_analyzers.facts.packages.java.names import version_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from scantling_analyzers.facts.packages.java.manifest import Manifest
    from scantling_analyzers.facts.packages.java.names import FileName
    from scantling_analyzers.facts.packages.java.pom import Pom

PROPERTIES_NAME: Final = b"pom.properties"
POM_NAME: Final = b"pom.xml"
_MAVEN: Final = [b"META-INF", b"maven"]


class Record(NamedTuple):
    """One artifact, by what names it; the version may be empty."""

    coordinates: Coordinates
    found_by: str
    licenses: tuple[bytes, ...] = ()


def folder_of(name: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return the folder of a record with the group and artifact that it is named after.

    None for a file that is no record of Maven: archetypes, plugins and tests bring POMs of
    other things. The folder may stand anywhere (``BOOT-INF/classes/META-INF/maven``, and
    agents hide what they merged in a folder of their own).
    """
    folder, _, _ = name.rpartition(b"/")
    parts = folder.split(b"/")
    if parts[-2:] == _MAVEN:
        return folder, b"", b""
    return (folder, parts[-2], parts[-1]) if parts[-4:-2] == _MAVEN else None


def record_of(
    folder: tuple[bytes, bytes], properties: Mapping[str, bytes] | None, pom: Pom | None
) -> Record | None:
    """Join the two files of a record; ``folder`` is the group and artifact of their folder.

    The properties say what was built; where they lack a text, or a variable was left in it, the
    POM says it, then the folder. None where the artifact has no name at all.
    """
    given = {key: text for key, text in (properties or {}).items() if said(text)}
    from_pom = {
        "groupId": pom.group.encode() if pom else b"",
        "artifactId": pom.artifact.encode() if pom else b"",
        "version": pom.version.encode() if pom else b"",
    }
    group, artifact, version = (given.get(key) or from_pom[key] for key in from_pom)
    coordinates = Coordinates(group or folder[0], artifact or folder[1], version)
    if not coordinates.group or not coordinates.artifact:
        return None
    found_by = evidence.POM_PROPERTIES if given.get("version") else evidence.POM_XML
    licenses = tuple(text.encode() for text in pom.licenses) if pom else ()
    return Record(coordinates, found_by, licenses)


def own_record(records: Sequence[Record], manifest: Manifest, name: FileName) -> Record | None:
    """Return the record that describes the archive itself; the others were merged into it.

    By the file's name; else by the manifest's titles; else the only record of an archive whose
    name has no version (``app.jar``) is its own.
    """
    named = [r for r in records if _is_name(name, r.coordinates)]
    if named:
        return max(named, key=lambda record: len(record.coordinates.artifact))
    described = describes((record.coordinates for record in records), manifest)
    if described is not None:
        return next(record for record in records if record.coordinates == described)
    return records[0] if len(records) == 1 and not name.version else None


def with_version(record: Record, candidates: Iterable[bytes]) -> Record:
    """Return the record, with the first version of the candidates where it has none."""
    if record.coordinates.version:
        return record
    version = next(filter(None, candidates), b"")
    return record._replace(coordinates=record.coordinates._replace(version=version))


def _is_name(name: FileName, found: Coordinates) -> bool:
    if found.artifact in {name.stem, name.name}:
        return True
    full = found.group + b"." + found.artifact
    return any(version_after(name.stem, artifact) for artifact in (found.artifact, full))
