"""Settings of services: environment variables with the prefix ``SCANTLING_``, typed.

A secret can come from a file instead: ``SCANTLING_X_FILE`` names it. One class per service,
derived from :class:`ServiceSettings`; the table in the documentation is generated from them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic.fields import FieldInfo

PREFIX: Final = "SCANTLING_"
_LARGEST_SECRET: Final = 64 * 1024
_HIGHEST_PORT: Final = 65535


S = TypeVar("S", bound="ServiceSettings")


class SettingsInvalid(ScantlingError):
    """The settings are not valid."""

    code = "settings_invalid"


class Listen(NamedTuple):
    """Where to listen."""

    host: str
    port: int


class ServiceSettings(BaseSettings):
    """What every service needs."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    kafka: str | None = Field(
        None, description="bootstrap servers, HOST:PORT[,HOST:PORT…]; without it the local bus"
    )
    kafka_replication: int = Field(
        1, ge=1, le=10, description="replication factor of topics that are created"
    )
    mongodb: SecretStr | None = Field(
        None, description="mongodb:// URL with the database; without it SQLite"
    )
    data: Path = Field(Path("scantling-data"), description="directory of everything kept locally")
    listen: str = Field("127.0.0.1:8686", description="HOST:PORT of the HTTP part")
    otlp_endpoint: str | None = Field(
        None,
        description="OTLP/HTTP endpoint for traces, http://HOST:4318; without it none are sent",
    )
    trace_ratio: float = Field(
        1.0, ge=0.0, le=1.0, description="part of the traces begun here that are recorded"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least level of the messages that are logged"
    )
    log_form: Literal["auto", "json", "human"] = Field(
        "auto", description="form of the log; auto is human on a terminal, json otherwise"
    )
    instance: str = Field(
        "", description="name of this instance, stable across restarts; without it the host's name"
    )

    @field_validator("listen")
    @classmethod
    def _check_listen(cls, text: str) -> str:
        parse_listen(text)
        return text

    @property
    def address(self) -> Listen:
        """Return where to listen."""
        return parse_listen(self.listen)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env files
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - see _SecretFiles
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources: arguments, then the environment, then files it names."""
        return (init_settings, env_settings, _SecretFiles(settings_cls))


def load(kind: type[S], **given: Any) -> S:
    """Return the settings of a service; raise :class:`SettingsInvalid` naming the variables."""
    try:
        return kind(**given)
    except ValidationError as error:
        faults = "; ".join(
            f"{variable(str(fault['loc'][0])) if fault['loc'] else PREFIX + '…'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise SettingsInvalid(faults) from error


def variable(field: str) -> str:
    """Return the environment variable of a field."""
    return PREFIX + field.upper()


def parse_listen(text: str) -> Listen:
    """Return host and port of ``HOST:PORT``, ``[IPV6]:PORT``; ValueError otherwise."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    plain = port.isascii() and port.isdigit() and len(port) <= len(str(_HIGHEST_PORT))
    if not host or not colon or not plain or int(port) > _HIGHEST_PORT:
        message = f"{text!r} is not HOST:PORT"
        raise ValueError(message)
    return Listen(host, int(port))


def settings_table(services: Mapping[str, type[ServiceSettings]]) -> str:
    """Return the Markdown table of all settings of the services, sorted by variable."""
    rows: dict[str, tuple[FieldInfo, list[str]]] = {}
    for service, kind in services.items():
        for name, field in kind.model_fields.items():
            rows.setdefault(name, (field, []))[1].append(service)
    lines = ["| variable | default | services | what |", "|---|---|---|---|"]
    for name, (field, users) in sorted(rows.items()):
        names = f"`{variable(name)}`"
        if is_secret(field):
            names += f", `{variable(name)}_FILE`"
        used = "all" if len(users) == len(services) else ", ".join(users)
        lines.append(f"| {names} | {_default(field)} | {used} | {field.description or ''} |")
    return "\n".join(lines) + "\n"


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a setting is a secret, which may come from a file."""
    return "SecretStr" in repr(field.annotation)


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads secrets from the files that ``…_FILE`` variables name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the content of the field's file, None without one."""
        path = os.environ.get(f"{variable(field_name)}_FILE")
        if not is_secret(field) or not path:
            return None, field_name, False
        if os.environ.get(variable(field_name)):
            message = f"{variable(field_name)} and {variable(field_name)}_FILE are both set"
            raise SettingsInvalid(message, hint="set one of them")
        return _read_secret(field_name, Path(path)), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the secrets that come from files."""
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value is not None}


def _read_secret(field: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_SECRET + 1)
        text = content.decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        message = f"{variable(field)}_FILE: {path}: {reason}"
        raise SettingsInvalid(message) from error
    if len(content) > _LARGEST_SECRET:
        message = f"{variable(field)}_FILE: {path} is over {_LARGEST_SECRET} bytes"
        raise SettingsInvalid(message)
    return text.strip("\r\n")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=False)
    return "" if default is None or default == "" else f"`{default}`"


__all__: Sequence[str] = (
    "Listen",
    "ServiceSettings",
    "SettingsInvalid",
    "load",
    "parse_listen",
    "settings_table",
    "variable",
)
