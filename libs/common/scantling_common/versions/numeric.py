"""Versions that are numbers only: R packages, Haskell packages, and Perl's.

- Haskell (PVP, ``Data.Version``): ``1`` is older than ``1.0``;
- R (``numeric_version``): ``1`` is ``1.0``;
- Perl (version.pm): ``1.5`` is the decimal 1.500, ``1.5.0`` and ``v1.5`` are 1, 5, 0.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.versions.digits import number

_HACKAGE: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_CRAN: Final = re.compile(r"[0-9]+(?:[.-][0-9]+)*")
_DOTTED: Final = re.compile(r"v[0-9]+(?:\.[0-9]+)*|[0-9]*(?:\.[0-9]+){2,}")
_DECIMAL: Final = re.compile(r"([0-9]*)(?:\.([0-9]*))?")
_MORE: Final = "\x01"
_END: Final = "\x00"
_PLACES: Final = 3
"""Digits of a decimal that make one number."""


def hackage_key(text: str) -> str | None:
    """Return the key of a Haskell version: numbers parted by dots."""
    return _written(text.split(".")) if _HACKAGE.fullmatch(text) else None


def cran_key(text: str) -> str | None:
    """Return the key of an R version: numbers parted by dots or hyphens."""
    return _written(_trimmed(re.split(r"[.-]", text))) if _CRAN.fullmatch(text) else None


def cpan_key(text: str) -> str | None:
    """Return the key of a Perl version; an underscore, the mark of a trial, has no part in it."""
    text = text.replace("_", "")
    if _DOTTED.fullmatch(text):
        numbers = text.removeprefix("v").split(".")
    elif (match := _DECIMAL.fullmatch(text)) and any(match.groups()):
        whole, places = match[1], match[2] or ""
        groups = range(0, len(places), _PLACES)
        numbers = [whole, *(places[at : at + _PLACES].ljust(_PLACES, "0") for at in groups)]
    else:
        return None
    return _written(_trimmed(numbers))


def _trimmed(numbers: list[str]) -> list[str]:
    while numbers and not numbers[-1].strip("0"):
        numbers.pop()
    return numbers


def _written(numbers: list[str]) -> str:
    return "".join([_MORE + number(each) for each in numbers]) + _END
