"""Maven coordinates: what identifies an archive, from the best source that it has.

The sources, best first: Maven's own record (``pom.properties``, else ``pom.xml``), which
:mod:`~scantling_analyzers.facts.packages.java.records` reads; the manifest together with the
file's name, for the manifest knows vendors and titles, and the name is most often
``ARTIFACT-VERSION``; the name alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.facts.packages.java import evidence
from scantling_analyzers.facts.packages.java.groups import known_group
from scantling_analyzers.facts.packages.java.manifest import said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.facts.packages.java.manifest import Manifest
    from scantling_analyzers.facts.packages.java.names import FileName

JENKINS_GROUP: Final = "org.jenkins-ci.plugins"

_DOMAIN: Final = re.compile(
    rb"(?:[a-z]{2,3}|info|java|javax|jakarta|name|tech|cloud|software)(?:\.[A-Za-z0-9_-]+)+"
)
_DOMAIN_FIRST: Final = re.compile(rb"[A-Za-z0-9_.-]+")
_ARTIFACT: Final = re.compile(rb"[A-Za-z][A-Za-z0-9_.-]*")
_VERSION: Final = re.compile(rb"v?\d|build|r\d", re.IGNORECASE)
_NAMES: Final = (
    "Name",
    "Bundle-Name",
    "Short-Name",
    "Extension-Name",
    "Implementation-Title",
    "Specification-Title",
)
_VERSIONS: Final = (
    "Implementation-Version",
    "Plugin-Version",
    "Bundle-Version",
    "Specification-Version",
)
_GROUPS: Final = (
    "Implementation-Vendor-Id",
    "Extension-Name",
    "Specification-Vendor",
    "Implementation-Vendor",
    "Implementation-Title",
)
_JDK: Final = frozenset({b"Java Platform API Specification"})


class Coordinates(NamedTuple):
    """What names an artifact in Maven; ``version`` is empty where nothing tells it."""

    group: bytes
    artifact: bytes
    version: bytes


class Identity(NamedTuple):
    """Coordinates, and by what they were found (a word of ``evidence``)."""

    coordinates: Coordinates
    found_by: str


def is_of_java(manifest: Manifest) -> bool:
    """Say whether an archive is a part of a Java installation (``rt.jar``, ``jrt-fs.jar``).

    Those are no Maven artifacts: the installation's ``release`` file names it as a whole.
    """
    return manifest.main.get("Specification-Title", b"") in _JDK


def identify(manifest: Manifest, name: FileName) -> Identity | None:
    """Return what the manifest and the file's name tell together; None without a version.

    An artifact without a version can't be judged, and the name of a file alone (``app.jar``) is
    nobody's artifact. The group is a guess unless the manifest names it or the artifact is a
    known one: the first attribute that looks like a reversed domain, else the artifact's name,
    which is what Maven 1 and many old artifacts have (``junit:junit``).
    """
    if plugin := _jenkins_plugin(manifest):
        return Identity(plugin, evidence.MANIFEST)
    artifact = name.name or manifest.first(_NAMES)
    version = name.version or version_of(manifest)
    if not _ARTIFACT.fullmatch(artifact) or not version:
        return None
    group = known_group(artifact, version) or manifest.main.get("Group-Id", b"")
    group = group or _symbolic_group(manifest, artifact) or _vendor_group(manifest)
    group = group or _module_group(manifest, artifact) or _class_group(manifest)
    found_by = evidence.MANIFEST if manifest.main else evidence.FILE_NAME
    return Identity(_own_domain(group or artifact, artifact, version), found_by)


def version_of(manifest: Manifest) -> bytes:
    """Return the version that a manifest gives its archive, empty where it gives none."""
    candidates = [manifest.main.get(key, b"") for key in _VERSIONS]
    candidates += [manifest.named.get(key, b"") for key in _VERSIONS]
    return next((text for text in candidates if said(text) and _VERSION.match(text)), b"")


def _jenkins_plugin(manifest: Manifest) -> Coordinates | None:
    """Return the coordinates of a Jenkins plugin (maven-hpi-plugin's manifest)."""
    version = manifest.first(("Plugin-Version",)).partition(b" ")[0]
    artifact = manifest.first(("Short-Name", "Extension-Name"))
    if not version or not _ARTIFACT.fullmatch(artifact):
        return None
    group = manifest.first(("Group-Id",)) or JENKINS_GROUP.encode()
    return Coordinates(group, artifact, version)


def _own_domain(group: bytes, artifact: bytes, version: bytes) -> Coordinates:
    """Take the group out of an artifact such as ``org.apache.felix.framework`` of none."""
    if group == artifact and _DOMAIN.fullmatch(artifact) and artifact.count(b".") > 1:
        group = artifact.rpartition(b".")[0]
    return Coordinates(group, artifact, version)


def _symbolic_group(manifest: Manifest, artifact: bytes) -> bytes:
    """Return the group of a bundle, whose symbolic name is by default ``GROUP.ARTIFACT``."""
    symbolic = manifest.first(("Bundle-SymbolicName",)).partition(b";")[0].strip()
    return _without_artifact(symbolic, artifact)


def _module_group(manifest: Manifest, artifact: bytes) -> bytes:
    return _without_artifact(manifest.first(("Automatic-Module-Name",)), artifact)


def _without_artifact(name: bytes, artifact: bytes) -> bytes:
    """Return a dotted name without the artifact's own words at its end."""
    if not _DOMAIN.fullmatch(name):
        return b""
    if name.endswith(b"." + artifact) and _DOMAIN.fullmatch(name[: -len(artifact) - 1]):
        return name[: -len(artifact) - 1]
    # GROUP.LAST, where LAST also ends the artifact's name: org.example.http of example-http.
    head, _, last = name.rpartition(b".")
    if artifact.endswith((b"-" + last, b"_" + last)) and _DOMAIN.fullmatch(head):
        return head
    return name


def _vendor_group(manifest: Manifest) -> bytes:
    for key in _GROUPS:
        match = _DOMAIN_FIRST.match(manifest.first((key,)))
        if match and _DOMAIN.fullmatch(match[0]):
            return match[0]
    return b""


def _class_group(manifest: Manifest) -> bytes:
    """Return the package of the class that the archive starts; a launcher's tells nothing."""
    for key in ("Start-Class", "Bundle-Activator", "Main-Class"):
        package = manifest.first((key,)).rpartition(b".")[0]
        if _DOMAIN.fullmatch(package) and b".loader" not in package:
            return package
    return b""


def describes(candidates: Iterable[Coordinates], manifest: Manifest) -> Coordinates | None:
    """Return the artifact that the manifest's titles and names speak of, None without one."""
    titles = {
        manifest.main.get(key, b"").partition(b";")[0].strip().lower()
        for key in (*_NAMES, "Bundle-SymbolicName", "Automatic-Module-Name")
    }
    for found in candidates:
        names = {found.artifact, found.group + b"." + found.artifact}
        if titles.intersection(name.lower() for name in names):
            return found
    return None
