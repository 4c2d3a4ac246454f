"""Scores of CVSS vectors, by the library of that name (CVSS 2.0, 3.0, 3.1 and 4.0)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from scantling_analyzers.advisories.models import ScoreKind
    from scantling_common.risks import Severity

MAX_VECTOR: Final = 400
"""How long a vector may be; with all optional metrics one has fewer than 300 characters."""
_LIMITS: Final[tuple[tuple[float, Severity], ...]] = (
    (9.0, "critical"),
    (7.0, "high"),
    (4.0, "medium"),
    (0.1, "low"),
)
"""The qualitative severity rating scale (CVSS 3.1, 5)."""
_HIGHEST_OF_V2: Final = "high"


@lru_cache(maxsize=16_384)
def base_score(kind: ScoreKind, vector: str) -> float | None:
    """Return the base score of a vector, None where it is none."""
    if kind == "word" or len(vector) > MAX_VECTOR:
        return None
    # It takes longer to import than many an image takes to match.
    from cvss import (  # type: ignore[import-untyped]  # noqa: PLC0415  # untyped; as said above
        CVSS2,
        CVSS3,
        CVSS4,
    )
    from cvss.exceptions import (  # type: ignore[import-untyped]  # noqa: PLC0415  # as said above
        CVSSError,
    )

    try:
        if kind == "cvss_v2":
            score = CVSS2(vector.strip("()")).base_score
        elif kind == "cvss_v3":
            score = CVSS3(vector).base_score
        else:
            score = CVSS4(vector).base_score
    except (CVSSError, ArithmeticError, LookupError, ValueError):
        return None
    return float(score) if score is not None else None


def severity_of_score(kind: ScoreKind, score: float) -> Severity:
    """Return the severity that a base score stands for; CVSS 2.0 knows no critical one (NVD)."""
    for limit, severity in _LIMITS:
        if score >= limit:
            return _HIGHEST_OF_V2 if kind == "cvss_v2" and severity == "critical" else severity
    return "negligible"
