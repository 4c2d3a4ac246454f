"""The grammar of lines of sudoers(5); pure, and linear in a line.

Lines are given with one blank for each row of them. A name may be quoted, and a character of the
grammar escaped by a backslash. Of signs before a name, which negate it, eight are read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD: Final = r"(?:\"[^\"]*+\"|\\.|[^\s,:=!\"\\])++"
_NOT: Final = r"(?:! ?){0,8}+"
_MEMBER: Final = re.compile(rf"({_NOT})({_WORD})")
_LISTED: Final = re.compile(r"(?:\"[^\"]*+\"|\\.|[^,\"\\])++")
_ALIAS: Final = re.compile(
    r"(?<![A-Z0-9_])([A-Z][A-Z0-9_]*+)\s*+=\s*+((?:\"[^\"]*+\"|\\.|[^:\"\\]|:(?!\s*+[A-Z][A-Z0-9_]*+\s*+=))*+):?"
)
_LIST: Final = rf"{_NOT}{_WORD}(?:\s*+,\s*+{_NOT}{_WORD})*+"
_SCOPE: Final = re.compile(rf"([@:!>])\s*+({_LIST})\s*+(.*)|\s*+(.*)")
_SETTING: Final = re.compile(
    rf"({_NOT})(\w++)(?:\s*+([+-]?=)\s*+(\"(?:\\.|[^\"\\])*+\"|(?:\\.|[^\s,\"\\])*+))?"
)
_HOST: Final = rf"(?:(?:[\da-fA-F]{{0,4}}:){{2,7}}[\da-fA-F]{{0,4}}(?:/\d++)?|{_WORD})"
_HOSTS: Final = rf"{_NOT}{_HOST}(?:\s*+,\s*+{_NOT}{_HOST})*+"
_WHOM: Final = re.compile(rf"({_LIST})\s++({_HOSTS})\s*+=")
_WHERE: Final = re.compile(rf":\s*+({_HOSTS})\s*+=")
_RUNAS: Final = re.compile(r"\(([^()]*+)\)")
_OPTION: Final = re.compile(
    r"(?:ROLE|TYPE|PRIVS|LIMITPRIVS|APPARMOR_PROFILE|NOTBEFORE|NOTAFTER|TIMEOUT|CWD|CHROOT)"
    r"\s*+=\s*+(?:\"[^\"]*+\"|(?:\\.|[^\s\"\\])++)"
)
_TAG: Final = re.compile(
    r"((?:NO)?(?:EXEC|FOLLOW|LOG_INPUT|LOG_OUTPUT|MAIL|INTERCEPT|PASSWD|SETENV))\s*+:"
)
_DIGEST: Final = re.compile(r"!?\s*+sha\d{3}\s*+:\s*+[\w+/=]++")
_COMMAND: Final = re.compile(r"(?:\"[^\"]*+\"|\\.|[^,:\"\\])++")
_ESCAPE: Final = re.compile(r"\\(.)|\"")
_SPACE: Final = re.compile(r"\s++")


class Setting(NamedTuple):
    """One setting of ``Defaults``: a flag that is on or off, or a value."""

    name: str
    is_on: bool
    operator: str
    value: str

    @property
    def key(self) -> str:
        """Return what a later setting of the same name replaces: not what adds to a list."""
        return (
            self.name if self.operator in {"", "="} else f"{self.name}{self.operator}{self.value}"
        )

    @property
    def text(self) -> str:
        """Return it as it is shown."""
        if self.operator:
            return f"{self.name}{self.operator}{self.value}"
        return self.name if self.is_on else f"!{self.name}"


class Command(NamedTuple):
    """A command of a rule, its tags, and as whom it is run: nothing is said where that is root."""

    text: str
    tags: frozenset[str]
    runas: str

    @property
    def is_allowed(self) -> bool:
        """Say whether the command is allowed: one behind a sign is taken away."""
        return not self.text.startswith("!")


def members_of(text: str) -> tuple[str, ...]:
    """Return the members of a list, a negated one with its sign; the text itself where none is."""
    found = []
    for match in _MEMBER.finditer(text):
        negated = "!" if match[1].count("!") % 2 else ""
        found.append(negated + _plain(match[2]))
    return tuple(found) or (text,)


def aliases_of(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield name and members of each alias of a line, behind the word that says its kind."""
    for match in _ALIAS.finditer(text):
        members = (_command(each) for each in _LISTED.findall(match[2]))
        yield match[1], tuple(filter(None, members))


def settings_of(text: str) -> tuple[str, tuple[Setting, ...]]:
    """Return for whom, and which settings, stand behind the word ``Defaults``."""
    match = _SCOPE.fullmatch(text)
    if match is None:
        return "", ()
    scope = f"{match[1]}{_SPACE.sub('', match[2])}" if match[1] else ""
    return scope, tuple(
        Setting(name.lower(), signs.count("!") % 2 == 0, operator, _plain(value))
        for signs, name, operator, value in _SETTING.findall(match[3] or match[4] or "")
    )


def commands_of(
    text: str,
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Command]]:
    """Yield users, hosts and each command of a rule; what is no rule has none."""
    head = _WHOM.match(text)
    if head is None:
        return
    users, hosts, position = members_of(head[1]), _hosts(head[2]), head.end()
    tags, runas = frozenset[str](), ""
    while position < len(text):
        if match := _SPACE.match(text, position) or _OPTION.match(text, position):
            pass
        elif match := _RUNAS.match(text, position):
            runas = match[1].strip()
        elif match := _TAG.match(text, position):
            tags = _tagged(tags, match[1])
        elif match := _DIGEST.match(text, position):
            pass
        elif match := _COMMAND.match(text, position):
            yield users, hosts, Command(_command(match[0]), tags, runas)
        elif match := _WHERE.match(text, position):
            # The same users, on other hosts.
            hosts, tags, runas = _hosts(match[1]), frozenset[str](), ""
        position = match.end() if match else position + 1


def _hosts(text: str) -> tuple[str, ...]:
    """Return a list of hosts: an address may have colons."""
    return tuple(_SPACE.sub("", each) for each in text.split(","))


def _tagged(tags: frozenset[str], tag: str) -> frozenset[str]:
    opposite = tag.removeprefix("NO") if tag.startswith("NO") else f"NO{tag}"
    return (tags - {opposite}) | {tag}


def _command(text: str) -> str:
    """Return a command, or a member of an alias, with one blank between words."""
    text = _SPACE.sub(" ", text.strip())
    name = text.lstrip("! ")
    return ("!" if text[: len(text) - len(name)].count("!") % 2 else "") + _plain(name)


def _plain(text: str) -> str:
    """Return a word without its quotes and escapes."""
    return _ESCAPE.sub(lambda match: match[1] or "", text)
