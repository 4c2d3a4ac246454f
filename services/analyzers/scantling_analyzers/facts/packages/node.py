"""Installed Node packages, by their ``package.json`` (docs.npmjs.com, *package.json*).

Where a ``package.json`` lies decides what it is:

* ``node_modules/NAME`` or ``node_modules/@SCOPE/NAME``: installed by npm, yarn or pnpm. Node finds
  it by its folder, whatever it calls itself.
* Deeper inside such a package: bundled code if the folder bears the package's name, as in
  ``next/dist/compiled/react-is``. What stands among tests and examples, and what only tells Node
  the module system of a build's folder (``{"type": "module"}``), is no package.
* Anywhere else: the application, or what something other than npm put there
  (``usr/share/nodejs``), if npm would accept its name and version. Templates have none.

Yarn's Plug'n'Play leaves packages zipped, and Node runs them from there: see :mod:`.yarn`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Package
from scantling_analyzers.facts.packages.json_document import decode, licenses, text
from scantling_analyzers.facts.reading import too_large, value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_MANIFEST_BYTES: Final = 8 * 1024 * 1024

_FOLDER: Final = b"/node_modules/"
_YARN_STORE: Final = b".store/"
"""Where Yarn's pnpm linker puts packages, in folders not named after them."""
_NAME: Final = re.compile(r"(?:@[\w!~*'().-]+/)?[\w!~*'()-][\w!~*'().-]*", re.ASCII)
_VERSION: Final = re.compile(r"[v=]?[0-9]")
_NOT_RUN: Final = frozenset(
    (
        *(b"test", b"tests", b"__tests__", b"spec", b"specs", b"fixture", b"fixtures"),
        *(b"__fixtures__", b"example", b"examples", b"demo", b"demos", b"sample", b"samples"),
        *(b"template", b"templates", b"benchmark", b"benchmarks", b"bench", b"docs", b"website"),
    )
)
"""Folders inside a package whose content nothing loads."""
_BUILDS: Final = frozenset(
    (
        *(b"bin", b"build", b"browser", b"cjs", b"commonjs", b"dist", b"es", b"esm", b"lib"),
        *(b"module", b"node", b"out", b"server", b"src", b"types", b"umd"),
    )
)
"""Folders that hold parts of the package itself, even where they have its form."""


class _Manifest(msgspec.Struct, frozen=True, gc=False):
    name: Any = None
    version: Any = None
    license: Any = None
    licenses: Any = None


_DECODER: Final = msgspec.json.Decoder(_Manifest)


class NodeReader(Reader):
    """Reads every ``package.json``; lock files say what was wanted, not what is there."""

    name = "node"
    version = 2
    patterns: tuple[str, ...] = ("**/package.json",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the package, if the file describes one.

        One that can't be parsed is an error only where Node would look for a package.
        """
        if file.size > MAX_MANIFEST_BYTES:
            raise too_large(file.size, MAX_MANIFEST_BYTES)
        package_folder, inner = place(file.path)
        if (inner and not _may_be_bundled(inner)) or _among_tests(file.path):
            return ()
        try:
            package = parse_manifest(file.data, file.text_path, package_folder, inner)
        except Unreadable as error:
            if error.reason == "malformed" and (inner or not package_folder):
                return ()
            raise
        return (package,) if package else ()


def place(path: bytes) -> tuple[bytes, bytes]:
    """Return the package of a manifest's path and the folder inside it, both empty where none.

    ``app/node_modules/@a/b/dist/c/package.json`` gives ``@a/b`` and ``dist/c``.
    """
    _, marker, below = (b"/" + path).rpartition(_FOLDER)
    folder = below.rpartition(b"/")[0]
    if not marker or not folder or folder.startswith(_YARN_STORE):
        return b"", b""
    return _split(folder)


def parse_manifest(
    content: memoryview, path: str, package_folder: bytes = b"", inner: bytes = b""
) -> Package | None:
    """Return the package, or None where the file describes none.

    ``package_folder`` and ``inner`` are those of :func:`place`. Raises :class:`Unreadable`
    (``malformed``, ``nested_too_deep``, ``too_large``, ``too_many``).
    """
    manifest = decode(_DECODER, content)
    name, version = text(manifest.name), text(manifest.version)
    installed = bool(package_folder) and not inner
    if not version or not (name or installed):
        return None
    if not _NAME.fullmatch(name):
        if not installed:
            return None
        name = value(package_folder, "a folder's name")
    elif not installed and not _VERSION.match(version):
        return None
    if inner and not _bears_name(inner, package_folder, name):
        return None
    given = manifest.license if manifest.license is not None else manifest.licenses
    return Package(
        path=path,
        name=name,
        version=version,
        type="npm",
        licenses=licenses(given),
        found_by=NodeReader.name,
    )


def _split(folder: bytes) -> tuple[bytes, bytes]:
    """Return the package of a path below ``node_modules`` and the folder inside it."""
    segments = folder.split(b"/", 2)
    scoped = 2 if folder.startswith(b"@") else 1
    return b"/".join(segments[:scoped]), b"/".join(segments[scoped:])


def _may_be_bundled(inner: bytes) -> bool:
    segments = inner.split(b"/")
    return segments[-1] not in _BUILDS and _NOT_RUN.isdisjoint(segments)


def _among_tests(path: bytes) -> bool:
    """Say whether some ``node_modules`` of the path lies in a package's tests or examples."""
    if path.count(_FOLDER[1:]) < 2:  # noqa: PLR2004 - the outermost one lies in no package
        return False
    between = (b"/" + path).split(_FOLDER)[1:-1]
    return any(not _NOT_RUN.isdisjoint(_split(part)[1].split(b"/")) for part in between)


def _bears_name(inner: bytes, package_folder: bytes, name: str) -> bool:
    """Say whether a folder inside a package is named after another package that it holds."""
    named = name.encode()
    return named != package_folder and (b"/" + inner).endswith(b"/" + named)
