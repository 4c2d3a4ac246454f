"""`scantling search` and `scantling vulnerability`, against a server with a small fleet."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.reporter.builders import digest
from tests.reporter.test_api import a_token, serving
from tests.reporter.test_fleet_api import fill
from tests.reporter.vulnerabilities import OPENSSL, a_vulnerability, findings
from tests.reporter.world import World
from tests.standalone.running import scantling

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Run = Callable[..., Awaitable[CompletedProcess[str]]]

HOSTILE = "\x1b]0;owned\x07"


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Run]:
    """Give a command that asks a server."""
    world = World(tmp_path)
    await world.prepare()
    named = a_vulnerability("CVE-2020-1", OPENSSL, severity="low", description=HOSTILE)
    await fill(world, {"old": findings(), "new": [named]})
    token = tmp_path / "token"
    await asyncio.to_thread(token.write_text, await a_token(world, "viewer"))
    async with serving(world) as client:

        async def command(*arguments: str) -> CompletedProcess[str]:
            return await asyncio.to_thread(
                scantling,
                *arguments,
                SCANTLING_SERVER=str(client.make_url("/")).rstrip("/"),
                SCANTLING_TOKEN_FILE=str(token),
            )

        yield command
    await world.close()


def table(ended: CompletedProcess[str]) -> list[list[str]]:
    assert ended.returncode == 0, ended.stderr
    return [line.split() for line in ended.stdout.splitlines()]


async def answer(run: Run, *arguments: str) -> Any:
    ended = await run(*arguments, "--format", "json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


async def test_packages_are_found_by_constraint_purl_and_path(run: Run) -> None:
    for arguments, versions in (
        (("log4j-core < 2.17",), {"2.14.1", "unknown"}),
        (("log4j-core", "--version", ">= 2.15"), {"2.17.1"}),
        (("--purl", "pkg:pypi/typing_extensions"), {"4.8.0"}),
        (("--path", "srv/*.jar", "--type", "maven"), {"2.14.1", "2.17.1"}),
    ):
        found = await answer(run, "search", *arguments)
        assert {each["version"] for each in found} == versions, arguments


async def test_a_table_has_the_columns_that_say_something(run: Run) -> None:
    plain = table(await run("search", "log4j-core"))
    assert plain[0] == ["PACKAGE", "VERSION", "TYPE", "PART", "OF", "IMAGES"]
    unsure = table(await run("search", "openssl < 3.0.5", "--path", "var/*"))
    assert unsure[0][-2:] == ["PATH", "SURE"]
    assert {row[-1] for row in unsure[1:]} == {"yes", "no"}


async def test_a_search_for_nothing_is_a_mistake(run: Run) -> None:
    assert (await run("search")).returncode == 2
    refused = await run("search", "log4j-core <")
    assert refused.returncode == 3
    assert "[constraint_invalid]" in refused.stderr


async def test_vulnerabilities_are_listed(run: Run) -> None:
    rows = table(await run("vulnerability", "list"))
    assert rows[1][:4] == ["CVE-2021-44228", "critical", "10.0", "2021-12-10"]
    low = await answer(run, "vulnerability", "list", "--severity", "low", "--sort", "id")
    assert [each["id"] for each in low] == ["CVE-2020-1", "CVE-2022-3"]
    exploited = await answer(run, "vulnerability", "list", "--exploited")
    assert [each["id"] for each in exploited] == ["CVE-2021-44228"]


async def test_a_vulnerability_is_shown_with_its_images(run: Run) -> None:
    shown = await run("vulnerability", "show", "ghsa-jfh8-c2jp-5v3q")
    text = "\n".join(" ".join(row) for row in table(shown))
    for line in (
        "id: CVE-2021-44228",
        "score: 10.0 by nvd",
        "exploited since: 2021-12-10",
        "probability (EPSS): 97.55%",
        "critical org.apache.logging.log4j:log4j-core 2.14.1 2.15.0 team/old:latest",
    ):
        assert line in text
    document = await answer(run, "vulnerability", "show", "CVE-2021-44228")
    assert [each["digest"] for each in document["items"]] == [digest("old")]
    assert "next_page_token" not in document


async def test_what_is_set_aside_is_shown_if_asked(run: Run) -> None:
    assert (await answer(run, "vulnerability", "show", "CVE-2022-1"))["items"] == []
    rows = table(await run("vulnerability", "show", "CVE-2022-1", "--suppressed"))
    assert "the code is never reached" in " ".join(rows[-1])


async def test_what_a_terminal_would_act_upon_is_shown_instead(run: Run) -> None:
    shown = await run("vulnerability", "show", "CVE-2020-1")
    assert "owned" in shown.stdout
    assert all(each.isprintable() or each == "\n" for each in shown.stdout)


async def test_an_unknown_vulnerability_is_an_error(run: Run) -> None:
    refused = await run("vulnerability", "show", "CVE-1999-1")
    assert refused.returncode == 3
    assert "[not_found]" in refused.stderr
