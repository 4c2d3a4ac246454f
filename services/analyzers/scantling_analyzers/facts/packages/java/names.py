"""What the name of an archive's file tells: ``log4j-core-2.17.1.jar``."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_VERSION_PART: Final = re.compile(rb"\d.*|v\d+[._].*|build\d.*|rc?\d+", re.IGNORECASE | re.DOTALL)
_JOINED_VERSION: Final = re.compile(rb"[._](\d.*)", re.DOTALL)
_CLASSIFIER: Final = re.compile(
    rb"-(?:(?:test-)?sources|javadoc|groovydoc|tests?|shaded|all|bin|exec|boot|executable|fat|"
    rb"uber|(?:jar-)?with-dependencies|jdk\d+|nodep|no-dependencies|onejar|bundle|client|"
    rb"standalone|native|optional|runtime|obsolete|plain|"
    rb"(?:linux|windows|win|osx|macos|solaris|freebsd|openbsd)(?:-[a-z0-9_]+){0,3})\Z",
    re.IGNORECASE,
)
_WITHOUT_CLASSES: Final = re.compile(
    rb".*-(?:(?:test-)?sources|javadoc|groovydoc)", re.IGNORECASE | re.DOTALL
)
_MAX_CLASSIFIERS: Final = 3


class FileName(NamedTuple):
    """A file's name without its folder and ending, split; version and classifier maybe empty.

    ``name`` is empty where it can't be an artifact's (it begins with no letter).
    """

    stem: bytes
    name: bytes
    version: bytes
    classifier: bytes = b""

    @property
    def has_classes(self) -> bool:
        """Say whether the classifier leaves it open that the archive holds something to run.

        Sources and documentation don't: an advisory on the artifact does not apply to them.
        """
        return not _WITHOUT_CLASSES.fullmatch(self.stem)


def split_file_name(path: bytes) -> FileName:
    """Split the name of a file into artifact, version and classifier.

    The version begins at the first part between dashes that looks like one, else at the first
    number after a dot or underscore, and ends before a classifier that is known as such;
    qualifiers (``-jre``, ``-M1``, ``-SNAPSHOT``, ``-20240102.030405-7``) belong to the version.
    """
    stem = path.rpartition(b"/")[2].rpartition(b".")[0]
    parts = stem.split(b"-")
    name, version = stem, b""
    for index, part in enumerate(parts):
        if index and _VERSION_PART.fullmatch(part):
            name, version = b"-".join(parts[:index]), b"-".join(parts[index:])
            break
    else:
        if joined := _JOINED_VERSION.search(stem):
            name, version = stem[: joined.start()], joined[1]
    version, classifier = _without_classifier(version)
    if not name[:1].isalpha():
        return FileName(stem, b"", b"", classifier)
    return FileName(stem, name, version, classifier)


def version_after(stem: bytes, artifact: bytes) -> bytes:
    """Return the version that follows an artifact's name in a file's; empty where none does.

    With the artifact known a name such as ``spark-core_2.12-3.3.2`` is no riddle.
    """
    rest = stem[len(artifact) :]
    if not stem.startswith(artifact) or rest[:1] not in {b"-", b"_", b"."}:
        return b""
    version, _ = _without_classifier(rest[1:])
    return version if _VERSION_PART.fullmatch(version) else b""


def _without_classifier(version: bytes) -> tuple[bytes, bytes]:
    """Cut known classifiers off the end, at most three of them, the last one first."""
    end = len(version)
    for _ in range(_MAX_CLASSIFIERS):
        match = _CLASSIFIER.search(version, 0, end)
        if match is None:
            break
        end = match.start()
    return version[:end], version[end + 1 :]
