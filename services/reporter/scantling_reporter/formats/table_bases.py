"""The base images of an image for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UnsetType

from scantling_reporter.formats.terminal import columns_of, counted

if TYPE_CHECKING:
    from scantling_common.outcomes import BaseImage
    from scantling_reporter.report import Report


def bases_block(report: Report, total: int) -> list[str]:
    """Return the bases with how sure they are, and where to rebuild on."""
    outcome = report.outcomes.get("baseimage")
    if outcome is None or isinstance(outcome.bases, UnsetType) or not outcome.bases:
        return []
    rows = [
        (_name(base), base.matched_by, base.confidence, str(base.layers), _word(base.approved))
        for base in outcome.bases
    ]
    header = ("BASE IMAGE", "MATCHED BY", "CONFIDENCE", "LAYERS", "APPROVED")
    lines = columns_of(header, rows, total=total)
    if not isinstance(outcome.base_layers, UnsetType) and outcome.base_layers:
        every = counted(len(report.image.layers), "layer")
        lines.append(f"{outcome.base_layers} of {every} came with the base")
    hints = () if isinstance(outcome.rebuild_on, UnsetType) else outcome.rebuild_on
    if hints:
        newer = [(hint.reference, hint.digest, hint.since) for hint in hints]
        lines += ["", *columns_of(("REBUILD ON", "WHICH IS NOW", "SINCE"), newer, total=total)]
    return lines


def _name(base: BaseImage) -> str:
    former = [f"{newer.reference} (formerly)" for newer in base.newer]
    return ", ".join([*base.references, *former]) or base.digest


def _word(truth: bool) -> str:  # noqa: FBT001 - it is all there is to say
    return "yes" if truth else "no"
