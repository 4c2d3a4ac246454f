"""EPSS: how likely it is that a vulnerability is exploited soon; field mapping in feeds.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.models import Enrichment, Refused
from scantling_analyzers.advisories.text import word
from scantling_analyzers.advisories.times import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.models import Said

NAME: Final = "epss"
MAX_LINES: Final = 2_000_000
MAX_REFUSED: Final = 1_000
"""How many lines that can't be used are named; further ones are counted."""

_HEAD: Final = re.compile(rb"(?:#[^\n]{0,500}\n)?cve,epss(?:,percentile)?\r?\n")
_DATE: Final = re.compile(r"score_date:(\d{4}-\d\d-\d\d)", re.ASCII)
_FILE_DATE: Final = re.compile(r"epss_scores-(\d{4}-\d\d-\d\d)", re.ASCII)
_ROW: Final = re.compile(
    r"(CVE-\d{4}-\d{4,19}),(\d(?:\.\d{0,20})?(?:[eE]-\d{1,3})?)"
    r"(?:,(\d(?:\.\d{0,20})?(?:[eE]-\d{1,3})?))?\r?",
    re.ASCII,
)


class EpssFeed:
    """Reads the scores of a day, ``epss_scores-YYYY-MM-DD.csv``."""

    name = NAME

    def recognises(self, path: str, head: bytes) -> bool:
        """Say whether a document has the columns of EPSS."""
        del path
        return _HEAD.match(head) is not None

    def read(self, document: Document) -> Iterable[Said]:
        """Yield probability and rank of each vulnerability."""
        text = document.data().decode("utf-8", "backslashreplace")
        first = text.partition("\n")[0]
        found = _DATE.search(first) if first.startswith("#") else None
        found = found or _FILE_DATE.search(document.path)
        date = instant(found[1]) if found is not None else ""
        lines = text.split("\n")
        if len(lines) > MAX_LINES:
            raise FeedUnreadable(f"more than {MAX_LINES} lines")
        begin = 2 if first.startswith("#") else 1
        return _said(lines, begin, date)


def _said(lines: list[str], begin: int, date: str) -> Iterator[Said]:
    refused = 0
    for number in range(begin, len(lines)):
        line = lines[number]
        found = _ROW.fullmatch(line)
        if found is not None:
            score, rank = float(found[2]), float(found[3]) if found[3] else None
            if score <= 1 and (rank is None or rank <= 1):
                yield Enrichment(
                    id=found[1], feed=NAME, epss=score, epss_percentile=rank, epss_date=date
                )
                continue
        elif not line.strip():
            continue
        refused += 1
        if refused <= MAX_REFUSED:
            message = f"neither a CVE with two numbers up to 1: {word(line[:100])!r}"
            yield Refused(feed=NAME, record=f"line {number + 1}", code="malformed", message=message)
    if refused > MAX_REFUSED:
        message = f"{refused - MAX_REFUSED} further lines can't be used"
        yield Refused(feed=NAME, record="further lines", code="too_many", message=message)
