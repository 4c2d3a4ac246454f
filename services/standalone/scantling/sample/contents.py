"""What is in the sample images: files as distributions and package installers leave them."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NOT_UTF8: Final = b"usr/share/doc/caf\xe9.txt"
"""A file name in ISO 8859-1: every sample image has one."""

_TIME: Final = (2025, 1, 1, 0, 0, 0)
_SITE: Final = "usr/lib/python3.12/site-packages"

DEBIAN_PACKAGES: Final = (
    ("base-files", "12.4+deb12u8", "base-files"),
    ("bash", "5.2.15-2+b7", "bash"),
    ("ca-certificates", "20230311", "ca-certificates"),
    ("coreutils", "9.1-1", "coreutils"),
    ("curl", "7.88.1-10+deb12u7", "curl"),
    ("dpkg", "1.21.22", "dpkg"),
    ("libc6", "2.36-9+deb12u8", "glibc"),
    ("libcurl4", "7.88.1-10+deb12u7", "curl"),
    ("libssl3", "3.0.14-1~deb12u1", "openssl"),
    ("openssl", "3.0.14-1~deb12u1", "openssl"),
    ("tzdata", "2024a-0+deb12u1", "tzdata"),
    ("zlib1g", "1:1.2.13.dfsg-1", "zlib"),
)
ALPINE_PACKAGES: Final = (
    ("alpine-baselayout", "3.6.5-r0", "alpine-baselayout"),
    ("busybox", "1.36.1-r29", "busybox"),
    ("libcrypto3", "3.3.1-r3", "openssl"),
    ("libssl3", "3.3.1-r3", "openssl"),
    ("musl", "1.2.5-r0", "musl"),
    ("python3", "3.12.6-r0", "python3"),
    ("zlib", "1.3.1-r1", "zlib"),
)


def debian() -> dict[bytes, bytes]:
    """Return the files of an image that looks like Debian 12."""
    return {
        b"etc/os-release": _os_release("Debian GNU/Linux 12 (bookworm)", "debian", "12"),
        b"etc/debian_version": b"12.6\n",
        b"etc/passwd": b"root:x:0:0:root:/root:/bin/bash\n",
        b"bin/sh": b"#!/bin/false\n",
        b"var/lib/dpkg/status": "\n".join(map(_stanza, DEBIAN_PACKAGES)).encode() + b"\n",
        NOT_UTF8: b"un caf\xe9\n",
    }


def alpine() -> dict[bytes, bytes]:
    """Return the files of an image that looks like Alpine 3.20."""
    return {
        b"etc/os-release": _os_release("Alpine Linux v3.20", "alpine", "3.20.3"),
        b"etc/alpine-release": b"3.20.3\n",
        b"etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
        b"bin/busybox": b"\x7fELF" + bytes(4096),
        b"lib/apk/db/installed": "\n".join(map(_record, ALPINE_PACKAGES)).encode() + b"\n",
        NOT_UTF8: b"un caf\xe9\n",
    }


def python_packages(packages: Iterable[tuple[str, str]]) -> dict[bytes, bytes]:
    """Return installed Python distributions, by name and version."""
    files = {}
    for name, version in packages:
        folder = f"{_SITE}/{name}-{version}.dist-info"
        files[f"{folder}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n"
        files[f"{folder}/RECORD"] = f"{name}/__init__.py,,\n"
        files[f"{_SITE}/{name}/__init__.py"] = ""
    return {path.encode(): text.encode() for path, text in files.items()}


def node_packages(packages: Iterable[tuple[str, str]]) -> dict[bytes, bytes]:
    """Return installed Node packages, by name and version."""
    files = {}
    for name, version in packages:
        folder = f"srv/shop/node_modules/{name}"
        manifest = {"name": name, "version": version, "license": "MIT", "main": "index.js"}
        files[f"{folder}/package.json".encode()] = msgspec.json.encode(manifest)
        files[f"{folder}/index.js".encode()] = b"module.exports = {};\n"
    return files


def jar(group: str, artifact: str, version: str) -> bytes:
    """Return a Java archive as Maven packs it."""
    properties = f"version={version}\ngroupId={group}\nartifactId={artifact}\n"
    folder = f"META-INF/maven/{group}/{artifact}"
    return _zip(
        {
            "META-INF/MANIFEST.MF": "Manifest-Version: 1.0\r\n\r\n",
            f"{folder}/pom.properties": properties,
        }
    )


def _os_release(pretty: str, id_: str, version: str) -> bytes:
    name = pretty.partition(" ")[0]
    return f'PRETTY_NAME="{pretty}"\nNAME="{name}"\nID={id_}\nVERSION_ID="{version}"\n'.encode()


def _stanza(package: tuple[str, str, str]) -> str:
    name, version, source = package
    lines = [f"Package: {name}", "Status: install ok installed", "Architecture: amd64"]
    if source != name:
        lines.append(f"Source: {source}")
    return "\n".join([*lines, f"Version: {version}", f"Description: {name}", ""])


def _record(package: tuple[str, str, str]) -> str:
    name, version, origin = package
    lines = [f"P:{name}", f"V:{version}", "A:x86_64", "L:MIT", f"o:{origin}", f"T:{name}"]
    return "\n".join([*lines, ""])


def _zip(members: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), text)
    return content.getvalue()
