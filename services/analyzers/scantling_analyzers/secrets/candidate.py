"""A candidate: what a rule matched, before it is judged."""

from __future__ import annotations

import msgspec

from scantling_analyzers.secrets.rule import Rule


class Candidate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A value that may be a secret, with what stands around it.

    ``start`` and ``end`` are offsets of the value in the text; ``name`` is what the value is
    assigned to, as written; ``before`` and ``after`` are the bytes of the window on both sides.
    ``quote`` is the opening quote or empty; ``connector`` what joins name and value;
    ``path`` is that of the file;
    ``whole`` is all that a user's rule matched; ``call`` is the function around the value.
    """

    rule: Rule
    start: int
    end: int
    value: bytes
    name: bytes = b""
    before: bytes = b""
    after: bytes = b""
    quote: bytes = b""
    connector: bytes = b""
    path: str = ""
    whole: bytes = b""
    call: bytes = b""

    def __repr__(self) -> str:
        """Return a text without anything that stood in the file."""
        return f"Candidate({self.rule.id}, {self.start}, {self.end})"
