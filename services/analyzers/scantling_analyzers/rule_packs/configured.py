"""The rules that a process goes by, beside those of the product; it is given to workers as text.

What is found by a pack is kept under its mark: another pack finds anew, and nothing else does.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final, Literal

import msgspec

RuleKind = Literal["yara", "hashes", "secrets", "clamd"]
"""What a pack holds: YARA rules, lists of hashes of malware, rules for secrets (TOML).

What a daemon of ClamAV knows is one, too: its path is the daemon's address.
"""

FOR_MALWARE: Final[tuple[RuleKind, ...]] = ("yara", "hashes", "clamd")

MARK_LENGTH: Final = 16


class RuleFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of one kind of one pack: a file, or a directory in which those of the kind count.

    ``mark`` is a short text that is another one for other content.
    """

    name: str
    kind: RuleKind
    path: str
    mark: str


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """That rules of one kind of a pack can't be used, and how many at least."""

    pack: str
    kind: RuleKind
    count: int


class ConfiguredRules(msgspec.Struct, frozen=True, kw_only=True):
    """All rules of the user; ``cache`` is a directory in which compiled ones are kept.

    ``left_out`` says what outcomes are not complete without.
    """

    packs: tuple[RuleFiles, ...] = ()
    cache: str = ""
    left_out: tuple[LeftOut, ...] = ()

    def of_kind(self, *kinds: RuleKind) -> tuple[RuleFiles, ...]:
        """Return the packs that hold one of these kinds of rules."""
        return tuple(pack for pack in self.packs if pack.kind in kinds)

    def mark(self, *kinds: RuleKind) -> str:
        """Return a short text that is another one for other packs of these kinds, "" for none.

        And so for packs of which more or less is left out.
        """
        marks = sorted(pack.mark for pack in self.of_kind(*kinds))
        without = [f"{each.pack} {each.count}" for each in self.left_out_of(*kinds)]
        return mark_of(*marks, *without) if marks or without else ""

    def left_out_of(self, *kinds: RuleKind) -> tuple[LeftOut, ...]:
        """Return what is left out of these kinds."""
        return tuple(each for each in self.left_out if each.kind in kinds)

    @property
    def text(self) -> str:
        """Return all of it as text of letters and digits."""
        return base64.urlsafe_b64encode(msgspec.msgpack.encode(self)).decode()


NO_RULES: Final = ConfiguredRules()


def configured_by(text: str) -> ConfiguredRules:
    """Return what :attr:`ConfiguredRules.text` says."""
    return msgspec.msgpack.decode(base64.urlsafe_b64decode(text), type=ConfiguredRules)


def mark_of(*texts: str) -> str:
    """Return a short text that is another one for other texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:MARK_LENGTH]
