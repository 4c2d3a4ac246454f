"""Traits of a candidate: what speaks for a secret or against it, by the names that have weights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.secrets import names, values, words
from scantling_analyzers.secrets.text import is_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scantling_analyzers.secrets.candidate import Candidate

_SPACED: Final = re.compile(rb"\S\s+\S")
_PROSE: Final = re.compile(rb"^[\"'`]?[ \t]+(?:[a-zA-Z]{2,20}[ \t,.;:]+){2}")
_ALL: Final = 0.85
_MOST: Final = 0.55
_SOME: Final = 0.3
"""Shares of a value's letters that are parts of words."""

_REPETITIVE: Final = 0.75
_RANDOM: Final = 0.9
"""Entropy as a share of what random text has, which says something from ``_LONG`` bytes on."""

_LONG: Final = 12
_NOT_ASCII: Final = 128
_LENGTHS: Final = (4, 6, 8, 12, 16, 24, 32, 48, 96, 256, 1024)
_COMMENT: Final = re.compile(rb"(?:^|\s)(?:#|//|/?\*|--|<!--|;)")
_SCOPE: Final = b"::"
"""What stands before the last part of the name of a type."""

_ARN: Final = 200
_WITHIN_ARN: Final = re.compile(rb"\barn:aws[\w\-]{0,20}:[\w\-:/*.]{0,160}$")
"""What precedes a part of the name of a resource (Amazon Resource Name)."""

_FINGERPRINT: Final = re.compile(rb"^(?:0x)?(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{16}|[0-9A-Fa-f]{40})$")
"""A key's short name, long name or fingerprint (RFC 4880, section 12.2)."""

_OPENPGP: Final = frozenset((b"gpg", b"pgp", b"gnupg", b"openpgp", b"fpr", b"keyring"))
_RECEIVED: Final = re.compile(rb"--(?:recv|receive)-keys?\b|\bkeyserver\b|recv-keys$")

_QUERY: Final = frozenset((b"?", b"&", b"#", b"'", b'"'))
"""What precedes a name in a query, or at the beginning of a text."""

_IDENTIFIER: Final = re.compile(rb"^_?[A-Za-z][A-Za-z_.\-]{1,80}$")
_LOWER: Final = re.compile(rb"[a-z]")
_UPPER: Final = re.compile(rb"[A-Z]")
_DIGIT: Final = re.compile(rb"\d")
_OTHER: Final = re.compile(rb"[^A-Za-z0-9]")
_MIXED_RUN: Final = re.compile(rb"[a-z]\d|\d[a-z]|[A-Z]\d|\d[A-Z]")


def traits(candidate: Candidate) -> Iterator[str]:
    """Yield the traits of an assignment."""
    yield from _of_name(candidate)
    yield from _of_scope(candidate)
    yield from _of_value(candidate)
    yield from _of_both(candidate)
    yield from _of_place(candidate)


def _of_name(candidate: Candidate) -> Iterator[str]:
    name = candidate.name
    kind = names.class_of(name)
    said = names.qualifiers(name)
    yield f"name-{kind}"
    if kind == "key" and "keyed" in said:
        yield "name-key-to-something"
    for each in ("about", "hashed", "public", "ordinary", "paging"):
        if each in said:
            yield f"name-{each}"
    if len(names.words_of(name)) == 1:
        yield "name-single"


def _of_scope(candidate: Candidate) -> Iterator[str]:
    if _WITHIN_ARN.search(candidate.before[-_ARN:]):
        yield "form-arn"
    if candidate.before.endswith(_SCOPE) or _SCOPE in candidate.name:
        yield "name-typed"


def _of_value(candidate: Candidate) -> Iterator[str]:
    yield f"size-{next((n for n in _LENGTHS if len(candidate.value) < n), 'huge')}"
    value = candidate.value[: values.MAX_VALUE]
    if form := values.form_of(value):
        yield f"form-{form}"
    cut_short = not candidate.quote and candidate.after.startswith((b"...", b"\xe2\x80\xa6"))
    if values.is_placeholder(value) or cut_short:
        yield "placeholder"
    if sum(byte >= _NOT_ASCII for byte in value) * 3 > len(value):
        yield "foreign"
    if values.has_sequence(value):
        yield "sequence"
    if _SPACED.search(value):
        yield "spaced"
    yield from _of_letters(candidate)
    yield from _of_alphabet(candidate)
    yield from _of_order(candidate)


def _of_letters(candidate: Candidate) -> Iterator[str]:
    value = candidate.value[: values.MAX_VALUE]
    if not (_LOWER.search(value) or _UPPER.search(value)):
        yield "no-letters"
        return
    share = words.coverage(value)
    if share >= _ALL:
        yield "words-all"
    elif share >= _MOST:
        yield "words-most"
    elif share >= _SOME:
        yield "words-some"
    else:
        yield "words-none"


def _of_alphabet(candidate: Candidate) -> Iterator[str]:
    value = candidate.value[: values.MAX_VALUE]
    kinds = (
        ("lower", _LOWER),
        ("upper", _UPPER),
        ("digit", _DIGIT),
        ("other", _OTHER),
    )
    yield "of-" + "-".join(name for name, pattern in kinds if pattern.search(value))


def _of_order(candidate: Candidate) -> Iterator[str]:
    value = candidate.value[: values.MAX_VALUE]
    random = values.relative_entropy(value)
    if random < _REPETITIVE:
        yield "repetitive"
    elif random >= _RANDOM and len(value) >= _LONG:
        yield "random"
    if values.looks_encoded(value) and _MIXED_RUN.search(value):
        yield "encoded"


def _of_both(candidate: Candidate) -> Iterator[str]:
    if _FINGERPRINT.match(candidate.value) and _is_of_public_key(candidate):
        yield "key-fingerprint"
    value = candidate.value[: values.MAX_VALUE].lower().strip(b"_-$%<>{}@:.")
    name = candidate.name.lower()
    if value and (value in name or value.replace(b"_", b"") == name.replace(b"_", b"")):
        yield "value-is-name"
    elif _IDENTIFIER.match(candidate.value) and names.class_of(candidate.value) != "none":
        yield "value-names-secret"


def _is_of_public_key(candidate: Candidate) -> bool:
    if not _OPENPGP.isdisjoint(names.words_of(candidate.name)):
        return True
    return _RECEIVED.search(candidate.before[-_ARN:] + candidate.name) is not None


def _in_code(candidate: Candidate) -> Iterator[str]:
    before = candidate.before.rstrip(b" ")[-1:]
    if (candidate.before[-1:] in _QUERY or before == b";") and candidate.connector == b"=":
        return
    yield "bare-in-comment" if _COMMENT.search(candidate.before) else "bare-in-code"


def _of_place(candidate: Candidate) -> Iterator[str]:
    yield f"rule-{candidate.rule.id}"
    if is_code(candidate.path) and not candidate.quote and not candidate.rule.implied:
        yield from _in_code(candidate)
    elif candidate.quote:
        yield "quoted"
    elif _PROSE.match(candidate.after):
        yield "prose"
    elif candidate.after[:1] == b" " and not candidate.after.lstrip().startswith(
        (b"#", b"//", b"-")
    ):
        yield "bare-followed"
    connector = candidate.connector.strip()
    if candidate.wrapped:
        yield "wrapped"
    if b"=" in connector and connector.strip(b"\"'`]) \t") in (b"==", b"===", b"!=", b"!=="):
        yield "comparison"
    elif connector.endswith(b"("):
        yield "called"
    elif connector.endswith(b","):
        yield "listed"


RAISING: Final[tuple[tuple[Callable[[Candidate], Iterator[str]], tuple[str, ...]], ...]] = (
    (_of_name, ("name-",)),
    (_of_place, ("rule-",)),
    (_of_letters, ("words-",)),
    (_of_alphabet, ("of-",)),
    (_of_order, ("random", "encoded")),
)
"""What tells the traits that may raise the odds, and how these begin: a candidate has one of
each at most, but for its name. What takes least and lowers the odds most comes first."""
