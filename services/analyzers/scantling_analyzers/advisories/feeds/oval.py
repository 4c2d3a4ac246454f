"""OVAL 5 of Red Hat, SUSE, Oracle, Ubuntu and Azure Linux; field mapping in feeds.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.hardened_xml import records
from scantling_analyzers.advisories.feeds.oval_criteria import Criteria, TooMany
from scantling_analyzers.advisories.feeds.oval_document import referred
from scantling_analyzers.advisories.feeds.oval_publishers import publisher_of
from scantling_analyzers.advisories.feeds.oval_statements import statements_of
from scantling_analyzers.advisories.feeds.oval_texts import ids_of, is_of_package, texts_of
from scantling_analyzers.advisories.feeds.reasons import Reasons
from scantling_analyzers.advisories.models import Advisory, Refused
from scantling_analyzers.advisories.text import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.advisories.feeds.contract import Document
    from scantling_analyzers.advisories.feeds.hardened_xml import Element
    from scantling_analyzers.advisories.feeds.oval_criteria import Alternative
    from scantling_analyzers.advisories.feeds.oval_document import Referred
    from scantling_analyzers.advisories.models import Said

NAME: Final = "oval"
READ: Final = frozenset({"patch", "vulnerability"})
INVENTORY: Final = "inventory"
"""Definitions that say which release is installed: other definitions refer to them."""
_OF_CVE: Final = re.compile(r"\((CVE-\d{4}-\d{4,19})\)", re.ASCII)
"""How comments of criteria begin in definitions that are about a package."""
_MARK: Final = re.compile(rb"<(?:[\w-]{1,20}:)?oval_definitions[\s>/]")


class OvalFeed:
    """Reads OVAL definitions; the statements carry the publisher's own name (``suse-oval``)."""

    @property
    def name(self) -> str:
        """Return the feed's name."""
        return NAME

    def recognises(self, path: str, head: bytes) -> bool:  # noqa: ARG002  # the content tells
        """Say whether it is XML of which the root is that of OVAL definitions."""
        return _MARK.search(head) is not None

    def read(self, document: Document) -> Iterator[Said]:
        """Yield an advisory for each definition of a patch or of a vulnerability."""
        all_referred = referred(document.open())
        count = 0
        for definition in records(document.open(), {"definition"}, last="definitions"):
            count += 1
            yield from _said(definition, all_referred, document.path)
        if not count:
            raise FeedUnreadable("the document has no definition")


def _said(definition: Element, all_referred: Referred, path: str) -> Iterator[Said]:
    id_ = word(definition.get("id"))
    publisher = publisher_of(id_)
    kind = definition.get("class")
    if kind == INVENTORY or definition.get("deprecated") == "true":
        return
    if publisher is None or kind not in READ:
        what = f"of the class {word(kind)}" if publisher else "of a publisher that is not known"
        yield Refused(
            feed=f"{publisher.name}-{NAME}" if publisher else NAME,
            record=id_,
            code="unsupported_format" if publisher else "unknown_publisher",
            message=f"a definition {what}",
        )
        return
    feed = f"{publisher.name}-{NAME}"
    reasons = Reasons(feed, id_)
    criteria = definition.find("criteria")
    if definition.cut:
        reasons.add("too_many", "a definition that is too large")
    elif criteria is None:
        reasons.add("malformed", "a definition without criteria")
    else:
        try:
            alternatives = Criteria(all_referred, publisher, reasons).alternatives(criteria)
        except TooMany:
            alternatives = ()
            reasons.add("too_many", "criteria with too many alternatives")
        used = False
        for subject in _subjects(definition, alternatives, reasons):
            statements = statements_of(definition, subject.alternatives, publisher, reasons, path)
            if not statements and not reasons:
                reasons.add("names_no_package", "criteria that name no package")
            if statements and subject.id:
                used = True
                yield Advisory(
                    id=subject.id,
                    feed=feed,
                    vulnerabilities=subject.vulnerabilities,
                    statements=statements,
                    **texts_of(definition, publisher.name, of_one=subject.of_one),
                )
            elif not subject.id:
                reasons.add("malformed", "a definition that names neither an erratum nor a CVE")
        yield from reasons.refused(part=used)
        return
    yield from reasons.refused(part=False)


class _Subject(NamedTuple):
    """What a definition is about, and what of its criteria is; ``of_one`` of several CVEs."""

    id: str
    vulnerabilities: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    of_one: str = ""


def _subjects(
    definition: Element, alternatives: tuple[Alternative, ...], reasons: Reasons
) -> Iterator[_Subject]:
    """Give what a definition is about: one thing, or each CVE of a package of Ubuntu."""
    if not is_of_package(definition):
        yield _Subject(*ids_of(definition), alternatives)
        return
    by_cve: dict[str, list[Alternative]] = {}
    for each in alternatives:
        if found := _OF_CVE.match(each.comment):
            by_cve.setdefault(found[1], []).append(each)
        else:
            reasons.add("malformed", "a criterion that names no CVE", each.comment)
    for cve, told in by_cve.items():
        yield _Subject(cve, (), tuple(told), of_one=cve)
