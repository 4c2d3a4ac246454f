"""Removes secrets from text that is stored, shown or logged. Pure, and linear in the text.

Made for image configuration, history, labels, observed values and log fields. It would rather
mask a harmless value than leave a secret: what it knows are assignments to names that sound
secret, credentials in URLs, private key blocks, authorization headers, password hashes and the
prefixes of well-known tokens, and the arguments by which well-known commands take a password.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_common.telemetry.command_secrets import MASK, VALUE, masked, redact_commands
from scantling_common.telemetry.expression import Expression
from scantling_common.telemetry.secret_forms import MARK, marked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "MASK",
    "is_secret_name",
    "redact_environment",
    "redact_history",
    "redact_mapping",
    "redact_shown",
    "redact_text",
    "redact_value",
]

_NAMES: Final = (
    r"passw(?:or)?d|passphrase|passwd|\bpwd|_pwd|requirepass|masterauth|authtok|secret|token|api[_.-]?key|access[_.-]?key"
    r"|private[_.-]?key|signing[_.-]?key|encryption[_.-]?key|account[_.-]?key|activation[_.-]?key|(?<![a-z])auth[_.-]?key|credential"
    r"|pw(?=[\"']?[ \t]{0,2}[=:])|(?<![a-z])salt(?=[\"']?[=:])|(?<=[?&])(?:key|sig|code)(?==)"
    r"|authorization|cookie|session[_.-]?key|(?<![a-z0-9])auth(?=[\"'\s=:])|connection[_.-]?string"
    r"|(?:(?<![a-z0-9])|(?<=db)|(?<=user)|(?<=root)|(?<=admin)|(?<=sql)|(?<=store)|(?<=key))"
    r"pass(?=[_-]?\d{0,4}(?:[\"'\s=:\\]|\Z))"
)
"""What the name of a secret contains. No name is matched from its beginning: that keeps the
search linear, and the name itself may stay."""

_REST: Final = r"[\w.-]{0,64}+"
_ASSIGNED: Final = Expression(
    rf"((?:{_NAMES}){_REST}(?:\\{{0,3}}[\"'])?)"
    r"(\s{0,8}+(?::=|=>|\?=|=|:)\s{0,8}+"
    r"(?:[|>][+\d-]{0,2}[ \t]{0,8}+(?:\r?\n|\\x0a|\\n)\s{0,32}+"
    r"|\\[ \t]{0,8}+(?:\r?\n|\\x0a)\s{0,32}+"
    r"|(?:!{1,2}\w{1,12}+|&[\w-]{1,32}+)[ \t]{1,8}+"
    r"|(?!\[redacted)[\[{(]\s{0,8}+(?:[\"']\w{1,16}+[\"']\s{0,4}+:\s{0,4}+)?)?+)"
    r"((?:(?:bearer|basic|digest|token)\s{1,8}+)?)" + VALUE,
    re.IGNORECASE,
)
"""Name, separator, scheme, value. Possessive quantifiers never give back what they took."""

_FLAG: Final = Expression(
    rf"(?<![\w.-])(-{{1,2}}[\w.-]{{0,64}}?(?:{_NAMES}|pw(?=[\"'\s,])){_REST})((?:\\{{0,3}}[\"'])?[\s,]{{1,8}}+)"
    + VALUE,
    re.IGNORECASE,
)
"""A flag such as ``--password``, and the word after it."""

_LISTED: Final = Expression(
    rf"((?:{_NAMES}){_REST}(?:\\{{0,3}}[\"'])?\s{{0,8}}+(?:=>|=|:)\s{{0,8}}+)(?!\[redacted)"
    r"([\[{][^\[\]{}\n]{1,1024}[\]}])",
    re.IGNORECASE,
)
"""A list, or an object, that is named after secrets."""

_ELEMENT: Final = Expression(
    rf"((?:{_NAMES}){_REST}"
    r"(?:[\"'][^<>\n]{0,200}+|</[\w.-]{1,32}+>(?:\s|\\x0[9ad]){0,32}+<[\w.-]{1,32}+)?+>"
    r"(?:\s|\\x0[9ad]|<[\w.-]{1,32}+>){0,16}+)([^<>\n]{1,2048}+)(?=\s{0,16}+</)",
    re.IGNORECASE,
)
"""``<password>VALUE</``, and ``<name>password</name><value>VALUE</``."""

_SECRET_NAME: Final = Expression(
    rf"{_NAMES}|(?:^|[_.-])(?:auth|key|pat|pin|salt|passcode)$|pw$"
    r"|(?:^|[_.-])pass[_-]\w{1,8}$",
    re.IGNORECASE,
)
_PLAIN_NAME: Final = Expression(r"(?:file|path|dir|version|algorithm|length|type)$", re.IGNORECASE)

_SHAPES: Final = Expression(
    r"(?P<key>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?!-----END)[\s\S])*+(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?)"
    r"|://(?P<userinfo>[^\s/?#]{1,1024}|[^\s/?#:@]{1,256}:(?!\d{1,5}(?:[/?#]|\Z))[^\s@\"'<>]{1,256})@"
    r"|(?P<oracle>jdbc:oracle:\w{1,8}:[\w$#]{1,64}/)[^\s@\"'<>]{1,256}(?=@)"
    r"|(?P<digest>\b(?i:digest)\s{1,8}(?=[^\n]{0,256}?response))[^\n]{1,2048}"
    r"|(?P<bearer>\b(?i:bearer)\s{1,8})[A-Za-z0-9._~+/=-]{8,}"
    r"|(?P<cookie>\b(?i:cookie):\s{0,8})[^\s\"'][^\r\n\"']*"
    r"|(?P<token>(?<![A-Za-z0-9])(?:"
    r"gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|gl(?:dt|rt|ptt)-[\w-]{16,}"
    r"|xox[a-z]-[\w-]{8,}|(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}|AIza[\w-]{30,}|ya29\.[\w-]{16,}"
    r"|[sr]k_(?:live|test)_\w{10,}|sk-(?:ant-[a-z]{2,8}\d{2}-|proj-|svcacct-)?\w{20,}[\w-]*"
    r"|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_]{16,}[\w-]*|dckr_(?:pat|oat)_[\w-]{16,}"
    r"|hf_[A-Za-z0-9]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|hv[sbr]\.[\w-]{16,}|dop_v1_[0-9a-f]{32,}"
    r"|shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{16,}|sct_[\w-]{16,}|AGE-SECRET-KEY-1[0-9A-Z]{16,}"
    r"|(?<![\w-])eyJ[\w-]{8,}+\.eyJ[\w-]{4,}+\.[\w-]*"
    r")|\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|scrypt|argon2[a-z]{0,2}|pbkdf2[\w-]{0,16})\$[^\s:\"']{8,})"
)

_INSTRUCTION: Final = Expression(
    r"(?:/bin/sh -c #\(nop\)\s{1,8})?(?:ENV|ARG|LABEL)\s", re.IGNORECASE
)
_BUILD_ARGUMENTS: Final = Expression(r"(?:RUN )?\|\d{1,4} ")
_SHELL: Final = Expression(r" /\S{0,64}sh -")
_SETTING: Final = Expression(r"(?<![^\s=])([^\s=]++)=")
_SWITCH: Final = Expression(
    r"[\"']?(?:true|false|yes|no|on|off|null|none|[01]|)[\"']?(?=\s{0,64}+\Z|\s{1,64}+[\w.-]{1,64}+=)",
    re.IGNORECASE,
)
"""A value that is on or off, or nothing, and the end or another setting behind it."""
_KEPT_USERS: Final = frozenset({"git", "hg", "svn", "root"})


def redact_text(text: str) -> str:
    """Return free text (a log value, an observed value) with secrets masked."""
    if not text:
        return text
    # A command says better than a name where a value ends.
    text = redact_commands(_SHAPES.compiled.sub(_mask_shape, text))
    text = _LISTED.compiled.sub(rf"\1{MASK}", text)
    text = _ASSIGNED.compiled.sub(_mask_assigned, text)
    text = _ELEMENT.compiled.sub(rf"\1{MASK}", text)
    return _FLAG.compiled.sub(_mask_flag, text)


def redact_value(name: str, value: str) -> str:
    """Return the value of a named setting: masked whole where the name sounds secret."""
    if value and is_secret_name(name) and not _is_harmless(name, value):
        return MASK
    return redact_text(value)


def redact_shown(text: str, name: str = "") -> str:
    """Return a text of an image's configuration, masked by names, commands and forms of secrets.

    ``name`` is what the text is called, as in :func:`redact_value`.
    """
    return redact_value(name, marked(text)).replace(MARK, MASK)


def redact_environment(entries: Iterable[str]) -> list[str]:
    """Return ``NAME=value`` entries, as in an image's configuration."""
    redacted = []
    for entry in entries:
        name, equals, value = marked(entry).partition("=")
        shown = f"{name}={redact_value(name, value)}" if equals else redact_text(name)
        redacted.append(shown.replace(MARK, MASK))
    return redacted


def redact_mapping(values: Mapping[str, str]) -> dict[str, str]:
    """Return labels or annotations."""
    entries = (f"{name.replace('=', ' ')}={value}" for name, value in values.items())
    shown = redact_environment(entries)
    # A form that reaches over the sign between both leaves no value to show.
    return {
        name: each.partition("=")[2] if "=" in each else MASK
        for name, each in zip(values, shown, strict=True)
    }


def redact_history(line: str) -> str:
    """Return one ``created_by`` of an image's history.

    An ``ENV``, ``ARG`` or ``LABEL`` instruction, or the build arguments in front of a ``RUN``, may
    hold values with blanks and without quotes: from the first secret on all of it is masked.
    """
    return _redacted_step(marked(line)).replace(MARK, MASK)


def _redacted_step(line: str) -> str:
    if instruction := _INSTRUCTION.compiled.match(line):
        name, blank, _ = line[instruction.end() :].lstrip().partition(" ")
        if blank and "=" not in name and is_secret_name(name):
            return f"{line[: instruction.end()]}{name} {MASK}"
        return _mask_rest(line, len(line))
    if _BUILD_ARGUMENTS.compiled.match(line):
        # A value may have the name of a shell in it.
        shells = [found.start() for found in _SHELL.compiled.finditer(line)]
        return _mask_rest(line, shells[-1] if shells else len(line))
    return redact_text(line)


def is_secret_name(name: str) -> bool:
    """Tell whether a variable of that name is taken for a secret."""
    return bool(_SECRET_NAME.compiled.search(name)) and not _PLAIN_NAME.compiled.search(name)


def _is_harmless(name: str, value: str) -> bool:
    """Tell whether it is a switch, or where a shell stands, which has the name of a password."""
    is_folder = name.upper() == "PWD" and value.lstrip("\"'").startswith("/")
    return is_folder or _SWITCH.compiled.match(value) is not None


def _mask_rest(line: str, end: int) -> str:
    for match in _SETTING.compiled.finditer(line, 0, end):
        if is_secret_name(match[1]) and not _is_harmless(match[1], line[match.end() : end]):
            before = redact_text(line[: match.start()])
            return f"{before}{match[1]}={MASK}{redact_text(line[end:])}"
    return redact_text(line)


def _mask_assigned(match: re.Match[str]) -> str:
    name, separator, scheme, value = match.groups()
    bare = name.rstrip("\"'")
    is_path = value.startswith("/") and _PLAIN_NAME.compiled.search(bare)
    return (
        match[0]
        if is_path or _is_harmless(bare, value)
        else f"{name}{separator}{scheme}{masked(value)}"
    )


def _mask_flag(match: re.Match[str]) -> str:
    flag, separator, value = match.groups()
    is_path = value.startswith("/") and _PLAIN_NAME.compiled.search(flag)
    return match[0] if is_path else f"{flag}{separator}{masked(value)}"


def _mask_shape(match: re.Match[str]) -> str:
    if match["userinfo"] is not None:
        user = match["userinfo"]
        return match[0] if user in _KEPT_USERS else f"://{MASK}@"
    before = match["bearer"] or match["cookie"] or match["oracle"] or match["digest"] or ""
    return f"{before}{MASK}"
