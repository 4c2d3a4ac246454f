"""What the compose file, its Dockerfile and its gateway say, read without an engine."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import yaml

from scantling.hosting.settings import (
    AdvisoriesRoleSettings,
    AnalyzerSettings,
    ExtractorSettings,
)
from scantling_common.settings import PREFIX, ServiceSettings, is_secret, variable
from scantling_dispatcher.settings import DispatcherSettings
from scantling_reporter.settings import ReporterSettings
from scantling_sync.settings import SyncSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SETTINGS: Final[Mapping[str, type[ServiceSettings]]] = {
    "sync": SyncSettings,
    "dispatcher": DispatcherSettings,
    "extractor": ExtractorSettings,
    "analyzer": AnalyzerSettings,
    "advisories": AdvisoriesRoleSettings,
    "reporter": ReporterSettings,
}
"""The settings of each role."""

SCRIPTS: Final = "/compose/"
"""Where the containers see the scripts of ``deploy/compose``."""

_LOCATION: Final = re.compile(
    r"location (?P<is_regex>~ )?(?P<path>\S+) \{.*?http://(?P<host>[a-z-]+):(?P<port>\d+);",
    re.DOTALL,
)
_BODY: Final = re.compile(r"client_max_body_size (\d+)m;")
_UNIT: Final = 1024 * 1024


@dataclass(frozen=True)
class Stage:
    """A stage of a Dockerfile: its base, its instructions in order."""

    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def copied(self) -> Iterator[str]:
        """Give what is copied from the context."""
        for word, text in self.instructions:
            options = [part for part in text.split() if part.startswith("--from")]
            if word == "COPY" and not options:
                yield from text.split()[:-1]

    def variables(self) -> Iterator[str]:
        """Give the names of the environment variables that are set."""
        for word, text in self.instructions:
            if word == "ENV":
                yield from (part.partition("=")[0] for part in shlex.split(text))

    @property
    def command(self) -> list[str] | None:
        """Return its CMD."""
        commands = [text for word, text in self.instructions if word == "CMD"]
        return json.loads(commands[-1]) if commands else None


def stages(dockerfile: str) -> dict[str, Stage]:
    """Return the stages of a Dockerfile by name."""
    found: dict[str, Stage] = {}
    stage = Stage("", "")
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE))
    for line in joined.splitlines():
        word, _, text = line.strip().partition(" ")
        if word == "FROM":
            base, _, name = text.partition(" AS ")
            stage = found[name] = Stage(name, base)
        elif word:
            stage.instructions.append((word, text.strip()))
    return found


@dataclass(frozen=True)
class Compose:
    """A compose file, and the Dockerfile that it builds from."""

    document: dict[str, Any]
    stages: dict[str, Stage]

    @classmethod
    def read(cls, root: Path) -> Compose:
        """Read those of a repository."""
        document = yaml.safe_load((root / "compose.yaml").read_text())
        return cls(document, stages((root / "deploy/Dockerfile").read_text()))

    @property
    def services(self) -> dict[str, Any]:
        """Return all services."""
        services: dict[str, Any] = self.document["services"]
        return services

    @cached_property
    def targets(self) -> dict[str, str]:
        """Return the target that each image is built from."""
        return {
            service["image"]: service["build"]["target"]
            for service in self.services.values()
            if "build" in service
        }

    def ours(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give the services whose image is built here."""
        for name, service in self.services.items():
            if service["image"] in self.targets:
                yield name, service

    def roles(self) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        """Give the services that run the command, with its arguments."""
        for name, service in self.ours():
            if "entrypoint" not in service:
                stage = self.stages[self.targets[service["image"]]]
                yield name, service, service.get("command") or stage.command or []

    def scripts(self) -> Iterator[tuple[str, dict[str, Any], PurePosixPath]]:
        """Give the services that run a script, with its path below ``deploy/compose``."""
        for name, service in self.ours():
            if "entrypoint" in service:
                yield name, service, PurePosixPath(service["entrypoint"][-1]).relative_to(SCRIPTS)

    def missing_targets(self) -> list[str]:
        """Return the targets that no stage has."""
        return sorted(set(self.targets.values()) - set(self.stages))

    def strange_settings(self) -> list[str]:
        """Return the variables that the role that is given them does not have."""
        return [
            f"{name}: {given}"
            for name, service, command in self.roles()
            for given in service.get("environment", {})
            if given.startswith(PREFIX) and given not in variables(SETTINGS[command[0]])
        ]


def variables(kind: type[ServiceSettings]) -> set[str]:
    """Return the variables that settings are read from."""
    names = {variable(name) for name in kind.model_fields}
    secrets = {name for name, each in kind.model_fields.items() if is_secret(each)}
    return names | {f"{variable(name)}_FILE" for name in secrets}


@dataclass(frozen=True)
class Gateway:
    """The gateway's configuration: where each path goes, and the largest body in bytes."""

    locations: list[tuple[re.Pattern[str] | None, str, int]]
    largest_body: int

    @classmethod
    def read(cls, text: str) -> Gateway:
        """Read a configuration; locations without an expression are the last resort."""
        locations: list[tuple[re.Pattern[str] | None, str, int]] = [
            (re.compile(found["path"]) if found["is_regex"] else None, found["host"], int(port))
            for found in _LOCATION.finditer(text)
            for port in [found["port"]]
        ]
        body = _BODY.search(text)
        return cls(locations, int(body[1]) * _UNIT if body else _UNIT)

    def host(self, path: str) -> str:
        """Return the host that a path goes to: the first expression wins, as in nginx."""
        for pattern, host, _ in self.locations:
            if pattern is not None and pattern.search(path):
                return host
        return next(host for pattern, host, _ in self.locations if pattern is None)
