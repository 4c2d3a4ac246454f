"""How urgent it is to mend a finding; pure.

The first rule that fits decides; ``docs/explanation/matching.md`` tells the same in a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from scantling_common.risks import Severity

Urgency = Literal["immediate", "soon", "planned", "watch"]

LIKELY: Final = 0.1
"""An EPSS probability from which exploitation is taken for likely: one vulnerability in twenty."""

_SEVERE: Final = frozenset({"critical", "high"})


class Urgent(NamedTuple):
    """An urgency and the reason for it in words."""

    urgency: Urgency
    reason: str


def urgency_of(
    severity: Severity,
    *,
    exploited_since: str,
    epss: float | None,
    fixed: bool,
    running: bool,
    malicious: bool = False,
) -> Urgent:
    """Return the urgency of a finding.

    ``exploited_since`` is the date of the KEV catalogue, empty where it lists nothing; ``fixed``
    tells if there is a version that mends it, ``running`` is false for what no container runs,
    ``malicious`` is true where the package itself does harm.
    """
    if malicious:
        return Urgent("immediate", "the package is malicious")
    if not running:
        return Urgent("watch", "no container runs it: the host's kernel does")
    mended = "a fix is available" if fixed else "there is no fix yet"
    chance = "" if epss is None or epss < LIKELY else f"likely to be exploited (EPSS {epss:.0%})"
    with_fix, without, why = _rule(severity, exploited_since, chance)
    return Urgent(with_fix if fixed else without, f"{why}; {mended}")


def _rule(severity: Severity, exploited_since: str, chance: str) -> tuple[Urgency, Urgency, str]:
    """Return the urgency with a fix, that without one, and why."""
    said = "of unknown severity" if severity == "unknown" else severity
    if exploited_since:
        return "immediate", "immediate", f"it is exploited (KEV, {exploited_since})"
    if severity in _SEVERE:
        if chance:
            return "immediate", "soon", f"{said}, and {chance}"
        return "soon", "planned", said
    if chance:
        return "soon", "planned", f"{said}, but {chance}"
    return ("planned" if severity == "medium" else "watch"), "watch", said
