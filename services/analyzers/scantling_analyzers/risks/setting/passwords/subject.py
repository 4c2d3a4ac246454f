"""An account whose password is judged, with what its other file says of it; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.facts.models import Account
from scantling_analyzers.risks.setting.accounts import is_login_shell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import ImageContent

USERS: Final = "etc/passwd"
_COPIES: Final = frozenset({"etc/passwd-", "etc/shadow-", "etc/gshadow-"})


class Subject(NamedTuple):
    """An account; ``layer`` is a diff_id, ``uid`` -1 where nothing says it.

    ``is_current`` is false for copies of files and for earlier passwords: nobody logs in by them.
    """

    account: Account
    layer: str
    uid: int
    can_log_in: bool
    is_current: bool

    @property
    def kind(self) -> str:
        """Return what is counted together: the system, or *history* for what nobody logs in by."""
        return self.account.system if self.is_current else "history"

    @property
    def order(self) -> tuple[bool, bool, bool, bool, str, int]:
        """Return what says whose password is tried before whose."""
        account = self.account
        return (
            not self.is_current,
            account.locked,
            self.uid != 0,
            not self.can_log_in,
            account.path,
            account.line,
        )


def subjects_of(image: ImageContent) -> list[Subject]:
    """Return the visible accounts that have, or may have, a password, the most telling first."""
    visible = [
        (located.fact, located.layer)
        for located in image.visible()
        if isinstance(located.fact, Account)
    ]
    known = _known(account for account, _ in visible)
    found = [
        _subject(account, image.layers[layer].diff_id, known.get(account.name))
        for account, layer in visible
        if account.state in {"empty", "hash", "clear"}
    ]
    return sorted(found, key=lambda subject: subject.order)


def _known(accounts: Iterable[Account]) -> dict[str, Account]:
    """Return the line of passwd of each name, the first one as the system takes it."""
    known: dict[str, Account] = {}
    for account in accounts:
        if account.path == USERS:
            known.setdefault(account.name, account)
    return known


def _subject(account: Account, layer: str, passwd: Account | None) -> Subject:
    if account.system not in {"linux", "history"}:
        return Subject(account, layer, -1, can_log_in=True, is_current=account.path not in _COPIES)
    is_current = account.system == "linux" and account.path not in _COPIES
    if passwd is None:
        return Subject(account, layer, account.uid, can_log_in=False, is_current=is_current)
    return Subject(account, layer, passwd.uid, is_login_shell(passwd.shell), is_current)
