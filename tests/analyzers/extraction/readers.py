"""Readers that only tests have: one that reads every file, and ones that misbehave."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import LocatedError, Package
from scantling_analyzers.facts.os_release import OsReleaseReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact


class EveryFile(Reader):
    """Reads every regular file, as the content scanners will: one fact each, with its size."""

    name = "every-file"
    version = 1
    patterns = ("**",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        yield Package(
            path=file.text_path, name=file.text_path, version=str(len(file.data)), type="generic"
        )


class Misbehaving(Reader):
    """Does what the name of the file says."""

    name = "apk"  # one that an analyzer asks for
    version = 1
    patterns = ("do/*",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        deed = file.path.rpartition(b"/")[2]
        yield Package(path=file.text_path, name=deed.decode(), version="1", type="generic")
        if deed == b"crash":
            os.kill(os.getpid(), 11)
        if deed == b"hang":
            # As a library does that looks for no signal.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
            time.sleep(3600)
        if deed == b"dawdle":
            re.fullmatch(b"(a|a)*b", b"a" * 64)
        if deed == b"grow":
            bytearray(1 << 42)
        if deed == b"raise":
            raise ZeroDivisionError
        if deed == b"refuse":
            message = "it is not what it should be"
            raise Unreadable(message, code="malformed")


class Executables(Reader):
    """Wants executable files by how they begin, wherever they are, and zips."""

    name = "executables"
    version = 1
    patterns = ("opt/lib*.so",)
    companions = ("opt/beside",)
    magics = (b"\x7fELF",)
    data_magics = (b"PK\x03\x04",)

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        beside = file.sibling(b"beside")
        version = bytes(beside.data).decode() if beside else "alone"
        yield Package(path=file.text_path, name=file.text_path, version=version, type="generic")


CATALOGUE: Final[tuple[Reader, ...]] = (
    OsReleaseReader(),
    EveryFile(),
    Misbehaving(),
    Executables(),
)
NAME: Final = f"{__name__}:CATALOGUE"
