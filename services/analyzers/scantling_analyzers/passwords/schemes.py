"""Schemes of hashes: how each is written, and what a try of it costs.

Those of the system's library are as in crypt(5) of libxcrypt; the others are of web servers
(``htpasswd``), directories (RFC 2307), MySQL, Redis and Tomcat.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.passwords import costs

if TYPE_CHECKING:
    from collections.abc import Callable

    from scantling_analyzers.passwords.costs import Cost

MAX_BYTES: Final = 512
"""The longest hash that is one: libxcrypt makes none over 384."""
_ANY: Final = rb"[./0-9A-Za-z]"


class Scheme(NamedTuple):
    """A scheme: its name, how a hash is written, its cost, and whether the library computes it.

    ``is_strong`` is false where many passwords can be tried in a second by anyone.
    """

    name: str
    pattern: re.Pattern[bytes]
    cost: Callable[[re.Match[bytes]], Cost]
    of_library: bool = True
    is_strong: bool = False


class Recognised(NamedTuple):
    """A hash whose scheme is known; ``refusal`` says why it must not be tried, else empty."""

    scheme: Scheme
    cost: Cost
    refusal: str = ""


def _scheme(
    name: str,
    pattern: bytes,
    cost: Callable[[re.Match[bytes]], Cost] | float,
    *,
    of_library: bool = True,
    is_strong: bool = False,
) -> Scheme:
    priced = cost if callable(cost) else partial(_always, cost)
    return Scheme(name, re.compile(pattern, re.DOTALL), priced, of_library, is_strong)


def _always(microseconds: float, _match: re.Match[bytes]) -> Cost:
    return costs.always(microseconds)


_ROUNDS: Final = rb"(?:rounds=(?P<cost>[0-9]{1,20})\$)?"
_SALT: Final = rb"[^$:\n\0]{0,16}\$"

SCHEMES: Final = (
    _scheme(
        "yescrypt",
        rb"\$y\$(?P<cost>" + _ANY + rb"{3,40})\$" + _ANY + rb"{0,86}\$" + _ANY + rb"{43}",
        costs.yescrypt,
        is_strong=True,
    ),
    _scheme(
        "gost-yescrypt",
        rb"\$gy\$(?P<cost>" + _ANY + rb"{3,40})\$" + _ANY + rb"{0,86}\$" + _ANY + rb"{43}",
        costs.yescrypt,
        is_strong=True,
    ),
    _scheme(
        "sm3-yescrypt",
        rb"\$sm3y\$(?P<cost>" + _ANY + rb"{3,40})\$" + _ANY + rb"{0,86}\$" + _ANY + rb"{43}",
        costs.yescrypt,
        is_strong=True,
    ),
    _scheme(
        "scrypt",
        rb"\$7\$(?P<cost>" + _ANY + rb"{11})[^$:\n\0]{0,86}\$" + _ANY + rb"{43}",
        costs.scrypt,
        is_strong=True,
    ),
    _scheme(
        "bcrypt",
        rb"\$2[abxy]\$(?P<cost>[0-9]{2})\$" + _ANY + rb"{53}",
        costs.bcrypt,
        is_strong=True,
    ),
    _scheme("sha512", rb"\$6\$" + _ROUNDS + _SALT + _ANY + rb"{86}", costs.sha512, is_strong=True),
    _scheme("sha256", rb"\$5\$" + _ROUNDS + _SALT + _ANY + rb"{43}", costs.sha256, is_strong=True),
    _scheme("sm3", rb"\$sm3\$" + _ROUNDS + _SALT + _ANY + rb"{43}", costs.sm3, is_strong=True),
    _scheme(
        "sha1",
        rb"\$sha1\$(?P<cost>[0-9]{1,10})\$" + _ANY + rb"{0,64}\$" + _ANY + rb"{28}",
        costs.sha1,
    ),
    _scheme(
        "sunmd5",
        rb"\$md5(?:,rounds=(?P<cost>[0-9]{1,10}))?\$" + _ANY + rb"{0,16}\${1,2}" + _ANY + rb"{22}",
        costs.sunmd5,
    ),
    _scheme("md5", rb"\$1\$[^$:\n\0]{0,8}\$" + _ANY + rb"{22}", 130.0),
    _scheme("nt", rb"\$3\$\$[0-9a-f]{32}", 2.0),
    _scheme("bsdi", rb"_(?P<cost>" + _ANY + rb"{4})" + _ANY + rb"{15}", costs.bsdi),
    _scheme("des", _ANY + rb"{13}", 8.0),
    _scheme("bigcrypt", _ANY + rb"{13}(?P<cost>(?:" + _ANY + rb"{11}){1,15})", costs.bigcrypt),
    _scheme("apr1", rb"\$apr1\$[^$:\n\0]{0,8}\$" + _ANY + rb"{22}", 1500.0, of_library=False),
    _scheme("sha", rb"\{SHA\}[0-9A-Za-z+/]{27}=", 2.0, of_library=False),
    _scheme("ssha", rb"\{SSHA\}[0-9A-Za-z+/]{28,120}={0,2}", 2.0, of_library=False),
    _scheme("mysql", rb"\*[0-9A-Fa-f]{40}", 2.0, of_library=False),
    _scheme("redis", rb"#[0-9a-f]{64}", 2.0, of_library=False),
    _scheme(
        "digest",
        rb"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{128}",
        2.0,
        of_library=False,
    ),
    _scheme(
        "tomcat",
        rb"[0-9A-Fa-f]{2,128}\$(?P<cost>[0-9]{1,9})\$(?P<digest>[0-9A-Fa-f]{32,256})",
        costs.tomcat,
        of_library=False,
    ),
)
"""All schemes; the first whose pattern fits is that of a hash."""
NAMES: Final = tuple(scheme.name for scheme in SCHEMES)
OTHER: Final = "other"
"""What is said of a hash whose scheme is none of these, where no hash is shown."""

_MAYBE: Final = re.compile(rb"\$[0-9A-Za-z]{1,8}[$,]")
"""How a hash of a scheme begins, be it known or not."""


def recognise(hash_: bytes) -> Recognised | None:
    """Return the scheme of a hash and its cost, None where it is none that is known."""
    if len(hash_) > MAX_BYTES:
        return None
    for scheme in SCHEMES:
        match = scheme.pattern.fullmatch(hash_)
        if match is None:
            continue
        try:
            cost = scheme.cost(match)
        except ValueError as error:
            return Recognised(scheme, costs.always(0), str(error))
        return Recognised(scheme, cost, costs.too_costly(cost))
    return None


def looks_like_hash(text: bytes) -> bool:
    """Tell whether a text may be a hash rather than a password: it is not tried as one."""
    return recognise(text) is not None or _MAYBE.match(text) is not None
