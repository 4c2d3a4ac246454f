"""The reader of texts: what in them looks like a secret (requirement row 4.8).

It is told of by its rule, its place and a line in which it is masked; whether two are the same is
told by a keyed hash. The secret itself does not leave the process that reads.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.contract import Reader, Unreadable, marked
from scantling_analyzers.facts.configured_secrets import engine_of
from scantling_analyzers.facts.image_configuration import sections_of
from scantling_analyzers.facts.models import LocatedError, Secret, Tally
from scantling_analyzers.facts.secret_excerpt import excerpt_of
from scantling_analyzers.rule_packs.errors import RulesUnusable
from scantling_analyzers.rule_packs.own_secrets import secret_mark
from scantling_common.layers.limits import MIB
from scantling_common.unchecked_paths.default import is_unchecked_by_default

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.fact_seal import FactSeal
    from scantling_analyzers.facts.configured_secrets import Configured
    from scantling_analyzers.rule_packs.configured import RuleFiles
    from scantling_analyzers.secrets.engine import SecretEngine
    from scantling_analyzers.secrets.models import Searched
    from scantling_common.images.documents import ConfigDocument

KIND: Final = "secret"
MAX_BYTES: Final = 20 * MIB
"""Larger files are not searched: no secret that a person keeps is in one."""

MOST: Final = 20_000
"""How many secrets of one layer are told; each takes some hundred bytes."""

CHECKED: Final = "checked"
TOO_LARGE: Final = "too_large"


class SecretReader(Reader):
    """Searches every text that does not stand at one of the default paths.

    What it did with each file it tells in a tally: ``checked``, or why it did not search it
    (``too_large``, ``empty``, ``binary``, ``generated``).
    """

    version = 5
    patterns: tuple[str, ...] = ("**",)
    most_facts = MOST

    def __init__(self, rules: Sequence[RuleFiles] = (), cache: str = "") -> None:
        """Go by the rules of the product, and by packs of rules beside them.

        ``cache`` is the directory of compiled rules.
        """
        self._rules, self._cache = tuple(rules), cache

    @cached_property
    def name(self) -> str:
        """Return the name, with the mark of the rules."""
        return marked(KIND, secret_mark(self._rules))

    @property
    def passes_over(self) -> Callable[[bytes], bool]:
        """Return what tells the default paths."""
        return is_unchecked_by_default

    @cached_property
    def _configured(self) -> Configured:
        # Only the process that reads needs it, and only once it has a text to search.
        return engine_of(self._rules, self._cache)

    @cached_property
    def _engine(self) -> SecretEngine:
        return self._configured.engine

    @cached_property
    def _left_out(self) -> tuple[LocatedError, ...]:
        """What is told of each layer and image: the engine does not go by all that is given."""
        left_out = self._configured.left_out if self._rules else ()
        if not left_out:
            return ()
        more = f", and {len(left_out) - 1} more" if len(left_out) > 1 else ""
        message = f"rules for secrets: {left_out[0]}{more}"
        return (LocatedError(path="", code=RulesUnusable.code, message=message),)

    def read(self, file: LayerFile) -> Iterable[Secret | Tally | LocatedError]:
        """Yield what was done with the file, then what it has."""
        if file.size > MAX_BYTES:
            return _counted(TOO_LARGE)
        engine, data, path = self._engine, file.data, file.text_path
        problem = engine.problem_of(data, path)
        if problem is not None:
            return _counted(problem)
        searched = engine.search(data, path=path)
        if searched.is_nothing and not self._left_out:
            # So have nearly all files.
            return _counted(CHECKED)
        return self._told(file, searched)

    def _told(self, file: LayerFile, searched: Searched) -> Iterator[Secret | Tally | LocatedError]:
        yield from _counted(CHECKED)
        yield from self._left_out
        yield from _secrets(file.data, searched, file.seal, file.text_path)
        searched.check()

    def read_configuration(
        self, config: ConfigDocument, seal: FactSeal
    ) -> Iterator[Secret | LocatedError]:
        """Yield what the configuration of an image has: it is in no file, and has no path."""
        engine = self._engine
        yield from self._left_out
        for section in sections_of(config):
            searched = engine.search(section.text, path=section.path)
            secrets = _secrets(section.text, searched, seal, "")
            for match, secret in zip(searched.matches, secrets, strict=True):
                yield replace(
                    secret,
                    line=0,
                    place=section.place,
                    item=section.item(match.start),
                    layer=section.layer(match.start),
                )
            try:
                searched.check()
            except Unreadable as error:
                message = f"{section.place} of the image's configuration: {error.message}"
                yield LocatedError(path="", code=error.reason, message=message)


@cache
def _counted(word: str) -> tuple[Tally]:
    """Return what is told of one file: a few words are told of all of them."""
    return (Tally(path="", counts={word: 1}),)


def _secrets(
    data: bytes | memoryview, searched: Searched, seal: FactSeal, path: str
) -> Iterator[Secret]:
    """Yield for each match in a text the fact: all but the secret."""
    if not searched.matches:
        return
    from scantling_analyzers.secrets.text import searchable  # noqa: PLC0415  # as above

    text = searchable(data)
    for match in searched.matches:
        yield Secret(
            path=path,
            rule=match.rule,
            title=match.title,
            severity=match.severity,
            line=match.line,
            score=round(match.score, 2),
            reasons=match.reasons,
            excerpt=excerpt_of(text, (match.start, match.end), searched.spans),
            fingerprint=seal.fingerprint(match.value.reveal()),
        )
