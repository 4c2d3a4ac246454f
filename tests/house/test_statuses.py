"""What can stand in an outcome as its code is explained, and every code is in the reference."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_common.images import errors as images
from scantling_common.layers import errors as layers
from scantling_common.layers.errors import LayerError

if TYPE_CHECKING:
    from pathlib import Path

EXPLAINED: Final = "docs/explanation/statuses.md"
REFERENCE: Final = "docs/reference/errors.md"
_STATUSES: Final = "## Codes"
"""The table before this heading holds statuses, the ones after it codes."""
_MAKES: Final = re.compile(
    r"""(?:code=|RetryAfter\(|LayerFailed\(|FOREIGN: Final = |CRASHED: Final = |_located\(file, )"""
    r"""\s*"([a-z_]+)\""""
)
_MANIFESTS: Final = images.ManifestError


def explained(repository: Path) -> set[str]:
    return set(re.findall(r"`([a-z_]+)`", (repository / EXPLAINED).read_text()))


def made_below(*folders: Path, without: Path | None = None) -> set[str]:
    files = (file for folder in folders for file in folder.rglob("*.py"))
    if without is not None:
        files = (file for file in files if not file.is_relative_to(without))
    return {code for file in files for code in _MAKES.findall(file.read_text())}


def listed(repository: Path) -> set[str]:
    """Return the codes of the reference."""
    return set(
        re.findall(r"^\| `([a-z_]+)` \|", (repository / REFERENCE).read_text(), re.MULTILINE)
    )


def test_codes_that_analyzers_make_are_explained(repository: Path) -> None:
    analyzers = repository / "services/analyzers/scantling_analyzers"
    # What is refused of a feed is no status of an image: the reference of errors has its codes.
    made = made_below(analyzers, without=analyzers / "advisories/feeds")
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


def test_codes_that_are_made_are_in_the_reference(repository: Path) -> None:
    made = made_below(repository / "services", repository / "libs")
    assert {"foreign_layer", "list_cut", "subject_mismatch", "requests_limited"} <= made

    assert made - listed(repository) == set()


def test_codes_that_are_explained_are_in_the_reference(repository: Path) -> None:
    tables = (repository / EXPLAINED).read_text().partition(_STATUSES)[2]
    columns = re.findall(r"^\| (`[^|]*) \|", tables, re.MULTILINE)
    codes = {code for column in columns for code in re.findall(r"`([a-z_]+)`", column)}
    assert {"left_out", "distribution_unsupported", "foreign_layer", "interrupted"} <= codes

    assert codes - listed(repository) == set()
