"""Files that only a link calls what a reader looks for: ``app.jar`` leads to ``store/abc123``.

A reader is given a file by the paths that layers write, and most links lead to a file that is
wanted by its own path as well. Where it is not, and nothing was found in it for how it begins, the
file was not looked at as what the link says: that is told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.extraction.matcher import EVERY, Matcher, compile_pattern
from scantling_analyzers.facts.models import LocatedError
from scantling_analyzers.storage.view import LinkedDatabase
from scantling_common.layers.capture import EXECUTABLE
from scantling_common.layers.escape import escape
from scantling_common.layers.visibility import hidden_by

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from scantling_analyzers.contract import Reader
    from scantling_analyzers.extraction.link_targets import Links, LinkTargets
    from scantling_analyzers.facts.models import FactSet
    from scantling_common.layers.index import LayerIndex
    from scantling_common.layers.visibility import Located

LEAST_BYTES: Final = 4096
"""A smaller file is no program: links to scripts that start one are many, those to manuals, too."""
MAX_TOLD: Final = 1000
_ANYWHERE: Final = "**/"
_WILD: Final = re.compile(r"[*?]")


class LinkedFile(NamedTuple):
    """A file that a reader wants for the path by which links lead to it."""

    reader: str
    path: bytes
    layer: int
    target: Located


class _Head(NamedTuple):
    """The folders of a pattern up to one that may be a link, and what is wanted beneath it."""

    reader: int
    folder: str
    rest: str


class LinkedFiles:
    """Finds such files; what was found in them and whose they are decides what is told."""

    def __init__(self, targets: LinkTargets, readers: Sequence[Reader]) -> None:
        """Compile the patterns of the readers."""
        # Who wants every file was given those behind links, too.
        readers = [reader for reader in readers if EVERY not in reader.patterns]
        self._targets, self._readers = targets, readers
        self._matcher = Matcher(readers)
        self._by_content = [reader for reader in readers if reader.data_magics]
        self._heads: dict[bytes, list[_Head]] = {}
        self._wild: list[_Head] = []
        for head in _heads(readers):
            name = head.folder.rpartition("/")[2]
            if _WILD.search(name):
                self._wild.append(head)
            else:
                self._heads.setdefault(name.encode(), []).append(head)
        either = "|".join(compile_pattern(head.folder).pattern.decode() for head in self._wild)
        self._any_wild = re.compile(either.encode() or b"(?!)", re.DOTALL)

    def find(self) -> list[LinkedFile]:
        """Return the files, by the path of the link: each is in a layer and can be seen."""
        links = self._targets.visible(self._is_interesting)
        if not links:
            return []
        found = {*self._files(links), *self._beneath(links)}
        hidden = hidden_by(self._targets.indexes, {each.target for each in found})
        return sorted(each for each in found if each.target not in hidden)

    def _is_interesting(self, path: bytes, target: bytes) -> bool:
        name = _name(path)
        if name in self._heads or self._any_wild.fullmatch(path):
            return True
        if any(self._readers[n].expects(path) for n in self._matcher.readers_of(path)):
            return True
        # A link of the same name as its target changes nothing that goes by the name alone.
        return name != _name(target) and any(r.expects(path) for r in self._by_content)

    def _files(self, links: Links) -> Iterator[LinkedFile]:
        for path in links:
            by_path = [self._readers[n] for n in self._matcher.readers_of(path)]
            others = [reader for reader in self._by_content if reader not in by_path]
            yield from self._file(path, by_path)
            yield from self._file(path, others, only_programs=True)

    def _beneath(self, links: Links) -> Iterator[LinkedFile]:
        """Yield what a reader wants beneath a folder for what a link calls the folder."""
        lists: dict[bytes, list[tuple[bytes, _Head]]] = {}
        for link in links:
            for head in (*self._heads.get(_name(link), ()), *self._wild):
                called = compile_pattern(head.folder)
                if not called.fullmatch(link):
                    continue
                folder = self._targets.followed(link)[1]
                if folder is None or called.fullmatch(folder):
                    continue
                if _WILD.search(head.rest):
                    lists.setdefault(folder, []).append((link, head))
                else:
                    reader = self._readers[head.reader]
                    yield from self._file(link + b"/" + head.rest.encode(), [reader])
        if lists:
            yield from self._listed(lists)

    def _listed(self, lists: dict[bytes, list[tuple[bytes, _Head]]]) -> Iterator[LinkedFile]:
        depths = {head.rest.count("/") + 1 for of_folder in lists.values() for _, head in of_folder}
        beneath = tuple(folder + b"/" for folder in lists)
        for index in self._targets.indexes:
            for path in index.paths:
                if not path.startswith(beneath):
                    continue
                for depth in depths:
                    folder = b"/".join(path.split(b"/")[:-depth])
                    for link, head in lists.get(folder, ()):
                        if not self._targets.spend(1):
                            return
                        rest = path[len(folder) + 1 :]
                        if compile_pattern(head.rest).fullmatch(rest):
                            yield from self._file(link + b"/" + rest, [self._readers[head.reader]])

    def _file(
        self, path: bytes, readers: Iterable[Reader], *, only_programs: bool = False
    ) -> Iterator[LinkedFile]:
        """Yield the file behind a path for each reader that expects more of it than by its own."""
        expecting = [reader for reader in readers if reader.expects(path)]
        layer, target = self._targets.followed(path) if expecting else (None, None)
        place = self._targets.file(target) if target is not None else None
        if layer is None or target is None or place is None:
            return
        if only_programs and not _may_be_program(self._targets.indexes[place[0]], place[1]):
            return
        wanting = [self._readers[n] for n in self._matcher.readers_of(target)]
        for reader in expecting:
            known = reader.expects(target) if reader in wanting or reader.data_magics else ()
            if not set(reader.expects(path)).issubset(known):
                yield LinkedFile(reader.name, path, layer, (place[0], target))


def _heads(readers: Sequence[Reader]) -> Iterator[_Head]:
    for number, reader in enumerate(readers):
        for pattern in reader.patterns:
            segments = pattern.removeprefix(_ANYWHERE).split("/")
            if not pattern.startswith(_ANYWHERE):
                continue
            for at in range(1, len(segments)):
                folder = _ANYWHERE + "/".join(segments[:at])
                if segments[at - 1] != "**":
                    yield _Head(number, folder, "/".join(segments[at:]))


def _may_be_program(index: LayerIndex, row: int) -> bool:
    return bool(index.modes[row] & EXECUTABLE) and index.sizes[row] >= LEAST_BYTES


def _name(path: bytes) -> bytes:
    return path[path.rfind(b"/") + 1 :]


def told(
    files: Iterable[LinkedFile], sets: Sequence[Sequence[FactSet]], owned: Collection[Located]
) -> Iterator[LinkedDatabase]:
    """Yield an error for each file that was not read as what a link calls it.

    One of which the reader has told something was read, and one that a package of the operating
    system brought counts as that. ``sets`` are the facts of each layer.
    """
    read = {
        (facts.reader, layer, file.path)
        for layer, of_layer in enumerate(sets)
        for facts in of_layer
        for file in facts.files
    }
    count = 0
    for file in files:
        layer, target = file.target
        if file.target in owned or (file.reader, layer, escape(target)) in read:
            continue
        count += 1
        if count > MAX_TOLD:
            message = f"more than {MAX_TOLD} links lead to files that are not read as they say"
            error = LocatedError(path="", code="too_many", message=message)
            yield LinkedDatabase(file.reader, file.layer, error)
            return
        error = LocatedError(
            path=escape(file.path),
            code="behind_link",
            message=f"it is a link to {escape(target)}, which is not read as what the link says",
        )
        yield LinkedDatabase(file.reader, file.layer, error)
