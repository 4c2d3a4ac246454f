"""pacman's local database."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = "var/lib/pacman/local"


def sections(**values: Iterable[str]) -> bytes:
    """Return a file of sections, each with its values."""
    return "".join(
        f"%{name}%\n" + "".join(f"{value}\n" for value in each) + "\n"
        for name, each in values.items()
    ).encode()


def installed(name: str, version: str, files: Iterable[str] = ()) -> dict[str, bytes]:
    """Return the files of one package in the database."""
    folder = f"{FOLDER}/{name}-{version}"
    return {
        f"{folder}/desc": sections(
            NAME=[name],
            VERSION=[version],
            BASE=[f"{name}-base"],
            DESC=["a package"],
            ARCH=["x86_64"],
            LICENSE=["GPL", "custom: own"],
            PACKAGER=["A Packager <packager@example.org>"],
        ),
        f"{folder}/files": sections(FILES=files, BACKUP=["etc/a.conf\t00"]),
    }
