"""Credentials that ``docker login`` stored: the basic form of ``config.json``, and no other."""

from __future__ import annotations

import base64
import binascii
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

MAX_CONFIG: Final = 1024 * 1024
_HUB: Final = "docker.io"
_HUB_KEYS: Final = ("https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io")


class DockerConfigInvalid(ScantlingError):
    """The configuration of docker can't be used."""

    code = "docker_config_invalid"


class Login(msgspec.Struct, frozen=True):
    """A user and a password; both empty for anonymous access."""

    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        """Return the user only."""
        return f"Login(username={self.username!r})"


class _Auth(msgspec.Struct, frozen=True):
    auth: str = ""
    username: str = ""
    password: str = ""


class _Config(msgspec.Struct, frozen=True, rename="camel"):
    auths: dict[str, _Auth] = {}
    cred_helpers: dict[str, str] = {}
    creds_store: str = ""


def config_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where docker keeps its configuration."""
    folder = environment.get("DOCKER_CONFIG")
    return (Path(folder) if folder else Path.home() / ".docker") / "config.json"


def login_for(host: str, file: Path) -> Login:
    """Return the login for a registry's ``host[:port]``; anonymous where there is none.

    Credential helpers are programs, and none is run: where only one of them knows a login the
    registry is asked anonymously, and a warning says so. Raises :class:`DockerConfigInvalid`.
    """
    config = _read(file)
    if config is None:
        return Login()
    keys = (host, f"https://{host}", f"http://{host}", *(_HUB_KEYS if host == _HUB else ()))
    found = next((config.auths[key] for key in keys if key in config.auths), _Auth())
    if found.auth:
        return _decoded(found.auth, host, file)
    if found.password:
        return Login(found.username, found.password)
    if host in config.cred_helpers or config.creds_store:
        logger.warning("credential helper not asked", extra={"registry": host})
    return Login()


def _read(file: Path) -> _Config | None:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_CONFIG + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise DockerConfigInvalid(f"{file} can't be read: {error.strerror}") from error
    if len(data) > MAX_CONFIG:
        raise DockerConfigInvalid(f"{file} has more than {MAX_CONFIG:,} bytes")
    try:
        return msgspec.json.decode(data, type=_Config)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # What the decoder says may hold a part of the file.
        raise DockerConfigInvalid(f"{file} is not what docker writes") from error


def _decoded(auth: str, host: str, file: Path) -> Login:
    try:
        text = base64.b64decode(auth, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise DockerConfigInvalid(f"{file}: the login for {host} is not base64") from error
    username, colon, password = text.partition(":")
    if not colon:
        raise DockerConfigInvalid(f"{file}: the login for {host} has no password")
    return Login(username, password.rstrip("\x00"))
