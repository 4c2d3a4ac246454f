"""Maven coordinates: what identifies an archive, from the best source that it has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.packages.java.groups import known_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_VERSION_GROUP: Final = re.compile(rb"\d.*|build\d.*|rc?\d+", re.IGNORECASE | re.DOTALL)
_JOINED_VERSION: Final = re.compile(rb"[._](\d.*)", re.DOTALL)
_PLACEHOLDER: Final = re.compile(rb"[$@]\{|@")
_DOMAINS: Final = (b"com.", b"org.", b"net.", b"io.", b"be.")
_NAMES: Final = ("Name", "Bundle-Name", "Short-Name", "Extension-Name", "Implementation-Title")
_VERSIONS: Final = (
    "Implementation-Version",
    "Specification-Version",
    "Plugin-Version",
    "Bundle-Version",
)
_GROUPS: Final = (
    "Extension-Name",
    "Specification-Vendor",
    "Implementation-Vendor",
    "Implementation-Vendor-Id",
    "Implementation-Title",
    "Bundle-Activator",
)
_LESSER_GROUPS: Final = ("Automatic-Module-Name", "Main-Class", "Package")


class Coordinates(NamedTuple):
    """What names an artifact in Maven; ``version`` is empty where nothing tells it."""

    group: bytes
    artifact: bytes
    version: bytes


def from_properties(properties: Mapping[str, bytes], folder: Iterable[bytes]) -> Coordinates:
    """Return what pom.properties say; ``folder`` is ``(groupId, artifactId)`` of its path.

    Raises :class:`Unreadable` where the version is missing or a placeholder of the build.
    """
    group, artifact = folder
    version = properties.get("version", b"")
    if not version or _PLACEHOLDER.search(version):
        raise Unreadable("pom.properties name no version", code="malformed")
    return Coordinates(
        properties.get("groupId") or group, properties.get("artifactId") or artifact, version
    )


def from_manifest(attributes: Mapping[str, bytes], file_name: bytes) -> Coordinates | None:
    """Return what the manifest and the file's name tell together; None without any name.

    The group is a guess unless the manifest names it or the artifact is a known one: the first
    attribute that looks like a domain, else the artifact's name, which is what Maven 1 and many
    old artifacts have (``junit:junit``).
    """
    artifact, version = split_file_name(file_name)
    artifact = artifact or _first(attributes, _NAMES)
    if not artifact:
        return None
    group = attributes.get("Group-Id") or known_group(artifact)
    group = group or _symbolic_group(attributes, artifact) or _group(attributes, _GROUPS)
    group = group or _group(attributes, _LESSER_GROUPS) or artifact
    return Coordinates(group, artifact, version or _first(attributes, _VERSIONS))


def main_of(poms: Iterable[Coordinates], file_name: bytes) -> Coordinates | None:
    """Return the one of an archive's poms that describes the archive itself, by the file's name."""
    stem, _ = split_file_name(file_name)
    candidates = list(poms)
    for pom in candidates:
        if pom.artifact == stem:
            return pom
    for pom in candidates:
        if stem and (pom.artifact.startswith(stem) or stem.endswith(pom.artifact)):
            return pom
    return None


def split_file_name(file_name: bytes) -> tuple[bytes, bytes]:
    """Split ``log4j-core-2.17.1.jar`` into name and version, either of them maybe empty.

    The version starts at the first part between dashes that looks like one, else at the first
    number after a dot or underscore.
    """
    stem = file_name.rpartition(b"/")[2].rpartition(b".")[0]
    parts = stem.split(b"-")
    for index, part in enumerate(parts):
        if _VERSION_GROUP.fullmatch(part):
            name, version = b"-".join(parts[:index]), b"-".join(parts[index:])
            break
    else:
        joined = _JOINED_VERSION.search(stem)
        name, version = (stem[: joined.start()], joined[1]) if joined else (stem, b"")
    return (name, version) if name[:1].isalpha() else (b"", b"")


def _first(attributes: Mapping[str, bytes], keys: Iterable[str]) -> bytes:
    return next((attributes[key] for key in keys if attributes.get(key)), b"")


def _symbolic_group(attributes: Mapping[str, bytes], artifact: bytes) -> bytes:
    """Return the group of a bundle, whose symbolic name is by default ``GROUP.ARTIFACT``."""
    return _group(attributes, ("Bundle-SymbolicName",)).removesuffix(b"." + artifact)


def _group(attributes: Mapping[str, bytes], keys: Iterable[str]) -> bytes:
    for key in keys:
        given = attributes.get(key, b"")
        if given.startswith(_DOMAINS):
            return given.partition(b";")[0].partition(b"#")[0].strip()
    return b""
