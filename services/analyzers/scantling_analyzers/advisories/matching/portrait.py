"""What is shown of a vulnerability, whatever image it is in; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.advisories.matching.severity import Severities, severities
from scantling_analyzers.advisories.models import Enrichment, Score
from scantling_analyzers.advisories.streams import type_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scantling_analyzers.advisories.matching.contract import Advisories
    from scantling_analyzers.advisories.matching.verdict import Holding, Verdict
    from scantling_analyzers.advisories.models import Advisory

MAX_REFERENCES: Final = 30
MAX_WEAKNESSES: Final = 20
MAX_OTHERS: Final = 8
"""How many advisories of other streams are asked for a severity where the own ones have none."""
_TITLE_LENGTH: Final = 120


class Portrait(msgspec.Struct, frozen=True):
    """A vulnerability as findings show it; dates are RFC 3339, empty where unknown."""

    id: str
    title: str
    severities: Severities
    description: str = ""
    aliases: tuple[str, ...] = ()
    published: str = ""
    modified: str = ""
    weaknesses: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    exploited_since: str = ""
    due: str = ""
    ransomware: bool = False
    epss: float | None = None
    epss_percentile: float | None = None


def portrait_of(verdict: Verdict, advisories: Advisories) -> Portrait:
    """Return what is known of the vulnerability of a verdict."""
    known = advisories.vulnerability(verdict.vulnerability)
    enrichments = known.enrichments if known is not None else ()
    holdings = (verdict.decided, *verdict.others)
    records = {each.claim.advisory: advisories.advisory(each.claim.advisory) for each in holdings}
    decided = records[verdict.decided.claim.advisory]
    others = list(_scores(enrichments))
    own = list(_own_scores(holdings, records, others))
    chosen = severities(own, others)
    if chosen.severity == "unknown" and known is not None:
        numbers = [number for number in known.advisories if number not in records][:MAX_OTHERS]
        others += _scores(advisories.advisory(number) for number in numbers)
        chosen = severities(own, others)
    # An announcement describes all that it mends, so of one vulnerability others tell more.
    speaking: list[Advisory | Enrichment] = [*enrichments, decided]
    if not verdict.decided.announces:
        speaking.reverse()
    aliases = known.aliases if known is not None else ()
    return _drawn(verdict.vulnerability, aliases, speaking, (decided, *speaking), chosen)


def portrait_alone(name: str, advisories: Advisories) -> Portrait | None:
    """Return what is known of a vulnerability by any of its names, whatever it is in, or None.

    It is as severe as who numbers vulnerabilities says, else as some other that speaks of it.
    """
    known = advisories.vulnerability(name) or advisories.vulnerability(name.upper())
    if known is None:
        return None
    speaking: list[Advisory | Enrichment] = [*known.enrichments]
    speaking += [advisories.advisory(number) for number in known.advisories[:MAX_OTHERS]]
    return _drawn(known.id, known.aliases, speaking, speaking, severities([], _scores(speaking)))


def _drawn(
    id_: str,
    aliases: tuple[str, ...],
    speaking: Sequence[Advisory | Enrichment],
    linking: Sequence[Advisory | Enrichment],
    chosen: Severities,
) -> Portrait:
    enrichments = [each for each in speaking if isinstance(each, Enrichment)]
    rated = max(enrichments, key=lambda each: (each.epss is not None, each.epss_date), default=None)
    exploited = next((each for each in enrichments if each.exploited_since), None)
    description = next((each.details for each in speaking if each.details), "")
    return Portrait(
        id=id_,
        title=_title(speaking, description) or id_,
        severities=chosen,
        description=description,
        aliases=aliases,
        published=min(filter(None, (each.published for each in speaking)), default=""),
        modified=max((each.modified for each in speaking), default=""),
        weaknesses=_unique((each.weaknesses for each in speaking), MAX_WEAKNESSES),
        references=_unique(
            ([link.url for link in each.references] for each in linking),
            MAX_REFERENCES,
        ),
        exploited_since=exploited.exploited_since if exploited else "",
        due=exploited.due if exploited else "",
        ransomware=any(each.ransomware for each in enrichments),
        epss=rated.epss if rated else None,
        epss_percentile=rated.epss_percentile if rated else None,
    )


def _own_scores(
    holdings: Sequence[Holding], records: dict[int, Advisory], others: list[Score]
) -> Iterator[Score]:
    """Yield what the distribution says of this vulnerability; all else goes to ``others``.

    The severity of an announcement is that of the worst vulnerability that it mends.
    """
    for holding in holdings:
        record = records[holding.claim.advisory]
        alone = len(record.vulnerabilities) <= 1 and type_of(holding.question.stream) is not None
        if holding.claim.severity:
            yield Score(source=record.feed, kind="word", text=holding.claim.severity)
        if alone:
            yield from record.scores
        else:
            others.extend(record.scores)


def _scores(records: Iterable[Advisory | Enrichment]) -> Iterator[Score]:
    for record in records:
        yield from record.scores


def _title(speaking: Sequence[Advisory | Enrichment], description: str) -> str:
    title = next((each.title for each in speaking if each.title), "")
    if title:
        return title
    line = description.partition("\n")[0]
    if len(line) <= _TITLE_LENGTH:
        return line
    return f"{line[: _TITLE_LENGTH - 1].rpartition(' ')[0] or line[: _TITLE_LENGTH - 1]}…"


def _unique(lists: Iterable[Iterable[str]], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for listed in lists for each in listed))[:most]
