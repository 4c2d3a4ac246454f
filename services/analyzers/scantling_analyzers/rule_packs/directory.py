"""The directory of rule packs: each has a folder with its files and what is known of it.

A pack is put there, and taken away, in one step: whoever lists the directory meanwhile sees it
whole or not at all. Who reads files of a pack that goes away meanwhile sees an error.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.rule_packs.configured import ConfiguredRules, LeftOut, RuleFiles
from scantling_analyzers.rule_packs.content import kind_of_file, rules_of_path
from scantling_analyzers.rule_packs.errors import RulesUnusable
from scantling_analyzers.rule_packs.own import OWN
from scantling_common.layers.limits import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RULES: Final = "rules"
"""The directory of rule packs in the data directory."""
CONTENT: Final = "content"
COMPILED: Final = ".compiled"
_KNOWN: Final = "installed.json"
_DRAFT: Final = ".draft-"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_MAX_KNOWN: Final = 4 * MIB
MAX_PACKS: Final = 1000


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of a pack is left out: the file, the rule (empty: all of the file), and why."""

    file: str
    rule: str = ""
    message: str = ""


class InstalledPack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pack of the directory: where it came from, and what it holds.

    ``added`` is in milliseconds since the epoch. ``counts`` says how many rules or hashes there
    are of each kind. With ``allow_partial`` the pack counts as whole without what is left out.
    ``notes`` tell what has no effect though nothing is left out.
    """

    name: str
    source: str
    added: int
    rules: tuple[RuleFiles, ...] = ()
    counts: dict[str, int] = {}
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    allow_partial: bool = False


if TYPE_CHECKING:
    _Check = Callable[
        [tuple[RuleFiles, ...]], tuple[dict[str, int], tuple[Problem, ...], tuple[str, ...]]
    ]


class RuleDirectory:
    """Lists, adds and removes packs."""

    def __init__(self, path: Path) -> None:
        """Use a directory, which need not be there yet."""
        self.path = path

    @property
    def compiled(self) -> Path:
        """Return where compiled rules are kept."""
        return self.path / COMPILED

    def packs(self) -> list[InstalledPack]:
        """Return all packs by their names, none where there is no directory.

        Raises :class:`RulesUnusable` where they can't be read.
        """
        try:
            found = sorted(self.path.glob(f"*/{_KNOWN}"))
        except OSError as error:
            raise RulesUnusable(f"{self.path} can't be read: {error.strerror or error}") from error
        if len(found) > MAX_PACKS:
            raise RulesUnusable(f"{self.path} holds more than {MAX_PACKS} packs")
        return [self._read(file) for file in found if is_name(file.parent.name)]

    def configured(self) -> ConfiguredRules:
        """Return the rules of all packs; raises what :meth:`packs` raises."""
        packs = self.packs()
        rules = tuple(rules for pack in packs for rules in pack.rules)
        without = tuple(each for pack in packs for each in _left_out(pack))
        return ConfiguredRules(packs=rules, cache=str(self.compiled), left_out=without)

    def add(
        self,
        name: str,
        source: str,
        gather: Callable[[Path], None],
        check: _Check,
        *,
        now_ms: int,
        replace: bool = False,
        allow_partial: bool = False,
    ) -> InstalledPack:
        """Add a pack; ``gather`` writes its files into a folder, ``check`` looks for what is wrong.

        Raises :class:`RulesUnusable` for a bad name, one that is taken (unless ``replace``), and
        a pack without any rule that can be used; and what the two raise.
        """
        if not is_name(name) or name == OWN:
            raise RulesUnusable(
                f"{name!r} can't be the name of a pack",
                hint="small letters, digits, and . _ - after the first; give one with --name",
            )
        place = self.path / name
        if place.exists() and not replace:
            raise RulesUnusable(
                f"there is a pack {name} already", hint="replace it with --replace, or use --name"
            )
        draft: Path | None = None
        try:
            self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
            draft = Path(mkdtemp(prefix=_DRAFT, dir=self.path))
            (draft / CONTENT).mkdir()
            gather(draft / CONTENT)
            rules, counts, problems, notes = _read_draft(name, draft / CONTENT, source, check)
            if not any(counts.values()):
                said = f": {problems[0].file}: {problems[0].message}" if problems else ""
                raise RulesUnusable(f"{source} holds no rule that can be used{said}")
            pack = InstalledPack(
                name=name,
                source=source,
                added=now_ms,
                # A kind of which nothing can be used would be told of each scan.
                rules=tuple(
                    msgspec.structs.replace(each, path=f"{name}/{CONTENT}")
                    for each in rules
                    if counts.get(each.kind)
                ),
                counts=counts,
                problems=problems,
                notes=notes,
                allow_partial=allow_partial,
            )
            (draft / _KNOWN).write_bytes(msgspec.json.format(msgspec.json.encode(pack)))
            draft.chmod(0o755)
            self._put(draft, place)
        except OSError as error:
            message = f"{self.path} can't be written: {error.strerror or error}"
            raise RulesUnusable(message) from error
        finally:
            if draft is not None:
                shutil.rmtree(draft, ignore_errors=True)
        return self._read(place / _KNOWN)

    def remove(self, name: str) -> None:
        """Remove a pack; raises :class:`RulesUnusable` where there is none of that name."""
        place = self.path / name
        if not is_name(name) or not (place / _KNOWN).is_file():
            known = ", ".join(pack.name for pack in self.packs()) or "none"
            raise RulesUnusable(f"there is no pack {name}", hint=f"there are: {known}")
        try:
            self._put_away(place)
        except OSError as error:
            raise RulesUnusable(f"{place} can't be removed: {error.strerror or error}") from error

    def _put(self, draft: Path, place: Path) -> None:
        if place.exists():
            self._put_away(place)
        draft.rename(place)

    def _put_away(self, place: Path) -> None:
        """Take a pack away under another name, then delete it."""
        grave = Path(mkdtemp(prefix=_DRAFT, dir=self.path))
        place.rename(grave / place.name)
        shutil.rmtree(grave, ignore_errors=True)

    def _read(self, file: Path) -> InstalledPack:
        try:
            with file.open("rb") as opened:
                content = opened.read(_MAX_KNOWN)
            pack = msgspec.json.decode(content, type=InstalledPack)
        except (OSError, msgspec.MsgspecError) as error:
            said = error.strerror if isinstance(error, OSError) else "it is damaged"
            raise RulesUnusable(
                f"{file} can't be read: {said}",
                hint="remove the folder, and add the pack again",
            ) from error
        # The directory may stand somewhere else now, as in a container.
        folder = str(file.parent / CONTENT)
        rules = tuple(msgspec.structs.replace(each, path=folder) for each in pack.rules)
        return msgspec.structs.replace(pack, name=file.parent.name, rules=rules)


def _read_draft(
    name: str, folder: Path, source: str, check: _Check
) -> tuple[tuple[RuleFiles, ...], dict[str, int], tuple[Problem, ...], tuple[str, ...]]:
    """Return the rules in a folder, and what is said of them, as of ``source``: users know that."""
    try:
        rules = rules_of_path(name, folder)
    except RulesUnusable as error:
        raise RulesUnusable(error.message.replace(str(folder), source), hint=error.hint) from error
    counts, problems, notes = check(rules)
    said = (
        msgspec.structs.replace(each, message=each.message.replace(str(folder), source))
        for each in problems
    )
    return rules, counts, tuple(said), notes


def _left_out(pack: InstalledPack) -> Iterator[LeftOut]:
    """Yield of which kinds rules are left out that the pack does not count as whole without."""
    if pack.allow_partial:
        return
    counts = Counter(kind_of_file(problem.file.partition(":")[0]) for problem in pack.problems)
    # What is told of no file may be about any.
    unknown = counts.pop(None, 0)
    kinds = {*counts, *(each.kind for each in pack.rules)} if unknown else {*counts}
    for kind in sorted(kind for kind in kinds if kind is not None):
        yield LeftOut(pack=pack.name, kind=kind, count=counts[kind] + unknown)


def is_name(name: str) -> bool:
    """Say whether a pack can have this name."""
    return _NAME.fullmatch(name) is not None


def is_directory(path: Path) -> bool:
    """Say whether a directory is one of packs, and no pack itself."""
    return path.is_dir() and any(path.glob(f"*/{_KNOWN}"))


def given_rules(path: Path, cache: Path | None) -> ConfiguredRules:
    """Return the rules that a user names: a directory of packs, or one pack.

    What is compiled of one pack is kept in ``cache``. What of them can't be used is not told here:
    whoever is given rules checks them. Raises :class:`RulesUnusable`.
    """
    if is_directory(path):
        return msgspec.structs.replace(RuleDirectory(path).configured(), left_out=())
    name = re.sub(r"[^a-z0-9._-]+", "-", path.resolve().stem.lower()).strip("-._") or "rules"
    packs = rules_of_path(name[:64], path)
    return ConfiguredRules(packs=packs, cache=str(cache) if cache else "")
