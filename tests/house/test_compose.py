"""The compose file fits the code: commands, settings, targets, paths of the gateway."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from scantling.cli.parser import make_parser
from scantling.reference.http_api import all_routes
from scantling_analyzers.risks.catalogue import PLACES
from scantling_common.settings import PREFIX, ServiceSettings, parse_listen
from tests.house.compose import SETTINGS, Compose, Gateway, stages, variables

if TYPE_CHECKING:
    from scantling_common.http.endpoints import Route

DEPLOY: Final = Path("deploy/compose")
SERVED: Final = ("scantling_sync", "scantling_dispatcher", "scantling_reporter")
_PARAMETER: Final = re.compile(r"\{[^}]+\}")


@pytest.fixture(scope="module")
def compose(repository: Path) -> Compose:
    return Compose.read(repository)


@pytest.fixture(scope="module")
def gateway(repository: Path) -> Gateway:
    return Gateway.read((repository / DEPLOY / "gateway.conf").read_text())


def owner(route: Route) -> str:
    """Return the service that handles a route, by its package."""
    package = type(getattr(route.handler, "__self__", None)).__module__.partition(".")[0]
    assert package in SERVED
    return package.removeprefix("scantling_")


def test_every_role_runs_and_its_command_is_one(compose: Compose) -> None:
    commands = [command for _, _, command in compose.roles()]
    parser = make_parser()

    parsed = [parser.parse_args(command) for command in commands]

    assert {arguments.role for arguments in parsed} == set(SETTINGS)
    risks = [arguments.risk for arguments in parsed if arguments.role == "analyzer"]
    assert sorted(risks) == sorted(PLACES)


def test_services_are_given_settings_that_they_have(compose: Compose) -> None:
    assert compose.strange_settings() == []
    given = {name for _, service, _ in compose.roles() for name in service["environment"]}
    assert {"SCANTLING_KAFKA", "SCANTLING_MONGODB", "SCANTLING_PUBLIC_URL"} <= given


def test_a_setting_that_a_role_does_not_have_is_seen() -> None:
    dockerfile = 'FROM python AS sync\nCMD ["sync"]\n'
    service = {"image": "s", "build": {"target": "sync"}, "environment": {}}
    wrong = {"SCANTLING_KAFKA": "", "SCANTLING_WORKERS": "", "OTHER": ""}
    compose = Compose({"services": {"sync": {**service, "environment": wrong}}}, stages(dockerfile))

    assert compose.strange_settings() == ["sync: SCANTLING_WORKERS"]


def test_scripts_are_there_and_read_what_they_are_given(compose: Compose, repository: Path) -> None:
    scripts = list(compose.scripts())

    assert {name for name, _, _ in scripts} == {"keys", "setup"}
    for name, service, script in scripts:
        text = (repository / DEPLOY / script).read_text()
        for given in service.get("environment", {}):
            assert given in text, name


def test_targets_and_copied_files_exist(compose: Compose, repository: Path) -> None:
    ignored = (repository / ".dockerignore").read_text().splitlines()
    copied = [path for stage in compose.stages.values() for path in stage.copied()]

    assert compose.missing_targets() == []
    assert len(copied) > 3
    assert [path for path in copied if not (repository / path).exists()] == []
    assert [path for path in copied if path.partition("/")[0] in ignored] == []


def test_a_target_that_is_missing_is_seen() -> None:
    services = {"a": {"image": "a", "build": {"target": "a"}}}
    compose = Compose({"services": services}, stages("FROM python AS b\n"))

    assert compose.missing_targets() == ["a"]


def test_the_dockerfile_sets_what_every_service_has(compose: Compose) -> None:
    given = [
        name
        for stage in compose.stages.values()
        for name in stage.variables()
        if name.startswith(PREFIX)
    ]

    assert {"SCANTLING_DATA", "SCANTLING_LISTEN"} <= set(given) <= variables(ServiceSettings)


async def test_the_gateway_sends_every_route_to_its_service(
    gateway: Gateway, compose: Compose
) -> None:
    routes = await all_routes()
    sent = {
        route.endpoint.path: gateway.host(_PARAMETER.sub("x", route.endpoint.path))
        for route in routes
    }

    assert {owner(route) for route in routes} == set(sent.values()) <= set(compose.services)
    for route in routes:
        assert sent[route.endpoint.path] == owner(route), route.endpoint.path


async def test_the_gateway_lets_every_body_pass_that_a_route_takes(gateway: Gateway) -> None:
    largest = max(route.endpoint.max_body for route in await all_routes())

    assert gateway.largest_body >= largest


def test_the_gateway_asks_where_services_listen(gateway: Gateway, compose: Compose) -> None:
    listens = [
        part.partition("=")[2]
        for stage in compose.stages.values()
        for word, text in stage.instructions
        if word == "ENV"
        for part in text.split()
        if part.startswith("SCANTLING_LISTEN=")
    ]

    assert {port for _, _, port in gateway.locations} == {
        parse_listen(each).port for each in listens
    }


def test_the_first_location_that_matches_wins() -> None:
    gateway = Gateway.read(
        "client_max_body_size 3m;\n"
        "location / {\n proxy_pass http://last:1;\n}\n"
        "location ~ ^/api/v1/(a|b) {\n proxy_pass http://first:2;\n}\n"
    )

    assert [gateway.host(path) for path in ("/api/v1/a/x", "/api/v1/c")] == ["first", "last"]
    assert gateway.largest_body == 3 * 1024 * 1024
