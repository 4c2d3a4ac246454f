"""What feeds say, in one form, whatever form they say it in (after the OSV schema, 1.7).

A reader of a feed turns bytes into these; the database is built from them alone. Text comes from
strangers: readers pass it through :mod:`scantling_analyzers.advisories.text`.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

EventKind = Literal["introduced", "fixed", "last_affected", "limit"]
"""What a bound of a range says (OSV schema, ``affected[].ranges[].events``)."""

ScoreKind = Literal["cvss_v2", "cvss_v3", "cvss_v4", "word"]
"""How a severity is given: a CVSS vector, or the publisher's own word for it."""

FixState = Literal[
    "",
    "not_fixed",
    "will_not_fix",
    "end_of_life",
    "deferred",
    "under_investigation",
    "not_affected",
]
"""What the publisher says of a package beyond its versions; empty where the ranges say it all.

``not_affected`` says that no version in the ranges is vulnerable: it is kept, because it overrules
what others say.
"""

NameOf = Literal["source", "binary"]
"""Which of a system package's two names a statement speaks of."""

Event = tuple[EventKind, str]
"""A bound of a range: ``("introduced", "0")`` is the beginning of all versions."""


class Statement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an advisory says of one package in one stream.

    ``stream`` is a key of :mod:`scantling_analyzers.advisories.streams` (``debian:12``, ``Maven``):
    whose package it is. A package is affected where its version is in one of ``ranges`` or among
    ``versions``; neither means every version. ``arches`` limits it to architectures as the package
    manager writes them, ``module`` to a module stream of rpm (``nodejs:18``), ``repositories`` to
    images built from one of these content sets or of a product of that CPE name; empty: all.
    """

    stream: str
    name: str
    name_of: NameOf = "binary"
    ranges: tuple[tuple[Event, ...], ...] = ()
    versions: tuple[str, ...] = ()
    state: FixState = ""
    arches: tuple[str, ...] = ()
    module: str = ""
    repositories: tuple[str, ...] = ()
    severity: str = ""


class Score(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One judgement of severity: ``source`` is who says it (``nvd``, ``redhat``, ``ghsa``).

    ``text`` is a CVSS vector string, or a word as the publisher writes it; ``value`` the base
    score where the publisher gives one beside the vector, else it is computed.
    """

    source: str
    kind: ScoreKind
    text: str
    value: float | None = None


class Reference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A link: ``kind`` is a word of the OSV schema (``ADVISORY``, ``FIX``, ``WEB``, …)."""

    url: str
    kind: str = "WEB"


class Advisory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One advisory of one feed.

    ``vulnerabilities`` are the ids of what it speaks of, where it is an announcement of fixes
    (``RHSA-…`` of three CVEs); empty: it is about ``id`` itself. ``aliases`` are other names of the
    same vulnerability, ``upstream`` those that it stems from, ``related`` merely related ones.
    Times are RFC 3339 in UTC or a date, empty where unknown; a ``withdrawn`` one matches nothing.
    """

    id: str
    feed: str
    vulnerabilities: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    title: str = ""
    details: str = ""
    published: str = ""
    modified: str = ""
    withdrawn: str = ""
    scores: tuple[Score, ...] = ()
    weaknesses: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    statements: tuple[Statement, ...] = ()


class Enrichment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one vulnerability whatever package it is in.

    ``exploited_since`` is the date from the KEV catalogue, with ``ransomware`` where campaigns are
    known and ``due`` until when the catalogue wants it mended. ``epss`` is the probability that it
    is exploited in the next 30 days, ``epss_percentile`` its rank, both 0 to 1, at ``epss_date``.
    """

    id: str
    feed: str
    title: str = ""
    details: str = ""
    published: str = ""
    modified: str = ""
    rejected: bool = False
    scores: tuple[Score, ...] = ()
    weaknesses: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    exploited_since: str = ""
    due: str = ""
    ransomware: bool = False
    epss: float | None = None
    epss_percentile: float | None = None
    epss_date: str = ""


class Exemption(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A VEX statement: what somebody says of a vulnerability in a product, whatever its version.

    ``products`` are package URLs (without a version: of every version), digests of images
    (``pkg:oci/name@sha256:…``), CPE names; ``components`` are the packages in them that it is
    about, where named. ``status`` is a word of OpenVEX. ``document``, ``author``: who says it.
    """

    vulnerability: str
    aliases: tuple[str, ...] = ()
    status: Literal["not_affected", "affected", "fixed", "under_investigation"]
    products: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    justification: str = ""
    statement: str = ""
    document: str = ""
    author: str = ""
    timestamp: str = ""
    feed: str = ""


class Coverage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """That a feed speaks for a stream, also where it says nothing bad of it (an empty list).

    Where documents of a feed each speak for one of several ``parts`` of a stream, ``part`` is
    which; without the first of them a stream is not spoken for.
    """

    feed: str
    stream: str
    part: str = ""
    parts: tuple[str, ...] = ()


class RepositoryCpe(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of which products a repository (a content set of Red Hat) is, by their CPE names."""

    feed: str
    repository: str
    cpes: tuple[str, ...] = ()


class Refused(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record, or a part of one, that can't be used, by its id or its line; ``code`` is stable.

    ``part`` is true where the rest of the record was used.
    """

    feed: str
    record: str
    code: str
    message: str
    part: bool = False


Said = Advisory | Enrichment | Exemption | Coverage | RepositoryCpe | Refused
"""All that a reader of a feed yields."""

MALICIOUS: Final = "MAL-"
"""How the ids begin of records of packages that are malicious themselves (OSV, malicious packages).
"""
MAX_TEXT: Final = 20_000
"""How many characters of a description are kept."""
MAX_TITLE: Final = 500
MAX_REFERENCES: Final = 100
MAX_EVENTS: Final = 10_000
"""How many bounds one range may have."""
