"""From a version to a key that sorts as the version does."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from scantling_common.layers.escape import escape_text
from scantling_common.versions import (
    alpm,
    apk,
    composer,
    conan,
    deb,
    gem,
    generic,
    maven,
    nuget,
    numeric,
    pypi,
    rpm,
    semver,
)
from scantling_common.versions.errors import NotAVersion
from scantling_common.versions.schemes import Scheme

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Key = str
"""Sorts as its version does, among keys of one scheme; as UTF-8, too."""

KEYS: Final = 1
"""Raised with every change of any key: stored keys belong to one of these numbers."""

MAX_LENGTH: Final = 1_000
"""Characters that a version may have."""

_KEPT_LENGTH: Final = 80
"""Longer versions are not kept in memory."""
_SHOWN_LENGTH: Final = 80
_UNUSABLE: Final = re.compile("[\x00-\x20\x7f\ud800-\udfff]")

_EXPERIMENTS: Final = " X:"
"""After it, a Go program says which experiments it was built with."""

_KEYS: Final[Mapping[Scheme, Callable[[str], Key | None]]] = {
    Scheme.ALPM: alpm.key,
    Scheme.APK: apk.key,
    Scheme.BITNAMI: semver.bitnami_key,
    Scheme.CARGO: semver.key,
    Scheme.COMPOSER: composer.key,
    Scheme.CONAN: conan.key,
    Scheme.CPAN: numeric.cpan_key,
    Scheme.CRAN: numeric.cran_key,
    Scheme.DEB: deb.key,
    Scheme.GEM: gem.key,
    Scheme.GENERIC: generic.key,
    Scheme.GO: semver.go_key,
    Scheme.HACKAGE: numeric.hackage_key,
    Scheme.HEX: semver.key,
    Scheme.MAVEN: maven.key,
    Scheme.NUGET: nuget.key,
    Scheme.PUB: semver.pub_key,
    Scheme.PYPI: pypi.key,
    Scheme.RPM: rpm.key,
    Scheme.SEMVER: semver.key,
}
_HIGHEST: Final = "\x7f"
OPEN_ENDED: Final = frozenset({Scheme.ALPM, Scheme.PYPI, Scheme.RPM})
"""Schemes in which a version may leave out its last part, the release or the local version."""


def parse(scheme: Scheme, text: str) -> Key:
    """Return the key of a version; white space around it does not count.

    Raises ``NotAVersion`` for what the scheme can't order: a form that its ecosystem does not
    have, a control character, white space inside, half a character of UTF-16, more than 1,000
    characters.
    """
    found = find(scheme, text)
    if found is None:
        shown = escape_text(text[:_SHOWN_LENGTH])
        raise NotAVersion(f"'{shown}' is no version of the scheme {scheme}")
    return found


def find(scheme: Scheme, text: str) -> Key | None:
    """Return the key of a version as :func:`parse` does, None for what can't be ordered."""
    return _kept(scheme, text) if len(text) <= _KEPT_LENGTH else _found(scheme, text)


def compare(scheme: Scheme, left: str, right: str) -> int:
    """Return -1, 0 or 1: is ``left`` older than, the same as, or newer than ``right``.

    Raises ``NotAVersion`` where either can't be ordered.
    """
    ours, theirs = parse(scheme, left), parse(scheme, right)
    return (ours > theirs) - (ours < theirs)


def ceiling(scheme: Scheme, key: Key) -> Key:
    """Return the highest key that a version with the key ``key`` stands for.

    It is the key itself, but: an RPM or pacman version without a release stands for all its
    releases, and a Python version without a local version for all its local versions (PEP 440,
    version specifiers).
    """
    return key[:-1] + _HIGHEST if scheme in OPEN_ENDED and key[-1] == "\x00" else key


def _found(scheme: Scheme, text: str) -> Key | None:
    text = text.strip()
    if scheme is Scheme.GO:
        text = text.partition(_EXPERIMENTS)[0]
    if not text or len(text) > MAX_LENGTH or _UNUSABLE.search(text):
        return None
    return _KEYS[scheme](text)


_kept = lru_cache(maxsize=65_536)(_found)
