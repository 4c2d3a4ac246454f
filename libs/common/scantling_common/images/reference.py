"""Image references (distribution/reference grammar) and the forms that the command line takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from scantling_common.images.digests import Digest, parse_digest
from scantling_common.images.errors import NotFound, ReferenceInvalid

DEFAULT_REGISTRY: Final = "docker.io"
DEFAULT_TAG: Final = "latest"
_DEFAULT_NAMESPACE: Final = "library/"
_OLD_NAME: Final = "index.docker.io"

_COMPONENT: Final = r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*"
_REPOSITORY: Final = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST: Final = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?")

_LONGEST_NAME: Final = 255
_LONGEST: Final = 1024


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """Where an image is in a registry. At least one of ``tag`` and ``digest`` is set.

    ``registry`` is ``host[:port]``; with both tag and digest, the digest decides.
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    def __str__(self) -> str:
        """Return the complete form, with the registry."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"

    @property
    def target(self) -> str:
        """Return what stands behind ``manifests/`` in a request."""
        return self.digest or self.tag or DEFAULT_TAG


class DockerArchive(msgspec.Struct, frozen=True, tag=True):
    """``docker-archive:FILE``: what ``docker save`` writes."""

    path: Path


class OciArchive(msgspec.Struct, frozen=True, tag=True):
    """``oci-archive:FILE``: an OCI layout in a tar."""

    path: Path


class OciLayout(msgspec.Struct, frozen=True, tag=True):
    """``oci:DIR[:TAG]``: an OCI layout directory."""

    path: Path
    tag: str | None = None


class AnyArchive(msgspec.Struct, frozen=True, tag=True):
    """A bare path of a file, whose form its content tells."""

    path: Path


class InRegistry(msgspec.Struct, frozen=True, tag=True):
    """``docker://REFERENCE`` or a bare reference."""

    reference: Reference


Location = DockerArchive | OciArchive | OciLayout | AnyArchive | InRegistry


def is_tag(text: str) -> bool:
    """Say whether ``text`` can be a tag."""
    return _TAG.fullmatch(text) is not None


def is_repository(text: str) -> bool:
    """Say whether ``text`` can be a repository's name, without its registry."""
    return len(text) <= _LONGEST_NAME and _REPOSITORY.fullmatch(text) is not None


def is_host(text: str) -> bool:
    """Say whether ``text`` is a registry's ``host[:port]``."""
    return len(text) <= _LONGEST_NAME and _HOST.fullmatch(text) is not None


def registry_name(host: str) -> str:
    """Return a registry by its usual name: Docker's has two, and logins and mirrors have one."""
    return DEFAULT_REGISTRY if host.lower() == _OLD_NAME else host


def parse_reference(text: str) -> Reference:
    """Return ``[registry/]repository[:tag][@digest]`` as a reference.

    Without tag and digest the tag is ``latest``; without a registry it is the default one, and
    a name of one component is in its ``library``. Raises :class:`ReferenceInvalid`.
    """
    if len(text) > _LONGEST:
        raise ReferenceInvalid("the image reference is longer than 1024 characters")
    rest, at, digest_text = text.partition("@")
    digest = parse_digest(digest_text) if at else None
    first, slash, remainder = rest.partition("/")
    explicit = bool(slash) and (
        "." in first or ":" in first or first == "localhost" or first != first.lower()
    )
    registry, path = (registry_name(first), remainder) if explicit else (DEFAULT_REGISTRY, rest)
    repository, colon, tag = path.partition(":")
    if registry == DEFAULT_REGISTRY and "/" not in repository:
        repository = _DEFAULT_NAMESPACE + repository
    if not is_host(registry) or not is_repository(repository) or (colon and not is_tag(tag)):
        raise ReferenceInvalid(
            f"{text!r} is not an image reference",
            hint="it looks like registry/repository:tag or registry/repository@sha256:…, "
            "with the repository in lower case",
        )
    default = None if digest else DEFAULT_TAG
    return Reference(registry=registry, repository=repository, tag=tag or default, digest=digest)


def parse_location(text: str) -> Location:
    """Return what an IMAGE argument names.

    A bare argument is a path where such a file, or such an OCI layout directory, exists; else
    a reference, unless only a path can look like that. A pipe or a device counts as a file, for
    the archive's reader to refuse: whoever names one does not mean a registry. Raises
    :class:`ReferenceInvalid`, and :class:`NotFound` for a path that isn't there.
    """
    form, colon, rest = text.partition(":")
    if text.startswith("docker://"):
        return InRegistry(parse_reference(text.removeprefix("docker://")))
    if colon and form in {"docker-archive", "oci-archive", "oci"}:
        if not rest:
            raise ReferenceInvalid(f"{text!r} lacks a path after {form}:")
        if form == "oci":
            return _layout(rest)
        path = _existing(rest)
        return DockerArchive(path) if form == "docker-archive" else OciArchive(path)
    path = Path(text)
    if _is_there(path) and not _is_directory(path):
        return AnyArchive(path)
    if _is_file(path / "oci-layout"):
        return OciLayout(path)
    if text.startswith(("/", "./", "../", "~")) or text.endswith((".tar", ".tar.gz", ".tgz")):
        raise NotFound(
            f"there is no image archive or OCI layout at {text!r}",
            hint="give the path of an archive, an OCI layout directory or an image reference",
        )
    return InRegistry(parse_reference(text))


def _layout(text: str) -> OciLayout:
    whole = Path(text)
    if _is_directory(whole):
        return OciLayout(whole)
    directory, colon, tag = text.rpartition(":")
    if colon and _is_directory(Path(directory)):
        return OciLayout(Path(directory), tag)
    raise NotFound(f"there is no OCI layout directory at {text!r}")


def _existing(text: str) -> Path:
    path = Path(text)
    try:
        path.stat()
    except (OSError, ValueError) as error:
        raise NotFound(f"there is no file {text!r}") from error
    return path


def _is_file(path: Path) -> bool:
    """Say whether there is a file; what no path can look like is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
