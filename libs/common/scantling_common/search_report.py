"""What the search for secrets looked at: a part of the outcome of that risk type."""

from __future__ import annotations

import msgspec


class SearchReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was searched for secrets, and what was not: files of all layers, hidden ones as well.

    ``unchecked`` counts files by the reason why they were not searched: *default_path*, *binary*,
    *generated*, *too_large* (over 20 MiB) or *empty*. ``unchecked_paths`` is the project's list;
    ``left_out`` are the secrets that stand there, and are not told; ``unsure`` are those that are
    not told because their score is too low.
    """

    checked: int = 0
    unchecked: dict[str, int] = {}
    unchecked_paths: tuple[str, ...] = ()
    left_out: int = 0
    unsure: int = 0
