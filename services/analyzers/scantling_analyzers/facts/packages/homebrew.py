"""Packages that Homebrew installed, from the formula beside each of them (*Formula Cookbook*).

A keg is the folder ``Cellar/name/version``; its ``.brew/name.rb`` is the formula that it was made
from, a program of which only the line with the licence is looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.reading import value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_FILE_BYTES: Final = 4 * 1024 * 1024

_LICENSE: Final = re.compile(rb'^[ \t]*license[ \t]+"([^"\n]*)"', re.MULTILINE)
_KEG: Final = 4
"""The formula's path ends with name, version, ``.brew`` and the formula itself."""


class HomebrewReader(Reader):
    """Reads the formula in each keg, wherever the Cellar is."""

    name = "homebrew"
    version = 1
    patterns: tuple[str, ...] = ("**/Cellar/*/*/.brew/*.rb",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the package; a licence that isn't a plain name is left to people."""
        name, version, _, formula = file.path.split(b"/")[-_KEG:]
        if formula.removesuffix(b".rb") != name:
            raise Unreadable("the formula is of another name than its keg", code="malformed")
        found = _LICENSE.search(whole_text(file, MAX_FILE_BYTES))
        yield Package(
            path=file.text_path,
            name=value(name, "a package name"),
            version=value(version, "a version"),
            type="brew",
            licenses=(value(found[1], "a licence"),) if found else (),
            found_by=self.name,
        )
