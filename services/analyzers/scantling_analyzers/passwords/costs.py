"""What one try of a hash costs, told from the parameters that the hash itself names; pure.

The parameters are an image's: ``$6$rounds=999999999$`` takes minutes for one password, and a
yescrypt hash may ask for all memory there is. So nothing is computed before its price is known.
Times are those of one core of a small server in microseconds. They are no measurement: a budget
that counts by them tries the same passwords on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.passwords.encoding import fixed, variable

if TYPE_CHECKING:
    import re

MAX_MICROSECONDS: Final = 1_000_000
"""The most that one try may cost: bcrypt 13, or SHA-512 with 2.7 million rounds."""
MAX_BYTES: Final = 128 * 1024 * 1024
"""The most memory that one try may take: yescrypt and scrypt choose it."""

_SHA_ROUNDS: Final = 5000
_SHA_LEAST: Final = 1000
_SHA_MOST: Final = 999_999_999
_SUN_ROUNDS: Final = 4096
_ITERATED: Final = 1.1
_PBKDF2: Final = ((20, 0.3), (32, 0.4), (64, 0.6))
"""Of SHA-1, SHA-256, SHA-512: bytes of a block, and what a round of a block costs."""
_BLOCK: Final = 128
"""Bytes of memory for each unit of N and r (RFC 7914)."""
_BOXES: Final = 12 * 1024
"""Bytes of tables for each of p (yescrypt)."""
_MOST_LOG: Final = 40
_MORE_P, _MORE_T, _MORE_G, _MORE_ROM = 1, 2, 4, 8
"""Which further parameters a yescrypt hash names, by a number that is their sum."""


class Cost(NamedTuple):
    """What one try takes, and how the hash says so."""

    microseconds: float
    bytes: int = 0
    said: str = ""


def too_costly(cost: Cost) -> str:
    """Return why a hash is not tried, empty where it may be."""
    if cost.microseconds > MAX_MICROSECONDS:
        seconds = cost.microseconds / 1_000_000
        return f"{cost.said}: one try would take some {seconds:,.0f} s"
    if cost.bytes > MAX_BYTES:
        return f"{cost.said}: one try would take {cost.bytes // 1024**2:,} MiB of memory"
    return ""


def always(microseconds: float) -> Cost:
    """Return a cost that depends on nothing."""
    return Cost(microseconds)


def sha256(match: re.Match[bytes]) -> Cost:
    """Return the cost of ``$5$[rounds=N$]``."""
    return _sha(match, 0.46)


def sha512(match: re.Match[bytes]) -> Cost:
    """Return the cost of ``$6$[rounds=N$]``."""
    return _sha(match, 0.37)


def sm3(match: re.Match[bytes]) -> Cost:
    """Return the cost of ``$sm3$[rounds=N$]``."""
    return _sha(match, 0.7)


def _sha(match: re.Match[bytes], each: float) -> Cost:
    rounds = int(match["cost"] or _SHA_ROUNDS)
    # The library does at least these, however few are asked for.
    rounds = min(max(rounds, _SHA_LEAST), _SHA_MOST)
    return Cost(each * rounds, said=f"{rounds:,} rounds")


def bcrypt(match: re.Match[bytes]) -> Cost:
    """Return the cost of ``$2b$NN$``: each number more doubles it."""
    log = int(match["cost"])
    return Cost(67.0 * 2**log, said=f"bcrypt cost {log}")


def sha1(match: re.Match[bytes]) -> Cost:
    """Return the cost of ``$sha1$N$``."""
    rounds = int(match["cost"])
    return Cost(0.9 * rounds, said=f"{rounds:,} rounds")


def sunmd5(match: re.Match[bytes]) -> Cost:
    """Return the cost of ``$md5[,rounds=N]$``, which has 4,096 rounds more than it says."""
    rounds = int(match["cost"] or 0) + _SUN_ROUNDS
    return Cost(1.2 * rounds, said=f"{rounds:,} rounds")


def bsdi(match: re.Match[bytes]) -> Cost:
    """Return the cost of ``_NNNN``."""
    rounds = fixed(match["cost"])
    return Cost(1.0 + 0.2 * rounds, said=f"{rounds:,} rounds")


def bigcrypt(match: re.Match[bytes]) -> Cost:
    """Return the cost of DES for each eight characters of a password."""
    return Cost(8.0 * (1 + len(match["cost"]) // 11))


def tomcat(match: re.Match[bytes]) -> Cost:
    """Return the cost of ``salt$N$digest``: all that may have made it is tried.

    PBKDF2 does all rounds for each block of its own digest that the one which is there has.
    """
    rounds, size = int(match["cost"]), len(match["digest"]) // 2
    each = _ITERATED + sum(-(-size // block) * cost for block, cost in _PBKDF2)
    return Cost(each * rounds, said=f"{rounds:,} rounds")


def scrypt(match: re.Match[bytes]) -> Cost:
    """Return the cost of ``$7$`` with N, r and p (RFC 7914)."""
    text = match["cost"]
    return _memory_hard(fixed(text[:1]), fixed(text[1:6]), fixed(text[6:11]), 0, 0.27)


def yescrypt(match: re.Match[bytes]) -> Cost:
    """Return the cost of ``$y$``, ``$gy$`` or ``$sm3y$`` with flavour, N, r and maybe more.

    Raises ``ValueError`` for parameters that say nothing.
    """
    numbers = list(variable(match["cost"]))
    if len(numbers) < 3:  # noqa: PLR2004  # flavour, N, r
        message = "yescrypt without its parameters"
        raise ValueError(message)
    _, log, r, *more = numbers
    p, t, g = 1, 0, 0
    if more:
        which = more.pop(0) + 1
        if which & _MORE_P and more:
            p = more.pop(0) + 2
        if which & _MORE_T and more:
            t = more.pop(0) + 1
        if which & _MORE_G and more:
            g = more.pop(0) + 1
        if which & _MORE_ROM:
            message = "yescrypt with a table that is not in the hash"
            raise ValueError(message)
    return _memory_hard(log + 1 + 2 * g, r + 1, p, t, 0.13)


def _memory_hard(log: int, r: int, p: int, t: int, each: float) -> Cost:
    # Without a bound the number itself would be the bomb.
    n = 2 ** min(log, _MOST_LOG)
    blocks = n * max(r, 1)
    said = f"N=2^{log}, r={r:,}, p={p:,}" + (f", t={t:,}" if t else "")
    size = _BLOCK * (blocks + max(r, 1) * p) + _BOXES * p
    return Cost(each * blocks * max(p, 1) * (1 + t), bytes=size, said=said)
