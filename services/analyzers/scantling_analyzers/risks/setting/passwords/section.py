"""What an outcome of unsafe settings has of passwords: findings, items of their own, errors."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.facts.models import Account
from scantling_analyzers.risks.setting.passwords.finding import BASELINE, EXPECTED, REMEDIES
from scantling_analyzers.risks.setting.passwords.judgement import judge
from scantling_common.outcome_settings import SettingItem
from scantling_common.outcomes import OutcomeError

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent, Settings
    from scantling_analyzers.fact_seal import FactSeal
    from scantling_analyzers.risks.setting.passwords.judgement import Counts
    from scantling_common.outcomes import Finding
    from scantling_common.risks import Severity

KEY_MISSING: Final = "fact_key_missing"
TITLE: Final = "Weak passwords"
_DESCRIPTION: Final = (
    "A password that is empty, the name itself, made of it, the one that the software comes with, "
    "common, or in your list weak-passwords is found by the first who tries."
)


class _Kind(NamedTuple):
    title: str
    severity: Severity
    none: str


_KINDS: Final = {
    "linux": _Kind("Accounts of the system", "critical", "no account has a password"),
    "group": _Kind("Groups", "medium", "no group has a password"),
    "history": _Kind("Earlier passwords and copies", "low", "there are none"),
    "redis": _Kind("Redis", "high", "there is no password of Redis"),
    "mysql": _Kind("MySQL option files", "high", "there is no password in an option file"),
    "web": _Kind("Password files of web servers", "high", "there is no such file"),
    "tomcat": _Kind("Users of Tomcat", "high", "there is no user of Tomcat"),
    "vnc": _Kind("VNC", "high", "there is no password of VNC"),
}
"""What has an item each, in their order."""


class Section(NamedTuple):
    """What is added to an outcome; an error makes it *partial*."""

    findings: tuple[Finding, ...]
    errors: tuple[OutcomeError, ...]
    items: tuple[SettingItem, ...]


def password_section(image: ImageContent, settings: Settings, seal: FactSeal | None) -> Section:
    """Return what is said of the passwords of an image.

    Without the fact key nothing can be: then all items are *unknown*.
    """
    if seal is None:
        message = "passwords can't be judged: this analyzer was given no fact key"
        error = OutcomeError(path="", layer="", code=KEY_MISSING, message=message)
        return Section((), (error,), unjudged_items(message))
    judged = judge(image, settings, seal)
    locked = _locked(image)
    items = tuple(_item(kind, judged.kinds.get(kind), locked) for kind in _KINDS)
    return Section(judged.findings, judged.errors, items)


def _locked(image: ImageContent) -> Counter[str]:
    """Return how many visible accounts of each kind no password fits."""
    accounts = (each.fact for each in image.visible() if isinstance(each.fact, Account))
    return Counter(each.system for each in accounts if each.state == "locked")


def _item(kind: str, counts: Counts | None, locked: Counter[str]) -> SettingItem:
    if counts is None and locked[kind]:
        return _made(
            kind,
            "passed",
            observed=f"{locked[kind]:,} accounts are locked, no other has a password",
        )
    if counts is None:
        return _made(kind, "not_applicable", reason=_KINDS[kind].none)
    if counts.weak:
        return _made(kind, "failed", observed=counts.said)
    if counts.unknown:
        return _made(kind, "unknown", reason=counts.said)
    return _made(kind, "passed", observed=counts.said)


def unjudged_items(reason: str) -> tuple[SettingItem, ...]:
    """Return the items of which nothing is known, for a reason."""
    return tuple(_made(kind, "unknown", reason=reason) for kind in _KINDS)


def _made(kind: str, status: str, *, observed: str = "", reason: str = "") -> SettingItem:
    known = _KINDS[kind]
    return SettingItem(
        id=f"{BASELINE}-{kind}",
        baseline=BASELINE,
        title=f"{TITLE}: {known.title}",
        severity=known.severity,
        status=status,
        reason=reason,
        observed=observed,
        expected=EXPECTED,
        description=_DESCRIPTION,
        remedy=REMEDIES[kind],
    )
