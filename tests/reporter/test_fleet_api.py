"""Searching the fleet, and vulnerabilities with the images that have them, over real HTTP."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from scantling_common.outcomes import DistributionEntry, VulnerabilityEntry
from scantling_common.records.fleet import KnownVulnerability, VulnerabilityBody
from scantling_common.risks import ALWAYS
from scantling_common.store.port import Range
from scantling_common.store.tokens import PageTokenInvalid, encode_token
from scantling_reporter.fleet import affected, walk
from tests.reporter.builders import PROJECT, a_package, an_outcome, digest, results
from tests.reporter.test_api import Api, a_token, serving
from tests.reporter.vulnerabilities import (
    LOG4J,
    OPENSSL,
    a_vulnerability,
    findings,
    log4shell,
    vulnerable,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from scantling_common.outcomes import Finding, PackageEntry
    from tests.reporter.world import World

EVERY = (*ALWAYS, "vulnerability")


def log4j(version: str, path: str) -> PackageEntry:
    purl = f"pkg:maven/org.apache.logging.log4j/log4j-core@{version}"
    return replace(LOG4J, version=version, path=path, purl=purl)


def extensions() -> PackageEntry:
    made = a_package("typing_extensions", "4.8.0", type_="pypi", path="site/METADATA")
    return replace(made, purl="pkg:pypi/typing-extensions@4.8.0")


IMAGES: dict[str, Sequence[PackageEntry]] = {
    "old": (log4j("2.14.1", "srv/a.war!/WEB-INF/lib/log4j-core.jar"), OPENSSL),
    "new": (log4j("2.17.1", "srv/log4j-core.jar"), extensions()),
    "odd": (log4j("unknown", "opt/log4j-core.jar"), replace(OPENSSL, version="3.0.9-1 odd")),
}


async def fill(world: World, found: dict[str, Sequence[Finding]] | None = None) -> None:
    """Scan three images with different packages, and what is found in them."""
    for name, packages in IMAGES.items():
        await world.place(name, repository=f"team/{name}")
        software = replace(
            an_outcome("software", packages=packages),
            distribution=DistributionEntry(id="debian", version_id="12"),
        )
        outcomes = [
            software,
            an_outcome("file"),
            an_outcome("baseimage"),
            replace(vulnerable(), findings=tuple((found or {}).get(name, ()))),
        ]
        await world.send(results(name, 1, outcomes, risks=EVERY))
    await world.run_to_the_end()


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    """Give a client that reads the default project."""
    async with serving(world) as client:
        yield Api(client, await a_token(world, "viewer"))


def names(page: dict[str, Any]) -> list[str]:
    by_digest = {digest(name): name for name in IMAGES}
    return sorted(by_digest[each["digest"]] for each in page["items"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "log4j-core < 2.17"}, ["odd", "old"]),
        ({"q": "log4j-core<2.17"}, ["odd", "old"]),
        ({"q": "log4j-core >= 2.15, < 3"}, ["new"]),
        ({"q": "log4j-core 2.14.1"}, ["old"]),
        ({"q": "log4j-core 2.17.*"}, ["new"]),
        ({"q": "log4j*"}, ["new", "odd", "old"]),
        ({"q": "org.apache.logging.log4j:log4j-core = 2.17.1"}, ["new"]),
        ({"q": "log4j-core"}, ["new", "odd", "old"]),
        ({"package": "log4j-core", "version": "< 2.17"}, ["odd", "old"]),
        ({"q": "openssl < 3.0.5"}, ["odd", "old"]),
        ({"q": "openssl != 3.0.1-1"}, ["odd"]),
        ({"q": "pkg:maven/org.apache.logging.log4j/log4j-core"}, ["new", "odd", "old"]),
        ({"purl": "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"}, ["old"]),
        ({"q": "pkg:maven/org.apache.logging.log4j/log4j-core < 2.17"}, ["odd", "old"]),
        ({"purl": "pkg:deb/debian/openssl"}, ["odd", "old"]),
        ({"purl": "pkg:deb/ubuntu/openssl"}, []),
        ({"purl": "pkg:pypi/typing_extensions"}, ["new"]),
        ({"purl": "pkg:pypi/typing-extensions@4.8"}, ["new"]),
        ({"q": "typing_extensions"}, ["new"]),
        ({"q": "typing-extensions"}, ["new"]),
        ({"q": "Typing.Extensions", "type": "pypi"}, ["new"]),
        ({"q": "openssl", "type": "rpm"}, []),
        ({"path": "srv/log4j-core.jar"}, ["new"]),
        ({"path": "/srv/*.jar"}, ["new", "old"]),
        ({"path": "*.jar"}, ["new", "odd", "old"]),
        ({"path": "*WEB-INF*"}, ["old"]),
        ({"path": "srv/*", "version": "< 2.17"}, ["old"]),
        ({"path": "srv/*", "q": "*"}, ["new", "old"]),
        ({"path": "opt/*", "q": "log4j-core"}, ["odd"]),
        ({"path": "srv/nothing"}, []),
        ({"package": "*"}, ["new", "new", "odd", "odd", "old", "old"]),
    ],
    ids=str,
)
async def test_the_fleet_is_searched(
    world: World, api: Api, query: dict[str, str], found: list[str]
) -> None:
    await fill(world)
    assert names(await api.get("search", **query)) == found
    # The same, one at a time.
    paged, token = [], ""
    for _ in range(len(found) + 1):
        page = await api.get("search", **query, page_size="1", page_token=token)
        paged += names(page)
        token = page["next_page_token"]
        if not token:
            break
    assert sorted(paged) == found
    assert token == ""


async def test_a_hit_says_what_it_is_where_it_is_and_how_sure_that_is(
    world: World, api: Api
) -> None:
    await fill(world)
    page = await api.get("search", q="log4j-core < 2.17")
    by_version = {each["version"]: each for each in page["items"]}
    old = by_version["2.14.1"]
    assert old["certain"] is True
    assert old["paths"] == ["srv/a.war!/WEB-INF/lib/log4j-core.jar"]
    assert old["placements"][0]["repository"] == "team/old"
    assert (old["type"], old["purl"]) == ("maven", LOG4J.purl)
    # What dpkg can't order is shown, and that it was not told.
    ordered = (await api.get("search", q="openssl < 3.0.5"))["items"]
    assert {each["version"]: each["certain"] for each in ordered} == {
        "3.0.1-1": True,
        "3.0.9-1 odd": False,
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "search_invalid"),
        ({"q": "< 2.17"}, "search_invalid"),
        ({"q": "log4j", "package": "log4j"}, "search_invalid"),
        ({"package": "a", "purl": "pkg:npm/a"}, "search_invalid"),
        ({"q": "log4j < "}, "constraint_invalid"),
        ({"package": "log4j", "version": ">"}, "constraint_invalid"),
        ({"purl": "pkg:"}, "search_invalid"),
        ({"purl": "pkg:npm/a", "type": "deb"}, "search_invalid"),
        ({"q": "pkg:npm/a@1 < 2"}, "search_invalid"),
        ({"q": "a", "page_token": "x"}, "page_token_invalid"),
        ({"package": "a" * 513}, "bad_request"),
        ({"path": "*a" * 20}, "pattern_invalid"),
    ],
    ids=str,
)
async def test_a_search_that_can_not_be_understood_is_refused(
    api: Api, query: dict[str, str], code: str
) -> None:
    status, body = await api.ask("GET", "search", **query)
    assert (status, json.loads(body)["code"]) == (400, code)


async def test_a_page_token_that_was_made_up_is_refused(world: World, api: Api) -> None:
    await fill(world)
    page = await api.get("search", q="log4j*", page_size="1")
    status, body = await api.ask(
        "GET", "search", q="log4j-core", page_token=page["next_page_token"]
    )
    assert (status, json.loads(body)["code"]) == (400, "page_token_invalid")
    with pytest.raises(PageTokenInvalid):
        walk.position_of(encode_token(("x", "", "", "", "", ""), "s"), "s")


async def test_a_long_look_is_cut_into_requests(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "EXAMINED", 1)
    monkeypatch.setattr(walk, "EXAMINED_PLACES", 1)
    await fill(world)
    for query in ({"q": "log4j-core 2.17.1"}, {"path": "*log4j-core.jar", "version": "2.17.1"}):
        seen, token = [], ""
        for _ in range(30):
            page = await api.get("search", **query, page_token=token)
            seen += names(page)
            token = page["next_page_token"]
            if not token:
                break
        assert (seen, token) == (["new"], "")


async def test_a_long_look_for_images_is_cut_into_requests(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(affected, "EXAMINED", 1)
    shared = a_vulnerability("CVE-1", OPENSSL)
    aside = replace(shared, details={"suppressed": "never"})
    await fill(world, {"old": [shared], "new": [aside], "odd": [replace(shared, severity="low")]})
    seen, token = [], ""
    for _ in range(10):
        page = await api.get("vulnerabilities/CVE-1", page_token=token)
        seen += names(page)
        token = page["next_page_token"]
        if not token:
            break
    assert (sorted(seen), token) == (["odd", "old"], "")


async def test_vulnerabilities_are_listed_in_every_order(world: World, api: Api) -> None:
    low = a_vulnerability("CVE-2020-1", OPENSSL, severity="low", published="2020-01-01", epss=0.2)
    await fill(world, {"old": findings(), "new": [low]})
    page = await api.get("vulnerabilities")
    assert [each["id"] for each in page["items"]] == [
        "CVE-2021-44228",
        "CVE-2022-2",
        *_sorted_by_id(page, "low"),
        "CVE-2022-4",
    ]
    first = page["items"][0]
    assert (first["severity"], first["score"], first["epss"]) == ("critical", 10.0, 0.97546)
    assert first["aliases"] == ["GHSA-jfh8-c2jp-5v3q"]

    async def ids(**query: str) -> list[str]:
        return [each["id"] for each in (await api.get("vulnerabilities", **query))["items"]]

    assert await ids(severity="high") == ["CVE-2022-2"]
    assert await ids(exploited="true") == ["CVE-2021-44228"]
    assert (await ids(sort="epss"))[:2] == ["CVE-2021-44228", "CVE-2020-1"]
    assert (await ids(sort="published"))[:2] == ["CVE-2021-44228", "CVE-2020-1"]
    assert (await ids(sort="id"))[0] == "CVE-2020-1"
    assert (await ids(sort="id", order="descending"))[0] == "CVE-2022-4"
    assert await ids(sort="epss", severity="low", exploited="true") == []


def _sorted_by_id(page: dict[str, Any], severity: str) -> list[str]:
    return [each["id"] for each in page["items"] if each["severity"] == severity]


async def test_what_is_set_aside_everywhere_is_not_listed(world: World, api: Api) -> None:
    await fill(world, {"old": findings()})
    listed = [each["id"] for each in (await api.get("vulnerabilities"))["items"]]
    assert "CVE-2022-1" not in listed
    assert (await api.get("vulnerabilities/CVE-2022-1"))["items"] == []
    (image,) = (await api.get("vulnerabilities/CVE-2022-1", suppressed="true"))["items"]
    assert image["suppressed"] is True
    assert image["packages"][0]["suppressed"] == "the code is never reached"


async def test_a_list_of_vulnerabilities_is_paged(world: World, api: Api) -> None:
    await fill(world, {"old": findings()})
    whole = [each["id"] for each in (await api.get("vulnerabilities"))["items"]]
    paged, token = [], ""
    while True:
        page = await api.get("vulnerabilities", page_size="1", page_token=token)
        paged += [each["id"] for each in page["items"]]
        token = page["next_page_token"]
        if not token:
            break
    assert paged == whole


@pytest.mark.parametrize("name", ["CVE-2021-44228", "cve-2021-44228", "ghsa-JFH8-c2jp-5v3q"])
async def test_a_vulnerability_is_shown_by_any_of_its_names(
    world: World, api: Api, name: str
) -> None:
    await fill(world, {"old": findings(), "new": [log4shell()]})
    shown = await api.get(f"vulnerabilities/{name}")
    assert (shown["id"], shown["description"]) == (
        "CVE-2021-44228",
        "JNDI features\nare not protected.",
    )
    assert shown["scores"][0]["source"] == "nvd"
    assert (shown["ransomware"], shown["due"]) == (True, "2021-12-24")
    assert names(shown) == ["new", "old"]
    image = shown["items"][0]
    assert image["severity"] == "critical"
    assert image["fixable"] is True
    assert image["packages"][0]["fixed_version"] == "2.15.0"
    assert image["placements"][0]["tag"] == "latest"


async def test_the_images_of_a_vulnerability_are_paged(world: World, api: Api) -> None:
    shared = a_vulnerability("CVE-1", OPENSSL)
    other = a_vulnerability("CVE-2", LOG4J)
    await fill(world, {"old": [shared], "new": [shared, other], "odd": [shared]})
    seen, token = [], ""
    while True:
        page = await api.get("vulnerabilities/CVE-1", page_size="1", page_token=token)
        seen += names(page)
        token = page["next_page_token"]
        if not token:
            break
    assert sorted(seen) == ["new", "odd", "old"]


async def test_what_no_image_has_any_more_is_not_listed_and_has_no_images(
    world: World, api: Api
) -> None:
    await fill(world, {"old": findings()})
    async for placement in world.placements.each(Range(index="gone")):
        if placement.repository == "team/old":
            await world.remove(placement)
    await world.run_to_the_end()
    assert (await api.get("vulnerabilities"))["items"] == []
    assert (await api.get("vulnerabilities/CVE-2021-44228"))["items"] == []
    assert names(await api.get("search", q="log4j-core < 2.17")) == ["odd"]


async def test_a_vulnerability_that_is_not_known_is_not_found(world: World, api: Api) -> None:
    await fill(world)
    status, body = await api.ask("GET", "vulnerabilities/CVE-1999-1")
    assert (status, json.loads(body)["code"]) == (404, "not_found")


async def known(name: str) -> KnownVulnerability | None:
    """Know a vulnerability that no image has, and one of the fleet by a name of its own."""
    if name == "GHSA-of-log4j":
        return KnownVulnerability(id="CVE-2021-44228", severity="low", body=VulnerabilityBody())
    if name not in {"CVE-2022-23806", "GO-2022-0001"}:
        return None
    entry = VulnerabilityEntry(aliases=("GO-2022-0001",), score=9.1, published="2022-02-11")
    body = VulnerabilityBody(title="elliptic curves", description="of Go", known=entry)
    return KnownVulnerability(id="CVE-2022-23806", severity="critical", body=body)


async def test_a_vulnerability_of_no_image_is_shown_as_the_advisories_know_it(world: World) -> None:
    await fill(world, {"old": findings()})
    async with serving(world, known) as client:
        api = Api(client, await a_token(world, "viewer"))
        for name in ("CVE-2022-23806", "GO-2022-0001"):
            shown = await api.get(f"vulnerabilities/{name}")
            assert (shown["id"], shown["severity"], shown["score"]) == (
                "CVE-2022-23806",
                "critical",
                9.1,
            )
            assert (shown["title"], shown["items"]) == ("elliptic curves", [])
        assert len((await api.get("vulnerabilities/GHSA-of-log4j"))["items"]) == 1
        status, body = await api.ask("GET", "vulnerabilities/CVE-1999-1")

    assert status == 404
    assert "no advisories at hand know it" in body


async def test_another_project_sees_nothing_and_another_token_may_not_ask(world: World) -> None:
    await fill(world, {"old": findings()})
    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(serving(world))
        admin = Api(client, await a_token(world, "admin", "*"))
        other = Api(client, await a_token(world, "viewer", "other"))
        for path in ("search", "vulnerabilities"):
            query = {"q": "log4j-core"} if path == "search" else {}
            assert (await admin.get(path, **query, project="other"))["items"] == []
            assert (await other.get(path, **query))["items"] == []
            assert (await other.ask("GET", path, None, **query, project=PROJECT))[0] == 403
        assert (await other.ask("GET", "vulnerabilities/CVE-2021-44228"))[0] == 404
