"""Which user a container of the image runs as, and whether that is root; pure.

Runtimes read ``USER`` as a number where it is one, signs and leading zeros and all, else they look
for the name in the image's ``/etc/passwd``: the first line of a name counts, and a number that is
missing there, or is none, is 0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.models import SEVERED
from scantling_analyzers.risks.setting.accounts import PASSWD
from scantling_analyzers.risks.setting.verdict import Verdict, failed, passed

if TYPE_CHECKING:
    from scantling_analyzers.risks.setting.accounts import Accounts
    from scantling_analyzers.risks.setting.container import Container

_NUMBER: Final = re.compile(r"[+-]?(\d{1,256})", re.ASCII)
_UID: Final = 2
_ROOT: Final = "root"


def is_number(user: str) -> bool:
    """Say whether runtimes read a user as a number."""
    return _NUMBER.fullmatch(user) is not None


def judge_user(accounts: Accounts, container: Container) -> Verdict:
    """Judge whether the user is another one than root."""
    user = container.user.partition(":")[0].strip()
    said = f"USER {container.user}"
    if not user:
        return failed(f"{said}: root" if container.user else "USER is not set: root")
    if number := _NUMBER.fullmatch(user):
        return failed(said) if _is_zero(number[1]) else passed(said)
    file = accounts.file(PASSWD)
    for line, text in file.lines if file is not None else ():
        name, *fields = text.split(":")
        if file is None or text.startswith("#") or name != user:
            continue
        if fields == [SEVERED]:
            return Verdict("unknown", f"{said}: its line in /etc/passwd is broken", file.path, line)
        uid = fields[_UID - 1].strip() if len(fields) >= _UID else ""
        known = _NUMBER.fullmatch(uid)
        if known is None or _is_zero(known[1]):
            shown = f"{said}: its number in /etc/passwd is {uid or 'missing'}, which is root's"
            return failed(shown, file.path, line, file.layer)
        return passed(f"{said}: its number is {uid}", file.path, line, file.layer)
    # Without a line the container does not start: "user_exists" tells that.
    return failed(said) if user == _ROOT else passed(said)


def _is_zero(digits: str) -> bool:
    return not digits.strip("0")
