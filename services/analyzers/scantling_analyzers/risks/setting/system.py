"""An image as check items see it: configuration files, entries, packages; pure.

Only what a container would see counts. Links are followed within the image, as far as they lead
to what the readers know.
"""

from __future__ import annotations

import posixpath
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.facts.models import ConfigurationFile, Package
from scantling_analyzers.inventory.distribution import distribution_of
from scantling_analyzers.inventory.support import SYSTEM_TYPES
from scantling_analyzers.risks.setting.globs import Paths
from scantling_analyzers.risks.setting.values import values
from scantling_analyzers.risks.setting.verdict import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scantling_analyzers.contract import ImageContent
    from scantling_analyzers.facts.models import ConfigurationLine, Distribution, Place

READER: Final = "configuration"
MAX_HOPS: Final = 8
VENDOR: Final = "usr/etc/"
"""Where SUSE has what a file in ``etc`` replaces."""


class Config(NamedTuple):
    """A visible configuration file: ``path`` is that by which it was asked for."""

    path: str
    lines: tuple[ConfigurationLine, ...]
    layer: int


class Installed(NamedTuple):
    """A package of the system."""

    name: str
    version: str
    path: str
    layer: int


class System:
    """What is visible in one image, by path and name; paths are without a leading slash."""

    def __init__(self, image: ImageContent) -> None:
        """Look at an image."""
        self.image = image
        self._files: dict[str, Config] = {}
        self.packages: dict[str, Installed] = {}
        for located in image.visible():
            fact = located.fact
            if isinstance(fact, ConfigurationFile):
                self._files[fact.path] = Config(fact.path, fact.lines, located.layer)
            elif isinstance(fact, Package) and fact.type in SYSTEM_TYPES:
                self.packages.setdefault(
                    fact.name, Installed(fact.name, fact.version, fact.path, located.layer)
                )
        self._unread = {
            each.error.path
            for each in image.errors
            if each.reader == READER and each.hidden_by is None and each.error.path
        }

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """The visible entries whose owners are known, by path."""
        return {place.path: place for place in self.image.places}

    @cached_property
    def distribution(self) -> Distribution | None:
        """The distribution that the image says it is."""
        return distribution_of(self.image)

    def followed(self, path: str) -> str:
        """Return where a path leads, links of its folders followed as well."""
        path = path.strip("/")
        for _ in range(MAX_HOPS):
            step = self._link_on_the_way(path)
            if step is None:
                return path
            link, target = step
            base = "" if target.startswith("/") else posixpath.dirname(link)
            joined = posixpath.normpath(posixpath.join("/", base, target.lstrip("/")))
            path = (joined + path[len(link) :]).strip("/")
        return path

    def _link_on_the_way(self, path: str) -> tuple[str, str] | None:
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            place = self.places.get("/".join(parts[:count]))
            if place is not None and place.kind == "link":
                return place.path, place.target
        return None

    def file(self, path: str) -> Config | None:
        """Return a file, None where there is none. Raises :class:`Unreadable`."""
        real = self.followed(path)
        self._require(path)
        self._require(real)
        found = self._files.get(real)
        return None if found is None else found._replace(path=path.strip("/"))

    def _require(self, path: str) -> None:
        """Raise :class:`Unreadable` where a path, or a folder above it, can't be read."""
        step = path
        while step:
            if step in self._unread:
                raise Unreadable(step)
            step = step.rpartition("/")[0]

    def files(self, globs: Iterable[str]) -> Iterator[Config]:
        """Yield files in the order of the globs, those of one glob by name.

        A file of the vendor's is passed over where one of the same name stands in ``etc``. Raises
        :class:`Unreadable` where one of them can't be read.
        """
        for glob in globs:
            self._require(glob.rpartition("/")[0])
            for path in self._known.matching(glob):
                if path.startswith(VENDOR) and self.file(path.removeprefix("usr/")) is not None:
                    continue
                if (found := self.file(path)) is not None:
                    yield found

    @cached_property
    def _known(self) -> Paths:
        links = (place.path for place in self.image.places if place.kind == "link")
        return Paths({*self._files, *self._unread, *links})

    def entries(self, globs: Iterable[str]) -> Iterator[tuple[str, Place]]:
        """Yield path and entry of what stands at paths; a link counts as what it leads to."""
        for glob in globs:
            for path in self._standing.matching(glob):
                place = self.places[path]
                if place.kind != "link":
                    yield path, place
                elif (behind := self.places.get(self.followed(path))) is not None:
                    yield path, behind

    @cached_property
    def _standing(self) -> Paths:
        return Paths(self.places)

    def setting(self, path: str, key: str) -> str:
        """Return the last value that a file gives a key, empty where there is none."""
        file = self.file(path) or self.file(f"usr/{path}")
        found = list(values([file], key)) if file is not None else []
        return found[-1].value if found else ""

    def has(self, name: str) -> bool:
        """Say whether a package, or what stands at an absolute path, is there."""
        if name.startswith("/"):
            return any(True for _ in self.entries([name.lstrip("/")]))
        return name in self.packages
