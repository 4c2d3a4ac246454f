"""YAML 1.2 documents that know on which line everything stands, without what can be made to hurt.

Plain data only: no tags, no anchors or aliases (a few lines of which can stand for gigabytes), no
key twice in one mapping. Depth and number of nodes are bounded.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import yaml

from scantling_common.errors import ScantlingError

MAX_NODES: Final = 200_000
MAX_DEPTH: Final = 12

_NUMBER: Final = re.compile(r"-?\d{1,18}")
_QUOTED: Final = frozenset({"'", '"', "|", ">"})
"""The styles of text that is never anything else."""
_WORDS: Final = {"true": True, "false": False, "null": None, "": None}
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""That of libyaml, where PyYAML was built with it, is ten times as fast."""
_Key = tuple[str | int, ...]


class ChecksInvalid(ScantlingError):
    """A file of check items is not as it must be."""

    code = "checks_invalid"


class Document(NamedTuple):
    """Plain data, and the line, from 1 on, of every part by its keys and positions."""

    name: str
    data: Any
    lines: dict[_Key, int]

    def line_of(self, place: str) -> int:
        """Return the line of a place as msgspec writes it: ``$[3].expect.at_least``."""
        steps: list[str | int] = []
        for name, number in _STEP.findall(place):
            steps.append(int(number) if number else name)
        while steps and tuple(steps) not in self.lines:
            steps.pop()
        return self.lines.get(tuple(steps), 1)


def read_document(text: str, name: str) -> Document:
    """Return a document; ``name`` is that of its file, for errors. Raises ChecksInvalid."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        problem = getattr(error, "problem", None) or "it is no YAML"
        raise ChecksInvalid(f"{name}, line {line}: {problem}") from error
    reading = _Reading(name)
    return Document(name, reading.plain(node, ()) if node is not None else None, reading.lines)


class _Reading:
    def __init__(self, name: str) -> None:
        self._name = name
        self._seen: set[int] = set()
        self.lines: dict[_Key, int] = {}

    def plain(self, node: yaml.Node, key: _Key) -> Any:
        """Return plain data; the depth is bounded before anything nests deeper."""
        self.lines[key] = node.start_mark.line + 1
        if id(node) in self._seen:
            raise self._wrong(node, "anchors and aliases are not read")
        self._seen.add(id(node))
        if len(self._seen) > MAX_NODES or len(key) > MAX_DEPTH:
            raise self._wrong(node, f"more than {MAX_NODES} values, or {MAX_DEPTH} deep")
        if not node.tag.startswith("tag:yaml.org,2002:"):
            raise self._wrong(node, "tags are not read")
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(each, (*key, n)) for n, each in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, key)
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, key: _Key) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise self._wrong(name, "a key must be a word")
            if name.value in found:
                raise self._wrong(name, f"{name.value} is there twice")
            found[name.value] = self.plain(value, (*key, name.value))
        return found

    def _wrong(self, node: yaml.Node, problem: str) -> ChecksInvalid:
        return ChecksInvalid(f"{self._name}, line {node.start_mark.line + 1}: {problem}")


def _scalar(node: yaml.Node) -> Any:
    """Return a word, or what YAML 1.2's core schema takes for a number, a truth or nothing."""
    text: str = node.value
    if getattr(node, "style", None) in _QUOTED:
        return text
    if text in _WORDS:
        return _WORDS[text]
    # An octal mode keeps its leading zero by being quoted, or is a word.
    is_number = text == "0" or (_NUMBER.fullmatch(text) and not text.startswith("0"))
    return int(text) if is_number else text
