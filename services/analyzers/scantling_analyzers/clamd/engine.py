"""Content by content to a daemon of ClamAV, and its answers as matches.

Our own unpacking decides what is a file; the daemon is sent each of them, so that what it leaves
out of an archive for its own limits is looked at all the same.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from scantling_analyzers.clamd.address import parse_address
from scantling_analyzers.clamd.client import Client
from scantling_analyzers.contract import Unreadable
from scantling_analyzers.malware.hashes.list import category_of
from scantling_analyzers.malware.models import MalwareMatch
from scantling_analyzers.rule_packs.configured import ConfiguredRules, RuleFiles, mark_of
from scantling_analyzers.rule_packs.errors import EngineUnavailable
from scantling_common.layers.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scantling_analyzers.malware.models import Severity

NAME: Final = "clamav"
"""The name of the pack that a daemon is."""

PAUSE: Final = 30.0
"""For how many seconds a daemon that does not answer is not asked again."""

VERSION_SECONDS: Final = 5.0
"""How long is waited for the daemon's version: a process can't begin before."""

_UNKNOWN: Final = "unavailable"
_SCORE: Final = 90
_GUESSED: Final = 50
"""The score of what the daemon finds suspicious, without a signature for it."""
_LOWER: Final[dict[str, Severity]] = {"test": "low", "pua": "medium"}
_LIMITS: Final = "Heuristics.Limits.Exceeded"
_ENCRYPTED: Final = "Heuristics.Encrypted"
_HEURISTICS: Final = "Heuristics."
_TOO_LARGE: Final = b"size limit exceeded"


def daemon_rules(address: str, client: Client | None = None) -> RuleFiles:
    """Return what a daemon knows now, as a pack; its mark is that of its signatures.

    Where it does not answer the pack finds nothing, and says so of every layer. Raises
    :class:`~scantling_analyzers.rule_packs.errors.RulesUnusable` for what is no address.
    """
    asked = client or Client(parse_address(address), VERSION_SECONDS)
    try:
        mark = mark_of(asked.version())
    except EngineUnavailable:
        return RuleFiles(name=NAME, kind="clamd", path="", mark=_UNKNOWN)
    return RuleFiles(name=NAME, kind="clamd", path=address, mark=mark)


def with_daemon(rules: ConfiguredRules, address: str) -> ConfiguredRules:
    """Return rules with what a daemon knows beside them, the same ones without an address.

    Raises what :func:`daemon_rules` raises.
    """
    return replace(rules, packs=(*rules.packs, daemon_rules(address))) if address else rules


class ClamdEngine:
    """Sends content to a daemon."""

    def __init__(
        self,
        rules: RuleFiles,
        now: Callable[[], float] = time.monotonic,
        client: Client | None = None,
    ) -> None:
        """Go by the pack that :func:`daemon_rules` makes; ``now`` is a monotonic clock."""
        given = Client(parse_address(rules.path)) if rules.path else None
        self._client = client or given
        self._now, self._again, self._why = now, 0.0, ""

    def matches(self, data: memoryview, path: str) -> Iterator[MalwareMatch]:  # noqa: ARG002  # the daemon is told no names
        """Yield what the daemon finds.

        Raises :class:`Unreadable` where it did not look at all of it, and
        :class:`EngineUnavailable`.
        """
        if data.nbytes:
            yield from _matches(self._answer(data))

    def _answer(self, data: memoryview) -> bytes:
        if self._client is None:
            raise EngineUnavailable("clamd did not answer when this process began")
        if self._again > self._now():
            raise EngineUnavailable(self._why)
        try:
            return self._client.scan(data)
        except EngineUnavailable as error:
            self._again, self._why = self._now() + PAUSE, error.message
            raise


def _matches(answer: bytes) -> Iterator[MalwareMatch]:
    text = answer.removeprefix(b"stream: ")
    if text == b"OK":
        return
    if not text.endswith(b" FOUND"):
        message = f"clamd did not look at it: {escape(text[:200])}"
        if _TOO_LARGE in text:
            raise Unreadable(message, code="too_large")
        raise Unreadable(message, code="engine_failed")
    name = escape(text.removesuffix(b" FOUND")[:500])
    if name.startswith(_LIMITS):
        raise Unreadable(f"clamd did not look at all of it: {name}", code="too_large")
    if name.startswith(_ENCRYPTED):
        raise Unreadable(f"clamd did not look at all of it: {name}", code="unsupported_format")
    category = category_of(name)
    guessed = name.startswith(_HEURISTICS)
    yield MalwareMatch(
        rule=name,
        pack=NAME,
        category=category,
        severity=_LOWER.get(category, "medium" if guessed else "critical"),
        score=_GUESSED if guessed else _SCORE,
        title=f"ClamAV knows it as {name}",
        why=("a signature of ClamAV matches",),
    )
