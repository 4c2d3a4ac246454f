"""The reader of executable files: their names and their content, whatever they are.

What no package manager installed and no other reader knows has a name all the same, and a hash.
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
    """Names every executable program and script, with its SHA-256. What it says is not read."""

    name = "program"
    version = 1
    patterns: tuple[str, ...] = ()
    magics: tuple[bytes, ...] = (b"\x7fELF", b"#!")

    def read(self, file: LayerFile) -> Iterator[Program]:
        """Yield the program."""
        if not _LIBRARY.search(file.path):
            digest = hashlib.sha256(file.data).hexdigest()
            yield Program(path=file.text_path, sha256=digest)
