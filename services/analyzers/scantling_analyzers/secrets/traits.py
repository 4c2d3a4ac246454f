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

_REPETITIVE: Final = 0.7
_RANDOM: Final = 0.9
"""Entropy as a share of what random text has, which says something from ``_LONG`` bytes on."""

_LONG: Final = 12
_NOT_ASCII: Final = 128
_LENGTHS: Final = (4, 6, 8, 12, 16, 24, 32, 48, 96, 256, 1024)
_COMMENT: Final = re.compile(rb"(?:^|\s)(?:#|//|/?\*|--|<!--|;)")
_SCOPE: Final = b"::"
"""What stands before the last part of the name of a type."""

_IDENTIFIES: Final = (b"oval:", b"urn:", b"ocil:")
"""What precedes the identifier of a definition of SCAP, and of much else."""

_PUBLIC_BEFORE: Final = re.compile(
    rb"(?i:\b(?:public|repository|root|snapshot|targets) |\.svg\?(?:\w{1,20}=\w{0,40}&){0,4})$"
)
"""A public key, the id of a key of Notary, the token of a badge."""

_ASSEMBLY: Final = re.compile(rb"[0-9a-f]{16}")
"""The token of a public key, by which .NET names who made an assembly."""

_LICENCE: Final = re.compile(rb"(?i:licen[sc]e)")
_LICENCE_ID: Final = re.compile(
    rb"(?:LicenseRef-)?[a-z0-9]{1,40}(?:[\-.+][a-z0-9.+]{1,40}){1,12}\+?"
)
"""How licences are called (SPDX)."""

_ARN: Final = 200
_WITHIN_ARN: Final = re.compile(rb"\barn:aws[\w\-]{0,20}:[\w\-:/*.]{0,160}$")
"""What precedes a part of the name of a resource (Amazon Resource Name)."""

_FINGERPRINT: Final = re.compile(rb"^(?:0x)?(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{16}|[0-9A-Fa-f]{40})$")
"""A key's short name, long name or fingerprint (RFC 4880, section 12.2)."""

_OPENPGP: Final = frozenset((b"gpg", b"pgp", b"gnupg", b"openpgp", b"fpr", b"keyring", b"release"))
_RECEIVED: Final = re.compile(
    rb"--(?:recv|receive|edit)-keys?\b|\bkeyserver\b|recv-keys$|\bgpg2?\b"
)

_CONVERSION: Final = re.compile(
    rb"(?i)(?:^|[.:_])(?:from|(?:de|en)code\w{0,12}|get_?bytes|bytes?|str(?:ing)?|\w{0,6}hex\w{0,7}|base64|b64"
    rb"|some|just|secure|pointer|\w{0,3}ptr|quote|literal|chars?|text|lazy|symbol|to_?\w{1,12}|b|u)[({]$"
    rb"|^\[\]\w|String(?:Literal)?\($|(?i:from\w{1,10})\($"
)
"""Calls that make a text something else, and nothing of something else."""

_TAKES: Final = re.compile(
    rb"(?i)(?:set|fill|type|send_?keys|equals?|is_?equal\w{0,6}|eq|update|put|add|with|from|of|decode)[\w]{0,20}$"
)
"""Methods that give a value to what has the name of a secret, or compare them."""

_GETS: Final = re.compile(
    rb"_{0,2}(?i:get|new|make|find|bad|parse|load|fetch|generate|build|read|list|delete|remove|lex|next)_?(?=[A-Z]|(?<=_)[a-z])"
)
"""How functions begin that return what they are named after."""

_ENVIRONMENT: Final = re.compile(rb"[A-Z][A-Z0-9_]{1,60}$")
_ALTERNATIVE: Final = re.compile(rb"[\"'`}*][ \t]{0,8}\|[ \t]{0,8}$")
_ENUMERATED: Final = re.compile(rb"[\"'`],[ \t]{0,4}[\"'`](?:[^\"'`\n]{0,60}[/:@])?$")
_TITLED: Final = re.compile(rb"[A-Z][a-z]{1,40}$")
_LABEL: Final = re.compile(
    rb"(?=[A-Z])(?:[A-Z]?[a-z\x80-\xff]{2,40}|[A-Z]{2,8})(?:-(?:[A-Z]?[a-z\x80-\xff]{2,40}|[A-Z]{2,8})){0,4}[?!]?"
)
"""Words of a label, in whatever language."""

_SURE: Final = frozenset(
    f"{name}-password"
    for name in (
        "url",
        "client",
        "netrc",
        "pgpass",
        "chpasswd",
        "connection",
        "data-source",
        "key-store",
    )
) | {"curl-user-password", "option-credentials", "delimited-value", "inserted-value"}
"""Rules of places where nothing but a password is."""

_ELEMENTS: Final = frozenset(("element-value", "attributed-value"))
_DIRECTIVES: Final = frozenset(("directive-text", "directive-value"))
_BRIEF: Final = frozenset((b"pw", b"pass", b"psk", b"key", b"auth", b"salt"))
"""Names that are words of any text, too, unless a sign joins them to a value."""

_QUERY: Final = frozenset((b"?", b"&", b"#", b"'", b'"'))
"""What precedes a name in a query, or at the beginning of a text."""

_IDENTIFIER: Final = re.compile(rb"^_?[A-Za-z][A-Za-z_.\-]{1,80}$")
_LOWER: Final = re.compile(rb"[a-z]")
_UPPER: Final = re.compile(rb"[A-Z]")
_DIGIT: Final = re.compile(rb"\d")
_DIGITS: Final = re.compile(rb"^\d{6,20}$")
"""What a password of digits looks like; shorter numbers are settings."""
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
    for each in ("about", "identifier", "hashed", "public", "ordinary", "paging", "service"):
        if each in said:
            yield f"name-{each}"
    if len(names.words_of(name)) == 1:
        yield "name-single"


def _of_scope(candidate: Candidate) -> Iterator[str]:
    before = candidate.before
    if before.endswith(_IDENTIFIES) or _WITHIN_ARN.search(before[-_ARN:]):
        yield "form-arn"
    if _is_in_template(candidate):
        yield "form-reference"
    if _is_public(candidate):
        yield "name-public"
    if candidate.before.endswith(_SCOPE) or _SCOPE in candidate.name:
        yield "name-typed"


def _is_in_template(candidate: Candidate) -> bool:
    """Tell whether name and value are parts of an expression of a template."""
    return candidate.before.rfind(b"{{") > candidate.before.rfind(b"}}")


def _is_public(candidate: Candidate) -> bool:
    """Tell whether what is around says that everybody may know the value."""
    # Of an implied name, what is before the value is no part of it: `add_user root VALUE`.
    if not candidate.rule.implied and _PUBLIC_BEFORE.search(candidate.before) is not None:
        return True
    if _ASSEMBLY.fullmatch(candidate.value) and b"PublicKey" in candidate.after + candidate.before:
        return True
    return bool(_LICENCE.search(candidate.name) and _LICENCE_ID.fullmatch(candidate.value))


def _of_value(candidate: Candidate) -> Iterator[str]:
    yield f"size-{next((n for n in _LENGTHS if len(candidate.value) < n), 'huge')}"
    value = candidate.value[: values.MAX_VALUE]
    if _DIGITS.match(value) and _has_sure_place(candidate):
        yield "digits-in-place"
    elif form := values.form_of(value):
        yield f"form-{form}"
    cut_short = not candidate.quote and candidate.after.startswith((b"...", b"\xe2\x80\xa6"))
    if values.is_placeholder(value) or cut_short:
        yield "placeholder"
    if sum(byte >= _NOT_ASCII for byte in value) * 3 > len(value):
        yield "foreign"
    if values.is_counted(value):
        yield "counted"
    elif values.has_sequence(value):
        yield "sequence"
    if _SPACED.search(value):
        yield "spaced"
    yield from _of_letters(candidate)
    yield from _of_alphabet(candidate)
    yield from _of_order(candidate)


def _of_letters(candidate: Candidate) -> Iterator[str]:
    value = candidate.value[: values.MAX_VALUE]
    if not (_LOWER.search(value) or _UPPER.search(value)):
        if not (_DIGITS.match(value) and _has_sure_place(candidate)):
            yield "no-letters"
        return
    share = words.coverage(value)
    if share >= _MOST and _has_sure_place(candidate):
        yield "words-in-place"
    elif share >= _ALL:
        yield "words-all"
    elif share >= _MOST:
        yield "words-most"
    elif share >= _SOME:
        yield "words-some"
    else:
        yield "words-none"


def _has_sure_place(candidate: Candidate) -> bool:
    """Tell whether a password stands where nothing else does: it may be a word."""
    return candidate.rule.id in _SURE or "service" in names.qualifiers(candidate.name)


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
    if value and (value in name or _joined(value) == _joined(name)):
        yield "value-is-name"
    elif _IDENTIFIER.match(candidate.value) and names.class_of(candidate.value) != "none":
        yield "value-names-secret"


def _joined(text: bytes) -> bytes:
    return text.translate(None, b"_-.")


def _is_of_public_key(candidate: Candidate) -> bool:
    if not _OPENPGP.isdisjoint(names.words_of(candidate.name)):
        return True
    return _RECEIVED.search(candidate.before[-_ARN:] + candidate.name) is not None


def _in_code(candidate: Candidate) -> Iterator[str]:
    before = candidate.before.rstrip(b" ")[-1:]
    if (candidate.before[-1:] in _QUERY or before == b";") and candidate.connector == b"=":
        return
    if candidate.after[:1] == b"&" and candidate.connector == b"=":
        return
    if _COMMENT.search(candidate.before):
        yield "bare-in-comment"
    else:
        yield "bare-in-text" if _is_in_text(candidate) else "bare-in-code"


def _is_in_text(candidate: Candidate) -> bool:
    """Tell whether a value without quotes of its own is a part of a text in quotes."""
    before = candidate.before[candidate.before.rfind(b"\n") + 1 :]
    return any(
        before.count(quote) % 2 and quote in candidate.after for quote in (b'"', b"'", b"`")
    ) and candidate.connector in {b"=", b": "}


def _is_followed(candidate: Candidate) -> bool:
    """Tell whether words follow; those behind a variable or in a command are further arguments."""
    if candidate.connector == b"=" and _ENVIRONMENT.match(candidate.name):
        return False
    if candidate.rule.id in _SURE:
        return False
    return candidate.after[:1] == b" "


def _of_call(name: bytes) -> Iterator[str]:
    *of, called = name.split(b".")
    if of and names.class_of(called) == "none":
        if not _TAKES.match(called):
            yield "called-of"
    elif _GETS.match(called):
        yield "called-to-get"


def _of_place(candidate: Candidate) -> Iterator[str]:
    yield f"rule-{candidate.rule.id}"
    if is_code(candidate.path) and not candidate.quote and not candidate.rule.has_value:
        yield from _in_code(candidate)
    elif candidate.quote:
        yield "quoted"
    elif _PROSE.match(candidate.after):
        yield "prose"
    elif _is_followed(candidate) and not candidate.after.lstrip().startswith((b"#", b"//", b"-")):
        yield "bare-followed"
    yield from _of_connector(candidate)
    if candidate.rule.id in _ELEMENTS and b"</" not in candidate.after:
        yield "unclosed"
    if candidate.call:
        yield "converted" if _CONVERSION.search(candidate.call) else "wrapped"
    if _is_label(candidate):
        yield "titled"


def _is_label(candidate: Candidate) -> bool:
    """Tell whether a capitalised word that is the value may be the label of its name."""
    value = candidate.value
    if candidate.quote and _TITLED.match(candidate.name) and _TITLED.match(value):
        return True
    # A password may be a word by itself, and hardly a question.
    is_told = value.endswith(b"?") or names.class_of(candidate.name) != "password"
    return is_told and _LABEL.fullmatch(value) is not None


def _of_connector(candidate: Candidate) -> Iterator[str]:
    connector = candidate.connector.strip()
    if _ALTERNATIVE.match(candidate.connector):
        yield "alternative"
    if b"=" in connector and connector.strip(b"\"'`]) \t") in (b"==", b"===", b"!=", b"!=="):
        yield "comparison"
    elif connector.endswith(b"("):
        yield "called"
        yield from _of_call(candidate.name)
    elif connector.endswith(b","):
        yield "enumerated" if _ENUMERATED.search(candidate.before) else "listed"
    elif candidate.rule.id in _DIRECTIVES and candidate.name.lower() in _BRIEF:
        yield "name-brief"


RAISING: Final[tuple[tuple[Callable[[Candidate], Iterator[str]], tuple[str, ...]], ...]] = (
    (_of_name, ("name-",)),
    (_of_place, ("rule-",)),
    (_of_letters, ("words-",)),
    (_of_alphabet, ("of-",)),
    (_of_order, ("random", "encoded")),
)
"""What tells the traits that may raise the odds, and how these begin: a candidate has one of
each at most, but for its name. What takes least and lowers the odds most comes first."""
