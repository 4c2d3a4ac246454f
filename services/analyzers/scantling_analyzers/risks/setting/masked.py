"""Whether text in which secrets were masked had one; pure.

What is stored of an image's configuration is masked where a name sounds secret, and a value that is
masked whole can't be looked at: its name decides. Many names sound secret and hold something about
one (``TOKEN_URL``, ``PASSWORD_POLICY``), a switch (``ALLOW_EMPTY_PASSWORD``), or what is public
(``GPG_KEY``: the fingerprint by which a download is checked). Few words make a name harmless,
fewer than :mod:`scantling_analyzers.secrets.names` knows: that one sees values as well.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_analyzers.secrets.names import class_of, qualifiers, words_of
from scantling_common.telemetry.redaction import MASK

_NAMED: Final = re.compile(
    rf"([\w.-]{{1,64}}+)[\"']?\s{{0,8}}+(?:[=:]\s{{0,8}}+)?[\"']?{re.escape(MASK)}"
)
_PUBLIC: Final = re.compile(
    r"(?:^|[_.-])(?:GPG|PGP|PUBLIC|PUB|RELEASE)_?KEYS?(?:$|_)|KEY_?IDS?$|FINGERPRINTS?$",
    re.IGNORECASE,
)
_ABOUT: Final = frozenset(
    b"url urls uri uris endpoint endpoints host domain issuer audience name names file files path "
    b"paths dir directory folder type types kind length size min max minimum maximum count limit "
    b"policy policies rule rules strength expiry expires expire expiration ttl lifetime validity "
    b"timeout age interval rotation period enabled disabled required optional allowed algorithm "
    b"algorithms algo alg method methods mode format encoding field header headers param params "
    b"prefix suffix location version arn alias scope scopes provider providers template "
    b"seconds secs minutes mins hours days ms secure samesite httponly attempts retries".split()
)
"""Last words of names that tell something about a secret, and not the secret."""
_SWITCHES: Final = frozenset(
    b"allow allows enable enables disable disables require requires skip use verify check "
    b"validate no without".split()
)
"""Words before the one that sounds secret which make the name that of a switch."""
_OPENING: Final = frozenset({"password", "secret", "token", "credential"})


def is_secret(entry: str) -> bool:
    """Say whether ``NAME=value``, a variable or a label, had a secret."""
    name, equals, value = entry.partition("=")
    return not is_harmless(name) if equals and value == MASK else has_secret(entry)


def has_secret(text: str) -> bool:
    """Say whether something was masked whose name is not that of something harmless."""
    if MASK not in text:
        return False
    names = _NAMED.findall(text)
    return len(names) < text.count(MASK) or not all(map(is_harmless, names))


def is_harmless(name: str) -> bool:
    """Say whether a name that sounds secret is one of what may be known."""
    raw = name.encode()
    words = [word for word in words_of(raw) if not word.isdigit()]
    kind, said = class_of(raw), qualifiers(raw)
    if words and words[-1] in _ABOUT:
        return True
    if not _SWITCHES.isdisjoint(words[:-1]) or (kind == "password" and b"random" in words[:-1]):
        return True
    # A "cache key" names an entry; a "registry password" is one all the same.
    other = _PUBLIC.search(name) is not None or bool({"public", "ordinary", "hashed"} & said)
    return other and kind not in _OPENING
