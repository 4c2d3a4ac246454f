r"""Versions of PHP packages (``Composer\Semver``: VersionParser, then PHP's version_compare).

A branch by name (``dev-main``) has no order; by number (``2.x-dev``) it is above all of that
branch. Composer writes a version in four numbers and a stability first, and so does this.
"""

from __future__ import annotations

import re
from typing import Final

from scantling_common.versions.digits import number

_FLAG: Final = re.compile(r"@(?:stable|rc|beta|alpha|dev)$")
_BUILD: Final = re.compile(r"([^,+]+)\+.+")
_MODIFIER: Final = (
    r"[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?[0-9]+)*+)?)?([.-]?dev)?"
)
_CLASSICAL: Final = re.compile(rf"v?([0-9]{{1,5}}+)(\.[0-9]++)?(\.[0-9]++)?(\.[0-9]++)?{_MODIFIER}")
_DATED: Final = re.compile(
    rf"v?([0-9]{{4}}(?:[.:-]?[0-9]{{2}}){{1,6}}(?:[.:-]?[0-9]{{1,3}}){{0,2}}){_MODIFIER}"
)
_BRANCH: Final = re.compile(
    r"v?([0-9]++)(\.(?:[0-9]++|[x*]))?(\.(?:[0-9]++|[x*]))?(\.(?:[0-9]++|[x*]))?[.-]?dev"
)
_BRANCH_NUMBER: Final = "9999999"
_RANKS: Final = {
    **dict.fromkeys(("alpha", "a"), "\x02"),
    **dict.fromkeys(("beta", "b"), "\x03"),
    "rc": "\x04",
    **dict.fromkeys(("patch", "pl", "p"), "\x07"),
}
_DEVELOPMENT, _END, _NUMBER = "\x01", "\x05", "\x06"
"""Development, then the stabilities up to a candidate, the end, numbers, patches."""


def key(text: str) -> str | None:
    """Return the key, None for a branch by name and for what Composer refuses."""
    text = _FLAG.sub("", text.lower())
    if match := _BUILD.fullmatch(text):
        text = match[1]
    if match := _CLASSICAL.fullmatch(text):
        numbers = [match[1], *((match[place] or ".0")[1:] for place in (2, 3, 4))]
        return _written(numbers, *match.groups()[4:])
    if match := _DATED.fullmatch(text):
        return _written(re.split(r"[.:-]", match[1]), *match.groups()[1:])
    if match := _BRANCH.fullmatch(text):
        numbers = [match[1], *((match[place] or ".x")[1:] for place in (2, 3, 4))]
        wild = [_BRANCH_NUMBER if each in {"x", "*"} else each for each in numbers]
        return _written(wild, None, None, "-dev")
    return None


def _written(
    numbers: list[str], stability: str | None, counted: str | None, development: str | None
) -> str:
    pieces = [_NUMBER + number(each) for each in numbers]
    if stability != "stable":
        if stability:
            pieces.append(_RANKS[stability])
        if counted:
            pieces += [_NUMBER + number(each) for each in re.findall(r"[0-9]+", counted)]
        if development:
            pieces.append(_DEVELOPMENT)
    return "".join(pieces) + _END
