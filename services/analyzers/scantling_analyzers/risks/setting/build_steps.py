"""What the build steps of an image did, as its history tells (``created_by``); pure.

The classic builder writes ``/bin/sh -c #(nop) ADD file:… in /`` and ``/bin/sh -c apt-get update``,
BuildKit ``ADD x / # buildkit`` and ``RUN /bin/sh -c apt-get update # buildkit``, others whatever
they like. Patterns are linear; a step is looked at as far as ``MAX_STEP`` characters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_STEP: Final = 16_384
SHOWN: Final = 160
"""How much of a step is shown, in characters."""

_NOP: Final = re.compile(r"(?:/bin/sh -c )?#\(nop\)\s*+([A-Z]{2,16})\s++(.*)", re.DOTALL)
_INSTRUCTION: Final = re.compile(
    r"(ADD|COPY|ENV|ARG|LABEL|USER|WORKDIR|CMD|ENTRYPOINT|EXPOSE|VOLUME|HEALTHCHECK|SHELL|ONBUILD"
    r"|STOPSIGNAL|MAINTAINER|RUN)\s++(.*)",
    re.DOTALL,
)
_SHELL: Final = re.compile(r"(?:\|\d{1,4} [^\0]*? )?/\S{0,64}sh -[a-z]{0,8}c (.*)", re.DOTALL)


class Step(NamedTuple):
    """One step: its number from 1 on, the instruction, what is said to it, and all of the line."""

    number: int
    instruction: str
    text: str
    line: str

    @property
    def observed(self) -> str:
        """Return what is shown."""
        said = f"{self.instruction} {self.text}"
        return f"step {self.number}: {said[:SHOWN]}{'…' if len(said) > SHOWN else ''}"


def steps_of(history: Sequence[str]) -> Iterator[Step]:
    """Yield the steps, the oldest first; empty ones are not there."""
    for number, line in enumerate(history, start=1):
        text = line[:MAX_STEP].strip()
        if not text:
            continue
        match = _NOP.match(text) or _INSTRUCTION.match(text)
        if match is None:
            yield Step(number, "RUN", _command(text), text)
        elif match[1] == "RUN":
            yield Step(number, "RUN", _command(match[2]), text)
        else:
            yield Step(number, match[1], match[2].strip(), text)


def _command(text: str) -> str:
    match = _SHELL.match(text)
    return (match[1] if match else text).strip()
