"""What a pack consists of: its files by kind of rules, and the mark of their content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from scantling_analyzers.malware.hashes.files import is_list
from scantling_analyzers.rule_packs.configured import MARK_LENGTH, RuleFiles, RuleKind
from scantling_analyzers.rule_packs.errors import RulesUnusable
from scantling_common.layers.limits import MIB

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANIFEST: Final = "pack.json"
"""The file in which a pack of YARA rules says something about itself."""

_KINDS: Final[dict[str, RuleKind]] = {
    ".yar": "yara",
    ".yara": "yara",
    ".rule": "yara",
    ".toml": "secrets",
    ".hdb": "hashes",
    ".hsb": "hashes",
    ".hdu": "hashes",
    ".hsu": "hashes",
    ".csv": "hashes",
    ".tsv": "hashes",
    ".txt": "hashes",
    ".md5": "hashes",
    ".sha1": "hashes",
    ".sha256": "hashes",
}
"""What a file of a pack holds, by the ending of its name."""

MAX_FILES: Final = 20_000
MAX_FILE_BYTES: Final = 512 * MIB
MAX_BYTES: Final = 2048 * MIB
_PIECE: Final = 1 * MIB
_ZIP: Final = ".zip"
"""A pack of YARA rules may be one file."""


def kind_of_file(name: str) -> RuleKind | None:
    """Return what a file of a pack holds by its name, None for files that don't count."""
    last = name.rpartition("/")[2].lower()
    return "yara" if last == MANIFEST else _KINDS.get(f".{last.rpartition('.')[2]}")


_HINT: Final = (
    f"files of rules end in {', '.join(sorted(_KINDS))}; .csv, .tsv and .txt count with a hash in "
    "them"
)


def files_of(path: Path, kind: RuleKind) -> list[Path]:
    """Return the files of a pack that hold rules of one kind, in a stable order.

    Raises :class:`RulesUnusable` where they can't be listed.
    """
    return [file for file in _files(path) if kind_of_file(file.name) == kind]


def rules_of_path(name: str, path: Path) -> tuple[RuleFiles, ...]:
    """Return what a file or directory holds, one entry for each kind of rules.

    The mark is that of the content and of ``name``, which facts have, too.
    Raises :class:`RulesUnusable` where it can't be read, is too large, or holds no rules.
    """
    hashes: dict[RuleKind, hashlib._Hash] = {}
    total, has_rules = 0, False
    for file in _files(path):
        kind = kind_of_file(file.name)
        if file == path and file.suffix.lower() == _ZIP:
            kind = "yara"
        if kind is None or (kind == "hashes" and file != path and not _is_list(file)):
            continue
        has_rules = has_rules or (kind == "yara" and file.name.lower() != MANIFEST)
        size, digest = _digest(file)
        total += size
        if total > MAX_BYTES:
            raise RulesUnusable(f"{path} has more than {MAX_BYTES} bytes of rules")
        place = file.name if file == path else file.relative_to(path).as_posix()
        hashes.setdefault(kind, hashlib.sha256(f"{kind}\0{name}\0".encode())).update(
            f"{place}\0{digest}\0".encode()
        )
    if not has_rules:
        # What a pack says of itself is said of no rules.
        hashes.pop("yara", None)
    if not hashes:
        raise RulesUnusable(f"{path} holds no rules", hint=_HINT)
    return tuple(
        RuleFiles(name=name, kind=kind, path=str(path), mark=found.hexdigest()[:MARK_LENGTH])
        for kind, found in sorted(hashes.items())
    )


def _files(path: Path) -> list[Path]:
    try:
        if not path.exists():
            raise RulesUnusable(f"{path} is not there")
        return [path] if path.is_file() else files_below(path)
    except OSError as error:
        raise RulesUnusable(f"{path} can't be read: {error.strerror or error}") from error


def files_below(folder: Path) -> list[Path]:
    """Return the regular files of a directory in a stable order; links are not followed.

    Raises :class:`RulesUnusable` where there are too many.
    """
    return sorted(_below(folder))


def _below(folder: Path) -> Iterator[Path]:
    for count, each in enumerate(folder.rglob("*")):
        if count >= MAX_FILES:
            raise RulesUnusable(f"{folder} holds more than {MAX_FILES} files")
        if each.is_file() and not each.is_symlink():
            yield each


def _is_list(file: Path) -> bool:
    try:
        return is_list(file)
    except OSError as error:
        raise RulesUnusable(f"{file} can't be read: {error.strerror or error}") from error


def _digest(file: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    try:
        with file.open("rb") as opened:
            while piece := opened.read(_PIECE):
                size += len(piece)
                if size > MAX_FILE_BYTES:
                    raise RulesUnusable(f"{file} has more than {MAX_FILE_BYTES} bytes")
                digest.update(piece)
    except OSError as error:
        raise RulesUnusable(f"{file} can't be read: {error.strerror or error}") from error
    return size, digest.hexdigest()
