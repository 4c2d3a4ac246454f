"""CVRF 1.1 documents as SUSE and openEuler publish them."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr


def full_name(id_: str, *, cpe: str = "", text: str = "") -> str:
    """Make a product."""
    at_cpe = f" CPE={quoteattr(cpe)}" if cpe else ""
    name = escape(text or id_)
    return f"<FullProductName ProductID={quoteattr(id_)}{at_cpe}>{name}</FullProductName>"


def branch(kind: str, name: str, *inside: str) -> str:
    """Make a branch of the product tree."""
    return f"<Branch Type={quoteattr(kind)} Name={quoteattr(name)}>{''.join(inside)}</Branch>"


def part_of(part: str, whole: str) -> str:
    """Make the relationship by which a product is a part of another one."""
    return (
        f'<Relationship ProductReference={quoteattr(part)} RelationType="Default Component Of" '
        f"RelatesToProductReference={quoteattr(whole)}>{full_name(f'{whole}:{part}')}</Relationship>"
    )


def vulnerability(cve: str, *, scores: str = "", threat: str = "moderate", **statuses: Any) -> str:
    """Make a vulnerability; statuses are given as ``Fixed=[…]``, ``Known_Affected=[…]``."""
    lists = "".join(
        f'<Status Type="{kind.replace("_", " ")}">'
        + "".join(f"<ProductID>{escape(id_)}</ProductID>" for id_ in ids)
        + "</Status>"
        for kind, ids in statuses.items()
    )
    return (
        '<Vulnerability xmlns="http://www.icasi.org/CVRF/schema/vuln/1.1" Ordinal="1">'
        '<Notes><Note Title="Vulnerability Description" Type="General">A flaw.</Note></Notes>'
        f"<CVE>{cve}</CVE><ProductStatuses>{lists}</ProductStatuses>"
        f'<Threats><Threat Type="Impact"><Description>{threat}</Description></Threat></Threats>'
        f"<CVSSScoreSets>{scores}</CVSSScoreSets></Vulnerability>"
    )


def cvrf(id_: str, *vulnerabilities: str, tree: str = "", contact: str = "security@suse.de") -> str:
    """Make a document."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<cvrfdoc xmlns="http://www.icasi.org/CVRF/schema/cvrf/1.1">'
        '<DocumentTitle xml:lang="en">Security update for foo</DocumentTitle>'
        '<DocumentPublisher Type="Vendor">'
        f"<ContactDetails>{contact}</ContactDetails>"
        "<IssuingAuthority>A security team</IssuingAuthority></DocumentPublisher>"
        f"<DocumentTracking><Identification><ID>{id_}</ID></Identification>"
        "<InitialReleaseDate>2018-06-22T11:42:43Z</InitialReleaseDate>"
        "<CurrentReleaseDate>2018-06-23</CurrentReleaseDate></DocumentTracking>"
        '<DocumentNotes><Note Title="Details" Type="General">foo was mended.</Note></DocumentNotes>'
        '<DocumentReferences><Reference Type="Self"><URL>https://vendor.example/a</URL></Reference>'
        "</DocumentReferences>"
        f'<ProductTree xmlns="http://www.icasi.org/CVRF/schema/prod/1.1">{tree}</ProductTree>'
        f"{''.join(vulnerabilities)}</cvrfdoc>"
    )
