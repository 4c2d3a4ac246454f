"""The finding of a secret (requirement row 4.8); pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from scantling_common.outcomes import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scantling_analyzers.risks.secret.sighting import Sighting

MAX_OTHERS: Final = 10
"""How many other places of a secret are named."""
MAX_LINES: Final = 20
_DIGEST_LENGTH: Final = 32

_REVOKE: Final = "Revoke it: whoever can pull the image can read it."
_IN_FILE: Final = f"{_REVOKE} Then build the image without the file, and give it when it runs."
_IN_LAYER: Final = (
    f"{_REVOKE} To delete it in a later layer does not help: build the image anew without it, and "
    "give it to the one build step that needs it as a build secret."
)
_IN_CONFIGURATION: Final = (
    f"{_REVOKE} Then build the image without it: give build steps their secrets as build secrets, "
    "and containers theirs when they run."
)


def findings_of(sightings: Sequence[Sighting], *, fingerprints: bool = False) -> Iterator[Finding]:
    """Yield a finding for each, in their order; with the ``fingerprints`` of secrets where wanted.

    Its fingerprint says by which rule it was found and where, and not what the secret is: of
    several that one rule finds in one place each has its own.
    """
    counts: dict[str, int] = {}
    for each in sightings:
        secret = each.secret
        hidden = each.layer if each.hidden_by else ""
        known = digest_of(secret.rule, secret.path, secret.place, secret.item, hidden)
        number = counts[known] = counts.get(known, 0) + 1
        finding = _finding(each, known if number == 1 else digest_of(known, str(number)))
        if fingerprints:
            finding.details["secret"] = secret.fingerprint[:_DIGEST_LENGTH]
        yield finding


def digest_of(*texts: str) -> str:
    """Return a fingerprint that is made of texts."""
    return hashlib.sha256("\0".join(("secret", *texts)).encode()).hexdigest()[:_DIGEST_LENGTH]


def _finding(sighting: Sighting, fingerprint: str) -> Finding:
    secret = sighting.secret
    details = {
        "line": str(sighting.lines[0]) if secret.path else "",
        "lines": _several(tuple(map(str, sighting.lines)), MAX_LINES),
        "excerpt": secret.excerpt,
        "score": f"{secret.score:.2f}",
        "reasons": "; ".join(secret.reasons),
        "place": secret.place,
        "item": secret.item,
        "hidden_by": sighting.hidden_by,
        "also_at": _several(("", *sighting.others), MAX_OTHERS + 1).removeprefix(", "),
    }
    return Finding(
        id=secret.rule,
        fingerprint=fingerprint,
        risk="secret",
        severity=secret.severity,
        title=secret.title,
        path=secret.path,
        layer=sighting.layer,
        description=_description(sighting),
        solution=_solution(sighting),
        details={key: text for key, text in details.items() if text},
    )


def _several(texts: tuple[str, ...], most: int) -> str:
    """Return texts where there are several, the first of them and how many more."""
    if len(texts) < 2:  # noqa: PLR2004  # one is said elsewhere
        return ""
    more = f", and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def _description(sighting: Sighting) -> str:
    secret = sighting.secret
    if not secret.path:
        part = f"{secret.place}, {secret.item}" if secret.item else secret.place
        return f"In the configuration of the image ({part}): {secret.excerpt}"
    return f"In line {sighting.lines[0]}{_hiding(sighting)}: {secret.excerpt}"


def _hiding(sighting: Sighting) -> str:
    if not sighting.hidden_by:
        return ""
    if sighting.hidden_by == sighting.layer:
        return ", in an entry of the layer that no container shows"
    return ", in a file that a later layer hides"


def _solution(sighting: Sighting) -> str:
    if not sighting.secret.path:
        return _IN_CONFIGURATION
    return _IN_LAYER if sighting.hidden_by else _IN_FILE
