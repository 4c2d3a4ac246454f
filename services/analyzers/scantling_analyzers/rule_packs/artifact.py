"""Rule packs in an OCI registry: an artifact (image-spec 1.1, manifest.md, artifacts).

Any artifact will do whose layers are files of rules, or archives of them, as ``oras push`` makes
them: a layer's name is its annotation ``org.opencontainers.image.title``.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.rule_packs.content import MAX_BYTES
from scantling_analyzers.rule_packs.errors import RulesUnusable
from scantling_analyzers.rule_packs.gathering import gather_file
from scantling_common.images.digests import Digest, is_digest

if TYPE_CHECKING:
    from scantling_common.images.sources.registry import Registry

TITLE: Final = "org.opencontainers.image.title"
MAX_LAYERS: Final = 1000


class _Descriptor(msgspec.Struct, rename="camel"):
    digest: str
    size: int
    annotations: dict[str, str] = {}


class _Manifest(msgspec.Struct, rename="camel"):
    layers: tuple[_Descriptor, ...] = ()


async def pull_rules(registry: Registry, repository: str, reference: str, folder: Path) -> None:
    """Put the files of rules of an artifact into a folder; each layer is verified by its digest.

    Raises :class:`RulesUnusable`, and what the registry raises.
    """
    data, _ = await registry.manifest(repository, reference)
    layers = _layers(data, f"{repository}:{reference}")
    with TemporaryDirectory(prefix="scantling-rules-") as scratch:
        for number, layer in enumerate(layers):
            fetched = Path(scratch) / str(number)
            await _fetch(registry, repository, layer, fetched)
            part = folder / f"{number:04}" if len(layers) > 1 else folder
            part.mkdir(exist_ok=True)
            name = layer.annotations.get(TITLE, "") or "rules"
            await asyncio.to_thread(gather_file, fetched, name, part)
            fetched.unlink()


async def _fetch(registry: Registry, repository: str, layer: _Descriptor, target: Path) -> None:
    failed: Exception | None = None
    for pieces in registry.streams(repository, Digest(layer.digest), layer.size):
        try:
            with target.open("wb") as file:
                async for piece in pieces:
                    await asyncio.to_thread(file.write, piece)
        except Exception as error:  # noqa: BLE001  # the next place is asked; the last one raises
            failed = error
        else:
            return
    if failed is not None:
        raise failed


def _layers(data: bytes, name: str) -> tuple[_Descriptor, ...]:
    try:
        manifest = msgspec.json.decode(data, type=_Manifest)
    except msgspec.DecodeError as error:
        raise RulesUnusable(f"{name} has no manifest that can be read: {error}") from error
    if not manifest.layers or len(manifest.layers) > MAX_LAYERS:
        raise RulesUnusable(f"{name} has {len(manifest.layers)} layers, 1 to {MAX_LAYERS} are read")
    if not all(is_digest(layer.digest) and layer.size >= 0 for layer in manifest.layers):
        raise RulesUnusable(f"{name} has a layer without a digest or size")
    total = sum(layer.size for layer in manifest.layers)
    if total > MAX_BYTES:
        raise RulesUnusable(f"{name} has {total} bytes, {MAX_BYTES} are fetched")
    return manifest.layers
