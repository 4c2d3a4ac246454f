"""Stacks of PAM (pam.d(5)): the rules of one type, with what they include in its place; pure.

``@include`` takes in all of a file, ``include`` and ``substack`` its rules of that type; what ends
a substack ends no more than that. A module is reached where everything before it succeeds: what a
``sufficient`` module ends, or a jump passes, is not. It can be where any answers lead to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.risks.setting.system import Config, System

FOLDERS: Final = ("etc/pam.d", "usr/lib/pam.d", "usr/etc/pam.d")
MAX_DEPTH: Final = 16
MAX_RULES: Final = 10_000
MAX_INCLUDES: Final = 1000
"""How many files one stack may take in: they can include each other."""

_RULE: Final = re.compile(
    r"-?(auth|account|password|session)\s++(\[[^\]]{0,1024}+\]|\S++)\s++(\S++)\s*+(.*)",
    re.IGNORECASE,
)
_INCLUDE: Final = re.compile(r"@include\s++(\S++)")
_ARGUMENT: Final = re.compile(r"\[([^\]]{0,1024}+)\]|(\S++)")
_PAIR: Final = re.compile(r"([a-z_]{1,32}+)=(\w{1,16}+)")
_KEYWORDS: Final = {
    "required": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "bad"},
    "requisite": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "die"},
    "sufficient": {"success": "done", "new_authtok_reqd": "done", "default": "ignore"},
    "optional": {"success": "ok", "new_authtok_reqd": "ok", "default": "ignore"},
}
_REFUSING: Final = frozenset({"bad", "die"})
_ENDING: Final = frozenset({"done", "die"})
_FOR_SOME: Final = frozenset({"pam_rootok", "pam_fprintd", "pam_pkcs11", "pam_u2f"})
"""Modules that succeed for root, or who has a device: what stands behind them holds for others."""


class Rule(NamedTuple):
    """One line of a stack; ``actions`` are by the answer of the module.

    ``end`` is the position behind its substack, None where it is in none.
    """

    actions: dict[str, str]
    module: str
    arguments: tuple[str, ...]
    path: str
    line: int
    layer: int
    end: int | None = None

    @property
    def refuses(self) -> bool:
        """Say whether what the module refuses is refused."""
        return self.actions.get("default", "bad") in _REFUSING

    def argument(self, name: str) -> str | None:
        """Return the value of an argument, empty for one without; the last one counts."""
        found = None
        for each in self.arguments:
            key, equals, value = each.partition("=")
            if key.lower() == name.lower():
                found = value if equals else ""
        return found

    @property
    def text(self) -> str:
        """Return module and arguments as they are shown."""
        return " ".join((f"{self.module}.so", *self.arguments))


class Stacks:
    """The stacks of an image. Raises :class:`Unreadable` where a file of one can't be read."""

    def __init__(self, system: System) -> None:
        """Look at a system; nothing is read yet."""
        self._system, self._room = system, MAX_INCLUDES

    def service(self, name: str) -> Config | None:
        """Return the file of a service; that of the first folder counts."""
        name = name.rpartition("/")[2]
        paths = (f"{folder}/{name}" for folder in FOLDERS)
        return next((found for path in paths if (found := self._system.file(path))), None)

    def rules(self, service: str, facility: str) -> list[Rule]:
        """Return the rules of a type, those that are included in their place."""
        found: list[Rule] = []
        self._room = MAX_INCLUDES
        file = self.service(service)
        if file is not None:
            self._collect(file, facility, found, 0)
        return found

    def _collect(self, file: Config, facility: str, found: list[Rule], depth: int) -> None:
        """Add the rules of a file; the depth is bounded."""
        for number, text in _joined(file):
            if len(found) >= MAX_RULES or depth > MAX_DEPTH:
                return
            if match := _INCLUDE.match(text):
                self._take_in(match[1], facility, found, depth)
                continue
            parsed = _RULE.match(text)
            if parsed is None or parsed[1].lower() != facility:
                continue
            control, module, rest = parsed[2].lower(), parsed[3], parsed[4]
            if control in {"include", "substack"}:
                start = len(found)
                self._take_in(module, facility, found, depth)
                if control == "substack":
                    found[start:] = [_within(each, len(found)) for each in found[start:]]
                continue
            name = module.rpartition("/")[2].removesuffix(".so")
            place = (file.path, number, file.layer)
            found.append(Rule(_actions(control), name, _arguments(rest), *place))

    def _take_in(self, name: str, facility: str, found: list[Rule], depth: int) -> None:
        self._room -= 1
        file = self.service(name) if self._room >= 0 else None
        if file is not None:
            self._collect(file, facility, found, depth + 1)


def reached(rules: list[Rule]) -> Iterator[Rule]:
    """Yield the rules that are run where every module succeeds."""
    position = 0
    while position < len(rules):
        rule = rules[position]
        yield rule
        answer = "default" if rule.module in _FOR_SOME else "success"
        action = rule.actions.get(answer, rule.actions.get("default", "bad"))
        position = _next(rule, position, action, len(rules))


def reachable(rules: list[Rule], *, refused: bool = False) -> Iterator[Rule]:
    """Yield the rules that are run by whatever answers, as long as a log-in may succeed.

    With ``refused`` those as well that are run when it is known that it will not.
    """
    found = {0}
    for position, rule in enumerate(rules):
        if position in found:
            yield rule
            actions = {"default": "bad", **rule.actions}
            for action in set(actions.values()) - (set() if refused else _REFUSING):
                found.add(_next(rule, position, action, len(rules)))


def _next(rule: Rule, position: int, action: str, length: int) -> int:
    """Return the position of the rule that is run next; the length where none is."""
    end = length if rule.end is None else rule.end
    if action in _ENDING:
        return length if action == "die" else end
    # A jump passes as many rules as it says, within its substack.
    passed = int(action) if action.isascii() and action.isdigit() else 0
    return min(position + 1 + passed, end)


def _within(rule: Rule, end: int) -> Rule:
    return rule if rule.end is not None else rule._replace(end=end)


def _joined(file: Config) -> Iterator[tuple[int, str]]:
    """Yield lines, those that end in a backslash with the next."""
    start, pending = 0, ""
    for number, text in file.lines:
        if text.startswith("#"):
            continue
        start = start or number
        # The escape wrote the backslash as it writes what is not printable.
        if text.endswith("\\x5c"):
            pending += text.removesuffix("\\x5c") + " "
            continue
        yield start, (pending + text).partition(" #")[0]
        start, pending = 0, ""
    if pending:
        yield start, pending


def _actions(control: str) -> dict[str, str]:
    if control.startswith("["):
        return dict(_PAIR.findall(control))
    return _KEYWORDS.get(control, {"default": "bad"})


def _arguments(text: str) -> tuple[str, ...]:
    return tuple(bracket or word for bracket, word in _ARGUMENT.findall(text))
