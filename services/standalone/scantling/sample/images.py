"""The sample images: two bases, and a shop on one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling.sample import contents
from scantling.sample.layers import BuiltLayer, build_layer
from scantling_common.images.digests import Digest, digest_of
from scantling_common.images.media_types import OCI_CONFIG, OCI_LAYER_GZIP, OCI_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Sequence

_CREATED: Final = "2025-01-01T00:00:00Z"
_SETUID: Final = 0o4755


class SampleImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image that is built: where it is pushed to, its manifest, config and layers."""

    repository: str
    tag: str
    manifest: bytes
    config: bytes
    config_digest: Digest
    layers: tuple[BuiltLayer, ...]


def sample_images() -> list[SampleImage]:
    """Return the images in the order in which they are to be pushed: bases first."""
    alpine = build_layer(contents.alpine(), "ADD alpine-minirootfs.tar.gz / # sample")
    debian = build_layer(contents.debian(), "ADD rootfs.tar.xz / # sample")
    libraries = build_layer(
        {
            **contents.python_packages([("flask", "2.2.2"), ("requests", "2.31.0")]),
            **contents.node_packages([("express", "4.18.2"), ("@babel/core", "7.23.0")]),
            b"srv/shop/lib/commons-text-1.9.jar": contents.jar(
                "org.apache.commons", "commons-text", "1.9"
            ),
        },
        "RUN pip install flask requests && npm install express @babel/core # sample",
    )
    shop = build_layer(
        {
            b"srv/shop/shop.py": b"print('shop')\n",
            b"srv/shop/node_modules/.wh.express": b"",
            b"usr/local/bin/shop": b"#!/usr/bin/python3\n",
        },
        "COPY . /srv/shop # sample",
        modes={b"usr/local/bin/shop": _SETUID},
    )
    return [
        _image("sample/debian", "12", [debian]),
        _image("sample/alpine", "3.20", [alpine]),
        _image("sample/shop", "1.4", [alpine, libraries, shop]),
    ]


def _image(repository: str, tag: str, layers: Sequence[BuiltLayer]) -> SampleImage:
    config = {
        "created": _CREATED,
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["/bin/sh"], "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        "history": [{"created": _CREATED, "created_by": each.created_by} for each in layers],
    }
    packed = msgspec.json.encode(config)
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": _descriptor(OCI_CONFIG, packed),
        "layers": [_descriptor(OCI_LAYER_GZIP, layer.data) for layer in layers],
    }
    return SampleImage(
        repository=repository,
        tag=tag,
        manifest=msgspec.json.encode(manifest),
        config=packed,
        config_digest=digest_of(packed),
        layers=tuple(layers),
    )


def _descriptor(media_type: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}
