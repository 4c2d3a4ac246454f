"""WordPress and its plugins and themes (developer.wordpress.org, *Header requirements*).

Their files say who they are in a comment at the top, as WordPress reads them. No package manager
and no package URL type knows them: they are ``generic``, named ``wordpress``,
``wordpress-plugin/FOLDER`` and ``wordpress-theme/FOLDER``, the names of wordpress.org.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.reading import value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

HEADER_BYTES: Final = 8192
"""How much of a file WordPress looks at."""

_CORE: Final = b"/wp-includes/version.php"
_THEMES: Final = b"/wp-content/themes/"
_CORE_VERSION: Final = re.compile(
    rb"""^\$wp_version[ \t]*=[ \t]*['"]([^'"\n]*)['"]""", re.MULTILINE
)
_FIELD: Final = re.compile(
    rb"^(?:[ \t]*<\?php)?[ \t/*#@]*(plugin name|theme name|version|license|author):([^\r\n]*)",
    re.MULTILINE | re.IGNORECASE,
)


class WordpressReader(Reader):
    """Reads the headers of what WordPress would load."""

    name = "wordpress"
    version = 1
    patterns: tuple[str, ...] = (
        "**/wp-includes/version.php",
        "**/wp-content/plugins/*.php",
        "**/wp-content/plugins/*/*.php",
        "**/wp-content/mu-plugins/*.php",
        "**/wp-content/themes/*/style.css",
    )

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield WordPress, a plugin or a theme; other files of theirs have no header.

        Its version may be empty: WordPress does not ask for one.
        """
        head = bytes(file.data[:HEADER_BYTES])
        if (b"/" + file.path).endswith(_CORE):
            found = _CORE_VERSION.search(head)
            if not found:
                raise Unreadable("WordPress does not tell its version", code="malformed")
            yield self._package(file, "wordpress", value(found[1], "a version"), {})
            return
        fields: dict[bytes, bytes] = {}
        for field in _FIELD.finditer(head):
            fields.setdefault(field[1].lower(), field[2].removesuffix(b"*/").strip())
        theme = _THEMES in b"/" + file.path
        if fields.get(b"theme name" if theme else b"plugin name"):
            kind = "wordpress-theme" if theme else "wordpress-plugin"
            version = value(fields.get(b"version", b""), "a version")
            yield self._package(file, f"{kind}/{_slug(file.path)}", version, fields)

    def _package(
        self, file: LayerFile, name: str, version: str, fields: dict[bytes, bytes]
    ) -> Package:
        license_ = value(fields.get(b"license", b""), "a licence")
        return Package(
            path=file.text_path,
            name=name,
            version=version,
            type="generic",
            licenses=(license_,) if license_ else (),
            maintainer=value(fields.get(b"author", b""), "an author"),
            found_by=self.name,
        )


def _slug(path: bytes) -> str:
    """Return the folder of a plugin or theme, or the name of a plugin that is one file."""
    folder, _, name = path.rpartition(b"/")
    above = folder.rpartition(b"/")[2]
    single = above in {b"plugins", b"mu-plugins"}
    return value(name.removesuffix(b".php") if single else above, "a folder's name")
