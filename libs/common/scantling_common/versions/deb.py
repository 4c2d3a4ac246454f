r"""Versions of Debian packages, of opkg and of OPAM (Debian Policy 5.6.12, deb-version(7)).

Like ``dpkg --compare-versions``, this orders versions with characters that the policy forbids, and
refuses what dpkg can't take apart: white space inside, an epoch that is no number or above 2^31,
nothing after a colon or after the last hyphen.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from scantling_common.versions.digits import number

_PART: Final = re.compile(r"([^0-9]*)([0-9]*)")
_VISIBLE: Final = re.compile(r"[!-~]+")
_END: Final = "\x02"
"""The end of a part: above a tilde, below everything else."""
_RANKS: Final = {
    code: 1 if chr(code) == "~" else code if chr(code).isalpha() else code + 0x80
    for code in range(0x21, 0x7F)
}
"""Tilde before the end, the end before letters, letters before all other characters."""
_MAX_EPOCH: Final = number("2147483647")
_NO_EPOCH: Final = number("0")


def key(text: str) -> str | None:
    """Return the key of ``[epoch:]upstream[-revision]``, None where dpkg can't order it."""
    if not _VISIBLE.fullmatch(text):
        return None
    epoch, colon, rest = text.partition(":")
    if colon:
        if not epoch.isdigit():
            return None
        first = number(epoch)
        if first > _MAX_EPOCH:
            return None
    else:
        first, rest = _NO_EPOCH, text
    upstream, hyphen, revision = rest.rpartition("-")
    if not hyphen:
        upstream, revision = rest, "0"
    if not upstream or not revision:
        return None
    return first + _part(upstream) + _part(revision)


def _part(text: str) -> str:
    pieces = [
        _written(letters) + number(digits)
        for letters, digits in _PART.findall(text)
        if letters or digits
    ]
    return "".join(pieces) + _END


@lru_cache(maxsize=1_024)
def _written(letters: str) -> str:
    return letters.translate(_RANKS) + _END
