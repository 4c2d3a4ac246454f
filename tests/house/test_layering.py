"""Members meet in topics and collections; analyzers meet in the models of facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.house.layering import (
    analyzers_that_see_too_much,
    contract_that_knows_an_implementation,
    drivers_outside_their_adapter,
    members_that_meet,
    services_that_the_command_lacks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tests.house.sources import Module

    Rule = Callable[[Iterable[Module]], Iterator[str]]
    Make = Callable[[Mapping[str, str]], list[Module]]

RULES = [
    members_that_meet,
    services_that_the_command_lacks,
    drivers_outside_their_adapter,
    analyzers_that_see_too_much,
    contract_that_knows_an_implementation,
]


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps(rule: Rule, modules: list[Module]) -> None:
    assert list(rule(modules)) == []


def test_there_is_a_house(modules: list[Module]) -> None:
    assert len(modules) > 50


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (members_that_meet, "scantling_common.a", "import scantling_sync"),
        (members_that_meet, "scantling_common.a", "from scantling import cli"),
        (members_that_meet, "scantling_sync.a", "from scantling_dispatcher.b import c"),
        (members_that_meet, "scantling_reporter.a", "def f():\n    import scantling_analyzers.b"),
        (drivers_outside_their_adapter, "scantling_sync.a", "from motor import motor_asyncio"),
        (drivers_outside_their_adapter, "scantling_common.store.sqlite", "import pymongo.errors"),
        (drivers_outside_their_adapter, "scantling_common.bus.local", "import aiokafka"),
        (
            analyzers_that_see_too_much,
            "scantling_analyzers.risks.file.analyzer",
            "from scantling_analyzers.facts.packages.dpkg import DpkgReader",
        ),
        (
            analyzers_that_see_too_much,
            "scantling_analyzers.risks.file.analyzer",
            "from scantling_analyzers.facts import accounts",
        ),
        (
            analyzers_that_see_too_much,
            "scantling_analyzers.risks.file.analyzer",
            "from ..software import support",
        ),
        (
            analyzers_that_see_too_much,
            "scantling_analyzers.risks.file.analyzer",
            "import scantling_common.store.port",
        ),
        (
            contract_that_knows_an_implementation,
            "scantling_analyzers.contract",
            "from .risks import catalogue",
        ),
        (
            contract_that_knows_an_implementation,
            "scantling_analyzers.contract",
            "from scantling_analyzers.facts.accounts import AccountReader",
        ),
    ],
)
def test_a_breach_is_seen(rule: Rule, name: str, text: str, made: Make) -> None:
    modules = made({"scantling_analyzers.risks.software.support": "", name: text})

    assert len(list(rule(modules))) == 1


def test_a_command_that_lacks_a_service_is_seen(made: Make) -> None:
    modules = made(
        {
            "scantling.up": "import scantling_sync.a, scantling_dispatcher.b",
            "scantling.scan": "from scantling_analyzers import contract",
        }
    )

    assert list(services_that_the_command_lacks(modules)) == [
        "scantling does not import scantling_reporter"
    ]


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule != services_that_the_command_lacks]
)
def test_what_is_allowed_passes(rule: Rule, made: Make) -> None:
    modules = made(
        {
            "scantling.cli": "import scantling_sync, scantling_reporter",
            "scantling_common.store.mongodb": "import motor.motor_asyncio, bson",
            "scantling_common.bus.kafka_topics": "import aiokafka.admin",
            "scantling_analyzers.contract": "from scantling_analyzers.facts.models import Fact",
            "scantling_analyzers.risks.omissions": "",
            "scantling_analyzers.risks.catalogue": "from .file import analyzer",
            "scantling_analyzers.risks.file.analyzer": (
                "from scantling_analyzers.facts.models import Fact\n"
                "from scantling_analyzers.risks.omissions import omitted\n"
                "from scantling_analyzers.risks.file.largest import rank\n"
            ),
        }
    )

    assert list(rule(modules)) == []
