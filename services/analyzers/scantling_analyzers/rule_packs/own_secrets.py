"""The engine for secrets and the rules that come with it, as their mark, and those of the user."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from scantling_analyzers.rule_packs.configured import mark_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.resources.abc import Traversable

    from scantling_analyzers.rule_packs.configured import RuleFiles

_PLACES: Final = (
    "scantling_analyzers.secrets",
    "scantling_analyzers.secrets.gitleaks",
    "scantling_analyzers.secrets.rules",
    "scantling_analyzers.secrets.validation",
)
"""Where the rules and the code stand that secrets are found by: another engine finds anew."""


def secret_mark(packs: Iterable[RuleFiles] = ()) -> str:
    """Return a short text that is another one for another engine, its rules, or those of packs."""
    marks = sorted(pack.mark for pack in packs)
    return mark_of(_own(), *marks) if marks else _own()


@cache
def _own() -> str:
    texts = []
    for place in _PLACES:
        for file in sorted(files(place).iterdir(), key=_name):
            if file.is_file() and not file.name.endswith(".pyc"):
                texts += [file.name, hashlib.sha256(file.read_bytes()).hexdigest()]
    return mark_of(*texts)


def _name(file: Traversable) -> str:
    return file.name
