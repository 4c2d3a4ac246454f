"""Of an OVAL definition its ids, and what is only shown; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypedDict

from scantling_analyzers.advisories.feeds.csaf_texts import MAX_SCORES, link
from scantling_analyzers.advisories.feeds.loose_times import loose_instant
from scantling_analyzers.advisories.models import MAX_REFERENCES, Score
from scantling_analyzers.advisories.text import prose, title, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.hardened_xml import Element
    from scantling_analyzers.advisories.models import Reference, ScoreKind

MAX_IDS: Final = 5_000
_CVE: Final = re.compile(r"CVE-\d{4}-\d{4,19}", re.ASCII)
_CWE: Final = re.compile(r"CWE-\d{1,6}", re.ASCII)
_PACKAGE: Final = "Package"
_ERRATUM: Final = re.compile(
    r"(?:RH[SBE]A|EL[SBE]A|USN|LSN|(?:open)?SUSE-[A-Z]U)-[\w:.-]{1,60}", re.ASCII
)
_VECTOR: Final = re.compile(
    r"(?:(\d{1,2}(?:\.\d)?)/)?((?:CVSS:[34]\.\d/)?[A-Za-z]{1,3}:[\w:/]{5,300})"
)


class Texts(TypedDict):
    """The fields of an advisory that are only shown."""

    title: str
    details: str
    published: str
    modified: str
    scores: tuple[Score, ...]
    weaknesses: tuple[str, ...]
    references: tuple[Reference, ...]


def ids_of(definition: Element) -> tuple[str, tuple[str, ...]]:
    """Return the id of an erratum with the CVEs that it fixes, or a CVE with none.

    The id is empty where neither is named.
    """
    texts = [each.get("ref_id") for each in definition.every("metadata", "reference")]
    name = definition.said("metadata", "title")
    texts.append(name[:1000])
    texts += (each.text for each in definition.every("metadata", "advisory", "cve"))
    cves = tuple(dict.fromkeys(found for text in texts for found in _CVE.findall(text[:1000])))
    if definition.get("class") == "patch":
        errata = [found[0] for text in texts if (found := _ERRATUM.match(text.strip()))]
        if errata:
            return word(errata[0]), cves[:MAX_IDS]
    if len(cves) == 1:
        return cves[0], ()
    own = _CVE.findall(name[:1000])
    if len(set(own)) == 1:
        return own[0], ()
    return (word(definition.get("id")) if cves else ""), cves[:MAX_IDS]


def is_of_package(definition: Element) -> bool:
    """Say whether it is about a package with all its CVEs (Ubuntu, ``….pkg.oval.xml``)."""
    references = definition.every("metadata", "reference")
    return any(each.get("source") == _PACKAGE for each in references)


def texts_of(definition: Element, source: str, *, of_one: str = "") -> Texts:
    """Return what is shown; only what is said of the CVE ``of_one`` where it names one."""
    said = definition.said
    cves = [
        each
        for each in definition.every("metadata", "advisory", "cve")
        if not of_one or each.text.strip() == of_one
    ]
    issued, updated = (_date(definition, name) for name in ("issued", "updated"))
    fallback = loose_instant(
        said("metadata", "advisory", "public_date") or said("metadata", "advisory_date")
    )
    published = issued or fallback
    return Texts(
        title="" if of_one else title(said("metadata", "title")),
        details="" if of_one else prose(said("metadata", "description")),
        published=published,
        modified=updated or published,
        scores=tuple(dict.fromkeys(_scores(definition, cves, source)))[:MAX_SCORES],
        weaknesses=tuple(
            dict.fromkeys(found for each in cves for found in _CWE.findall(each.get("cwe")[:1000]))
        ),
        references=tuple(dict.fromkeys(_links(definition)))[:MAX_REFERENCES],
    )


def _date(definition: Element, name: str) -> str:
    found = next(definition.every("metadata", "advisory", name), None)
    return loose_instant(found.get("date") or found.text) if found is not None else ""


def _scores(definition: Element, cves: list[Element], source: str) -> Iterator[Score]:
    for each in cves:
        for name in ("cvss4", "cvss3", "cvss_vector", "cvss2"):
            found = _VECTOR.fullmatch(each.get(name).strip())
            if found is None:
                continue
            value = found[1] or each.get("cvss_score")
            yield Score(
                source=source,
                kind=_kind(found[2]),
                text=word(found[2]),
                value=float(value) if re.fullmatch(r"\d{1,2}(?:\.\d)?", value) else None,
            )
    text = said if (said := definition.said("metadata", "advisory", "severity")) else ""
    text = word(text or definition.said("metadata", "severity"))
    if not text and len(cves) == 1:
        text = word(cves[0].get("priority"))
    if text:
        yield Score(source=source, kind="word", text=text)


def _kind(vector: str) -> ScoreKind:
    if vector.startswith("CVSS:4"):
        return "cvss_v4"
    return "cvss_v3" if vector.startswith("CVSS:3") else "cvss_v2"


def _links(definition: Element) -> Iterator[Reference]:
    for each in definition.every("metadata", "reference"):
        if found := link(
            each.get("ref_url"), is_self=each.get("source").upper() not in {"CVE", ""}
        ):
            yield found
    for each in definition.every("metadata", "advisory", "bugzilla"):
        if found := link(each.get("href"), is_self=False):
            yield found
