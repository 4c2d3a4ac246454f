"""From what readers left out to the status of an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.rule_packs.errors import RulesUnusable
from scantling_common.outcomes import OutcomeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import ImageContent
    from scantling_analyzers.rule_packs.configured import LeftOut
    from scantling_common.risks import Status


def omissions(image: ImageContent) -> tuple[OutcomeError, ...]:
    """Return what is missing from the visible part of an image, ordered by path and layer.

    What a later layer hides can't be missing from what a container would see. What several readers
    say alike (a layer that none of them was given) is said once.
    """
    errors = {
        OutcomeError(
            path=fact_error.error.path,
            layer=image.layers[fact_error.layer].diff_id,
            code=fact_error.error.code,
            message=fact_error.error.message,
        )
        for fact_error in image.errors
        if fact_error.hidden_by is None
    }
    return tuple(sorted(errors, key=lambda e: (e.path, e.layer, e.code, e.message)))


def rules_left_out(without: Iterable[LeftOut]) -> tuple[OutcomeError, ...]:
    """Return that rules of the user's packs can't be used: what they would find is not known."""
    return tuple(
        OutcomeError(
            path="",
            layer="",
            code=RulesUnusable.code,
            message=f"rules of the pack {each.pack} can't be used and are left out: {each.count} "
            f"({each.kind}; scantling rules list --json)",
        )
        for each in without
    )


def status_of(errors: tuple[OutcomeError, ...]) -> tuple[Status, str, str]:
    """Return status, code and reason of an outcome with these omissions."""
    if not errors:
        return "complete", "", ""
    first = errors[0]
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    where = first.path or ("a layer" if first.layer else "")
    return "partial", "left_out", f"{where}: {first.message}{more}".removeprefix(": ")
