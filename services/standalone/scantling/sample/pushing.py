"""Pushing images into the sample registry, as any client would."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.images.digests import Digest
from scantling_common.images.errors import ReferenceInvalid
from scantling_common.images.media_types import OCI_MANIFEST
from scantling_common.images.models import ImageCandidate
from scantling_common.images.reference import InRegistry, is_repository, is_tag, parse_location
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.images.sources.local import open_source
from scantling_common.images.sources.push import push_image, put_blob, put_manifest
from scantling_common.images.sources.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling.sample.images import SampleImage
    from scantling_common.images.sources.source import Source

NAMESPACE: Final = "sample"
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9]+")


class Pushed(msgspec.Struct, frozen=True):
    """An image that is in the registry now."""

    repository: str
    tag: str
    digest: Digest


class Archived(msgspec.Struct, frozen=True):
    """An image of an archive, and where it is to be pushed."""

    digest: Digest
    repository: str
    tag: str


async def push_sample(host: str, image: SampleImage) -> Pushed:
    """Push a built image. Raises what the registry client raises."""
    async with Transport(_endpoint(host)) as transport:
        for layer in image.layers:
            await put_blob(transport, image.repository, layer.digest, layer.data)
        await put_blob(transport, image.repository, image.config_digest, image.config)
        digest = await put_manifest(
            transport, image.repository, image.tag, image.manifest, OCI_MANIFEST
        )
    return Pushed(image.repository, image.tag, digest)


async def push_archived(host: str, source: Source, image: Archived) -> Pushed:
    """Push an image of an archive. Raises what the registry client and the archive raise."""
    async with Transport(_endpoint(host)) as transport:
        digest = await push_image(transport, source, image.digest, image.repository, image.tag)
    return Pushed(image.repository, image.tag, digest)


@contextmanager
def archive(argument: str) -> Iterator[Source]:
    """Open an archive or layout that is named as ``scantling scan`` takes it.

    Raises :class:`~scantling_common.images.errors.ImageError`.
    """
    location = parse_location(argument)
    if isinstance(location, InRegistry):
        raise ReferenceInvalid(
            f"{argument!r} is no image archive", hint="--image takes a file that docker save wrote"
        )
    with open_source(location) as source:
        yield source


def archived_images(source: Source, argument: str) -> list[Archived]:
    """Return the images of an archive with names for them, each its own; pure but for reading.

    The repository is named after the file, the tag is the archive's where it has one.
    """
    stem = argument.rpartition("/")[2].rpartition(":")[2]
    slug = _slug(stem.removesuffix(".gz").removesuffix(".tar").removesuffix(".tgz")) or "image"
    repository = f"{NAMESPACE}/{slug}"
    candidates = [each for each in source.resolve() if isinstance(each, ImageCandidate)]
    tags: dict[str, Archived] = {}
    for number, candidate in enumerate(candidates):
        tag = _tag(candidate)
        if len(candidates) > 1:
            tag = f"{tag[:100]}-{_slug(str(candidate.platform or number))}"
        while tag in tags:
            tag = f"{tag[:120]}-{number}"
        name = repository if is_repository(repository) else f"{NAMESPACE}/image"
        tags[tag] = Archived(candidate.digest, name, tag)
    return list(tags.values())


def _tag(candidate: ImageCandidate) -> str:
    names = [name.rpartition("/")[2].rpartition(":")[2] for name in candidate.names]
    return next((name for name in names if is_tag(name)), "latest")


def _slug(text: str) -> str:
    return _NOT_IN_NAMES.sub("-", text.lower()).strip("-")


def _endpoint(host: str) -> Endpoint:
    return Endpoint(host=host, plain_http=True, allow_private=True)
