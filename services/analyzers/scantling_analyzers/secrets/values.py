"""What a value looks like: random or written by people, a reference, a placeholder, a hash."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import Final

MAX_VALUE: Final = 512
"""Bytes of a value that are looked at: what it is shows in them."""

_ALPHABET: Final = 20
"""From how many characters on those that follow each other are an alphabet."""

_KINDS: Final = (
    rb"secret|pass|password|passwd|passphrase|pwd|pass ?word|token|key|api|access|client|app|auth|"
    rb"bot|account|github|gitlab|slack|aws|google|azure|db|database|mysql|user|username|admin|credential|"
    rb"private|public|ssh|jwt|oauth|own|real|new|strong|secure|value|name|id|code|here"
)
_PLACEHOLDER: Final = re.compile(
    rb"(?i)^<[^<>]{0,200}>$|^\[[a-z _\-]{0,80}\]$|^\{[a-z _\-.]{0,80}\}$"
    rb"|^(?P<one>.)(?P=one){2,255}$|x{4,}|\*{3,}|\.{3}|\xe2\x80\xa6|#{3,}|^_{2,}|<[a-z_ \-]{2,60}>"
    rb"|(?:^|[^a-z0-9])(?:your|my|some|insert|enter|replace|change|provide|specify|paste|supply)"
    rb"[ _\-.]{0,2}(?:" + _KINDS + rb")"
    rb"|(?:^|[^a-z0-9])(?:the|an?|use|set|put|fill|type|add|this|in)[ _\-.](?:"
    + _KINDS
    + rb")(?![a-z0-9])"
    rb"|change[ _\-]?(?:me|it|this)|place[ _\-]?holder|redacted|[_\- ]removed|^removed|"
    rb"replace[ _\-]?me|to[ _\-]be[ _\-]|(?:^|[ _\-])tbd$|dummy|example|sanitized|masked|censored|"
    rb"obfuscated|not[ _\-](?:a[ _\-])?(?:real|set|used|secret)|(?:^|[ _\-])no[ _\-]"
    rb"(?:password|pass|token|key|secret)|(?:^|[ _\-])fake|(?:^|[ _\-])mock|goes[ _\-]?here|"
    rb"[ _\-]here$|foo[ _\-]?bar|lorem|"
    rb"(?:^|:)anon(?:cvs|ymous)?$|"
    rb"^(?:test|foo|bar|baz|quux?|abc|asdf|qwerty|todo|pass|password|passwd|pwd|passphrase|user|username|secret|token|key|value|string|"
    rb"str|text|none|null|nil|true|false|yes|no|on|off|default|optional|required|auto|empty|any|"
    rb"changeit|unknown|n/a|sample|hidden|here|undefined)$"
)
_LONGEST_PLACEHOLDER: Final = 96
"""Bytes at the beginning of a value that tell whether it is a placeholder."""

_REFERENCE: Final = re.compile(
    rb"\$\{[^{}]{0,200}\}?|\$\(|\{\{|\}\}|<%|%>|\(\(.{0,120}\)\)|^\$(?!(?:apr1|argon2\w{0,2}|gy|sm3|scrypt|[yPHS])\$)[A-Za-z_:]|^%[A-Za-z_()]{1,60}[%s]$"
    rb"|^%(?:\d{1,2}\$)?[sdv]$|^#\{|^@@?[A-Z_]{3,60}@?@?$|^@[\w.\-]{1,60}@$|^\{[0-9a-zA-Z_.]{0,60}\}$|\{[a-z_]{2,40}\}$"
    rb"|^!(?:Ref|Sub|GetAtt|ImportValue|vault|secret)|^(?:var|local|data|module|each)\.[a-z_]"
    rb"|^(?:vault|ssm|aws_ssm|secretsmanager|arn|op|ref|file|env|keyring|sops|valueFrom):"
    rb"|secretKeyRef|^ENC[\[(]|^Ag[A-D][A-Za-z0-9+/]{200}|^\{cipher\}|^(?:process|os|sys|System|Rails|ENV|settings|config|self|"
    rb"this|request|req|params|options|opts|args|app|props|state|secrets|github|env)\b ?[.\[(:]"
)
_CALL: Final = re.compile(
    rb"^[A-Za-z_][\w.:>\-]{0,80}\(|^\w{1,60}\[(?:[\"'\w]|-\d)"
    rb"|^new [A-Z]|^function\b|^lambda\b|^\(\)"
)
_ATTRIBUTE: Final = re.compile(
    rb"^[A-Za-z_]\w{0,60}(?:\??\.[A-Za-z_]\w{0,40}){1,6}$|^[A-Za-z_]\w{0,60}->\w|^\w{1,60}::\w"
)
_PATH: Final = re.compile(
    rb"^(?:~|\.{1,2})?/[\w.\-]{1,80}(?:/[\w.\-]{0,80}){0,20}$|^[A-Za-z]:\\|^[\w.\-]{1,80}(?:/[\w.\-]{1,80}){1,20}\.\w{1,6}$"
    rb"|(?i:\.(?:txt|pem|key|crt|cer|cert|json|ya?ml|xml|conf|cfg|ini|env|jks|p12|pfx|pub|sh|py|js|ts|"
    rb"rb|go|java|php|html?|properties|enc|csv|md|log|png|jpe?g|svg|dat|db|sock|example|dist))$"
)
_URL: Final = re.compile(
    rb"(?i)^(?:https?|ftp|file|s3|gs|git|ssh|jdbc|tcp|unix|mailto|urn|data)s?:"
)
_HASH: Final = re.compile(
    rb"^\$(?:1|2[abxy]?|5|6|7|y|gy|sm3|apr1|argon2\w{0,2}|pbkdf2[\w\-]{0,12}|scrypt|P|H|S)\$"
    rb"|^\{?(?:SSHA|SHA|SMD5|MD5|CRYPT|PBKDF2)[\w\-]{0,10}\}|^pbkdf2[_:]|^sha(?:1|256|512)[$:\-]|^md5[:\-]"
    rb"|^scrypt:|^argon2|^bcrypt[:$]"
)
_UUID: Final = re.compile(rb"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
_NUMBER: Final = re.compile(
    rb"^[+\-]?[\d_,.]{1,40}(?:[smhdwKMGT]i?[Bb]?|ms|px|em|%|/(?:tcp|udp|sctp))?$|^0x[0-9a-fA-F]{1,16}$"
)
_DATE: Final = re.compile(rb"^\d{4}-\d\d-\d\d|^\d{1,2}[/.]\d{1,2}[/.]\d{2,4}")
_VERSION: Final = re.compile(rb"^[~^v=<>]{0,3}\d{1,5}(?:\.[\dx*]{1,8}){1,3}(?:[\-+][\w.]{1,30})?$")
_EMAIL: Final = re.compile(rb"^[\w.+\-]{1,64}@[\w\-]{1,64}(?:\.[\w\-]{1,64}){1,6}$")
_HOST: Final = re.compile(
    rb"^(?:[a-z0-9][a-z0-9\-]{0,40}\.){1,6}(?:com|org|net|io|dev|local|internal|gov|edu|co|app|cloud|svc)(?::\d{1,5})?(?:/|$)"
)
_PUBLIC: Final = re.compile(
    rb"^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-)|^AAAA[BCE]3Nza|BEGIN (?:CERTIFICATE|PUBLIC)"
    rb"|^MI[IGH][A-Za-z0-9+/]{6}[A-Za-z0-9+/]{0,20}AQEBBQAD"
    rb"|^M(?:FkwEwYHKoZIzj0CAQ|HYwEAYHKoZIzj0CAQ|IGbMBAGByqGSM49AgEG|CowBQYDK2V)"
)
_ARN: Final = re.compile(rb"^arn:aws|^projects/|^/subscriptions/|^ocid1\.")
_ALGORITHM: Final = re.compile(
    rb"(?i)^(?=[a-z])(?:hmac|with|and|scram|cram|digest|plain|pbkdf|pkcs|pkix|sha|md|aes|des|rsa|dsa|ecdsa|eddsa"
    rb"|ecdh|ed|x|hs|rs|es|ps|oauth|saml|tls|ssl|dtls|ntlm|ssha|blake|bcrypt|scrypt|argon|pkce|utf|iso"
    rb"|chacha|poly|curve|secp|prime|gcm|cbc|ctr|ecb|oaep|mgf|psk|wpa|v|r|k|b|s|\d{1,4}|[\-_/.+:]){2,16}$"
)
"""Names of algorithms and of versions of protocols."""

_ENDPOINT: Final = re.compile(rb"^[A-Za-z][\w.\-]{1,80}:\d{2,5}$")
_PATTERN: Final = re.compile(
    rb"\[\^?\w{0,3}(?:\w-\w|\\[wsd])[^\[\]]{0,60}\](?:[*+?{)]|$)|\(\?(?:[:=!P]|<[=!])|^\*\.\w"
    rb"|\\\.\w{1,40}\\\.|\.\*\$?$"
)
_DOTTED_CONSTANT: Final = re.compile(rb"^[A-Z][A-Z0-9]{0,30}(?:_[A-Z0-9]{1,30}){1,8}$")
_SEQUENCE: Final = re.compile(
    rb"(?i)01234|12345|98765|abcde|qwert|asdfg|zyxwv|00010203|01020304|10111213|00112233|11223344|deadbeef"
)

_LOWER: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz")
_UPPER: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGIT: Final = frozenset(b"0123456789")
_HEX: Final = re.compile(rb"^(?:[0-9a-f]{8,512}|[0-9A-F]{8,512})$")
_BASE64: Final = re.compile(rb"^[A-Za-z0-9+/_\-]{8,4096}={0,3}$")


def entropy(value: bytes) -> float:
    """Return Shannon's entropy of a value in bits per byte."""
    value = value[:MAX_VALUE]
    size = len(value)
    if not size:
        return 0.0
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())


def relative_entropy(value: bytes) -> float:
    """Return the entropy as a share of what random text of this length and alphabet has."""
    value = value[:MAX_VALUE]
    return entropy(value) / expected_entropy(len(value), _alphabet(value))


@lru_cache(maxsize=1024)
def expected_entropy(size: int, alphabet: int) -> float:
    """Return about how many bits per byte ``size`` random characters of an alphabet show."""
    distinct = alphabet * (1 - (1 - 1 / alphabet) ** size)
    return max(math.log2(max(distinct, 1.5)), 0.5)


def _alphabet(value: bytes) -> int:
    if _HEX.match(value):
        return 10 if value.isdigit() else 16
    found = set(value)
    size = 0
    for group in (_LOWER, _UPPER, _DIGIT):
        if found & group:
            size += len(group)
    rest = found - _LOWER - _UPPER - _DIGIT
    return max(size + len(rest), 2)


_COLOUR: Final = re.compile(rb"^#(?:[0-9a-fA-F]{3,4}){1,2}$")

_FORMS: Final = (
    ("colour", _COLOUR),
    ("hash", _HASH),
    ("uuid", _UUID),
    ("number", _NUMBER),
    ("date", _DATE),
    ("version", _VERSION),
    ("public-key", _PUBLIC),
    ("arn", _ARN),
    ("url", _URL),
    ("email", _EMAIL),
    ("pattern", _PATTERN),
    ("reference", _REFERENCE),
    ("call", _CALL),
    ("path", _PATH),
    ("algorithm", _ALGORITHM),
    ("host", _HOST),
    ("host", _ENDPOINT),
    ("attribute", _ATTRIBUTE),
    ("constant", _DOTTED_CONSTANT),
)


def form_of(value: bytes) -> str:
    """Return what a value is if it is something else than a secret, or an empty text."""
    value = value[:MAX_VALUE]
    return next((name for name, pattern in _FORMS if pattern.search(value)), "")


def is_placeholder(value: bytes) -> bool:
    """Tell whether a value stands where a secret is to be put."""
    return _PLACEHOLDER.search(value[:_LONGEST_PLACEHOLDER]) is not None


def is_reference(value: bytes) -> bool:
    """Tell whether a value names a variable, or is a template's."""
    return _REFERENCE.search(value[:MAX_VALUE]) is not None


def has_sequence(value: bytes) -> bool:
    """Tell whether characters follow each other as on a keyboard or in the alphabet."""
    return _SEQUENCE.search(value[:MAX_VALUE]) is not None


def is_counted(value: bytes) -> bool:
    """Tell whether most bytes are those before them, a step further: numbers, or an alphabet."""
    if len(value) >= _ALPHABET:
        following = sum(second - first == 1 for first, second in pairwise(value))
        if following * 4 > len(value) * 3:
            return True
    if not _HEX.match(value) or len(value) % 2:
        return False
    raw = bytes.fromhex(value[:MAX_VALUE].decode())
    steps = Counter(second - first for first, second in pairwise(raw))
    return bool(steps) and max(steps.values()) * 2 > len(raw)


def looks_encoded(value: bytes) -> bool:
    """Tell whether a value is of the characters of hexadecimal or base 64 only."""
    return _BASE64.match(value[:MAX_VALUE]) is not None
