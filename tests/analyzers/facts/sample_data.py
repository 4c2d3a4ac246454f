"""Real data that lies beside the repository, where it does."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).parents[3]


def sample(name: str) -> Path:
    """Return a file of the sample data; the test is skipped where it isn't there."""
    default = _REPOSITORY.parent / "shared" / "data"
    path = Path(os.environ.get("SCANTLING_SAMPLE_DATA", default)) / name
    if not path.exists():
        pytest.skip(f"no sample data: {name} (set SCANTLING_SAMPLE_DATA)")
    return path


def image_files(name: str) -> dict[str, bytes]:
    """Return the regular files of an image of one layer, by :mod:`tarfile`."""
    with tarfile.open(sample(f"images/{name}.tar")) as archive:
        (image,) = json.loads(_content(archive, "manifest.json"))
        (layer,) = image["Layers"]
        with tarfile.open(fileobj=io.BytesIO(_content(archive, layer))) as files:
            return {
                member.name.removeprefix("./"): _content(files, member.name)
                for member in files
                if member.isreg()
            }


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    assert member is not None
    return member.read()
