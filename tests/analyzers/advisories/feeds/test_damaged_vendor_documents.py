"""Documents of vendors that are damaged: each is read as far as it goes, refused, or unreadable."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pytest

from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.csaf import CsafFeed
from scantling_analyzers.advisories.feeds.cvrf import CvrfFeed
from scantling_analyzers.advisories.feeds.cyclonedx_vex import CycloneDxVexFeed
from scantling_analyzers.advisories.feeds.openvex import OpenVexFeed
from scantling_analyzers.advisories.feeds.oval import OvalFeed
from scantling_analyzers.advisories.feeds.repository_to_cpe import RepositoryToCpeFeed
from scantling_analyzers.advisories.feeds.updateinfo import UpdateinfoFeed
from scantling_analyzers.advisories.models import Advisory, Refused
from tests.builders.feeds import cvrf, updateinfo
from tests.builders.feeds.csaf import SUSE, csaf, part_of, product, red_hat, vulnerability
from tests.builders.feeds.document import document
from tests.builders.feeds.oval import Oval, all_of, any_of

if TYPE_CHECKING:
    from scantling_analyzers.advisories.feeds.contract import Feed
    from scantling_analyzers.advisories.models import Said

ROUNDS: Final = 300
FOO: Final = ("foo-0:1.2-3.el8_8.x86_64", "pkg:rpm/redhat/foo@1.2-3.el8_8?arch=x86_64")
WRONG: Final[list[Any]] = [None, 1, -1.5, True, "", "x" * 5000, "\x00\u202e", [], {}, [[]], [{}]]


def an_oval() -> str:
    made = Oval("oval:org.opensuse.security")
    leap = made.release("openSUSE Leap 15.5 is installed")
    packages = [made.before(f"p{n}", f"0:1-{n}", arch="(x86_64|aarch64)") for n in range(3)]
    made.definition(all_of(leap, any_of(*packages)), references=("CVE-2023-0001",))
    made.definition(all_of(leap, made.before(["a", "b"], "2")), references=("CVE-2023-0002",))
    return made.text()


def an_updateinfo() -> str:
    package = updateinfo.package("foo", "1.2", "3.module+el8.8.0", epoch="1")
    return updateinfo.updateinfo(
        updateinfo.update("ALSA-2023:1", updateinfo.collection(package, module="foo:1")),
        updateinfo.update("ALSA-2023:2", updateinfo.collection(package)),
    )


def a_cvrf() -> str:
    tree = cvrf.branch("Package Arch", "x86_64", cvrf.full_name("a-1-2", cpe="c", text="a-1-2.rpm"))
    return cvrf.cvrf("SUSE-SU-2018:1", cvrf.vulnerability("CVE-2018-1", Fixed=["a-1-2"]), tree=tree)


def a_csaf() -> dict[str, Any]:
    return red_hat(
        FOO,
        fixed=[FOO[0]],
        threats=[{"category": "impact", "details": "Low", "product_ids": [FOO[0]]}],
        remediations=[{"category": "no_fix_planned", "details": "x", "product_ids": [FOO[0]]}],
        scores=[{"products": [], "cvss_v3": {"vectorString": "CVSS:3.1/AV:N", "baseScore": 8.8}}],
    )


def a_suse_csaf() -> dict[str, Any]:
    name = "SUSE Linux Enterprise Server 15 SP5"
    return csaf(
        vulnerability(recommended=[f"{name}:a-1-2"], known_affected=[f"{name}:b"]),
        publisher=SUSE,
        branches=[product(name), product("a-1-2")],
        relationships=[part_of("a-1-2", name), part_of("b", name)],
    )


def a_csaf_vex() -> dict[str, Any]:
    return csaf(
        vulnerability(known_not_affected=["app"], flags=[{"label": "x", "product_ids": ["app"]}]),
        publisher="https://app.example",
        branches=[product("app", purl="pkg:oci/app")],
    )


def an_openvex() -> dict[str, Any]:
    statement = {"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "a"}], "status": "fixed"}
    return {"@context": "https://openvex.dev/ns", "@id": "x", "statements": [statement]}


def a_cyclonedx() -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "components": [{"bom-ref": "a", "purl": "pkg:npm/a@1"}],
        "vulnerabilities": [
            {
                "id": "CVE-1",
                "analysis": {"state": "resolved"},
                "affects": [{"ref": "a", "versions": [{"version": "1"}]}],
            }
        ],
    }


def a_table() -> dict[str, Any]:
    return {"data": {"a": {"cpes": ["cpe:/o:redhat:enterprise_linux:8"]}}}


XML: Final[list[tuple[Feed, Any]]] = [
    (OvalFeed(), an_oval),
    (UpdateinfoFeed(), an_updateinfo),
    (CvrfFeed(), a_cvrf),
]
JSON: Final[list[tuple[Feed, Any]]] = [
    (CsafFeed(), a_csaf),
    (CsafFeed(), a_suse_csaf),
    (CsafFeed(), a_csaf_vex),
    (OpenVexFeed(), an_openvex),
    (CycloneDxVexFeed(), a_cyclonedx),
    (RepositoryToCpeFeed(), a_table),
]


def read(feed: Feed, content: bytes) -> list[Said]:
    """Return what is said until the reader gives up; another exception than its own fails."""
    found: list[Said] = []
    with suppress(FeedUnreadable):
        found.extend(feed.read(document(content)))
    for each in found:
        if isinstance(each, Advisory):
            assert each.id
            assert all(said.stream and said.name for said in each.statements)
        if isinstance(each, Refused):
            assert each.code
    return found


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a document with some bytes changed, left out, or written twice."""
    made = bytearray(content)
    for _ in range(chance.randrange(1, 6)):
        made += b" "
        at = chance.randrange(len(made))
        until = min(len(made), at + chance.randrange(1, 40))
        match chance.randrange(4):
            case 0:
                made[at] = chance.randrange(256)
            case 1:
                del made[at:until]
            case 2:
                made[at:at] = made[at:until]
            case _:
                made[at:until] = bytes(chance.choice(b'<>&"{}[],:0aA-') for _ in range(3))
    return bytes(made)


@pytest.mark.parametrize(("feed", "make"), XML + JSON)
def test_bytes_that_are_damaged_make_no_reader_fail(feed: Feed, make: Any) -> None:
    made = make()
    content = (made if isinstance(made, str) else json.dumps(made)).encode()
    chance = random.Random(20_231_127)  # noqa: S311  # the same damage each time

    assert any(not isinstance(each, Refused) for each in read(feed, content))
    for _ in range(ROUNDS):
        read(feed, damaged(content, chance))


@pytest.mark.parametrize(("feed", "make"), JSON)
def test_values_of_a_wrong_type_make_no_reader_fail(feed: Feed, make: Any) -> None:
    places = list(_places(make()))

    for number in range(len(places)):
        for wrong in WRONG:
            made = make()
            holder, key = list(_places(made))[number]
            holder[key] = wrong
            read(feed, json.dumps(made).encode())


@pytest.mark.parametrize(("feed", "make"), XML + JSON)
def test_a_document_that_ends_too_early_is_unreadable(feed: Feed, make: Any) -> None:
    made = make()
    content = (made if isinstance(made, str) else json.dumps(made)).strip().encode()

    for end in range(0, len(content), max(1, len(content) // 50)):
        with pytest.raises(FeedUnreadable):
            list(feed.read(document(content[:end])))


def _places(value: Any) -> Any:
    """Give each place in a document: what holds it, and the key or index there."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inside in list(items):
        yield value, key
        if isinstance(inside, dict | list):
            yield from _places(inside)
