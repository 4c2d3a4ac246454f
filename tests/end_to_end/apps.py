"""Images as a team would push them: a base that they share, and an application of its own."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tests.builders.dpkg import STATUS, stanza, status
from tests.builders.image import BuiltImage, BuiltLayer, image
from tests.builders.layer import layer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.builders.layer import Content

ODD_NAME: Final = b"srv/caf\xe9-\xff\x1b[31m.txt"
"""The path of a file whose name is not UTF-8; every image of these tests has it."""

OS_RELEASE: Final = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
PACKAGES: Final = ("base-files", "libc6", "zlib1g")


@cache
def base() -> BuiltLayer:
    """Return the layer that all applications share: a small Debian."""
    packages = status(stanza(name, f"1.{n}-1") for n, name in enumerate(PACKAGES))
    files: dict[str, Content] = {
        "usr/lib/os-release": OS_RELEASE,
        "etc/os-release": OS_RELEASE,
        STATUS: packages,
    }
    return BuiltLayer(plain=layer(files))


def app(name: str, *, files: Mapping[bytes, Content] | None = None, **fields: Any) -> BuiltImage:
    """Return an application's image: of another name, another image."""
    content: dict[bytes, Content] = {
        ODD_NAME: b"a name that is not text",
        b"srv/app": name,
        b"srv/node_modules/%s/package.json" % _npm(name): (
            f'{{"name": "{_npm(name).decode()}", "version": "1.0.0"}}'
        ),
        **(files or {}),
    }
    layers = (base(), BuiltLayer(plain=layer(content)))
    return BuiltImage(layers=layers, **fields)


def bare(**fields: Any) -> BuiltImage:
    """Return an image without any distribution, as distroless and scratch ones are."""
    return image({ODD_NAME: b"", b"app": b"\x7fELF"}, **fields)


def package_of(name: str) -> str:
    """Return the package that only this application has."""
    return _npm(name).decode()


def packages_of(report: Any) -> set[str]:
    """Return the names of the packages in a report."""
    return {package["name"] for package in report["outcomes"]["software"]["packages"]}


def _npm(name: str) -> bytes:
    return b"app-" + name.encode()
