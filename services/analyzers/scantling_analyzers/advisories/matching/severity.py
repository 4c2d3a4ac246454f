"""How severe a vulnerability is: what every source says, and whose word is taken; pure.

The order is: who speaks for the package's stream, the National Vulnerability Database, the GitHub
Advisory Database, any other by name. Of one source CVSS 3 stands before 4 and 2, as most scores can
be compared in it. A publisher's own word for the severity stands before what its score stands for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.advisories.matching.cvss_score import base_score, severity_of_score
from scantling_common.outcomes import ScoreEntry
from scantling_common.risks import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scantling_analyzers.advisories.models import Score

WORDS: Final[Mapping[str, Severity]] = {
    "malicious": "critical",
    "critical": "critical",
    "important": "high",
    "high": "high",
    "serious": "high",
    "moderate": "medium",
    "medium": "medium",
    "low": "low",
    "minor": "low",
    "negligible": "negligible",
    "none": "negligible",
    "informational": "negligible",
    "unimportant": "negligible",
}
"""The words of publishers, in lower case."""

MAX_SCORES: Final = 20
"""How many judgements a finding shows."""

_NVD: Final = "nvd"
_GITHUB: Final = "ghsa"
_KINDS: Final = {"cvss_v3": 0, "cvss_v4": 1, "cvss_v2": 2, "word": 3}
_OWN_PLACE, _NVD_PLACE, _GITHUB_PLACE, _OTHER_PLACE = range(4)


class Severities(msgspec.Struct, frozen=True):
    """What every source says, and what was chosen: empty and None where nobody says anything."""

    entries: tuple[ScoreEntry, ...] = ()
    severity: Severity = "unknown"
    score: float | None = None
    vector: str = ""
    source: str = ""


def severity_of_word(word: str) -> Severity:
    """Return the severity that a publisher's word stands for."""
    return WORDS.get(word.strip().lower(), "unknown")


def entry_of(score: Score) -> ScoreEntry:
    """Return what one source says, with the score computed where it is not given."""
    if score.kind == "word":
        return ScoreEntry(
            source=score.source, kind="word", text=score.text, severity=severity_of_word(score.text)
        )
    value = score.value if score.value is not None else base_score(score.kind, score.text)
    severity = "unknown" if value is None else severity_of_score(score.kind, value)
    return ScoreEntry(
        source=score.source, kind=score.kind, text=score.text, score=value, severity=severity
    )


def severities(own: Iterable[Score], others: Iterable[Score]) -> Severities:
    """Return what every source says; ``own`` are those of who speaks for the package's stream."""
    places: dict[ScoreEntry, int] = {}
    for score in own:
        places.setdefault(entry_of(score), _OWN_PLACE)
    for score in others:
        places.setdefault(entry_of(score), _place(score.source))
    ordered = sorted(
        places,
        key=lambda entry: (
            places[entry],
            _KINDS.get(entry.kind, len(_KINDS)),
            entry.source,
            entry.text,
        ),
    )
    known = [entry for entry in ordered if entry.severity != "unknown"]
    scored = next((entry for entry in ordered if entry.score is not None), None)
    # Of the first source that says anything its word, where it has one beside a score.
    words = (
        entry
        for entry in known
        if entry.kind == "word"
        and (places[entry], entry.source) == (places[known[0]], known[0].source)
    )
    chosen = next(words, known[0] if known else None)
    source = scored or chosen
    return Severities(
        entries=tuple(ordered[:MAX_SCORES]),
        severity=chosen.severity if chosen is not None else "unknown",
        score=scored.score if scored is not None else None,
        vector=scored.text if scored is not None else "",
        source=source.source if source is not None else "",
    )


def _place(source: str) -> int:
    source = source.lower()
    if source.startswith(_NVD):
        return _NVD_PLACE
    return _GITHUB_PLACE if source in {_GITHUB, "github"} else _OTHER_PLACE
