"""Logins that docker, podman and their helpers keep (``config.json``, ``auth.json``).

The form is that of docker/cli ``config.json`` and of containers-auth.json(5).
"""

from __future__ import annotations

import base64
import binascii
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling.scan.credential_program import CredentialHelperMissing, ask_helper
from scantling.scan.login import Login
from scantling_common.errors import ScantlingError
from scantling_common.images.reference import DEFAULT_REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

logger = logging.getLogger(__name__)

MAX_CONFIG: Final = 1024 * 1024
_HUB_SERVER: Final = "https://index.docker.io/v1/"
_HUB_NAMES: Final = ("docker.io", "index.docker.io", "registry-1.docker.io")


class DockerConfigInvalid(ScantlingError):
    """The configuration of docker can't be used."""

    code = "docker_config_invalid"


class _Auth(msgspec.Struct, frozen=True, rename={"identity_token": "identitytoken"}):
    auth: str = ""
    username: str = ""
    password: str = ""
    identity_token: str = ""


class _Config(msgspec.Struct, frozen=True, rename="camel"):
    auths: dict[str, _Auth | None] | None = None
    cred_helpers: dict[str, str] | None = None
    creds_store: str | None = None


def login_files(environment: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Return where logins are kept, the first one first: named by hand, docker's, podman's."""
    named = environment.get("REGISTRY_AUTH_FILE")
    docker = environment.get("DOCKER_CONFIG")
    home = Path.home()
    run = environment.get("XDG_RUNTIME_DIR")
    configuration = environment.get("XDG_CONFIG_HOME")
    return (
        *([Path(named)] if named else ()),
        (Path(docker) if docker else home / ".docker") / "config.json",
        *([Path(run) / "containers" / "auth.json"] if run else ()),
        (Path(configuration) if configuration else home / ".config") / "containers" / "auth.json",
    )


def login_for(
    host: str,
    files: Iterable[Path],
    *,
    repository: str = "",
    environment: Mapping[str, str] = os.environ,
) -> Login:
    """Return the login for a registry's ``host[:port]``; anonymous where no file has one.

    The first file that has one decides, and in it the entry that says most of the repository:
    its helper, then what stands in the file, then the store of all logins. Raises
    :class:`DockerConfigInvalid` and :class:`CredentialHelperFailed`.
    """
    for file in files:
        config = _read(file)
        if config is None:
            continue
        login = _login(config, host, repository, file, environment)
        if login is not None:
            return login
    return Login()


def _login(
    config: _Config, host: str, repository: str, file: Path, environment: Mapping[str, str]
) -> Login | None:
    server = _HUB_SERVER if host == DEFAULT_REGISTRY else host
    helpers = config.cred_helpers or {}
    for scope in _scopes(host, repository):
        if scope in helpers:
            return ask_helper(helpers[scope], server, environment)
    found = _entry(config.auths or {}, host, repository)
    if found is not None and (login := _stored(found, host, file)) is not None:
        return login
    if not config.creds_store:
        return None
    try:
        return ask_helper(config.creds_store, server, environment)
    except CredentialHelperMissing as error:
        # One setting for all registries, also those that need no login: it may be left over.
        logger.warning("%s, so %s is asked anonymously", error.message, host)
        return None


def _scopes(host: str, repository: str) -> Iterator[str]:
    """Yield what an entry may be for: a repository, a namespace above it, the registry."""
    parts = repository.split("/") if repository else []
    for length in range(len(parts), 0, -1):
        yield "/".join((host, *parts[:length]))
    yield from _HUB_NAMES if host == DEFAULT_REGISTRY else (host,)
    if host == DEFAULT_REGISTRY:
        yield _HUB_SERVER


def _entry(auths: Mapping[str, _Auth | None], host: str, repository: str) -> _Auth | None:
    """Return the entry that says most; old ones have a scheme, and a path that says nothing."""
    for scope in _scopes(host, repository):
        if (exact := auths.get(scope)) is not None:
            return exact
    hosts = _HUB_NAMES if host == DEFAULT_REGISTRY else (host,)
    for key, entry in auths.items():
        scheme, separator, rest = key.partition("://")
        if separator and scheme in {"http", "https"} and rest.partition("/")[0] in hosts:
            return entry
    return None


def _stored(entry: _Auth, host: str, file: Path) -> Login | None:
    """Return the login of an entry; docker leaves empty ones where a helper keeps it."""
    if entry.identity_token:
        return Login(identity_token=entry.identity_token)
    if entry.auth:
        return _decoded(entry.auth, host, file)
    return Login(entry.username, entry.password) if entry.password else None


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
