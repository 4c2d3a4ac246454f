"""What can stand in an outcome as its code is explained."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_common.images import errors as images
from scantling_common.layers import errors as layers
from scantling_common.layers.errors import LayerError

if TYPE_CHECKING:
    from pathlib import Path

EXPLAINED: Final = "docs/explanation/statuses.md"
_MAKES: Final = re.compile(
    r"""(?:code=|RetryAfter\(|LayerFailed\(|FOREIGN: Final = |CRASHED: Final = |_located\(file, )"""
    r"""\s*"([a-z_]+)\""""
)
_MANIFESTS: Final = images.ManifestError


def explained(repository: Path) -> set[str]:
    return set(re.findall(r"`([a-z_]+)`", (repository / EXPLAINED).read_text()))


def test_codes_that_analyzers_make_are_explained(repository: Path) -> None:
    package = repository / "services/analyzers/scantling_analyzers"
    made = {code for file in package.rglob("*.py") for code in _MAKES.findall(file.read_text())}
    assert {"foreign_layer", "reader_crashed", "facts_missing", "out_of_memory"} <= made

    assert made - explained(repository) == set()


def test_errors_of_layers_and_manifests_are_explained(repository: Path) -> None:
    errors = [*vars(layers).values(), *vars(images).values()]
    codes = {
        each.code
        for each in errors
        if isinstance(each, type) and issubclass(each, LayerError | _MANIFESTS)
    }
    assert "blob_truncated" in codes
    assert "manifest_unsupported" in codes

    assert codes - explained(repository) == set()
