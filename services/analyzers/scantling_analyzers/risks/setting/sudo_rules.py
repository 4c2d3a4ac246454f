"""Check items about sudo; pure."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.setting.sudoers import ALL
from scantling_analyzers.risks.setting.verdict import (
    Verdict,
    failed,
    listed,
    not_applicable,
    passed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from scantling_analyzers.checks.models import SudoExamined, SudoRule
    from scantling_analyzers.risks.setting.sudoers import Default, Line, Rule, Sudoers
    from scantling_analyzers.risks.setting.system import System

MAX_SHOWN: Final = 50
"""How many rules are looked for, of which as many are shown as fit."""
MAX_MINUTES: Final = 15
_NAMED: Final = 10
_SUDO: Final = ("sudo", "sudo-ldap")
_PTY_SINCE: Final = (1, 9, 14)
"""The version from which on ``use_pty`` is on by default."""
_NUMBERS: Final = re.compile(r"(?:\d{1,9}:)?(\d{1,4})\.(\d{1,4})\.(\d{1,4})")
_MINUTES: Final = re.compile(r"-?\d{1,9}(?:\.\d{0,9})?")
_ROOT: Final = frozenset({"root", "#0"})
_PASSWORDS: Final = ("targetpw", "rootpw", "runaspw")
_CODE: Final = re.compile(
    r"(?:\A|[\s\"])(?:LD_|PYTHON|PERL5|RUBY(?:LIB|OPT)|(?:BASH_)?ENV\b|NODE_OPTIONS|"
    r"JAVA_TOOL_OPTIONS|\*)"
)
"""Variables that make a program run code of the user's."""

_Seen = tuple[str, "Line"]


def judge_sudo(system: System, sudoers: Sudoers, examined: SudoExamined) -> Verdict:
    """Judge the rules of sudo; what is included and was not read is *unknown*."""
    file = sudoers.file
    if file is None:
        return not_applicable("/etc/sudoers is not there")
    verdict = _RULES[examined.rule](system, sudoers)
    if sudoers.problems and verdict.status == "passed":
        return Verdict("unknown", sudoers.problems[0])
    return verdict if verdict.path else verdict._replace(path=file.path, layer=file.layer)


def _unwanted(seen: Iterable[_Seen], otherwise: str) -> Verdict:
    """Return a failure that shows what was seen, where the first of it stands."""
    found = list(islice(seen, MAX_SHOWN))
    if not found:
        return passed(otherwise)
    _, place = found[0]
    return failed(listed(said for said, _ in found), place.path, place.line, place.layer)


def _off(name: str) -> Callable[[System, Sudoers], Verdict]:
    """Return the rule that a setting is off nowhere."""

    def judge(_: System, sudoers: Sudoers) -> Verdict:
        return _unwanted(_switched(sudoers, (name,), on=False), f"{name} is not switched off")

    return judge


def _switched(sudoers: Sudoers, names: Iterable[str], *, on: bool) -> Iterator[_Seen]:
    for each in sudoers.defaults:
        if each.setting.name in names and each.setting.is_on == on:
            yield _shown(each), each.place


def _shown(default: Default) -> str:
    return f"Defaults{default.scope} {default.setting.text}"


def _passwords(_: System, sudoers: Sudoers) -> Verdict:
    seen = (
        (f"{who} may run {what} without a password", rule.place)
        for rule in sudoers.rules
        if "NOPASSWD" in rule.command.tags and (who := _who(sudoers, rule))
        if (what := _what(sudoers, rule))
    )
    return _unwanted(seen, "no rule has NOPASSWD")


def _who(sudoers: Sudoers, rule: Rule) -> str:
    """Return who a rule is for, empty where that is nobody but root."""
    users = sudoers.resolved("User", rule.users)
    return _named(users) if not _ROOT.issuperset(users) else ""


def _what(sudoers: Sudoers, rule: Rule) -> str:
    """Return what a rule allows, and as whom and where if it says so; empty for nothing."""
    commands = sudoers.resolved("Cmnd", (rule.command.text,))
    if not commands:
        return ""
    runas = f" as {rule.command.runas}" if rule.command.runas else ""
    hosts = sudoers.resolved("Host", rule.hosts)
    return f"{_named(commands)}{runas}{'' if ALL in hosts else f' on {_named(hosts)}'}"


def _named(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _everybody(_: System, sudoers: Sudoers) -> Verdict:
    seen = (
        (f"all users may run {_what(sudoers, rule)}", rule.place)
        for rule in sudoers.rules
        if ALL in sudoers.resolved("User", rule.users)
        if ALL in sudoers.resolved("Cmnd", (rule.command.text,))
    )
    return _unwanted(seen, "no rule lets all users run everything")


def _terminal(system: System, sudoers: Sudoers) -> Verdict:
    off = list(_switched(sudoers, ("use_pty",), on=False))
    if off:
        return _unwanted(off, "")
    for each in sudoers.defaults:
        if each.setting.name == "use_pty" and not each.scope:
            return passed(_shown(each), each.place.path, each.place.line, each.place.layer)
    installed = next((system.packages[n] for n in _SUDO if n in system.packages), None)
    match = _NUMBERS.match(installed.version) if installed is not None else None
    if match is not None and tuple(map(int, match.groups())) >= _PTY_SINCE:
        return passed(f"use_pty is the default of {'.'.join(match.groups())}")
    return failed("use_pty is not set")


def _log(_: System, sudoers: Sudoers) -> Verdict:
    for each in sudoers.defaults:
        if each.setting.name == "logfile" and each.setting.value and not each.scope:
            return passed(_shown(each), each.place.path, each.place.line, each.place.layer)
    return failed("logfile is not set")


def _own_password(_: System, sudoers: Sudoers) -> Verdict:
    return _unwanted(_switched(sudoers, _PASSWORDS, on=True), f"none of {', '.join(_PASSWORDS)}")


def _again(_: System, sudoers: Sudoers) -> Verdict:
    found = [each for each in sudoers.defaults if each.setting.name == "timestamp_timeout"]
    seen = ((_shown(each), each.place) for each in found if _is_long(each))
    return _unwanted(seen, listed(map(_shown, found)) or "timestamp_timeout is not set")


def _is_long(default: Default) -> bool:
    value = default.setting.value
    if not default.setting.is_on:
        # Switched off it is 0: sudo asks every time.
        return False
    return not _MINUTES.fullmatch(value) or not 0 <= float(value) <= MAX_MINUTES


def _environment(_: System, sudoers: Sudoers) -> Verdict:
    return _unwanted(_kept(sudoers), "variables that run code are not kept")


def _kept(sudoers: Sudoers) -> Iterator[_Seen]:
    yield from _switched(sudoers, ("env_reset",), on=False)
    yield from _switched(sudoers, ("setenv",), on=True)
    for each in sudoers.defaults:
        setting = each.setting
        if setting.name == "env_keep" and setting.operator != "-=" and _CODE.search(setting.value):
            yield _shown(each), each.place
    for rule in sudoers.rules:
        if "SETENV" in rule.command.tags and (who := _who(sudoers, rule)):
            yield f"{who} may set variables for {_what(sudoers, rule)}", rule.place


_RULES: Final[Mapping[SudoRule, Callable[[System, Sudoers], Verdict]]] = {
    "asks_for_a_password": _passwords,
    "authenticates": _off("authenticate"),
    "uses_a_terminal": _terminal,
    "logs_to_a_file": _log,
    "names_who_may": _everybody,
    "asks_for_own_password": _own_password,
    "asks_again": _again,
    "cleans_the_environment": _environment,
}
