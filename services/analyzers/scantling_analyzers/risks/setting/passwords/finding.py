"""The finding of a weak password; pure. The password is in none of its words."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.passwords.candidates import masked, plain_name, why
from scantling_common.outcomes import Finding
from scantling_common.password_list import LIST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.passwords.candidates import Lists
    from scantling_analyzers.risks.setting.passwords.subject import Subject
    from scantling_common.risks import Severity

ID: Final = "weak-password"
BASELINE: Final = "weak-passwords"
"""The baseline that these findings and items belong to."""
EXPECTED: Final = "no weak password"
_DIGEST_LENGTH: Final = 32
_STEPS: Final = (10, 100, 1000, 10_000)
"""How common a password is, is told by the next of these: the rank would tell which it is."""

SYSTEMS: Final = {
    "linux": "account",
    "history": "earlier password of the account",
    "group": "group",
    "redis": "Redis user",
    "mysql": "MySQL user",
    "web": "web user",
    "tomcat": "Tomcat user",
    "vnc": "VNC access",
}
REMEDIES: Final = {
    "linux": "Lock the account (passwd -l NAME), or remove its hash: an image needs no password. "
    "Where people log in, set a password of their own when the container starts.",
    "history": "Remove the file: an image needs no earlier passwords.",
    "group": "Remove the password of the group (gpasswd -r NAME).",
    "redis": "Give the password when the container starts, from a secret, and a long random one.",
    "mysql": "Take the password out of the file; give it from a secret when the container starts.",
    "web": "Make the file when the container starts, from a secret, with bcrypt (htpasswd -B).",
    "tomcat": "Remove the user, or give the file when the container starts, from a secret.",
    "vnc": "Remove the file, and set a password when the container starts, from a secret.",
}


def finding_of(subject: Subject, password: str, lists: Lists) -> Finding:
    """Return the finding of an account whose password is known.

    Its fingerprint says whose password it is and in which file: another weak one changes the
    finding, and opens no new one.
    """
    account = subject.account
    word, rank = why(password, plain_name(account.name), account.system, lists)
    reason = _REASONS[word] if rank == 0 else f"{_REASONS[word]}, of the {_step(rank):,} first"
    details = {
        "account": account.name,
        "system": account.system,
        "line": str(account.line) if account.line else "",
        "scheme": account.scheme or ("clear text" if account.state == "clear" else ""),
        "why": word,
        "reason": reason,
        "password": masked(password),
        "uid": str(subject.uid) if subject.uid >= 0 else "",
        "locked": "yes" if account.locked else "",
        "can_log_in": "yes" if subject.can_log_in and account.system == "linux" else "",
        "baseline": BASELINE,
        "observed": f"{account.name}: {reason}",
        "expected": EXPECTED,
    }
    return Finding(
        id=ID,
        fingerprint=_fingerprint(account.system, account.path, account.name),
        risk="setting",
        severity=_severity(subject, word),
        title=f"Weak password of the {SYSTEMS[account.system]} {account.name}: {reason}",
        path=account.path,
        layer=subject.layer,
        description=_description(subject, reason),
        solution=REMEDIES[account.system],
        details={key: text for key, text in details.items() if text},
    )


def distinct(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield all, those of further passwords of an account by fingerprints of their own.

    The first one keeps the fingerprint that it has while it is the only one.
    """
    seen: Counter[str] = Counter()
    for finding in findings:
        known = finding.fingerprint
        seen[known] += 1
        if seen[known] == 1:
            yield finding
        else:
            yield replace(finding, fingerprint=_fingerprint(known, str(seen[known])))


_REASONS: Final = {
    "empty": "it is empty",
    "user_name": "it is the name itself",
    "derived": "it is made of the name",
    "your_list": f"it stands in your list {LIST}",
    "default": "it is what the software or the system comes with",
    "common": "it is a common one",
}


def _description(subject: Subject, reason: str) -> str:
    account = subject.account
    where = f"line {account.line} of /{account.path}" if account.line else f"/{account.path}"
    kept = {"clear": "in the clear", "hash": f"as a {account.scheme} hash"}.get(account.state, "")
    lock = " The account is locked; whoever unlocks it has this password." if account.locked else ""
    stands = f", kept {kept} in {where}" if kept else f", in {where}"
    return f"The password is weak: {reason}{stands}.{lock}"


def _severity(subject: Subject, word: str) -> Severity:
    """Return how bad it is: by who may do what with the password.

    *critical* for a user who may do everything, *high* for all who can log in and for users of
    software, *medium* where nothing to log in with is known, *low* for what is locked or past.
    """
    account = subject.account
    if account.locked or not subject.is_current:
        return "low"
    if account.system == "linux":
        if subject.uid == 0:
            return "critical"
        return "high" if subject.can_log_in else "medium"
    if account.system == "mysql" and word == "empty":
        # The server may know its client by other means.
        return "low"
    if account.system == "group" or (account.system == "redis" and word == "empty"):
        return "medium"
    return "high"


def _step(rank: int) -> int:
    return next((step for step in _STEPS if rank <= step), _STEPS[-1])


def _fingerprint(*texts: str) -> str:
    parts = ("setting", ID, *texts)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_DIGEST_LENGTH]
