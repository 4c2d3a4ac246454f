"""Portage's database of installed packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = "var/db/pkg"


def installed(
    package: str,
    *,
    licence: str = "MIT",
    slot: str = "0/3",
    files: Iterable[str] = (),
    links: Iterable[str] = (),
) -> dict[str, bytes]:
    """Return the files of one package, ``category/name-version``, in the database."""
    folder = f"{FOLDER}/{package}"
    lines = [
        "dir /usr",
        *(f"obj {path} d41d8cd98f00b204e9800998ecf8427e 1700000000" for path in files),
        *(f"sym {path} -> target 1700000000" for path in links),
    ]
    return {
        f"{folder}/CONTENTS": "".join(f"{line}\n" for line in lines).encode(),
        f"{folder}/PF": package.rpartition("/")[2].encode() + b"\n",
        f"{folder}/SLOT": slot.encode() + b"\n",
        f"{folder}/LICENSE": licence.encode() + b"\n",
        f"{folder}/CHOST": b"x86_64-pc-linux-gnu\n",
    }
