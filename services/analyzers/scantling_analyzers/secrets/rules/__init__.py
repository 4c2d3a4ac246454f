"""The rule files: data beside this module, one schema, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from scantling_analyzers.secrets.rule import Rule

_SUFFIX: Final = ".toml"


class RuleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule file: rules, and words that stand for parts of their patterns."""

    rules: tuple[Rule, ...]
    words: dict[str, str] = {}


@cache
def packaged_rules() -> tuple[Rule, ...]:
    """Return all rules that Scantling comes with, in the order of files' names."""
    found: list[Rule] = []
    for file in sorted(files(__package__).iterdir(), key=lambda each: each.name):
        if file.name.endswith(_SUFFIX):
            found.extend(parse(file.read_text("utf-8")))
    return tuple(found)


def parse(text: str) -> tuple[Rule, ...]:
    """Return the rules of one file; :class:`msgspec.ValidationError` where it breaks the schema."""
    document: dict[str, Any] = tomllib.loads(text)
    read = msgspec.convert(document, RuleFile)
    return tuple(_with_words(rule, read.words) for rule in read.rules)


def _with_words(rule: Rule, words: dict[str, str]) -> Rule:
    return msgspec.structs.replace(
        rule,
        pattern=_spelled_out(rule.pattern, words),
        hint=_spelled_out(rule.hint, words),
        stem=_spelled_out(rule.stem, words),
    )


def _spelled_out(pattern: str, words: dict[str, str]) -> str:
    """Return a pattern with the words in braces replaced; a word may use those before it."""
    for word, meaning in reversed(words.items()):
        pattern = pattern.replace("{" + word + "}", meaning)
    return pattern
