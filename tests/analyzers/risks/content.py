"""Builds what an analyzer sees, from little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.contract import (
    FactError,
    ImageContent,
    LayerSummary,
    LocatedFact,
)
from scantling_analyzers.facts.models import LocatedError
from scantling_common.images.digests import DiffId, chain_ids, digest_of

if TYPE_CHECKING:
    from scantling_analyzers.attestations.models import Material
    from scantling_analyzers.contract import KnownBase
    from scantling_analyzers.facts.models import AnyFact
    from scantling_common.outcomes import FileReport

IMAGE = digest_of(b"image")


def content(
    *facts: tuple[AnyFact, int, int | None],
    errors: tuple[tuple[str, int, int | None], ...] = (),
    layers: int = 2,
    bases: tuple[KnownBase, ...] = (),
    annotations: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
    provenance: tuple[Material, ...] = (),
    files: FileReport | None = None,
) -> ImageContent:
    """Return an image of so many layers; facts as (fact, layer, hidden by)."""
    diff_ids = [DiffId(digest_of(f"layer {n}".encode())) for n in range(layers)]
    return ImageContent(
        project="p",
        digest=IMAGE,
        os="linux",
        architecture="amd64",
        layers=tuple(
            LayerSummary(digest=d, diff_id=d, chain_id=c)
            for d, c in zip(diff_ids, chain_ids(diff_ids), strict=True)
        ),
        facts=tuple(LocatedFact(fact=f, layer=n, hidden_by=h) for f, n, h in facts),
        errors=tuple(
            FactError(
                error=LocatedError(path=path, code="malformed", message="broken"),
                reader="dpkg",
                layer=layer,
                hidden_by=hider,
            )
            for path, layer, hider in errors
        ),
        annotations=annotations or {},
        labels=labels or {},
        provenance=provenance,
        files=files,
        bases=bases,
    )
