"""The eight risk types and the severities: the same words everywhere."""

from __future__ import annotations

from typing import Final, Literal, get_args

Risk = Literal[
    "vulnerability",
    "malware",
    "software",
    "file",
    "setting",
    "secret",
    "compliance",
    "baseimage",
]
"""A risk type, as in topics, URLs, JSON, metrics and on the command line."""

RISKS: Final[tuple[Risk, ...]] = get_args(Risk)

ALWAYS: Final[tuple[Risk, ...]] = ("software", "file", "baseimage")
"""Risk types that are part of every scan that a user, a push or a policy starts."""

Severity = Literal["critical", "high", "medium", "low", "negligible", "unknown"]
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""All severities, the worst first."""

Status = Literal["complete", "partial", "not_applicable", "unsupported", "failed", "stale"]
"""The status of an outcome; see the explanation of statuses in the documentation."""
