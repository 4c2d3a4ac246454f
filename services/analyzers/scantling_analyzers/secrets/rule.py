"""One rule: what a kind of secret looks like, as it stands in the rule files."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from scantling_common.risks import Severity

if TYPE_CHECKING:
    from scantling_analyzers.secrets.gitleaks.patterns import Pattern

Kind = Literal["token", "assignment", "block", "table", "named", "custom"]
"""How a rule works.

``token`` knows a secret by its form, ``assignment`` by how it is joined to a name, ``block`` by
the line that begins it, ``table`` by the head of a column. ``named`` says more of what an
assignment found: by name and form together. ``custom`` is a user's, with patterns of Go: what it
matches is told of, whatever it looks like.
"""

RuleId = Annotated[str, Meta(pattern="^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=64)]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    r"""One kind of secret.

    ``pattern`` is searched in lines (each with the ``lines`` - 1 before it); its group ``value``
    is the secret, ``name`` what it is called. Of an assignment that names no value it is what
    joins a name to its value, and ``before`` what precedes the name. ``hint`` is another pattern
    that matches in the same line wherever ``pattern`` does, without looking around (empty:
    ``pattern`` itself). ``stem`` is a part of ``hint``, in no alternative: rules that share one are
    searched for together by it and what follows it. One of ``keywords``, in small letters, is in
    every text that matches. ``path`` is a pattern that the path must match; with it a rule is
    searched for in such files only. Rules that are not ``in_code`` are not searched for in source
    code. Of a named rule, ``called`` is a pattern of names and ``value`` of whole values. Of a
    custom one ``group`` is the number of the group that is the secret, 0 where it is the first that
    holds anything.

    ``implied`` is the name of an assignment that has none in the text, ``block`` how the lines of a
    block are found, ``table`` how the rows of a table are read. ``confidence`` is how often a match
    is a secret, 0 to 1, before ``checks`` are made; ``entropy`` the least of the value, in bits per
    character. ``examples`` must be found by the rule, ``counterexamples`` must not; both in a
    notation that tests write out, so that no secret stands in a file.
    """

    id: RuleId
    title: str
    severity: Severity
    pattern: str = ""
    before: str = ""
    keywords: tuple[str, ...] = ()
    kind: Kind = "token"
    implied: str = ""
    block: Literal["", "pem", "putty", "jwk", "aws", "wrapped"] = ""
    table: Literal["", "delimited", "ruled", "inserted"] = ""
    called: str = ""
    value: str = ""
    hint: str = ""
    stem: str = ""
    group: Annotated[int, Meta(ge=0)] = 0
    lines: Annotated[int, Meta(ge=1, le=64)] = 1
    path: str = ""
    in_code: bool = True
    confidence: Annotated[float, Meta(gt=0, lt=1)] = 0.9
    entropy: Annotated[float, Meta(ge=0)] = 0
    checks: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()

    @cached_property
    def expression(self) -> re.Pattern[bytes]:
        """Return the compiled pattern."""
        return re.compile(self.pattern.encode(), re.MULTILINE)

    @cached_property
    def asked(self) -> Pattern:
        """Return the compiled pattern of a user's rule."""
        return _of_go(self.pattern)

    @cached_property
    def has_value(self) -> bool:
        """Tell whether the pattern names the value itself."""
        return "value" in self.expression.groupindex

    @cached_property
    def preceding(self) -> re.Pattern[bytes] | None:
        """Return the compiled pattern of what precedes a name, or None where anything may."""
        return re.compile(self.before.encode(), re.MULTILINE) if self.before else None

    @cached_property
    def places(self) -> re.Pattern[str] | Pattern | None:
        """Return the compiled pattern of paths, or None where any path will do."""
        if not self.path:
            return None
        return _of_go(self.path) if self.kind == "custom" else re.compile(self.path)

    @property
    def prefilter(self) -> str:
        """Return the pattern by which lines are chosen."""
        return self.hint or self.pattern


def _of_go(pattern: str) -> Pattern:
    # Few have rules of their own.
    from scantling_analyzers.secrets.gitleaks.patterns import Pattern  # noqa: PLC0415  # as said

    return Pattern(pattern)
