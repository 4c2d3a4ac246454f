"""The engine that searches for secrets by the rules of the product and by those of the user."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.rule_packs.content import files_of
from scantling_analyzers.rule_packs.errors import RulesUnusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scantling_analyzers.rule_packs.configured import RuleFiles
    from scantling_analyzers.secrets.engine import SecretEngine
    from scantling_analyzers.secrets.gitleaks.rules import UserRules

_MAX_BYTES: Final = 4 * 1024 * 1024
"""How much of a file is read at most: it is over its limit by then."""


class FileOfRules(NamedTuple):
    """A file of a pack, what it has, and why it can't be read, "" where it can.

    What is wrong with a file that is not UTF-8 is among its problems, too.
    """

    path: Path
    rules: UserRules
    unreadable: str = ""


class Configured(NamedTuple):
    """The engine, and which files of packs it goes without, and why."""

    engine: SecretEngine
    left_out: tuple[str, ...] = ()


def engine_of(packs: Sequence[RuleFiles], cache: str) -> Configured:
    """Return the engine, ready; what is compiled is kept in the directory ``cache``, "" for none.

    A file that can't be read is left out, and that is told. Rules of a file that can't be used
    are left out, too: whoever gives the pack is told.
    """
    # It takes longer to load than most images to scan.
    from scantling_analyzers.secrets.engine import (  # noqa: PLC0415  # as said
        default_engine,
        engine_with,
    )

    folder = Path(cache) if cache else None
    if not packs:
        return Configured(default_engine(folder))
    files = list(files_with_rules(packs))
    engine = engine_with((each.rules for each in files), folder)
    return Configured(engine, tuple(each.unreadable for each in files if each.unreadable))


def files_with_rules(packs: Iterable[RuleFiles]) -> Iterator[FileOfRules]:
    """Yield each file of rules for secrets, with what it has and what is wrong with it.

    A pack that can't be listed is one file that can't be read.
    """
    for pack in packs:
        path = Path(pack.path)
        try:
            files = files_of(path, "secrets")
        except RulesUnusable as error:
            yield _unreadable(path, error.message, error.message)
            continue
        yield from map(_read, files)


def _read(file: Path) -> FileOfRules:
    # Few scans have any.
    from scantling_analyzers.secrets.gitleaks.rules import read_rules  # noqa: PLC0415  # as said

    try:
        with file.open("rb") as opened:
            text = opened.read(_MAX_BYTES).decode("utf-8-sig")
    except OSError as error:
        why = f"can't be read: {error.strerror or error}"
        return _unreadable(file, f"{file} {why}", why)
    except UnicodeDecodeError as error:
        why = f"is not UTF-8: byte {error.start}"
        return _unreadable(file, f"{file} {why}", why)
    return FileOfRules(file, read_rules(text))


def _unreadable(path: Path, told: str, why: str) -> FileOfRules:
    from scantling_analyzers.secrets.gitleaks.rules import (  # noqa: PLC0415  # as said
        Problem,
        UserRules,
    )

    return FileOfRules(path, UserRules(problems=(Problem("", why),)), told)
