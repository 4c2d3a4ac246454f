"""Pairs of versions as they are met, as they are mistyped, and as an attacker writes them.

Most pairs are one version and the same with a piece changed: two versions made apart from each
other differ in their first number, and that tests nothing. What is
drawn depends on the seed alone.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
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
    "pacman": ("a", "b", "rc", "git", "r", "A", "Z", "alpha", "beta", "pre"),
    "gem": ("a", "b", "rc", "pre", "beta", "alpha", "A", "java", "x"),
    "composer": (
        *("alpha", "a", "beta", "b", "RC", "rc", "patch", "pl", "p", "stable", "dev", "x", "foo"),
        *("x-dev", "dev-main", "@beta"),
    ),
    "conan": ("a", "b", "rc", "pre", "cci", "1k", "alpha", "e", "Z"),
    "cpan": ("v", "_", "a"),
    "generic": ("a", "b", "rc", "beta", "alpha", "p", "k", "dev", "SNAPSHOT", "build", "m"),
    "cran": ("a",),
}
JOINTS: Final[dict[str, tuple[str, ...]]] = {
    "deb": (".", ".", ".", "-", "+", "~", "~~", "", ":", "_"),
    "rpm": (".", ".", ".", "-", "+", "~", "^", "", "_", "..", "~^"),
    "apk": (".", ".", ".", "_", "_", "", "-r", "~"),
    "maven": (".", ".", ".", "-", "-", "", "..", "--", "_", "+", ".-"),
    "semver": (".", ".", "-", "-", "+", "", "--"),
    "pypi": (".", ".", ".", "", "-", "_", "+", "!"),
    "pacman": (".", ".", ".", "", "-", "_", "+", ":", ".."),
    "gem": (".", ".", ".", "", "-", "_"),
    "composer": (".", ".", ".", "-", "-", "_", "+", "", ":"),
    "conan": (".", ".", ".", "-", "+", ""),
    "cpan": (".", ".", "", "_"),
    "generic": (".", ".", ".", "-", "_", "+", "~", ""),
    "cran": (".", ".", "-", ""),
}
LIKE: Final = {
    **dict.fromkeys(("bitnami", "cargo", "go", "hex", "nuget", "pub"), "semver"),
    "hackage": "cran",
}
"""Schemes whose pieces are those of another one."""


def version(scheme: Scheme, random: Random) -> str:
    """Return a version that the ecosystem could have published."""
    numbers = [random.choice(NUMBERS[:6]) for _ in range(random.choice((1, 2, 3, 3, 3, 4)))]
    return _FORMS[scheme](numbers, WORDS[LIKE.get(scheme, scheme)], random)


def pair(scheme: Scheme, random: Random) -> tuple[str, str]:
    """Return two versions: mostly neighbours, some apart, some that are a soup of pieces."""
    kind = random.random()
    if kind < 0.15:
        return _soup(scheme, random), _soup(scheme, random)
    first = version(scheme, random)
    if kind < 0.35:
        return first, version(scheme, random)
    return first, _changed(scheme, _changed(scheme, first, random), random)


def pairs(scheme: Scheme, count: int, seed: int) -> list[tuple[str, str]]:
    """Return that many pairs, the same for the same seed; the two of a pair may be the same."""
    random = Random(seed)  # noqa: S311 - the same versions every time are what is wanted
    return [pair(scheme, random) for _ in range(count)]


def gibberish(count: int, seed: int) -> list[str]:
    """Return that many texts of any characters at all, among those that versions are made of."""
    random = Random(seed)  # noqa: S311 - the same texts every time are what is wanted
    ranges = ((0x2B, 0x3A), (0x41, 0x7B), (0x20, 0x7F), (0x660, 0x66A), (0, 0x110000))
    return [
        "".join(chr(random.randrange(*random.choice(ranges))) for _ in range(random.randrange(12)))
        for _ in range(count)
    ]


def _changed(scheme: Scheme, text: str, random: Random) -> str:
    if random.random() < 0.4:
        return text
    place = random.randrange(len(text) + 1)
    gone = random.choice((0, 0, 1, 1, 2))
    piece = random.choice((_piece(scheme, random), _piece(scheme, random), ""))
    return text[:place] + piece + text[place + gone :] or "0"


def _piece(scheme: Scheme, random: Random) -> str:
    like = LIKE.get(scheme, scheme)
    return random.choice(random.choice((NUMBERS, WORDS[like], JOINTS[like])))


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


def _pacman(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    epoch = random.choice(("", "", "", "1:", "2:", "0:"))
    tail = random.choice(("", "", "rc1", ".r12.gabcdef", "a", "_1", "+2+gabc", ".beta"))
    return f"{epoch}{'.'.join(numbers)}{tail}{random.choice(('-1', '-2', '-1.1', '-10'))}"


def _gem(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    tail = "".join(
        f"{random.choice(('.', '.', '-'))}{random.choice((*words, *NUMBERS[:6]))}"
        for _ in range(random.choice((0, 0, 1, 2)))
    )
    return f"{'.'.join(numbers)}{tail}"


def _composer(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    stability = random.choice((*("", "") * 4, *words[:11]))
    tail = f"{random.choice(('-', '-', '.', '', '_'))}{stability}" if stability else ""
    counted = random.choice(("", "1", "2", ".1", "10")) if tail else ""
    last = random.choice(("", "", "", "", "-dev", ".x-dev", "+build.5", "@beta"))
    return f"{random.choice(('', '', 'v'))}{'.'.join(numbers)}{tail}{counted}{last}"


def _conan(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    letter = random.choice(("", "", "", "a", "k"))
    before = random.choice(("", "", "", "-rc", "-rc.1", "-pre1", "-1"))
    build = random.choice(("", "", "", "+1", "+b.2"))
    return f"{'.'.join(numbers)}{letter}{before}{build}"


def _cpan(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    dotted = f"{random.choice(('', 'v'))}{'.'.join(numbers)}"
    places = "".join(random.choice("0019") for _ in range(random.choice((1, 2, 3, 4, 6))))
    return random.choice((dotted, f"{numbers[0]}.{places}", f"{numbers[0]}.0{places}_01"))


def _generic(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    tail = f"{random.choice(('', '-', '.'))}{random.choice((*('',) * 8, *words))}"
    return f"{'.'.join(numbers)}{tail}{random.choice(('', '', '1', '2', '-1'))}"


def _hackage(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    return ".".join(numbers)


def _cran(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    return random.choice((".", ".", "-")).join(numbers)


def _go(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    numbers = [str(int(each)) for each in (*numbers, "0", "0")[:3]]
    return random.choice(
        (
            f"v{_semver(numbers, words, random)}",
            f"v{_semver(numbers, words, random)}",
            f"v{'.'.join(numbers[:2])}",
            f"v0.0.0-20{random.choice(('19', '24'))}0131000000-{random.choice('abc')}cdef",
            f"v{'.'.join(numbers)}-0.20240131000000-abcdef012345",
            f"v{'.'.join(numbers)}-rc.1.0.20240131000000-abcdef012345",
        )
    )


def _bitnami(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    numbers = [str(int(each)) for each in (*numbers, "0", "0")[:3]]
    return f"{'.'.join(numbers)}{random.choice(('', '-0', '-1', '-2', '-11', '-rc.1', '-beta'))}"


def _nuget(numbers: list[str], words: tuple[str, ...], random: Random) -> str:
    semantic = _semver(numbers, words, random)
    return semantic if random.random() < 0.7 else f"{random.choice(NUMBERS[:6])}.{semantic}"


_FORMS: Final = {
    "bitnami": _bitnami,
    "cargo": _semver,
    "composer": _composer,
    "conan": _conan,
    "cpan": _cpan,
    "cran": _cran,
    "gem": _gem,
    "generic": _generic,
    "go": _go,
    "hackage": _hackage,
    "hex": _semver,
    "nuget": _nuget,
    "pacman": _pacman,
    "pub": _semver,
    "deb": _deb,
    "rpm": _rpm,
    "apk": _apk,
    "maven": _maven,
    "semver": _semver,
    "pypi": _pypi,
}
