"""Every reader, one line each. What is listed here runs in the one walk of each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_analyzers.facts.os_release import OsReleaseReader
from scantling_analyzers.facts.packages.apk import ApkReader
from scantling_analyzers.facts.packages.dpkg import DpkgReader
from scantling_analyzers.facts.packages.java.reader import JavaReader
from scantling_analyzers.facts.packages.java.runtime import JavaRuntimeReader
from scantling_analyzers.facts.packages.node import NodeReader
from scantling_analyzers.facts.packages.python import PythonReader
from scantling_analyzers.facts.packages.rpm.reader import RpmReader

if TYPE_CHECKING:
    from scantling_analyzers.contract import Reader

READERS: Final[tuple[Reader, ...]] = (
    OsReleaseReader(),
    DpkgReader(),
    ApkReader(),
    RpmReader(),
    PythonReader(),
    NodeReader(),
    JavaReader(),
    JavaRuntimeReader(),
)
