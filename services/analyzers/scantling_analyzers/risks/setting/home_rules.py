"""Check items about the homes and shells of accounts; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.setting.accounts import PASSWD, can_log_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scantling_analyzers.checks.models import AccountRule
    from scantling_analyzers.facts.models import Place
    from scantling_analyzers.risks.setting.account_rules import Broken, Context
    from scantling_analyzers.risks.setting.accounts import Entry

_HOMES: Final = ("home/", "root")
"""Homes elsewhere are not among the entries that are kept: nothing is said of them."""
_DEPTH: Final = 2
_PRIVATE: Final = 0o750


def _people(context: Context) -> Iterator[tuple[Entry, Place | None]]:
    for user in context.accounts.users:
        home = user.fields[5].strip("/")
        uid = user.number(2)
        person = uid is not None and (uid == 0 or uid >= context.system_ids)
        if person and can_log_in(user) and home.startswith(_HOMES):
            yield user, context.system.places.get(context.system.followed(home))


def _root_home(context: Context) -> Iterator[Broken]:
    for user in context.accounts.users:
        if user.name == "root" and user.fields[5].rstrip("/") != "/root":
            yield user, f"its home is {user.fields[5] or '/'}"


def _exist(context: Context) -> Iterator[Broken]:
    # Archives need not have an entry for a folder that has files.
    implied = {"/".join(path.split("/")[:_DEPTH]) for path in context.system.places}
    for user, place in _people(context):
        if place is None and user.fields[5].strip("/") not in implied:
            yield user, f"its home {user.fields[5]} is not there"


def _private(context: Context) -> Iterator[Broken]:
    for user, place in _people(context):
        if place is not None and place.mode & 0o777 & ~_PRIVATE:
            yield user, f"its home is {place.mode:04o}"


def _owned(context: Context) -> Iterator[Broken]:
    for user, place in _people(context):
        if place is not None and place.uid != user.number(2):
            yield user, f"its home belongs to {place.uid}"


def _known_shells(context: Context) -> Iterator[Broken]:
    file = context.system.file("etc/shells")
    if file is None:
        return
    known = {text.strip() for _, text in file.lines}
    for user in context.accounts.users:
        if can_log_in(user) and user.fields[6] and user.fields[6] not in known:
            yield user, f"its shell {user.fields[6]} is not in /etc/shells"


HOME_RULES: Final[Mapping[AccountRule, tuple[str, Callable[[Context], Iterator[Broken]]]]] = {
    "root_home": (PASSWD, _root_home),
    "user_homes_exist": (PASSWD, _exist),
    "user_homes_are_private": (PASSWD, _private),
    "user_homes_are_owned": (PASSWD, _owned),
    "shells_are_known": (PASSWD, _known_shells),
}
