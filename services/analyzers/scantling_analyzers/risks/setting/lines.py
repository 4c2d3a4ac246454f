"""Check items about single lines, masks, entries, packages; pure."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.setting.verdict import Verdict, failed, not_applicable, passed

if TYPE_CHECKING:
    from scantling_analyzers.checks.models import (
        LineExamined,
        MaskExamined,
        PackageExamined,
        PathExamined,
    )
    from scantling_analyzers.risks.setting.system import System

SHOWN: Final = 200
"""How much of a line is shown, in characters."""
_MASK: Final = re.compile(
    r"(?:^|[;&\s])umask\s++(?:-S\s++)?([0-7]{1,4}|[ugoarwx=,+-]{1,64})(?:\s|;|$)"
)
_SYMBOLIC: Final = re.compile(r"([ugoa]{0,3})=([rwx]{0,3})")
_BITS: Final = {"r": 4, "w": 2, "x": 1}
_SHIFT: Final = {"u": 6, "g": 3, "o": 0}


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


def judge_line(system: System, examined: LineExamined) -> Verdict:
    """Judge whether a line is there."""
    files = list(system.files(examined.files))
    named = ", ".join("/" + name for name in examined.files)
    if not files:
        missing = f"none of {named} is there"
        judge = passed if examined.without_files == "passed" else not_applicable
        return judge(missing)
    for file in files:
        for number, text in file.lines:
            if not _pattern(examined.pattern).search(text):
                continue
            if examined.unless and _pattern(examined.unless).search(text):
                continue
            judge = passed if examined.wanted else failed
            return judge(text[:SHOWN], file.path, number, file.layer)
    judge = failed if examined.wanted else passed
    return judge("no such line", files[-1].path, 0, files[-1].layer)


def judge_mask(system: System, examined: MaskExamined) -> Verdict:
    """Judge the last umask that a profile sets; each must take enough away."""
    files = list(system.files(examined.files))
    if not files:
        return not_applicable("no profile of a shell is there")
    least = int(examined.least, 8)
    seen: Verdict | None = None
    for file in files:
        masks = [
            (number, match[1], mask)
            for number, text in file.lines
            if not text.startswith("#")
            for match in _MASK.finditer(text)
            if (mask := mask_of(match[1])) is not None
        ]
        for number, word, mask in masks:
            if mask & least != least:
                return failed(f"umask {word}", file.path, number, file.layer)
            seen = seen or passed(f"umask {word}", file.path, number, file.layer)
    return seen or failed("no umask is set", files[0].path, 0, files[0].layer)


def mask_of(word: str) -> int | None:
    """Return a umask given in octal or by what stays allowed (``u=rwx,g=rx,o=``)."""
    if word.isdigit():
        return int(word, 8)
    allowed = 0
    for part in word.split(","):
        match = _SYMBOLIC.fullmatch(part)
        if match is None:
            return None
        bits = sum(_BITS[each] for each in set(match[2]))
        for who in match[1].replace("a", "ugo") or "ugo":
            allowed |= bits << _SHIFT[who]
    return 0o777 & ~allowed


def judge_path(system: System, examined: PathExamined) -> Verdict:
    """Judge whether something stands at one of the paths."""
    found = next(system.entries(examined.paths), None)
    if found is None:
        named = ", ".join("/" + name for name in examined.paths)
        return (failed if examined.wanted else passed)(f"nothing stands at {named}")
    path, place = found
    judge = passed if examined.wanted else failed
    return judge(f"/{path} is there", path, 0, place.layer)


def judge_package(system: System, examined: PackageExamined) -> Verdict:
    """Judge whether one of the packages is installed."""
    if not system.packages:
        return not_applicable("the image has no package of a system")
    found = next((system.packages[n] for n in examined.names if n in system.packages), None)
    if found is None:
        said = f"{' and '.join(examined.names)} not installed"
        return (failed if examined.wanted else passed)(said)
    judge = passed if examined.wanted else failed
    return judge(f"{found.name} {found.version} is installed", found.path, 0, found.layer)
