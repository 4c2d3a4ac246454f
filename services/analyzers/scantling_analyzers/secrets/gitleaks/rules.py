"""The rule files of users (TOML of gitleaks 8): their rules, and a problem for each bad one."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from scantling_analyzers.secrets.gitleaks.allowlist import Allowlist, Target
from scantling_analyzers.secrets.gitleaks.hints import hint
from scantling_analyzers.secrets.gitleaks.patterns import Pattern, Refused
from scantling_analyzers.secrets.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_BYTES: Final = 1 << 20
"""Bytes of a rule file."""

MAX_RULES: Final = 2000
"""Rules of a file."""

_MAX_TEXTS: Final = 2000
_SHOWN: Final = 80
"""Characters of a pattern that is told as one that can't be taken."""

_ID: Final = re.compile(r"[^a-z0-9]+")
_RULE_KEYS: Final = frozenset(
    [
        "id",
        "description",
        "regex",
        "secretGroup",
        "entropy",
        "keywords",
        "path",
        "tags",
        "allowlist",
        "allowlists",
        "report",
        "skipReport",
    ]
)


class Problem(NamedTuple):
    """What could not be taken: of which rule (its id, or its number), and why."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class UserRules:
    """What a rule file has: ``allowlists`` without a rule are for every finding."""

    rules: tuple[Rule, ...] = ()
    allowlists: tuple[Allowlist, ...] = ()
    use_default: bool = False
    disabled: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Gathered:
    rules: list[Rule] = field(default_factory=list)
    allowlists: list[Allowlist] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class _Wrong(Exception):
    """Something in the file can't be taken; the text says why."""


def read_rules(text: str) -> UserRules:
    """Return what a rule file has. It never raises: a file that is no TOML is one problem."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return UserRules(problems=(Problem("", f"the file has more than {MAX_BYTES} bytes"),))
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return UserRules(problems=(Problem("", f"the file is not TOML: {error}"),))
    gathered = _Gathered()
    _read_all(document, gathered)
    use_default, disabled = _extend(document.get("extend"), gathered)
    return UserRules(
        rules=tuple(gathered.rules),
        allowlists=tuple(gathered.allowlists),
        use_default=use_default,
        disabled=disabled,
        problems=tuple(gathered.problems),
    )


def _read_all(document: dict[str, Any], gathered: _Gathered) -> None:
    found = document.get("rules", [])
    if not isinstance(found, list):
        gathered.problems.append(Problem("", "rules is not a list of tables"))
        found = []
    if len(found) > MAX_RULES:
        gathered.problems.append(
            Problem("", f"of its {len(found)} rules only the first {MAX_RULES} are used")
        )
    seen: set[str] = set()
    for number, each in enumerate(found[:MAX_RULES], start=1):
        name = _name(each, number)
        try:
            if id_of(name) in seen:
                _refuse("another rule has this id")
            _read_rule(each, gathered)
            seen.add(id_of(name))
        except (_Wrong, Refused) as error:
            gathered.problems.append(Problem(name, str(error)))
    for number, each in enumerate(_tables(document, "allowlists", "allowlist"), start=1):
        try:
            found_one, left_out = _allowlist(each, frozenset())
            gathered.allowlists.append(found_one)
            gathered.problems += [Problem(f"allowlist {number}", reason) for reason in left_out]
        except (_Wrong, Refused) as error:
            gathered.problems.append(Problem(f"allowlist {number}", str(error)))


def _name(found: object, number: int) -> str:
    named = found.get("id") if isinstance(found, dict) else None
    return named if isinstance(named, str) and named else f"rule {number}"


def _read_rule(found: object, gathered: _Gathered) -> None:
    if not isinstance(found, dict):
        _refuse("it is not a table")
    if unknown := sorted(set(found) - _RULE_KEYS):
        _refuse(f"{', '.join(unknown)} is not supported")
    name = _text(found, "id")
    if not name:
        _refuse("it has no id")
    if not _text(found, "regex"):
        _refuse("it has no regex; rules by path alone are not supported")
    rule_id = id_of(name)
    text = _text(found, "regex")
    pattern = Pattern(text)
    if pattern.may_be_nothing():
        _refuse("it matches where there is nothing")
    group = int(_number(found, "secretGroup", whole=True))
    if group > pattern.groups:
        _refuse(f"secretGroup is {group}, and it has {pattern.groups} groups")
    path = _text(found, "path")
    Pattern(path)
    rule = Rule(
        id=rule_id,
        title=_text(found, "description")[:200] or name,
        severity="high",
        kind="custom",
        pattern=text,
        hint=hint(text),
        group=group,
        keywords=tuple(word.lower() for word in _texts(found, "keywords")),
        entropy=_number(found, "entropy"),
        path=path,
        confidence=0.9,
    )
    allowed = [
        _allowlist(each, frozenset({rule_id})) for each in _tables(found, "allowlists", "allowlist")
    ]
    gathered.rules.append(rule)
    for allowlist, left_out in allowed:
        gathered.allowlists.append(allowlist)
        gathered.problems += [Problem(name, f"allowlist: {reason}") for reason in left_out]


def id_of(name: str) -> str:
    """Return the id of a rule: what its file calls it, in the letters that ids have here."""
    return _ID.sub("-", name.lower()).strip("-")[:64].strip("-") or "rule"


def _allowlist(found: object, rules: frozenset[str]) -> tuple[Allowlist, list[str]]:
    """Return an allowlist, and what of it can't be taken: without that it allows less.

    One of which all must be so is refused as a whole: without a part it would allow more.
    """
    if not isinstance(found, dict):
        _refuse("the allowlist is not a table")
    target = _text(found, "regexTarget") or "secret"
    targets: dict[str, Target] = {"secret": "secret", "match": "match", "line": "line"}
    if target not in targets:
        _refuse(f"regexTarget is {target}: secret, match and line are supported")
    condition = (_text(found, "condition") or "OR").upper()
    if condition not in {"OR", "AND", "||", "&&"}:
        _refuse(f"condition is {condition}: OR and AND are supported")
    named = frozenset(map(id_of, _texts(found, "targetRules")))
    all_of = condition in {"AND", "&&"}
    left_out: list[str] = []
    regexes = _taken(_texts(found, "regexes"), left_out)
    paths = _taken(_texts(found, "paths"), left_out)
    if left_out and all_of:
        _refuse(left_out[0])
    made = Allowlist(
        regexes=regexes,
        target=targets[target],
        paths=paths,
        stopwords=tuple(each.lower().encode() for each in _texts(found, "stopwords")),
        all_of=all_of,
        rules=rules | named,
    )
    return made, left_out


def _taken(patterns: Sequence[str], left_out: list[str]) -> tuple[Pattern, ...]:
    taken = []
    for pattern in patterns:
        try:
            taken.append(Pattern(pattern))
        except Refused as error:
            left_out.append(f"{pattern[:_SHOWN]}: {error}")
    return tuple(taken)


def _extend(found: object, gathered: _Gathered) -> tuple[bool, frozenset[str]]:
    if found is None:
        return False, frozenset()
    try:
        if not isinstance(found, dict):
            _refuse("extend is not a table")
        for key in ("path", "url"):
            if found.get(key):
                _refuse(f"extend.{key} is not supported: give each file by itself")
        return found.get("useDefault") is True, frozenset(
            map(id_of, _texts(found, "disabledRules"))
        )
    except _Wrong as error:
        gathered.problems.append(Problem("extend", str(error)))
        return False, frozenset()


def _tables(document: dict[str, Any], *names: str) -> list[object]:
    found: list[object] = []
    for name in names:
        value = document.get(name, [])
        found.extend(value if isinstance(value, list) else [value])
    return found[:_MAX_TEXTS]


def _text(document: dict[str, Any], name: str) -> str:
    found = document.get(name, "")
    if not isinstance(found, str):
        _refuse(f"{name} is not a text")
    return str(found)


def _texts(document: dict[str, Any], name: str) -> tuple[str, ...]:
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        _refuse(f"{name} is not a list of texts")
    if len(found) > _MAX_TEXTS:
        _refuse(f"{name} has more than {_MAX_TEXTS} entries")
    return tuple(found)


def _number(document: dict[str, Any], name: str, *, whole: bool = False) -> float:
    found = document.get(name, 0)
    if isinstance(found, bool) or not isinstance(found, int | float):
        _refuse(f"{name} is not a number")
    if not 0 <= found <= 99 or (whole and not isinstance(found, int)):  # noqa: PLR2004  # no group and no entropy is higher
        _refuse(f"{name} is {found}, which it can't be")
    return found


def _refuse(reason: str) -> NoReturn:
    raise _Wrong(reason)
