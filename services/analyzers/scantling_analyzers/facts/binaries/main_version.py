"""The version of a Go program's main module, which most builds don't record as such.

``go install`` records it, and since Go 1.24 ``go build`` derives it from version control. What
else there is: a version that the linker wrote into a variable (``-ldflags "-X main.version=…"``),
which counts only where it can't mean anything else, and the commit, which becomes a pseudo-version
(go.dev/ref/mod, *Pseudo-versions*).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_FLAGS_BYTES: Final = 64 * 1024
_UNTAGGED: Final = b"v0.0.0-"
_COMMIT_CHARACTERS: Final = 12

_VARIABLE: Final = re.compile(rb"""-X[ =]?\s{0,8}['"]?([^\s'"=]{1,512})=([^\s'"]{0,256})""")
_VERSION: Final = re.compile(
    rb"v?(?:0|[1-9]\d{0,5})\.(?:0|[1-9]\d{0,5})\.(?:0|[1-9]\d{0,8})"
    rb"(?:-[0-9A-Za-z.-]{1,64})?(?:\+[0-9A-Za-z.-]{1,64})?"
)
_NAMES: Final = frozenset(
    {
        *(b"version", b"ver", b"appversion", b"buildversion", b"gitversion", b"releaseversion"),
        *(b"semver", b"tag", b"gittag", b"release", b"programversion", b"binaryversion"),
    }
)
_COMMIT: Final = re.compile(rb"[0-9a-f]{40,64}")
_TIME: Final = re.compile(rb"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z")


def main_version(path: bytes, recorded: bytes, settings: Mapping[bytes, bytes]) -> bytes:
    """Return the version of the main module ``path``, empty where it is not sure."""
    if recorded and not recorded.startswith(_UNTAGGED):
        return recorded
    return linked_version(path, settings.get(b"-ldflags", b"")) or recorded or _pseudo(settings)


def linked_version(path: bytes, flags: bytes) -> bytes:
    """Return the one version that the linker wrote into the program's own variables.

    A variable counts if it is named like a version and stands in ``main`` or in a package of the
    module ``path``: those of other modules are their versions. ``main.version`` and those of the
    package of a command come before others. Where two disagree, none is sure.
    """
    if len(flags) > MAX_FLAGS_BYTES:
        return b""
    near: set[bytes] = set()
    far: set[bytes] = set()
    for name, text in _VARIABLE.findall(flags):
        package, _, variable = name.rpartition(b".")
        if variable.lower() not in _NAMES or not _VERSION.fullmatch(text):
            continue
        version = b"v" + text.removeprefix(b"v")
        if package == b"main" or package.startswith(path + b"/cmd/"):
            near.add(version)
        elif package == path or package.startswith(path + b"/"):
            far.add(version)
    versions = near or far
    return versions.pop() if len(versions) == 1 else b""


def _pseudo(settings: Mapping[bytes, bytes]) -> bytes:
    commit = settings.get(b"vcs.revision", b"")
    time = _TIME.fullmatch(settings.get(b"vcs.time", b""))
    if not time or not _COMMIT.fullmatch(commit):
        return b""
    changed = b"+dirty" if settings.get(b"vcs.modified") == b"true" else b""
    return _UNTAGGED + b"".join(time.groups()) + b"-" + commit[:_COMMIT_CHARACTERS] + changed
