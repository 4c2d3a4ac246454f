"""From documents to check items and baselines, with every mistake by file and line; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from scantling_analyzers.checks.documents import ChecksInvalid, read_document
from scantling_analyzers.checks.models import (
    OS,
    Baseline,
    Item,
    LineExamined,
    MaskExamined,
    ModeExamined,
    PamOptionExamined,
    SettingExamined,
    SshdExamined,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scantling_analyzers.checks.documents import Document

_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_OCTAL: Final = re.compile(r"[0-7]{3,4}")
_PLACE: Final = re.compile(r"`(\$[^`]*)`")
_STRANGE: Final = re.compile(r"unknown field `(\w+)`")
_VALUES: Final = (SettingExamined, SshdExamined, PamOptionExamined)
_T = TypeVar("_T", Item, Baseline)


def read_baselines(text: str, name: str) -> tuple[Baseline, ...]:
    """Return baselines in their order. Raises :class:`ChecksInvalid`."""
    document = read_document(text, name)
    found = _converted(document, Baseline)
    seen: set[str] = set()
    for number, baseline in enumerate(found):
        _is_new(document, number, baseline.id, seen)
    return tuple(found)


def read_items(files: Iterable[tuple[str, str]], baselines: Sequence[Baseline]) -> tuple[Item, ...]:
    """Return the items of all files, given as name and text. Raises :class:`ChecksInvalid`."""
    known = {name for each in baselines for name in (each.id, *each.groups)}
    items: list[Item] = []
    seen: set[str] = set()
    for name, text in files:
        document = read_document(text, name)
        for number, item in enumerate(_converted(document, Item)):
            for problem in _problems(item, known):
                raise _wrong(document, f"$[{number}]", f"{item.id}: {problem}")
            _is_new(document, number, item.id, seen)
            items.append(item)
    return tuple(items)


def _converted(document: Document, kind: type[_T]) -> list[_T]:
    entries: Any = document.data
    if not isinstance(entries, list):
        raise _wrong(document, "$", "a list is expected")
    found: list[_T] = []
    for number, entry in enumerate(entries):
        try:
            found.append(msgspec.convert(entry, kind))
        except msgspec.ValidationError as error:
            said = str(error)
            place, strange = _PLACE.search(said), _STRANGE.search(said)
            inner = place[1].removeprefix("$") if place else ""
            inner += f".{strange[1]}" if strange else ""
            message = _PLACE.sub(lambda match: match[1].removeprefix("$.") or "the entry", said)
            raise _wrong(document, f"$[{number}]{inner}", message) from error
    return found


def _problems(item: Item, known: set[str]) -> Iterator[str]:
    """Yield what the schema alone does not tell."""
    if not _ID.fullmatch(item.id):
        yield "an id has small letters, digits and hyphens"
    for name in item.applies:
        if name not in known:
            yield f"{name} is no baseline and no group of baselines"
    if item.applies and item.baseline == "docker-image":
        yield "what is asked of every image applies to no distribution"
    for text in ("title", "description", "rationale", "remedy"):
        if not getattr(item, text).strip():
            yield f"{text} is empty"
    if isinstance(item.examine, _VALUES) != (item.expect is not None):
        yield "values are examined with an expectation, all else without one"
    yield from _of_examined(item)


def _of_examined(item: Item) -> Iterator[str]:
    examined = item.examine
    if isinstance(examined, ModeExamined) and not _OCTAL.fullmatch(examined.most):
        yield f"{examined.most} is no mode in octal"
    if isinstance(examined, MaskExamined) and not _OCTAL.fullmatch(examined.least):
        yield f"{examined.least} is no mask in octal"
    if isinstance(examined, LineExamined):
        for pattern in filter(None, (examined.pattern, examined.unless)):
            try:
                re.compile(pattern)
            except re.error as error:
                yield f"{pattern} is no pattern: {error}"
    if isinstance(examined, PamOptionExamined) and bool(examined.option) == bool(examined.flags):
        yield "either an option is examined or flags are"
    if item.baseline == OS and not item.applies:
        yield "it applies to no distribution"


def _is_new(document: Document, number: int, id_: str, seen: set[str]) -> None:
    if id_ in seen:
        raise _wrong(document, f"$[{number}]", f"{id_} is there twice")
    seen.add(id_)


def _wrong(document: Document, place: str, problem: str) -> ChecksInvalid:
    return ChecksInvalid(f"{document.name}, line {document.line_of(place)}: {problem}")
