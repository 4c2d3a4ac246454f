"""Whether an outcome without findings means that there is nothing to find."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scantling_reporter.report import ReportOutcome


def is_sure(outcome: ReportOutcome) -> bool:
    """Tell whether all was judged that can be, by all that is known.

    A *complete* outcome may have a code all the same: of a distribution past its end of life,
    nobody tells what becomes known.
    """
    if outcome.status == "complete":
        return not outcome.code
    return outcome.status == "not_applicable"
