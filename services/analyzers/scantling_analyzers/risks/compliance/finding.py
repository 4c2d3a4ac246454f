"""The finding of software that a list does not allow (requirement row 4.9); pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from scantling_common.outcomes import Finding
from scantling_common.software_list.entry import INCLUDE_DEFAULT
from scantling_common.software_list.parsing import LIST

if TYPE_CHECKING:
    from scantling_analyzers.risks.compliance.rule import Rule
    from scantling_analyzers.risks.compliance.subject import Subject

TITLE: Final = "Software that is not allowed"
_DIGEST_LENGTH: Final = 32


def finding_of(subject: Subject, rule: Rule) -> Finding:
    """Return the finding of one piece of software.

    Its fingerprint says which software it is and where, whatever its version and whoever forbids
    it: an upgrade or another reason changes the finding and opens no new one.
    """
    entry = rule.entry
    reason = entry.reason
    details = {
        "type": subject.type,
        "list": rule.source,
        "entry": entry.text,
        "reason": reason,
        "purl": subject.purl,
        "arch": subject.arch,
        "licenses": ", ".join(subject.licenses) if entry.license else "",
        "hash": entry.hash,
        "owner": subject.owner,
        "found_by": subject.found_by,
    }
    return Finding(
        id=entry.id,
        fingerprint=digest_of(subject.type, subject.name, subject.arch, subject.path),
        risk="compliance",
        severity=entry.severity,
        title=f"{TITLE}: {reason}" if reason else TITLE,
        path=subject.path,
        layer=subject.layer,
        package=subject.name,
        version=subject.version,
        description=f"The {_named(rule)} forbids it: {entry.text}",
        solution=_solution(rule),
        details={key: text for key, text in details.items() if text},
    )


def digest_of(*texts: str) -> str:
    """Return a fingerprint that is made of texts."""
    return hashlib.sha256("\0".join(("compliance", *texts)).encode()).hexdigest()[:_DIGEST_LENGTH]


def _named(rule: Rule) -> str:
    return f"list {LIST}" if rule.source == LIST else f"default of the list {LIST}"


def _solution(rule: Rule) -> str:
    where = f"the list {LIST} before the entry that forbids it"
    if rule.source != LIST:
        where = f"the list {LIST}, before its line '{INCLUDE_DEFAULT}'"
    return f"Remove it from the image, or allow it in {where}."
