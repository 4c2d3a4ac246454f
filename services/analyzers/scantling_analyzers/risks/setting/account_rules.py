"""Check items about all accounts; pure. Each rule yields what breaks it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.passwords.schemes import OTHER, SCHEMES
from scantling_analyzers.risks.setting.accounts import (
    GROUP,
    PASSWD,
    SHADOW,
    SHADOWED,
    can_log_in,
    has_password,
    is_legacy,
)
from scantling_analyzers.risks.setting.home_rules import HOME_RULES
from scantling_analyzers.risks.setting.verdict import Verdict, failed, not_applicable, passed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from scantling_analyzers.checks.models import AccountRule, AccountsExamined
    from scantling_analyzers.risks.setting.accounts import Accounts, Entry
    from scantling_analyzers.risks.setting.system import System

_NAMED: Final = 10
_STRONG: Final = frozenset(scheme.name for scheme in SCHEMES if scheme.is_strong)
_KEEP_SHELL: Final = frozenset({"root", "sync", "shutdown", "halt"})
_SYSTEM: Final = 1000
"""User ids from here on are people's, unless login.defs says otherwise."""
_NOBODY: Final = 65_534
_OLDEST, _YOUNGEST, _WARNED, _INACTIVE = 4, 3, 5, 6

Broken = tuple["Entry", str]


class Context(NamedTuple):
    """What rules look at."""

    accounts: Accounts
    system: System
    limit: int
    system_ids: int


def judge_accounts(system: System, accounts: Accounts, examined: AccountsExamined) -> Verdict:
    """Judge one rule; the first that breaks it is where it is seen."""
    path, rule = _RULES[examined.rule]
    file = accounts.file(path)
    if file is None:
        return not_applicable(f"/{path} is not there")
    context = Context(accounts, system, examined.limit, _system_ids(system))
    broken = list(rule(context))
    if not broken:
        return passed("none breaks it", file.path, 0, file.layer)
    said = ", ".join(f"{entry.name or '(no name)'}: {why}" for entry, why in broken[:_NAMED])
    more = f", and {len(broken) - _NAMED} more" if len(broken) > _NAMED else ""
    first = broken[0][0]
    return failed(f"{said}{more}", first.path, first.line, first.layer)


def _system_ids(system: System) -> int:
    from_file = system.setting("etc/login.defs", "UID_MIN")
    return int(from_file) if from_file.isascii() and from_file.isdigit() else _SYSTEM


def _uid_0(context: Context) -> Iterator[Broken]:
    for user in context.accounts.users:
        if user.number(2) == 0 and user.name != "root":
            yield user, "its uid is 0"


def _gid_0(context: Context) -> Iterator[Broken]:
    for user in context.accounts.users:
        # These come with gid 0 in distributions of Red Hat's family.
        if user.number(3) == 0 and user.name not in {*_KEEP_SHELL, "operator"}:
            yield user, "its group is 0"


def _group_0(context: Context) -> Iterator[Broken]:
    for group in context.accounts.groups:
        if group.number(2) == 0 and group.name != "root":
            yield group, "its gid is 0"


def _empty(context: Context) -> Iterator[Broken]:
    shadows = context.accounts.shadows
    for user in context.accounts.users:
        if not user.password:
            yield user, "its password is empty"
        elif user.password == SHADOWED and not _shadow_of(user, shadows).password:
            yield shadows[user.name], "its password is empty"
    known = {user.name for user in context.accounts.users}
    for name, entry in shadows.items():
        if name not in known and not entry.password:
            yield entry, "its password is empty"


def _shadow_of(user: Entry, shadows: Mapping[str, Entry]) -> Entry:
    """Return the line in shadow, that of passwd where there is none."""
    return shadows.get(user.name, user)


def _shadowed(context: Context) -> Iterator[Broken]:
    for user in context.accounts.users:
        if user.password not in {SHADOWED, "!"}:
            yield user, "its password is not in /etc/shadow"


def _twice(entries: Iterable[Entry], what: Callable[[Entry], object]) -> Iterator[Broken]:
    entries = list(entries)
    counts = Counter(key for entry in entries if (key := what(entry)) is not None)
    for entry in entries:
        key = what(entry)
        if key is not None and counts[key] > 1:
            yield entry, f"{key} is there {counts[key]} times"


def _legacy(context: Context) -> Iterator[Broken]:
    for entry in context.accounts.odd():
        if is_legacy(entry.name):
            yield entry, "a legacy entry"


def _whole(context: Context) -> Iterator[Broken]:
    for entry in context.accounts.odd():
        if not is_legacy(entry.name):
            yield entry, f"line {entry.line} of /{entry.path} is broken"


def _shells(context: Context) -> Iterator[Broken]:
    for user in context.accounts.users:
        uid = user.number(2)
        of_system = uid is not None and (0 < uid < context.system_ids or uid == _NOBODY)
        if of_system and user.name not in _KEEP_SHELL and can_log_in(user):
            yield user, f"its shell is {user.fields[6] or '/bin/sh'}"


def _unlocked(context: Context) -> Iterator[Broken]:
    for user in context.accounts.users:
        shadow = context.accounts.shadows.get(user.name)
        if user.name == "root" or can_log_in(user) or shadow is None:
            continue
        if not shadow.password or has_password(shadow.password):
            yield shadow, "it has no shell and is not locked"


def _groups_exist(context: Context) -> Iterator[Broken]:
    known = {group.number(2) for group in context.accounts.groups}
    for user in context.accounts.users:
        if user.number(3) not in known:
            yield user, f"its group {user.fields[3]} does not exist"


def _shadow_group(context: Context) -> Iterator[Broken]:
    for group in context.accounts.groups:
        if group.name != "shadow":
            continue
        if group.fields[3]:
            yield group, f"has members: {group.fields[3]}"
        for user in context.accounts.users:
            if user.number(3) == group.number(2):
                yield user, "its group is shadow"


def _group_passwords(context: Context) -> Iterator[Broken]:
    for group in (*context.accounts.groups, *context.accounts.group_shadows):
        if has_password(group.password):
            yield group, "the group has a password"


def _hashes(context: Context) -> Iterator[Broken]:
    for entry in (*context.accounts.users, *context.accounts.shadows.values()):
        scheme = entry.password.lstrip("!")
        if scheme not in {"", SHADOWED, *_STRONG}:
            known = f"the scheme {scheme}" if scheme != OTHER else "a scheme that is not known"
            yield entry, f"its hash is of {known}"


def _with_password(context: Context) -> Iterator[Entry]:
    for entry in context.accounts.shadows.values():
        if has_password(entry.password):
            yield entry


def _aged(field: int, name: str, *, most: bool) -> Callable[[Context], Iterator[Broken]]:
    def rule(context: Context) -> Iterator[Broken]:
        for entry in _with_password(context):
            days = entry.number(field)
            if days is None:
                yield entry, f"no {name} is set"
            elif (days > context.limit) if most else (days < context.limit):
                yield entry, f"{name} is {days} days"

    return rule


_RULES: Final[Mapping[AccountRule, tuple[str, Callable[[Context], Iterator[Broken]]]]] = {
    "only_root_has_uid_0": (PASSWD, _uid_0),
    "only_root_has_gid_0": (PASSWD, _gid_0),
    "only_root_group_is_0": (GROUP, _group_0),
    "no_empty_passwords": (PASSWD, _empty),
    "all_shadowed": (PASSWD, _shadowed),
    "no_duplicate_uids": (PASSWD, lambda c: _twice(c.accounts.users, lambda e: e.number(2))),
    "no_duplicate_gids": (GROUP, lambda c: _twice(c.accounts.groups, lambda e: e.number(2))),
    "no_duplicate_users": (PASSWD, lambda c: _twice(c.accounts.users, lambda e: e.name)),
    "no_duplicate_groups": (GROUP, lambda c: _twice(c.accounts.groups, lambda e: e.name)),
    "no_legacy_entries": (PASSWD, _legacy),
    "lines_are_whole": (PASSWD, _whole),
    "system_accounts_have_no_shell": (PASSWD, _shells),
    "accounts_without_shell_are_locked": (SHADOW, _unlocked),
    "primary_groups_exist": (PASSWD, _groups_exist),
    "shadow_group_is_empty": (GROUP, _shadow_group),
    "no_group_passwords": (GROUP, _group_passwords),
    "strong_hashes": (SHADOW, _hashes),
    "maximum_age": (SHADOW, _aged(_OLDEST, "maximum age", most=True)),
    "minimum_age": (SHADOW, _aged(_YOUNGEST, "minimum age", most=False)),
    "warning_age": (SHADOW, _aged(_WARNED, "warning", most=False)),
    "inactive_lock": (SHADOW, _aged(_INACTIVE, "lock after expiry", most=True)),
    **HOME_RULES,
}
