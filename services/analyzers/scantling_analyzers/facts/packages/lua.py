"""Installed Lua rocks (github.com/luarocks/luarocks, *Rockspec format*, *File locations*).

LuaRocks keeps ``rocks-LUA/NAME/VERSION/NAME-VERSION.rockspec`` of what it installed, and finds
packages by these folders. A rockspec is a Lua program: of it only the licence is read, as a
literal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.reading import value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_ROCKSPEC_BYTES: Final = 1024 * 1024

_LICENSE: Final = re.compile(
    rb"""(?:^|[{,;\s])license[ \t]*=[ \t]*(?:"([^"\\\n]*)"|'([^'\\\n]*)')"""
)


class LuaReader(Reader):
    """Reads the rockspecs of installed rocks."""

    name = "lua"
    version = 1
    patterns: tuple[str, ...] = ("**/luarocks/rocks*/*/*/*.rockspec",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the rock whose folder the file lies in, if it bears the folder's name."""
        *_, name, version, own = file.path.split(b"/")
        if own != b"%s-%s.rockspec" % (name, version):
            return
        found = _LICENSE.search(whole_text(file, MAX_ROCKSPEC_BYTES))
        license_ = value(found[1] or found[2] or b"", "a licence") if found else ""
        yield Package(
            path=file.text_path,
            name=value(name, "a rock's name"),
            version=value(version, "a version"),
            type="luarocks",
            licenses=(license_,) if license_ else (),
            found_by=self.name,
        )
