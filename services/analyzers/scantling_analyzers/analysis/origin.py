"""Which findings came with the base image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_analyzers.inventory.bases import base_layers

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent
    from scantling_common.outcomes import Outcome


def with_origin(outcome: Outcome, image: ImageContent) -> Outcome:
    """Return an outcome whose findings say whether a layer of the base made them.

    A layer that stands in the base and above it again is the base's: it has what was found. That
    an image has no approved base is nobody else's finding.
    """
    base = {layer.diff_id for layer in image.layers[: base_layers(image)]}
    if not base or outcome.risk == "baseimage":
        return outcome
    findings = tuple(
        replace(finding, in_base=True) if finding.layer in base else finding
        for finding in outcome.findings
    )
    return replace(outcome, findings=findings)
