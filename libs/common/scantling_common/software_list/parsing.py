"""From a line to what it says.

The grammar, in which case means nothing but in a reason::

    line   = [ "deny" | "allow" ] [ name ] { key "=" value } | "include" "default"
    key    = "type" | "version" | "path" | "license" | "sha1" | "sha256" | "id" | "severity"
           | "reason"

``name``, ``path`` and ``license`` are patterns. A value with spaces stands in double quotes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from scantling_common.layers.escape import escape_text
from scantling_common.risks import SEVERITIES
from scantling_common.software_list.entry import (
    HASHES,
    SYSTEM,
    SYSTEM_TYPES,
    TYPES,
    IncludeDefault,
    SoftwareEntry,
)
from scantling_common.software_list.errors import EntryInvalid
from scantling_common.software_list.words import Word, words_of
from scantling_common.versions.constraints import parse_constraint
from scantling_common.versions.errors import ConstraintInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_common.software_list.entry import Action, Line

LIST: Final = "disallowed-software"
"""The name of the list."""
MAX_LENGTH: Final = 1024
"""The longest line in characters."""
MAX_PATTERN: Final = 256
"""The longest pattern in characters."""
_FORM: Final = (
    'write [deny|allow] NAME type=TYPE version="< 2.17" path=/PATH license=ID severity=WORD '
    'reason="why", each of them where it is needed'
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_NAME_AND_VERSION: Final = re.compile(r"[<>=!]")
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_HEX: Final = re.compile(r"[0-9a-f]+")
_SHOWN: Final = 60


def parse_line(text: str) -> Line:
    """Return what a line says, which is neither empty nor a comment.

    Raises :class:`EntryInvalid`, which says in which column it went wrong and what to write.
    """
    if len(text) > MAX_LENGTH:
        message = f"the line has {len(text)} characters, {MAX_LENGTH} at most"
        raise EntryInvalid(message, column=MAX_LENGTH + 1, hint="split it into several lines")
    control = _CONTROL.search(text)
    if control:
        hint = "write spaces between words"
        raise EntryInvalid("a control character", column=control.start() + 1, hint=hint)
    words = list(words_of(text))
    action, rest = _action(words)
    if action == "include":
        return _include(words)
    fields: dict[str, Any] = {}
    for word in rest:
        field, value = _field(word)
        if field in fields:
            what = field.removesuffix("s")
            raise _wrong(word, f"a second {what}", "write another line for it, or quote the spaces")
        fields[field] = value
    if not fields.keys() - {"id", "severity", "reason"}:
        column = len(text.rstrip()) + 1
        hint = f"{_FORM}; * stands for every name"
        raise EntryInvalid("the line does not say what it is about", column=column, hint=hint)
    if action == "allow":
        for word in rest:
            if word.key.lower() in {"severity", "id"}:
                hint = "leave it out: what is allowed has no finding"
                raise _wrong(word, f"what is allowed has no {word.key}", hint)
    return SoftwareEntry(
        action=cast("Action", action), text=escape_text(" ".join(text.split())), **fields
    )


def _action(words: list[Word]) -> tuple[str, list[Word]]:
    """Return the first word where it is one of three, which quotes make a name; and the others."""
    if words and not words[0].key and not words[0].quoted:
        first = words[0].value.lower()
        if first in {"deny", "allow", "include"}:
            return first, words[1:]
    return "deny", words


def _include(words: list[Word]) -> IncludeDefault:
    named = [(word.key, word.value.lower()) for word in words[1:]]
    if named != [("", "default")]:
        word = words[1] if len(words) > 1 else words[0]
        message = "only the default list can be included"
        raise _wrong(word, message, "write include default, and nothing else on that line")
    return IncludeDefault()


def _field(word: Word) -> tuple[str, Any]:
    if not word.key:
        return "name", _name(word)
    key = word.key.lower()
    if key == "licence":
        key = "license"
    read = _READ.get(key)
    if read is None:
        known = ", ".join(_READ)
        raise _wrong(word, f"{_shown(word.key)} is no key", f"the keys are {known}")
    if not word.value.strip():
        raise _wrong(word, f"{key} is empty", f"write {key}=VALUE, or leave it out")
    # One file has one content: two hashes are one condition twice.
    return _FIELDS.get(key, key), read(word)


def _name(word: Word) -> str:
    if not word.quoted and _NAME_AND_VERSION.search(word.value):
        message = f"{_shown(word.value)} is no name"
        raise _wrong(word, message, 'a version is written as version="< 2.17"')
    if not word.value.strip():
        raise _wrong(word, "a name is empty", "write * for every name")
    return _pattern(word)


def _pattern(word: Word) -> str:
    if len(word.value) > MAX_PATTERN:
        message = f"a pattern has {len(word.value)} characters, {MAX_PATTERN} at most"
        raise _wrong(word, message, "write * for a part of it")
    return word.value.strip()


def _types(word: Word) -> frozenset[str]:
    named = [part.strip().lower() for part in word.value.split(",")]
    for part in named:
        if part != SYSTEM and part not in TYPES:
            known = ", ".join((SYSTEM, *sorted(TYPES)))
            raise _wrong(word, f"{_shown(part)!r} is no type", f"the types are {known}")
    more = SYSTEM_TYPES if SYSTEM in named else frozenset()
    return frozenset(named) - {SYSTEM} | more


def _version(word: Word) -> object:
    try:
        return parse_constraint(word.value)
    except ConstraintInvalid as error:
        raise _wrong(word, error.message, error.hint) from error


def _path(word: Word) -> str:
    pattern = _pattern(word)
    if not pattern.startswith(("/", "*")):
        hint = "begin it with / or with *, which also stands for folders"
        raise _wrong(word, "a path does not begin at the root", hint)
    return pattern


def _hash(word: Word) -> str:
    key, value = word.key.lower(), word.value.lower()
    if len(value) != HASHES[key] or not _HEX.fullmatch(value):
        hint = f"write its {HASHES[key]} hexadecimal digits"
        raise _wrong(word, f"this is no {key}", hint)
    return f"{key}:{value}"


def _id(word: Word) -> str:
    if not _ID.fullmatch(word.value):
        hint = "write up to 64 small letters, digits and hyphens"
        raise _wrong(word, f"{_shown(word.value)} is no id", hint)
    return word.value


def _severity(word: Word) -> str:
    if word.value.lower() not in SEVERITIES:
        known = ", ".join(SEVERITIES)
        raise _wrong(word, f"{_shown(word.value)} is no severity", f"the severities are {known}")
    return word.value.lower()


def _reason(word: Word) -> str:
    return escape_text(word.value.strip())


_READ: Final[dict[str, Callable[[Word], object]]] = {
    "type": _types,
    "version": _version,
    "path": _path,
    "license": _pattern,
    "sha1": _hash,
    "sha256": _hash,
    "id": _id,
    "severity": _severity,
    "reason": _reason,
}

_FIELDS: Final = {"type": "types", **dict.fromkeys(HASHES, "hash")}
"""What fields are called whose key is another word."""


def _wrong(word: Word, message: str, hint: str) -> EntryInvalid:
    return EntryInvalid(message, column=word.column, hint=hint)


def _shown(text: str) -> str:
    return escape_text(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
