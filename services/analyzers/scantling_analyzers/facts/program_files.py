"""The reader of executable files: their names and their content, whatever they are.

What no package manager installed and no other reader knows has a name all the same, and hashes.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader
from scantling_analyzers.facts.models import Program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.contract import LayerFile

_LIBRARY: Final = re.compile(rb"\.so(\.\d{1,9}){0,4}$")
"""How names of shared libraries end: some distributions make them executable."""


class ProgramFileReader(Reader):
    """Names every executable program and script, with its hashes. What it says is not read."""

    name = "program"
    version = 2
    patterns: tuple[str, ...] = ()
    magics: tuple[bytes, ...] = (b"\x7fELF", b"#!")

    def read(self, file: LayerFile) -> Iterator[Program]:
        """Yield the program."""
        if not _LIBRARY.search(file.path):
            yield Program(
                path=file.text_path,
                sha1=hashlib.sha1(file.data, usedforsecurity=False).hexdigest(),
                sha256=hashlib.sha256(file.data).hexdigest(),
            )
