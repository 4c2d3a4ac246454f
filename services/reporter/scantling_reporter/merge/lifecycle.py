"""The life cycle of findings: a pure function of two generations of a head."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from scantling_common.outcomes import Finding
from scantling_common.risks import RISKS
from scantling_reporter.merge.summary import is_suppressed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


MAX_FINDINGS: Final = 500
"""The most findings of one event."""

MAX_BYTES: Final = 512 * 1024
"""The most bytes, in JSON, of the findings of one event; one that is larger stands alone."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A generation of a head as subscribers know it; a hidden one shows nothing."""

    hidden: bool
    statuses: Mapping[str, str]
    findings: Mapping[str, tuple[Finding, ...]]


class ChangeSet(msgspec.Struct, frozen=True, kw_only=True):
    """What a generation changed in one risk type; each list is ordered by fingerprint."""

    opened: tuple[Finding, ...] = ()
    changed: tuple[Finding, ...] = ()
    resolved: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything changed."""
        return bool(self.opened or self.changed or self.resolved or self.suppressed)

    def fingerprints(self) -> Iterator[str]:
        """Give kind and fingerprint of each finding, in order."""
        for kind in _KINDS:
            for finding in getattr(self, kind):
                yield f"{kind}:{finding.fingerprint}"


_KINDS: Final = ("opened", "changed", "resolved", "suppressed")


def changes(before: View, after: View) -> dict[str, ChangeSet]:
    """Return the change set of each risk type whose findings or status changed.

    A subscriber that applies them in order holds the open findings of ``after``: it adds what is
    opened, replaces what is changed, drops what is resolved or suppressed. A change of status
    alone gives an empty set, so that *failed* is heard of as well.
    """
    sets: dict[str, ChangeSet] = {}
    for risk in RISKS:
        if risk not in before.statuses and risk not in after.statuses:
            continue
        changed = _compare(_findings(before, risk), _findings(after, risk))
        if changed or _status(before, risk) != _status(after, risk):
            sets[risk] = changed
    return sets


def pages(changed: ChangeSet) -> list[ChangeSet]:
    """Return a change set cut into pages; an empty one is one page."""
    cut: list[list[tuple[str, Finding]]] = [[]]
    size = 0
    for kind in _KINDS:
        for finding in getattr(changed, kind):
            length = len(msgspec.json.encode(finding))
            if cut[-1] and (len(cut[-1]) == MAX_FINDINGS or size + length > MAX_BYTES):
                cut.append([])
                size = 0
            cut[-1].append((kind, finding))
            size += length
    return [_page(entries) for entries in cut]


def event_id(
    *, project: str, image: str, risk: str, fingerprints: Iterable[str], generation: int, page: int
) -> str:
    """Return the CloudEvents id of a page of a change set: the same page has the same one."""
    parts = (project, image, risk, str(generation), str(page), *fingerprints)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\x00")
    return digest.hexdigest()[:40]


def _findings(view: View, risk: str) -> dict[str, Finding]:
    if view.hidden:
        return {}
    found: dict[str, Finding] = {}
    for finding in view.findings.get(risk, ()):
        found.setdefault(finding.fingerprint, finding)
    return found


def _status(view: View, risk: str) -> str:
    return "" if view.hidden else view.statuses.get(risk, "")


def _compare(before: Mapping[str, Finding], after: Mapping[str, Finding]) -> ChangeSet:
    opened, changed, resolved, suppressed = [], [], [], []
    for fingerprint in sorted(before.keys() | after.keys()):
        was, now = _open(before, fingerprint), _open(after, fingerprint)
        if was is None and now is not None:
            opened.append(now)
        elif was is not None and now is not None and _told(was) != _told(now):
            changed.append(now)
        elif was is not None and now is None:
            kept = after.get(fingerprint)
            (resolved.append(was) if kept is None else suppressed.append(kept))
    return ChangeSet(
        opened=tuple(opened),
        changed=tuple(changed),
        resolved=tuple(resolved),
        suppressed=tuple(suppressed),
    )


def _open(findings: Mapping[str, Finding], fingerprint: str) -> Finding | None:
    finding = findings.get(fingerprint)
    return None if finding is None or is_suppressed(finding) else finding


def _told(finding: Finding) -> Finding:
    """Return a finding without what is renewed every day for all of them.

    The probability of an exploit alone is no news; where it makes a repair more urgent, that is.
    """
    if finding.vulnerability is None:
        return finding
    steady = replace(
        finding.vulnerability,
        epss=None,
        epss_percentile=None,
        modified="",
        urgency_reason="",
        references=(),
        scores=(),
        advisories=(),
        reasons=(),
    )
    return replace(finding, description="", vulnerability=steady)


def _page(entries: list[tuple[str, Finding]]) -> ChangeSet:
    return ChangeSet(
        **{kind: tuple(item for name, item in entries if name == kind) for kind in _KINDS}
    )
