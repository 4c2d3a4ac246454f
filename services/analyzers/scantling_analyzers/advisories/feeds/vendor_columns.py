"""The columns of the vendor table: what each may hold, and which may stand together; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.feeds.bounds import EVERY, until
from scantling_analyzers.advisories.models import Statement
from scantling_analyzers.advisories.streams import scheme_of, type_of
from scantling_analyzers.advisories.text import title, word
from scantling_analyzers.advisories.times import instant
from scantling_common.versions.keys import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_analyzers.advisories.models import FixState, NameOf

COLUMNS: Final = (
    *("distribution", "release", "advisory", "vulnerabilities", "package", "name_of"),
    *("fixed_version", "state", "arch", "severity", "published", "url", "title"),
)
"""All columns that there are."""
REQUIRED: Final = ("distribution", "release", "package")
"""Those that every table has; an advisory or vulnerabilities it has, too."""
LISTS: Final = ("vulnerabilities", "arch")
"""Columns of several values, separated by spaces or semicolons; in JSON they may be lists."""
MAX_VALUES: Final = 1_000
"""How many values a cell may list."""

_RELEASE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}", re.ASCII)
_FORMS: Final = {
    "euleros": (re.compile(r"\d\.\d{1,2}(?:-SP\d{1,2})?", re.ASCII), "2.0-SP9"),
    "kylin": (re.compile(r"V\d{1,2}(?:-SP\d{1,2}(?:\.\d{1,2})?)?", re.ASCII), "V10-SP2"),
    "uos": (re.compile(r"\d{2}(?:-\d{4})?-[a-z]{1,2}", re.ASCII), "20-1050-e or 20-e"),
    "hce": (re.compile(r"\d\.\d{1,2}", re.ASCII), "2.0"),
}
"""How the releases of vendors without a feed are written, and an example."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]{0,199}", re.ASCII)
_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{1,30}(?:[-:][A-Za-z0-9:._()-]{1,100})", re.ASCII)
_ARCH: Final = re.compile(r"[a-z][a-z0-9_-]{1,30}", re.ASCII)
_ANY_ARCH: Final = frozenset({"noarch", "all"})
_ARCHES: Final[Mapping[str, str]] = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "ppc64le": "ppc64el",
    "i686": "i386",
    "armv7hl": "armhf",
    "loongarch64": "loong64",
    **dict.fromkeys(("mips64el", "ppc64", "riscv64", "s390x"), ""),
    "sw_64": "sw64",
}
"""Architectures as rpm calls them, and how Debian's packages do where that is something else."""
_RPM: Final = {
    **{name: name for name in _ARCHES},
    **{debian: name for name, debian in _ARCHES.items() if debian},
    **{name: name for name in ("i386", "i486", "i586", "armv6hl", "armv7l", "mips64", "s390")},
}
_DEB: Final = {
    **{name: debian or name for name, debian in _ARCHES.items()},
    **{debian: debian for debian in _ARCHES.values() if debian},
    **{name: name for name in ("armel", "loongarch64", "mips", "mipsel", "powerpc", "sparc64")},
}
_APK: Final = {
    **{name: name for name in ("x86_64", "aarch64", "ppc64le", "riscv64", "s390x", "loongarch64")},
    **{name: name for name in ("x86", "armhf", "armv7")},
    "amd64": "x86_64",
    "arm64": "aarch64",
    "i386": "x86",
    "i686": "x86",
}
_NAMES_OF_ARCH: Final = {"rpm": _RPM, "deb": _DEB, "apk": _APK}
"""What packages of a type call each architecture, by all that it is called."""
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z -]{0,39}", re.ASCII)
_URL: Final = re.compile(r"https?://[^\s/]{1,255}(?:/\S*)?", re.ASCII)
_SEPARATOR: Final = re.compile(r"[\s;]+")
_STATES: Final[Mapping[str, FixState]] = {
    "": "",
    "fixed": "",
    "not_fixed": "not_fixed",
    "will_not_fix": "will_not_fix",
    "end_of_life": "end_of_life",
    "deferred": "deferred",
    "under_investigation": "under_investigation",
    "not_affected": "not_affected",
}
_NAMES_OF: Final[Mapping[str, NameOf]] = {"": "binary", "binary": "binary", "source": "source"}


class WrongCell(NamedTuple):
    """What is wrong with a cell, by its column."""

    column: str
    message: str


class VendorRow(NamedTuple):
    """A row that can be used; without a statement it says that the table speaks for a stream."""

    stream: str
    advisory: str
    vulnerabilities: tuple[str, ...]
    statement: Statement | None
    severity: str
    published: str
    url: str
    title: str


def row_of(cells: Mapping[str, str]) -> VendorRow | tuple[WrongCell, ...]:
    """Return what a row says, or all that is wrong with it."""
    wrong: list[WrongCell] = []
    cell = {column: cells.get(column, "").strip() for column in COLUMNS}
    for column, text in cell.items():
        if text and column not in LISTS and not word(text):
            wrong.append(WrongCell(column, "it is too long"))
            cell[column] = ""
    stream = _stream(cell, wrong)
    if not wrong and not any(text for name, text in cell.items() if name not in REQUIRED[:2]):
        return VendorRow(stream, "", (), None, "", "", "", "")
    vulnerabilities = _values(cell, "vulnerabilities", _ID, "an id such as CVE-2024-1234", wrong)
    advisory = _matched(cell, "advisory", _ID, "an id such as EulerOS-SA-2024-1234", wrong)
    if not cell["advisory"] and not cell["vulnerabilities"]:
        wrong.append(WrongCell("vulnerabilities", "neither an advisory nor a vulnerability"))
    statement = _statement(cell, stream, wrong)
    published = instant(cell["published"])
    if cell["published"] and not published:
        wrong.append(WrongCell("published", "no date of the form 2024-05-31"))
    url = _matched(cell, "url", _URL, "an address that begins with https://", wrong)
    if wrong:
        return tuple(wrong)
    return VendorRow(
        stream=stream,
        advisory=advisory,
        vulnerabilities=vulnerabilities,
        statement=statement,
        severity=statement.severity,
        published=published,
        url=word(url),
        title=title(cell["title"]),
    )


def _stream(cell: Mapping[str, str], wrong: list[WrongCell]) -> str:
    distribution, release = cell["distribution"].lower(), cell["release"]
    stream = f"{distribution}:{release}"
    if type_of(stream) is None:
        shown = word(distribution[:80])
        message = f"the distribution {shown!r} is not known: it is the ID of its os-release"
        wrong.append(WrongCell("distribution", message))
    elif not _RELEASE.fullmatch(release):
        wrong.append(WrongCell("release", "no release: letters, digits, '.', '-', '_' and '+'"))
    elif distribution in _FORMS and not _FORMS[distribution][0].fullmatch(release):
        message = f"releases of {distribution} are written {_FORMS[distribution][1]}"
        wrong.append(WrongCell("release", message))
    return stream


def _statement(cell: Mapping[str, str], stream: str, wrong: list[WrongCell]) -> Statement:
    package = _matched(cell, "package", _NAME, "the name of a package", wrong)
    if not cell["package"]:
        wrong.append(WrongCell("package", "it is empty"))
    name_of = _NAMES_OF.get(cell["name_of"])
    if name_of is None:
        wrong.append(WrongCell("name_of", "neither 'source' nor 'binary'"))
    arches = _arches(cell, stream, wrong)
    severity = _matched(cell, "severity", _WORD, "a word", wrong)
    version = _version(cell, stream, wrong)
    state = _STATES.get(cell["state"], "")
    return Statement(
        stream=stream,
        name=package,
        name_of=name_of or "binary",
        ranges=(until(version) if version else EVERY,),
        state=state,
        arches=arches,
        severity=severity,
    )


def _arches(cell: Mapping[str, str], stream: str, wrong: list[WrongCell]) -> tuple[str, ...]:
    """Return the architectures as the packages of a stream call them; empty: all."""
    said = _values(cell, "arch", _ARCH, "an architecture such as x86_64", wrong)
    known = _NAMES_OF_ARCH.get(type_of(stream) or "")
    arches = [each for each in said if each not in _ANY_ARCH]
    if known is None:
        return tuple(arches)
    for each in arches:
        if _ARCH.fullmatch(each) and each not in known:
            wrong.append(WrongCell("arch", f"not known: {each}; known are {', '.join(known)}"))
            break
    return tuple(dict.fromkeys(known.get(each, each) for each in arches))


def _version(cell: Mapping[str, str], stream: str, wrong: list[WrongCell]) -> str:
    """Return the version with the fix, and see that it and the state fit together."""
    version, state = cell["fixed_version"], cell["state"]
    scheme = scheme_of(stream)
    if state not in _STATES:
        wrong.append(WrongCell("state", f"none of {', '.join(filter(None, _STATES))}"))
    elif version and _STATES[state]:
        wrong.append(WrongCell("state", f"there is a fixed version, so it can't be {state}"))
    elif not version and not _STATES[state]:
        wrong.append(WrongCell("fixed_version", "it is empty, and no state says why"))
    elif version and (" " in version or (scheme is not None and find(scheme, version) is None)):
        wrong.append(WrongCell("fixed_version", "it can't be compared as a version"))
    return word(version).removeprefix("0:")


def _matched(
    cell: Mapping[str, str],
    column: str,
    pattern: re.Pattern[str],
    what: str,
    wrong: list[WrongCell],
) -> str:
    text = cell[column]
    if text and not pattern.fullmatch(text):
        wrong.append(WrongCell(column, f"not {what}: {word(text[:80])!r}"))
    return text


def _values(
    cell: Mapping[str, str],
    column: str,
    pattern: re.Pattern[str],
    what: str,
    wrong: list[WrongCell],
) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(filter(None, _SEPARATOR.split(cell[column]))))
    if len(values) > MAX_VALUES:
        wrong.append(WrongCell(column, f"more than {MAX_VALUES} values"))
        return ()
    for value in values:
        if not pattern.fullmatch(value):
            wrong.append(WrongCell(column, f"not {what}: {word(value[:80])!r}"))
            break
    return values
