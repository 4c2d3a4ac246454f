"""Opening what an IMAGE argument names on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.images.errors import ArchiveInvalid
from scantling_common.images.limits import DOCUMENT_LIMITS, DocumentLimits
from scantling_common.images.reference import AnyArchive, DockerArchive, OciArchive, OciLayout
from scantling_common.images.sources import docker_archive, oci_layout
from scantling_common.images.sources.docker_archive import DockerArchiveSource
from scantling_common.images.sources.files import DirectoryFiles, TarFiles
from scantling_common.images.sources.oci_layout import OciLayoutSource

if TYPE_CHECKING:
    from scantling_common.images.sources.source import Source


def open_source(
    location: AnyArchive | DockerArchive | OciArchive | OciLayout,
    limits: DocumentLimits = DOCUMENT_LIMITS,
) -> Source:
    """Open an archive or layout; close the source when done.

    A bare archive that is both an OCI layout and a docker archive (what ``docker save`` writes
    today) is read as the former. Raises the :class:`ArchiveError` and :class:`ManifestError`
    of what is wrong with it.
    """
    if isinstance(location, OciLayout):
        return OciLayoutSource(DirectoryFiles(location.path), location.tag, limits)
    files = TarFiles(location.path)
    try:
        return _recognise(files, location, limits)
    except BaseException:
        files.close()
        raise


def _recognise(
    files: TarFiles, location: AnyArchive | DockerArchive | OciArchive, limits: DocumentLimits
) -> Source:
    layout = files.has(oci_layout.MARKER) and files.has(oci_layout.INDEX)
    if isinstance(location, OciArchive) or (isinstance(location, AnyArchive) and layout):
        return OciLayoutSource(files, limits=limits)
    if isinstance(location, AnyArchive) and not files.has(docker_archive.MANIFEST):
        raise ArchiveInvalid(
            f"{location.path} is a tar archive, but of no image",
            hint="expected what docker save, skopeo or buildah write",
        )
    return DockerArchiveSource(files, limits)
