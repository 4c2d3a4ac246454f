"""The engine that searches for secrets by the rules of the product and by those of the user."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from scantling_analyzers.rule_packs.content import files_of
from scantling_analyzers.rule_packs.errors import RulesUnusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scantling_analyzers.rule_packs.configured import RuleFiles
    from scantling_analyzers.secrets.engine import SecretEngine
    from scantling_analyzers.secrets.gitleaks.rules import UserRules

_MAX_BYTES: Final = 4 * 1024 * 1024
"""How much of a file is read at most: it is over its limit by then."""


def engine_of(packs: Sequence[RuleFiles], cache: str) -> SecretEngine:
    """Return the engine, ready; what is compiled is kept in the directory ``cache``, "" for none.

    Raises :class:`RulesUnusable` where a file of a pack can't be read. Rules of it that can't be
    used are left out: whoever gives the pack is told.
    """
    # It takes longer to load than most images to scan.
    from scantling_analyzers.secrets.engine import (  # noqa: PLC0415  # as said
        default_engine,
        engine_with,
    )

    folder = Path(cache) if cache else None
    if not packs:
        return default_engine(folder)
    return engine_with((rules for _, rules in files_with_rules(packs)), folder)


def files_with_rules(packs: Iterable[RuleFiles]) -> Iterator[tuple[Path, UserRules]]:
    """Yield each file of rules for secrets, with what it has and what is wrong with it.

    Raises :class:`RulesUnusable` where one can't be read.
    """
    # Few scans have any.
    from scantling_analyzers.secrets.gitleaks.rules import read_rules  # noqa: PLC0415  # as said

    for pack in packs:
        for file in files_of(Path(pack.path), "secrets"):
            yield file, read_rules(_text(file))


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(_MAX_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise RulesUnusable(f"{file} can't be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise RulesUnusable(f"{file} is not UTF-8: byte {error.start}") from error
