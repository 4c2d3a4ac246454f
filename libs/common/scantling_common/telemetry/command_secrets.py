"""Removes secrets that well-known commands take as arguments. Pure, and linear in the text.

What a flag means depends on its program: ``-p`` is a password of ``sshpass``, a port of
``docker run`` and nothing secret of ``mkdir``. So a command is found by its name, and only what
stands up to the end of it (``|``, ``;``, ``&``, a line's end) is looked at.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.telemetry.expression import Expression

MASK: Final = "[redacted]"

_QUOTED: Final = (
    r"(?:\\{0,3}\"(?:[^\"\\`]|[\\`][\s\S]|`\Z)*+(?:\"|\\?\Z)"
    r"|\\{0,3}'(?:[^'\\]|\\[\s\S])*+(?:'|\\?\Z))"
)
"""A text in quotes: a backslash takes the quote behind it in, in PowerShell a backtick does."""
_PART: Final = r"\"\w[^\"\\\n]*+\"|'\w[^'\\\n]*+'"
"""A text in quotes within a word; what closes a quote is followed by no letter."""
_CONTINUED: Final = rf"(?:\\[\"'](?=')|'?\"'\"'?|\"?'\"'\"?|{_PART}|(?!\\x0[9a])[\w$\\]++)"
"""What stands right behind a text in quotes and belongs to it: ``'it''s'`` of SQL and YAML."""
VALUE: Final = rf"({_QUOTED}{_CONTINUED}*+|(?:\$\([^()\n]*+\)|`[^`\n]*+`|\\[ \"';&]|{_PART}|\S)++)"
"""A word of a shell, quoted or not, or in parts that are.

Possessive quantifiers never give back what they took.
"""

_FLAG_BEFORE: Final = r"(?:(?<![^\s\"',])|(?<=\\x09))"
"""What stands before a flag; a tab of a build step comes here escaped."""
_BETWEEN: Final = r"(?:[\"']?[\s,]{1,8}+|=)"
_WORD: Final = r"(?:\"[^\"]{0,256}+\"|'[^']{0,256}+'|[^\s\"'-][^\s]{0,256}+)"


def _after(flags: str, *, attached: str = "") -> Expression:
    """Match the value after one of some flags, or written together with one of others."""
    forms = [rf"(?:{flags}){_BETWEEN}(?!-|\"\"|'')"] if flags else []
    forms += [rf"(?:{attached})(?=[^\s,=])(?![\"']+[\s,\]])"] if attached else []
    return Expression(rf"({_FLAG_BEFORE}(?:{'|'.join(forms)}))" + VALUE)


_SECOND_WORD: Final = Expression(
    rf"((?:add_user|change_password|authenticate_user)\s{{1,8}}+{_WORD}\s{{1,8}}+)" + VALUE
)
_HTPASSWD_FLAGS: Final = r"(?:\s{1,8}+-\w{1,16}+(?:\s{1,8}+\d{1,3}+(?=\s))?+){1,8}+\s{1,8}+"
_HTPASSWD: Final = Expression(
    r"\A((?=[^|]{0,128}?\s-\w{0,16}b)(?:"
    rf"(?=[^|]{{0,128}}?\s-\w{{0,16}}n){_HTPASSWD_FLAGS}{_WORD}"
    rf"|{_HTPASSWD_FLAGS}{_WORD}\s{{1,8}}+{_WORD})\s{{1,8}}+)" + VALUE
)
"""``htpasswd -b FILE USER PASSWORD``, or without FILE where ``-n`` is given."""

_USER: Final = Expression(
    rf"({_FLAG_BEFORE}(?:--(?:proxy-)?user{_BETWEEN}|-[A-Za-z#]{{0,12}}?[uU](?:{_BETWEEN})?+)"
    r"(?:(?:'[^':]{1,128}+'|\"[^\":]{1,128}+\")|(?P<quote>\\?[\"'])?+(?!\d{1,10}+:\d{1,10}+(?:[\s\"']|\Z))"
    r"[^\s:\"'/,-][^\s:\"'/,]{0,127}+):)"
    r"((?(quote)(?:[^\"'\\]|\\[\s\S]|'\\''(?=\S))++|(?:[^\s\"'\\]|\\[\s\S]|\"[^\"]*+\"|'[^']*+')++))"
)
"""``--user NAME:PASSWORD``. Two numbers are a user and a group."""

_OPENSSL: Final = Expression(
    rf"({_FLAG_BEFORE}(?:-k{_BETWEEN}(?!-)|-pass(?:in|out)?{_BETWEEN}[\"']?pass:)"
    rf"|\A\s{{1,8}}+passwd\s{{1,8}}+(?:-salt{_BETWEEN}\S{{1,64}}+\s{{1,8}}+|-\w{{1,8}}+\s{{1,8}}+){{0,6}}+(?!-))"
    + VALUE
)
_ALIAS: Final = Expression(
    r"((?:alias\s{1,8}+set|config\s{1,8}+host\s{1,8}+add)\s{1,8}+"
    rf"(?:{_WORD}\s{{1,8}}+){{3}})" + VALUE
)
"""``mc alias set NAME URL USER PASSWORD``."""

_LFTP: Final = Expression(rf"({_FLAG_BEFORE}-u{_BETWEEN}[^\s,]{{1,64}}+,)" + VALUE)
_LOG_IN: Final = Expression(
    r"(\A\s{1,8}+login\s{1,8}+(?:-{1,2}[\w=-]{1,64}+\s{1,8}+){0,4}+)(?!-)" + VALUE
)
"""``vault login TOKEN``, ``cargo login TOKEN``."""
_AUTH_TOKEN: Final = Expression(r"(\sauth-?token\s{1,8}+)" + VALUE)
_ORACLE: Final = Expression(r"(\s[\"']?[\w$#.]{1,64}+/)" + VALUE)
"""``sqlplus USER/PASSWORD@DATABASE``."""
_SHARE_USER: Final = Expression(rf"({_FLAG_BEFORE}-U{_BETWEEN}?+[\"']?[\w.\\-]{{1,64}}+%)" + VALUE)
"""``smbclient -U USER%PASSWORD``."""
_COMPOSER: Final = Expression(
    r"(\sconfig\s{1,8}+(?:-{1,2}[\w-]{1,32}+\s{1,8}+){0,4}+"
    r"(?:http-basic\.\S{1,256}+\s{1,8}+\S{1,128}+|(?:git(?:hub|lab)-(?:oauth|token)|bearer)\.\S{1,256}+)"
    r"\s{1,8}+|\sconfig\s{1,8}+(?:(?:set|--\w{1,16}+)\s{1,8}+){0,4}+https?://\S{1,256}+\s{1,8}+[^\s:]{1,128}+:)"
    + VALUE
)
_RCLONE: Final = Expression(
    r"(\s(?:secret_access_key|client_secret|token|pass|key)[\s=]{1,8}+)" + VALUE
)
_NMCLI: Final = Expression(r"(\spassword\s{1,8}+)" + VALUE)

_PAIR: Final = Expression(r"(<<<\s{0,8}+[\"']?[\w.$@{}-]{1,64}+:)((?:[^\s\"'])++)")

_ARGUMENTS: Final = {
    "curl": _USER,
    "mysql": _after("", attached="-p"),
    "7z": _after("", attached="-p"),
    "sshpass": _after("-p", attached="-p"),
    "login": _after("-p|-P", attached="-p"),
    "mongo": _after("-p"),
    "usermod": _after("-p", attached="-p"),
    "zip": _after("-P", attached="-P"),
    "ssh-keygen": _after("-[NP]"),
    "redis-cli": _after("-a"),
    "ldap": _after("-w", attached="-w"),
    "rabbitmqctl": _SECOND_WORD,
    "htpasswd": _HTPASSWD,
    "mosquitto_passwd": _HTPASSWD,
    "chpasswd": _PAIR,
    "openssl": _OPENSSL,
    "mc": _ALIAS,
    "lftp": _LFTP,
    "nmcli": _NMCLI,
    "vault": _LOG_IN,
    "ngrok": _AUTH_TOKEN,
    "sqlplus": _ORACLE,
    "smbclient": _SHARE_USER,
    "composer": _COMPOSER,
    "mkpasswd": Expression(r"(\s(?:-m|--method)[\s=]{1,4}[\w-]{1,16}+\s{1,8}+)" + VALUE),
    "rclone": _RCLONE,
    "ansible-vault": _after("encrypt_string"),
    "SUSEConnect": _after("-r"),
    "snmp": _after("-[AX]|-c(?![\"'\\s,=]{1,8}+(?:public|private)\\b)"),
}
_FAMILIES: Final = (
    (Expression(r"(?:mysql|mariadb)"), "mysql"),
    (Expression(r"7z|(?:un)?rar"), "7z"),
    (Expression(r"mongo|cqlsh|twine|nuget"), "mongo"),
    (Expression(r"poetry|bundle"), "composer"),
    (Expression(r"cargo"), "vault"),
    (Expression(r"sqlldr|expdp|impdp|rman"), "sqlplus"),
    (Expression(r"rpcclient"), "smbclient"),
    (Expression(r"useradd"), "usermod"),
    (Expression(r"unzip|sqlcmd|ipmitool|mosquitto_(?!passwd)"), "zip"),
    (Expression(r"snmp"), "snmp"),
    (Expression(r"ldap"), "ldap"),
)
_USER_TOLD: Final = Expression(r"\s*+(?:-\w{1,4}+\s++)*+(?:[\"']?[\w.-]{1,64}+:)?+")
_TELLING: Final = frozenset({"echo", "printf", "yes"})

_NAMES: Final = (
    r"curl|mysql[a-z]{0,8}|mariadb[a-z-]{0,12}|7z[ar]?|(?:un)?rar|sshpass|login|mongo[a-z]{0,8}"
    r"|user(?:add|mod)|(?:un)?zip|sqlcmd|redis-cli|ldap[a-z]{1,8}|rabbitmqctl|htpasswd|chpasswd"
    r"|mosquitto_(?:passwd|pub|sub|rr)|openssl|mc|ipmitool|cqlsh|lftp|nmcli"
    r"|snmp(?:walk|get|set|bulkwalk|bulkget|getnext|table|status|trap|inform)"
    r"|ssh-keygen|echo|printf|yes|vault|cargo|ngrok|sqlplus|sqlldr|expdp|impdp|rman|smbclient"
    r"|rpcclient|composer|rclone|ansible-vault|SUSEConnect|twine|nuget|poetry|bundle|mkpasswd"
)
_COMMAND: Final = Expression(
    rf"(?:(?<![\w.-])|(?<=\\x0[9a]))({_NAMES})(?=[\s\"']|\\x09)"
    r"((?:[^|;&\n\"'\\]|\\(?!x0a)[\s\S]|\\\Z|\"(?:[^\"\\]|\\[\s\S])*+(?:\"|\\?\Z)|'[^']*+(?:'|\Z))*+)"
    r"(\|\s{0,8}+(?:sudo\s{1,8}+)?+(?:/\S{0,64}/)?"
    r"(?:(?:chg?|smb|(?:tiger|tight)?vnc)?passwd\b|kinit\b|debconf-set-selections\b"
    r"|[\w/.-]{1,64}+ [^|;&\n]{0,200}?(?:--password-stdin|--passphrase-fd)))?+"
)
"""Name, arguments, and what a telling command tells a password to. What matched is not looked at
again: that keeps the search linear."""

_HERE: Final = Expression(
    r"(\b(?:ch|smb)?passwd\b[^\n<|;&]{0,64}<<-?\s{0,8}+[\"']?(?P<end>\w{1,32}+)[\"']?(?:\n|\\x0a))"
    r"((?:(?!\b(?P=end)\b|(?<=x0a)(?P=end))[\s\S])++)"
)

_NAMED: Final = (
    r"passw|secret|token|credential|api[_.-]?key|access[_.-]?key|private[_.-]?key|auth\b|pass\b"
)
_SET: Final = Expression(
    r"(\bconfig(?:ure)?\s{1,8}+"
    r"(?:(?:-{1,2}[\w-]{1,32}+[\s=]{1,8}+(?:(?!set\s)[\w.:/]{1,64}+\s{1,8}+)?){0,4}set\s{1,8}+)?"
    rf"(?:-{{1,2}}[\w-]{{1,32}}+\s{{1,8}}+){{0,4}}+[^\s=]{{0,128}}?(?:{_NAMED})[\w.-]{{0,64}}+"
    r"\s{1,8}+)(?!-)" + VALUE,
    re.IGNORECASE,
)
"""``aws configure set NAME VALUE``, ``npm config set NAME VALUE``, ``git config NAME VALUE``."""

_SQL: Final = Expression(
    r"(\b(?:identified\s{1,8}+(?:with\s{1,8}+\S{1,64}+\s{1,8}+)?by\s{1,8}+(?:password\s{1,8}+)?"
    r"|password(?:\s{1,8}+|\s{0,4}+\(\s{0,4}+)))(?=[EN]?\\?[\"'])" + VALUE,
    re.IGNORECASE,
)

_SPACES: Final = r"(?:\s|\\n|\\x0[9ad]){1,8}+"
_NETRC: Final = Expression(
    rf"((?:\b|(?<=\\n))login{_SPACES}(?:(?!\\n|\\x0[9ad])\S){{1,256}}+{_SPACES}password{_SPACES}"
    rf"|\bmachine{_SPACES}(?:(?!\\n|\\x0[9ad])\S){{1,256}}+{_SPACES}password{_SPACES}"
    r"|\b(?:requirepass|masterauth)[\"']?\s{1,8}+|\b(?:setx|setenv)\s{1,8}+[\w.-]{0,64}?"
    rf"(?:{_NAMED}|pwd)[\w.-]{{0,64}}+\s{{1,8}}+|(?<![\w.*:-])[\w.*-]{{1,128}}+:(?:\d{{2,5}}+|\*):"
    r"[^\s:'\"]{1,64}+:[^\s:'\"]{1,64}+:)" + VALUE,
    re.IGNORECASE,
)
"""A line of ``.netrc``, as a build step writes it."""


_GIVEN: Final = Expression(
    r"((?:\blogin\b|\b(?!ch)\w{0,8}passwd\b|--password-stdin|\bdebconf-set-selections\b)"
    r"[^\n<|;&]{0,128}<<<\s{0,8}+)" + VALUE
)
"""A word that a command reads as its input."""

_GROUP: Final = Expression(
    r"(\(\s{0,8}+(?=echo|printf))([^()\n]{1,1024}+)(?=\)\s{0,8}+\|\s{0,8}+(?:sudo\s{1,8}+)?+(?:/\S{0,64}/)?\w{0,8}passwd\b)"
)
_HERE_FIRST: Final = Expression(
    r"(<<-?\s{0,8}+[\"']?(?P<end>\w{1,32}+)[\"']?\s{0,8}+\|\s{0,8}+(?:sudo\s{1,8}+)?+"
    r"(?:/\S{0,64}/)?(?:chpasswd|debconf-set-selections)\b[^\n\\]{0,64}(?:\n|\\x0a))"
    r"((?:(?!\b(?P=end)\b|(?<=x0a)(?P=end))[\s\S])++)"
)
"""``cat <<EOF | chpasswd``."""

_PRINTED: Final = Expression(
    rf"(\bprintf\s{{1,8}}+(?:--\s{{1,8}}+)?(?:\"[^\"%]{{0,400}}(?:{_NAMED}|pwd)[^\"%]{{0,64}}%s[^\"]{{0,400}}\""
    rf"|'[^'%]{{0,400}}(?:{_NAMED}|pwd)[^'%]{{0,64}}%s[^']{{0,400}}')\s{{1,8}}+)([^|;&<>\n]{{1,1024}}+)",
    re.IGNORECASE,
)
"""``printf 'password=%s' VALUE``."""

_SENT: Final = Expression(
    r"(\bsend\s{1,8}+(?:--\s{1,8}+)?\\?[\"'{])([^\"'\n\\]{1,256}+)(?=\\{1,4}[rn])"
)
"""What a script of expect types."""

_WINDOWS: Final = Expression(
    r"(\bconvertto-securestring\s{1,8}+(?:-(?:string|asplaintext|force)\s{1,8}+){0,3}+"
    r"|\bnet\s{1,8}+user\s{1,8}+[^\s/]{1,64}+\s{1,8}+(?=[^\s/*]))" + VALUE,
    re.IGNORECASE,
)
"""``ConvertTo-SecureString``, and ``net user NAME PASSWORD``."""


_GIVEN_AWAY: Final = (
    *(_HERE, _HERE_FIRST, _GIVEN, _GROUP, _PRINTED),
    *(_SQL, _SET, _NETRC, _SENT, _WINDOWS),
)
"""What is no matter of one command's arguments, in the order in which it is masked."""


def redact_commands(text: str) -> str:
    """Return text with the secrets masked that commands are given as arguments."""
    for pattern in _GIVEN_AWAY:
        text = pattern.compiled.sub(_mask, text)
    return _COMMAND.compiled.sub(_mask_command, text)


def masked(value: str) -> str:
    """Return the mask for a word, in the word's quotes."""
    if value.startswith(MASK):
        return value
    quote = value[0] if value[0] in "\"'" else ""
    closing = quote if quote and len(value) > 1 and value.endswith(quote) else ""
    return f"{quote}{MASK}{closing}"


def _mask(match: re.Match[str]) -> str:
    return f"{match[1]}{masked(match[match.lastindex or 0])}"


def _mask_command(match: re.Match[str]) -> str:
    name, arguments, receiver = match[1], match[2], match[3] or ""
    if name in _TELLING:
        return f"{name}{_mask_told(arguments)}{receiver}" if receiver else match[0]
    family = next((known for form, known in _FAMILIES if form.compiled.match(name)), name)
    return f"{name}{_ARGUMENTS[family].compiled.sub(_mask, arguments)}{receiver}"


def _mask_told(arguments: str) -> str:
    told = arguments.rstrip()
    before = _USER_TOLD.compiled.match(told)
    start = before.end() if before else 0
    return f"{told[:start]}{MASK}{arguments[len(told) :]}" if told[start:] else arguments
