"""The real components that ``make test`` fetches, in the places where an image has them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["vulnerable", "fixed"]

FETCHED: Final = Path(__file__).parents[2] / ".cache" / "components"
JARS: Final = "srv/lib"
PYTHON: Final = "usr/lib/python3/dist-packages"
NODE: Final = "srv/app/node_modules"


def real_components(kind: Kind) -> dict[str, bytes]:
    """Return the files of an image with all of a kind, by path; empty where none were fetched."""
    return dict(_files(FETCHED / kind))


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.glob("*")):
        content = path.read_bytes()
        if path.suffix == ".jar":
            yield f"{JARS}/{path.name}", content
        elif path.suffix == ".whl":
            with zipfile.ZipFile(io.BytesIO(content)) as wheel:
                for name in wheel.namelist():
                    yield f"{PYTHON}/{name}", wheel.read(name)
        elif path.suffix == ".tgz":
            yield from _npm(path.name.rpartition("-")[0], content)


def _npm(name: str, packed: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what npm installs: the archive has everything in one folder."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                yield f"{NODE}/{name}/{member.name.partition('/')[2]}", file.read()
