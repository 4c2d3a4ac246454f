"""The distribution, from os-release(5) or the older files of single distributions.

Each file gives one fact; which of several speaks for an image is the analyzers' decision: the
fact's path says where it comes from.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import Distribution
from scantling_analyzers.facts.reading import value, whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_FILE_BYTES: Final = 64 * 1024
MAX_FIELDS: Final = 128

_ASSIGNMENT: Final = re.compile(rb"^[ \t]*([A-Za-z_][A-Za-z0-9_]*)=([^\n]*)$", re.MULTILINE)
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)
_RELEASE: Final = re.compile(r"(.+?)(?: Linux)?(?: Server)? release (\S+)(?: \((.*)\))?.*")
_IDS: Final = {
    "AlmaLinux": "almalinux",
    "Amazon": "amzn",
    "CentOS": "centos",
    "CentOS Stream": "centos",
    "EulerOS": "euleros",
    "Fedora": "fedora",
    "Kylin Linux Advanced": "kylin",
    "Oracle": "ol",
    "Red Hat Enterprise": "rhel",
    "Red Hat Enterprise Linux": "rhel",
    "Rocky": "rocky",
    "openEuler": "openEuler",
}


class OsReleaseReader(Reader):
    """Reads os-release in both its places, and what older distributions have instead."""

    name = "os-release"
    version = 1
    patterns: tuple[str, ...] = (
        "etc/os-release",
        "usr/lib/os-release",
        "etc/alpine-release",
        "etc/debian_version",
        "etc/centos-release",
        "etc/redhat-release",
    )

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the distribution that the file names; an empty file names none."""
        content = whole_text(file, MAX_FILE_BYTES)
        if not content.strip():
            return
        path = file.text_path
        if path.endswith("/os-release"):
            yield parse_os_release(content, path)
        elif path.endswith("/alpine-release"):
            yield parse_alpine_release(content, path)
        elif path.endswith("/debian_version"):
            yield parse_debian_version(content, path)
        else:
            yield parse_release(content, path)


def parse_os_release(content: bytes, path: str) -> Distribution:
    """Return what an os-release file says; without ``ID`` it is ``linux``, as os-release(5) has it.

    Raises :class:`Unreadable` (``too_many``, ``malformed``).
    """
    assignments = _ASSIGNMENT.findall(content)
    if len(assignments) > MAX_FIELDS:
        raise Unreadable(f"more than {MAX_FIELDS} assignments in os-release", code="too_many")
    if not assignments:
        raise Unreadable("an os-release file without any assignment", code="malformed")
    return _distribution(
        {key.decode("ascii"): value(_unquote(raw.strip()), "a value") for key, raw in assignments},
        path,
    )


def parse_alpine_release(content: bytes, path: str) -> Distribution:
    """Return the release that alpine-release names."""
    return Distribution(path=path, id="alpine", version_id=_line(content), name="Alpine Linux")


def parse_debian_version(content: bytes, path: str) -> Distribution:
    """Return the release that debian_version names: a number, or ``codename/sid``."""
    line = _line(content)
    codename = line.partition("/")[0] if "/" in line else ""
    return Distribution(
        path=path,
        id="debian",
        version_id="" if codename else line,
        name="Debian GNU/Linux",
        version_codename=codename,
    )


def parse_release(content: bytes, path: str) -> Distribution:
    """Return what a line such as ``CentOS Linux release 7.9.2009 (Core)`` says.

    A name that isn't known becomes an identifier by itself, so that it is reported as an
    unknown distribution and not taken for another. Raises :class:`Unreadable` (``malformed``).
    """
    line = _line(content)
    match = _RELEASE.fullmatch(line)
    if not match:
        raise Unreadable("the file doesn't have the form 'NAME release VERSION'", code="malformed")
    name = match[1]
    return Distribution(
        path=path,
        id=_IDS.get(name, re.sub(r"[^a-z0-9._-]+", "-", name.lower())),
        version_id=match[2],
        name=name,
        pretty_name=line,
        version_codename=match[3] or "",
    )


def _distribution(fields: Mapping[str, str], path: str) -> Distribution:
    return Distribution(
        path=path,
        id=fields.get("ID", "linux"),
        version_id=fields.get("VERSION_ID", ""),
        name=fields.get("NAME", ""),
        pretty_name=fields.get("PRETTY_NAME", ""),
        id_like=tuple(fields.get("ID_LIKE", "").split()),
        version_codename=fields.get("VERSION_CODENAME", ""),
        cpe_name=fields.get("CPE_NAME", ""),
        variant_id=fields.get("VARIANT_ID", ""),
        fields=dict(fields),
    )


def _unquote(raw: bytes) -> bytes:
    """Return a shell word without its quotes; single quotes keep backslashes."""
    if len(raw) > 1 and raw[:1] == raw[-1:] == b"'":
        return raw[1:-1]
    if len(raw) > 1 and raw[:1] == raw[-1:] == b'"':
        raw = raw[1:-1]
    return _ESCAPED.sub(rb"\1", raw)


def _line(content: bytes) -> str:
    return value(content.strip().partition(b"\n")[0], "the first line")
