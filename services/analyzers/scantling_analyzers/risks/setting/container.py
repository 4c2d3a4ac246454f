"""How a container of the image runs, decoded from what is kept of the image's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent

_BASE: Final = "org.opencontainers.image.base.name"


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration of an image (OCI image specification, config.md) and its build steps."""

    user: str = ""
    working_dir: str = ""
    stop_signal: str = ""
    env: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    shell: tuple[str, ...] = ()
    on_build: tuple[str, ...] = ()
    healthcheck: tuple[str, ...] = ()
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    base_name: str = ""

    @property
    def command(self) -> str:
        """Return what is started, as one line."""
        return " ".join((*self.entrypoint, *self.cmd))

    def variable(self, name: str) -> str | None:
        """Return the value of an environment variable; the last one of a name counts."""
        found = None
        for entry in self.env:
            key, equals, value = entry.partition("=")
            if key == name and equals:
                found = value
        return found


def container_of(image: ImageContent) -> Container:
    """Return the configuration of an image."""
    fields: dict[str, object] = {
        "history": image.history,
        "labels": tuple(f"{name}={value}" for name, value in image.labels.items()),
        "base_name": image.annotations.get(_BASE) or image.labels.get(_BASE, ""),
    }
    for name, text in image.config.items():
        if name in {"user", "working_dir", "stop_signal"}:
            fields[name] = text
        elif name in Container.__struct_fields__:
            fields[name] = msgspec.json.decode(text, type=tuple[str, ...])
    return msgspec.convert(fields, Container)
