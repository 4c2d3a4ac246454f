"""A scan fetches the advisory database that the environment names, when ours is missing or old."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.advisories import advisory_database, osv_record
from tests.builders.image import docker_archive, image
from tests.standalone.running import scantling

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.services.registry import DistributionRegistry

RECORD = osv_record("CVE-2030-1", "npm", "left-pad", "1.3.0")
OTHER = osv_record("CVE-2030-2", "npm", "left-pad", "1.3.0")
WEEK = 7 * 24 * 3600


class Machine:
    """A data directory, and a registry with a database."""

    def __init__(self, folder: Path, registry: DistributionRegistry) -> None:
        self.folder = folder
        self.registry = registry
        self.reference = f"{registry.host}/scantling/advisories:latest"
        files = {"app/node_modules/left-pad/package.json": b'{"name":"left-pad","version":"1.0.0"}'}
        self.image = docker_archive(folder / "image.tar", {"app:1": image(files)})
        self.file = folder / "data/advisories.db"

    def push(self, *records: dict[str, Any]) -> None:
        source = self.folder / f"{records[0]['id']}.db"
        advisory_database(source, *records)
        command = ("advisories", "push", self.reference, "--plain-http", "--advisories")
        assert scantling(*command, str(source)).returncode == 0

    def scan(self, *arguments: str, plain_http: str = "true") -> subprocess.CompletedProcess[str]:
        command = ("scan", "--no-cache", "--format", "json", "--risk", "vulnerability", *arguments)
        return scantling(
            *command,
            str(self.image),
            SCANTLING_DATA=str(self.file.parent),
            SCANTLING_ADVISORIES_FROM=self.reference,
            SCANTLING_ADVISORIES_PLAIN_HTTP=plain_http,
        )

    def found(self, *arguments: str) -> list[str]:
        report = json.loads(self.scan(*arguments).stdout)
        return [each["id"] for each in report["outcomes"]["vulnerability"].get("findings", ())]


@pytest.fixture
def machine(tmp_path: Path, start_registry: Callable[..., DistributionRegistry]) -> Machine:
    return Machine(tmp_path, start_registry())


def test_it_is_fetched_on_first_use_and_when_it_is_older_than_a_day(machine: Machine) -> None:
    machine.push(RECORD)
    assert machine.found("--offline") == []
    assert machine.found() == ["CVE-2030-1"]

    machine.push(OTHER)
    assert machine.found() == ["CVE-2030-1"]
    then = machine.file.stat().st_mtime - WEEK
    os.utime(machine.file, (then, then))

    assert machine.found("--offline") == ["CVE-2030-1"]
    assert machine.found() == ["CVE-2030-2"]
    assert machine.file.stat().st_mtime > then + WEEK / 2


def test_that_a_registry_speaks_http_is_said_by_the_variable_for_advisories(
    machine: Machine,
) -> None:
    machine.push(RECORD)

    ended = machine.scan("--plain-http", plain_http="")

    assert "(SCANTLING_ADVISORIES_PLAIN_HTTP=true)" in ended.stderr
    assert "--plain-http" not in ended.stderr


def test_without_the_registry_the_old_ones_are_used(machine: Machine) -> None:
    machine.push(RECORD)
    machine.found()
    then = machine.file.stat().st_mtime - WEEK
    os.utime(machine.file, (then, then))
    machine.registry.stop()

    ended = machine.scan()

    assert "the old ones are used" in ended.stderr
    assert "CVE-2030-1" in ended.stdout
    assert ended.returncode == 0
