"""What `scantling rules add`, `list` and `remove` do."""

from __future__ import annotations

import asyncio
import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling.cli.errors import UsageError
from scantling.rules.remote import pull
from scantling.rules.showing import pack_lines, problem_lines
from scantling.scan.access import Access
from scantling.scan.interruption import stoppable
from scantling.scan.output import to_stdout
from scantling.scan.rules import rules_folder
from scantling_analyzers.rule_packs.checking import check
from scantling_analyzers.rule_packs.directory import InstalledPack, RuleDirectory
from scantling_analyzers.rule_packs.gathering import gather
from scantling_common.clock import SystemClock
from scantling_common.images.errors import ReferenceInvalid
from scantling_common.images.reference import parse_reference

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from scantling_common.images.reference import Reference

_INCOMPLETE: Final = 3
"""The status where rules of a pack are left out."""
_ENDINGS: Final = re.compile(
    r"(\.(tar|tgz|txz|gz|xz|bz2|zst|zip|yara?|rule|[ct]sv|txt|h[ds][bu]|md5|sha1|sha256|toml))+$"
)
_HOST: Final = re.compile(r".[.:]|^localhost$|^\[")
"""What a registry's host has, and a directory hardly: a dot, a port; or it is this machine's."""
_OTHERS: Final = re.compile(r"[^a-z0-9._-]+")
_LONGEST: Final = 64


def directory_of(arguments: argparse.Namespace) -> RuleDirectory:
    """Return the directory of packs that the command is about."""
    return RuleDirectory(arguments.folder or rules_folder())


def add_command(arguments: argparse.Namespace) -> int:
    """Add a pack; say what it holds, and what is left out."""
    directory = directory_of(arguments)
    path = Path(arguments.source).expanduser()
    if path.exists():
        name, source = path.resolve().name, str(path)
        gathering: Callable[[Path], None] = partial(gather, path)
    else:
        reference = _reference(arguments.source)
        name, source = reference.repository.rpartition("/")[2], str(reference)
        access = Access(plain_http=arguments.plain_http, ca=arguments.ca)
        gathering = partial(_pull, reference, access)
    with stoppable():
        pack = directory.add(
            arguments.name or _name(name),
            source,
            gathering,
            partial(check, cache=directory.compiled),
            now_ms=SystemClock().now_ms(),
            replace=arguments.replace,
            allow_partial=arguments.allow_partial,
        )
    sys.stderr.writelines(f"scantling: {line}\n" for line in problem_lines(pack))
    to_stdout("".join(f"{line}\n" for line in pack_lines([pack])))
    return _INCOMPLETE if pack.problems and not pack.allow_partial else 0


def list_command(arguments: argparse.Namespace) -> int:
    """Say which packs there are."""
    packs = directory_of(arguments).packs()
    if arguments.json:
        text = msgspec.json.format(msgspec.json.encode(list(map(_shown, packs))), indent=2)
        to_stdout(text.decode() + "\n")
    elif packs:
        to_stdout("".join(f"{line}\n" for line in pack_lines(packs)))
    else:
        sys.stderr.write("scantling: no packs; ours is always there\n")
    return 0


def remove_command(arguments: argparse.Namespace) -> int:
    """Remove a pack."""
    directory_of(arguments).remove(arguments.name)
    return 0


def _reference(source: str) -> Reference:
    host, slash, _ = source.partition("/")
    if not slash or not _HOST.search(host) or _ENDINGS.search(source.lower()):
        hint = "an artifact is named with its registry, as in registry.example.com/rules/yara:v1"
        raise UsageError(f"there is no file {source}", hint=hint)
    try:
        return parse_reference(source)
    except ReferenceInvalid as error:
        message = f"there is no file {source}, and it is no reference of an artifact either"
        raise UsageError(message, hint=error.hint) from error


def _pull(reference: Reference, access: Access, folder: Path) -> None:
    asyncio.run(pull(reference, access, folder))


def _shown(pack: InstalledPack) -> dict[str, object]:
    """Return a pack as JSON shows it: without where its files are on this machine."""
    return {
        "name": pack.name,
        "source": pack.source,
        "added": pack.added,
        "rules": pack.counts,
        "marks": {each.kind: each.mark for each in pack.rules},
        "problems": pack.problems,
        "notes": pack.notes,
    }


def _name(text: str) -> str:
    """Return the name of a pack by that of its source."""
    return _OTHERS.sub("-", _ENDINGS.sub("", text.lower())).strip("-._")[:_LONGEST]
