"""Parts that several records share."""

from __future__ import annotations

import msgspec


class Layer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A layer as manifest and config describe it; ``claimed_diff_id`` is not believed."""

    digest: str
    size: int
    media_type: str
    claimed_diff_id: str
    created_by: str = ""
    foreign: bool = False


class ImageBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What manifest and config of an image say, verified against the digest and redacted."""

    layers: tuple[Layer, ...]
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    config: dict[str, str] = {}
    history: tuple[str, ...] = ()
