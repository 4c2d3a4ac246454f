"""Red Hat's table of repositories: which products each belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.advisories.feeds import repository_to_cpe
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.repository_to_cpe import RepositoryToCpeFeed
from scantling_analyzers.advisories.models import RepositoryCpe
from tests.builders.feeds.document import refusals, said

FEED = RepositoryToCpeFeed()
BASE = "rhel-8-for-x86_64-baseos-rpms"
CPE = "cpe:/o:redhat:enterprise_linux:8::baseos"


def table(**repositories: Any) -> dict[str, Any]:
    return {"data": {name.replace("_", "-"): each for name, each in repositories.items()}}


def test_each_repository_is_given_with_its_products() -> None:
    content = {
        "data": {BASE: {"cpes": [CPE, CPE], "repo_relative_urls": ["content/dist/rhel8/8/os"]}}
    }

    assert said(FEED, content) == [
        RepositoryCpe(feed="redhat-repositories", repository=BASE, cpes=(CPE,))
    ]


@pytest.mark.parametrize(
    ("name", "cpes", "code"),
    [
        (BASE, [], "malformed"),
        (BASE, None, "malformed"),
        (BASE, ["no cpe"], "malformed"),
        (BASE, ["x" * 2000], "malformed"),
        ("", [CPE], "malformed"),
        ("x" * 2000, [CPE], "malformed"),
        (BASE, [f"{CPE}{n}" for n in range(2000)], "too_many"),
    ],
)
def test_a_repository_of_no_product_is_refused(name: str, cpes: Any, code: str) -> None:
    found = said(FEED, {"data": {name: {"cpes": cpes}}}, "repository-to-cpe.json")

    assert [each.code for each in refusals(found)] == [code]


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        '{"data": []}',
        '{"data": {"a": {"cpes": [1]}}}',
        '{"data": {"a": {"x": ' + "[" * 100_000 + "]" * 100_000 + "}}}",
        b'{"data": {"\xff": {"cpes": []}}}',
    ],
)
def test_another_form_is_refused(content: str | bytes) -> None:
    with pytest.raises(FeedUnreadable):
        said(FEED, content, "data/repository-to-cpe.json")


def test_too_many_repositories_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository_to_cpe, "MAX_REPOSITORIES", 1)

    with pytest.raises(FeedUnreadable, match="repositories"):
        said(FEED, table(a={"cpes": [CPE]}, b={"cpes": [CPE]}))


def test_other_json_is_not_taken_for_it() -> None:
    assert not FEED.recognises("a.json", b'{"data": {"a": {"b": 1}}}')
