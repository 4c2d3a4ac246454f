"""Pairs of versions as they are met, as they are mistyped, and as an attacker writes them.

Most pairs are one version and the same with a piece changed: two versions made apart from each
other differ in their first number, and that tests nothing. Everything is drawn from the ``Random``
that is passed in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

    from scantling_common.versions.schemes import Scheme

NUMBERS: Final = (
    *("0", "1", "2", "3", "9", "10", "11", "00", "01", "007", "100", "2147483648"),
    *("20240131", "99999999999999999999", "0000000000000000000001"),
)
"""Numbers: around a change of length, with leading zeros, beyond 32 and 64 bits."""

WORDS: Final[dict[str, tuple[str, ...]]] = {
    "deb": ("a", "b", "rc", "dfsg", "deb", "ubuntu", "A", "Z", "build", "git", "bpo", "nmu", "ds"),
    "rpm": ("a", "b", "rc", "el", "fc", "git", "A", "Z", "module", "beta", "oe", "h", "ky", "hce"),
    "apk": ("alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p", "a", "b", "z", "foo"),
    "maven": (
        *("alpha", "a", "beta", "b", "milestone", "m", "rc", "cr", "CR", "snapshot", "SNAPSHOT"),
        *("ga", "GA", "final", "Final", "RELEASE", "sp", "SP", "jre", "android", "foo", "x"),
    ),
    "semver": ("alpha", "beta", "rc", "a", "B", "x-y", "0a", "next", "-", "pre", "canary"),
    "pypi": ("a", "b", "rc", "c", "alpha", "beta", "pre", "preview", "post", "rev", "r", "dev"),
}
JOINTS: Final[dict[str, tuple[str, ...]]] = {
    "deb": (".", ".", ".", "-", "+", "~", "~~", "", ":", "_"),
    "rpm": (".", ".", ".", "-", "+", "~", "^", "", "_", "..", "~^"),
    "apk": (".", ".", ".", "_", "_", "", "-r", "~"),
    "maven": (".", ".", ".", "-", "-", "", "..", "--", "_", "+", ".-"),
    "semver": (".", ".", "-", "-", "+", "", "--"),
    "pypi": (".", ".", ".", "", "-", "_", "+", "!"),
}


def version(scheme: Scheme, random: Random) -> str:
    """Return a version that the ecosystem could have published."""
    numbers = [random.choice(NUMBERS[:6]) for _ in range(random.choice((1, 2, 3, 3, 3, 4)))]
    return _FORMS[scheme](numbers, WORDS[scheme], random)


def pair(scheme: Scheme, random: Random) -> tuple[str, str]:
    """Return two versions: mostly neighbours, some apart, some that are a soup of pieces."""
    kind = random.random()
    if kind < 0.15:
        return _soup(scheme, random), _soup(scheme, random)
    first = version(scheme, random)
    if kind < 0.35:
        return first, version(scheme, random)
    return first, _changed(scheme, _changed(scheme, first, random), random)


def pairs(scheme: Scheme, count: int, random: Random) -> list[tuple[str, str]]:
    """Return that many pairs; the two of a pair may be the same."""
    return [pair(scheme, random) for _ in range(count)]


def _changed(scheme: Scheme, text: str, random: Random) -> str:
    if random.random() < 0.4:
        return text
    place = random.randrange(len(text) + 1)
    gone = random.choice((0, 0, 1, 1, 2))
    piece = random.choice((_piece(scheme, random), _piece(scheme, random), ""))
    return text[:place] + piece + text[place + gone :] or "0"


def _piece(scheme: Scheme, random: Random) -> str:
    return random.choice(random.choice((NUMBERS, WORDS[scheme], JOINTS[scheme])))


def _soup(scheme: Scheme, random: Random) -> str:
    pieces = [_piece(scheme, random) for _ in range(random.randrange(1, 9))]
    return random.choice(NUMBERS[:4]) + "".join(pieces)


def _deb(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    epoch = random.choice(("", "", "", "1:", "2:", "0:"))
    tail = random.choice(("", "", "~rc1", "+dfsg", "a", "~beta2", "+really1.0"))
    revision = random.choice(("", "-1", "-2", "-1ubuntu1", "-1+deb12u1", "-0.1", "-1~bpo12+1"))
    return f"{epoch}{'.'.join(numbers)}{tail}{revision}"


def _rpm(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    epoch = random.choice(("", "", "", "1:", "2:", "0:"))
    tail = random.choice(("", "", "~rc1", "^git1", "a", "p2", "_2", "~"))
    release = random.choice(("-1", "-1.el8", "-1.el8_6", "-10.fc39", "-0.1.rc1.el9", "-1.h3"))
    return f"{epoch}{'.'.join(numbers)}{tail}{release}"


def _apk(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    letter = random.choice(("", "", "", "a", "k"))
    suffixes = "".join(
        f"_{random.choice(words[:9])}{random.choice(('', '1', '20240131'))}"
        for _ in range(random.choice((0, 0, 0, 1, 2)))
    )
    digest = random.choice(("", "", "", "~1a2b", "~1a2c"))
    revision = random.choice(("", "-r0", "-r1", "-r10"))
    return f"{'.'.join(numbers)}{letter}{suffixes}{digest}{revision}"


def _maven(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    tail = ""
    for _ in range(random.choice((0, 0, 1, 1, 1, 2))):
        tail += random.choice((".", "-", "-", ""))
        tail += random.choice((random.choice(words), random.choice(NUMBERS[:6])))
        tail += random.choice(("", "", "1", "-1", ".1", "02"))
    return f"{'.'.join(numbers)}{tail}"


def _semver(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    numbers = [str(int(each)) for each in (*numbers, "0", "0")[:3]]
    identifiers = [
        random.choice((random.choice(words), random.choice(("0", "1", "2", "11"))))
        for _ in range(random.choice((0, 0, 1, 2, 3)))
    ]
    build = random.choice(("", "", "", "+1", "+2", "+exp.sha.5114f85", "+incompatible"))
    return f"{'.'.join(numbers)}{'-' if identifiers else ''}{'.'.join(identifiers)}{build}"


def _pypi(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    epoch = random.choice(("", "", "", "", "1!", "v"))
    pre = random.choice(("", "", f"{random.choice(words[:8])}{random.choice(('', '1', '2'))}"))
    post = random.choice(("", "", "", ".post1", "-1", "post", "_r2", ".rev"))
    dev = random.choice(("", "", "", ".dev0", "dev", ".dev20240131"))
    local = random.choice(("", "", "", "+cpu", "+cu118", "+local.1", "+1.a", "+10"))
    return f"{epoch}{'.'.join(numbers)}{pre}{post}{dev}{local}"


_FORMS: Final = {
    "deb": _deb,
    "rpm": _rpm,
    "apk": _apk,
    "maven": _maven,
    "semver": _semver,
    "pypi": _pypi,
}
