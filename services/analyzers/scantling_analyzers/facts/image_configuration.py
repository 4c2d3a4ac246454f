"""The configuration of an image as texts that can be searched, and what in it a place belongs to.

(OCI image spec, config.md: ``config.Env``, ``config.Labels``, ``config.Entrypoint``, ``config.Cmd``
and ``history``; Docker's ``Healthcheck``, ``OnBuild`` and ``Shell``.)
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_common.images.documents import RuntimeDocument
from scantling_common.layers.escape import escape_text
from scantling_common.telemetry.redaction import redact_history

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scantling_common.images.documents import ConfigDocument

MAX_ITEM: Final = 100
"""How much of a name is shown, in characters."""


_NAME: Final = re.compile(r"[A-Za-z_][\w.\-/]{0,255}\Z")


class Part(NamedTuple):
    """One variable, label, step or command: how it is called, and its text.

    ``named`` is how much of the text, in bytes, is the name itself: a secret that stands there is
    not shown by it. ``layer`` is the index of the layer that a step made.
    """

    name: str
    number: str
    text: bytes
    named: int = 0
    layer: int | None = None


class Section:
    """One part of a configuration: ``text`` has what belongs together, a line or more each.

    ``place`` says which part it is, ``path`` is the name of a file that looks like it.
    """

    def __init__(self, place: str, path: str, parts: Sequence[Part]) -> None:
        """Put the parts together."""
        self.place, self.path = place, path
        self.text = b"\n".join(part.text for part in parts)
        self._parts = parts
        self._starts: list[int] = []
        at = 0
        for part in parts:
            self._starts.append(at)
            at += len(part.text) + 1

    def item(self, offset: int) -> str:
        """Return what stands at an offset of the text: its name, or its number in it."""
        index = self._index(offset)
        part = self._parts[index]
        if offset - self._starts[index] >= part.named and _is_shown(part.name):
            return escape_text(part.name[:MAX_ITEM])
        return part.number

    def layer(self, offset: int) -> int | None:
        """Return the index of the layer that the build step at an offset made, if it made one."""
        return self._parts[self._index(offset)].layer

    def _index(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1


def _is_shown(name: str) -> bool:
    """Tell whether it is a name, and none that is a secret itself or has one."""
    return _NAME.match(name) is not None and redact_history(name) == name


def sections_of(config: ConfigDocument) -> Iterator[Section]:
    """Yield what a configuration has, empty parts left out."""
    runtime = config.config or RuntimeDocument()
    labels = (f"{name}={value or ''}" for name, value in (runtime.labels or {}).items())
    commands = {
        "entrypoint": runtime.entrypoint,
        "command": runtime.cmd,
        "health check": runtime.healthcheck.test if runtime.healthcheck else None,
        "shell": runtime.shell,
        "on build": runtime.on_build,
    }
    found = (
        Section("environment", ".env", list(_assignments(runtime.env or (), "variable"))),
        Section("labels", "labels.env", list(_assignments(labels, "label"))),
        Section("history", "Dockerfile", list(_steps(config))),
        Section(
            "commands",
            "commands.sh",
            [Part("", name, _raw(" ".join(words))) for name, words in commands.items() if words],
        ),
        Section("author", "author.txt", [Part("", "", _raw(config.author or ""))]),
    )
    return (section for section in found if section.text)


def _steps(config: ConfigDocument) -> Iterator[Part]:
    steps = config.history or ()
    made = sum(not step.empty_layer for step in steps)
    # Where the history does not fit the layers, nobody knows which step made which.
    fits = made == len((config.rootfs and config.rootfs.diff_ids) or ())
    layer = 0
    for number, step in enumerate(steps, start=1):
        text = "\n".join(filter(None, (step.created_by, step.comment, step.author)))
        mine = layer if fits and not step.empty_layer else None
        layer += not step.empty_layer
        yield Part("", f"step {number}", _raw(text), layer=mine)


def _assignments(texts: Iterable[str], what: str) -> Iterator[Part]:
    for number, text in enumerate(texts, start=1):
        name, equals, _ = text.partition("=")
        known = name if equals else ""
        yield Part(known, f"{what} {number}", _raw(text), len(_raw(known)))


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "replace")
