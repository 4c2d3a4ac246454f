"""The modules of a Go program, from the lines of its build information (``runtime/debug``).

A line is a word and columns between tabs: ``path``, ``mod`` for the main module, ``dep`` for each
other one, ``=>`` for what replaces the one before, ``build`` for a setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.binaries.main_version import main_version
from scantling_analyzers.facts.models import LocatedError, Package
from scantling_analyzers.facts.reading import located, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.facts.binaries.golang import BuildInfo

FOUND_BY: Final = "go-build-info"
DEVELOPMENT: Final = b"(devel)"
MAX_LINES: Final = 50_000
"""The largest programs have some 2,000 modules."""
STANDARD_LIBRARY: Final = "stdlib"
STANDARD_LIBRARY_LICENSE: Final = "BSD-3-Clause"

_LOCAL: Final = (b"./", b"../", b"/")
_FILES_AS_PROGRAM: Final = b"command-line-arguments"
"""What Go calls a program that was built from files instead of a package."""
_TOOLCHAIN: Final = b"cmd/"
_GO: Final = b"cmd/go"
"""The command that stands for the whole toolchain."""
_GO_CPE: Final = ("golang:go",)
_MODULE_COLUMNS: Final = frozenset({2, 3})


class Module(NamedTuple):
    """A module of a program as it runs; the version is empty where nobody knows it."""

    path: bytes
    version: bytes


def packages(info: BuildInfo, path: str) -> Iterator[Package | LocatedError]:
    """Yield the standard library, the modules, and the main module, as packages of ``golang``.

    The command ``go`` is the toolchain as well, which belongs to no ecosystem. Raises
    :class:`Unreadable` (``too_many``) where there are too many lines to read.
    """
    library = value(go_version(info.version), "a version of Go")
    licenses = (STANDARD_LIBRARY_LICENSE,)
    yield _package(STANDARD_LIBRARY, library, path, licenses)
    lines = info.modules.count(b"\n")
    if lines > MAX_LINES:
        message = f"the Go build information has {lines} lines, {MAX_LINES} are read"
        raise Unreadable(message, code="too_many")
    parsed = _Lines(info.modules)
    if parsed.is_toolchain:
        yield Package(
            path=path, name="go", version=library, type="generic", cpe=_GO_CPE, found_by=FOUND_BY
        )
    for module in parsed.modules:
        try:
            name = value(module.path, "a module's path")
            yield _package(name, value(module.version, "a module's version"), path)
        except Unreadable as error:
            yield located(error, path)
    yield from (located(error, path) for error in parsed.errors)


def go_version(raw: bytes) -> bytes:
    """Return the version of the standard library: ``1.22.3`` of ``go1.22.3 X:boringcrypto``.

    A toolchain that was never released is ``devel go1.23-1a2b3c DATE``, earlier
    ``devel +1a2b3c DATE``: that is its name, there is no better one.
    """
    words = raw.split()
    if len(words) > 1 and words[0] == b"devel":
        return words[1].removeprefix(b"go") if words[1].startswith(b"go") else b" ".join(words[:2])
    return words[0].removeprefix(b"go") if words else b""


class _Lines:
    """The lines, put together: replacements belong to the module before them."""

    def __init__(self, text: bytes) -> None:
        self.errors: list[Unreadable] = []
        self.modules: list[Module] = []
        self._settings: dict[bytes, bytes] = {}
        self._program = b""
        self._main: Module | None = None
        self._last_is_main = False
        for line in text.split(b"\n"):
            word, _, rest = line.partition(b"\t")
            try:
                self._take(word, rest)
            except Unreadable as error:
                self.errors.append(error)
        self._finish()

    @property
    def is_toolchain(self) -> bool:
        """Say whether the program is the command ``go``."""
        return self._program == _GO

    def _take(self, word: bytes, rest: bytes) -> None:
        if word == b"path":
            self._program = rest
        elif word == b"mod":
            self._main, self._last_is_main = _module(rest), True
        elif word == b"dep":
            self.modules.append(_module(rest))
            self._last_is_main = False
        elif word == b"=>":
            self._replace(_module(rest))
        elif word == b"build":
            name, _, content = rest.partition(b"=")
            self._settings[name] = _unquoted(content)

    def _replace(self, other: Module) -> None:
        replaced = self._main if self._last_is_main else self.modules[-1] if self.modules else None
        if replaced is None:
            raise Unreadable("a Go module that replaces none", code="malformed")
        # A folder has no version, and no name but that of the module whose place it takes.
        runs = Module(replaced.path, b"") if other.path.startswith(_LOCAL) else other
        if self._last_is_main:
            self._main = runs
        else:
            self.modules[-1] = runs

    def _finish(self) -> None:
        """Settle the main module: found among the others where it has no line of its own."""
        self.modules = [module for module in self.modules if module.path]
        main = self._main
        if main is None or main.path == _FILES_AS_PROGRAM:
            developed = [module for module in self.modules if module.version == DEVELOPMENT]
            main = developed[0] if len(developed) == 1 else None
            if main:
                self.modules.remove(main)
            elif self._program not in {b"", _FILES_AS_PROGRAM}:
                # Built without modules; the toolchain's own programs are the standard library.
                known = self._program.startswith(_TOOLCHAIN)
                main = None if known else Module(self._program, b"")
        if main and main.path:
            version = main_version(main.path, _known(main.version), self._settings)
            self.modules.append(Module(main.path, version))
        self.modules = [module._replace(version=_known(module.version)) for module in self.modules]


def _module(columns: bytes) -> Module:
    parts = columns.split(b"\t")
    if len(parts) not in _MODULE_COLUMNS:
        message = f"a Go module is described in {len(parts)} columns instead of 2 or 3"
        raise Unreadable(message, code="malformed")
    return Module(parts[0], parts[1])


def _known(version: bytes) -> bytes:
    return b"" if version == DEVELOPMENT else version


def _unquoted(text: bytes) -> bytes:
    """Undo Go's quoting as far as flags need it; other escapes are left as they are."""
    if len(text) > 1 and text[:1] == text[-1:] == b"`":
        return text[1:-1]
    if len(text) > 1 and text[:1] == text[-1:] == b'"':
        return text[1:-1].replace(b'\\"', b'"').replace(b"\\\\", b"\\")
    return text


def _package(name: str, version: str, path: str, licenses: tuple[str, ...] = ()) -> Package:
    return Package(
        path=path,
        name=name,
        version=version,
        type="golang",
        licenses=licenses,
        found_by=FOUND_BY,
    )
