"""How a scan reaches registries: logins, certificates and mirrors, each for its host alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from scantling.cli.errors import UsageError
from scantling.scan.certificates import (
    Certificates,
    certificate_folders,
    certificates_for,
    read_pem,
)
from scantling.scan.docker_config import login_files, login_for
from scantling_common.images.errors import ReferenceInvalid
from scantling_common.images.limits import DocumentLimits
from scantling_common.images.reference import is_host, registry_name
from scantling_common.images.sources.endpoint import TOKEN_USER, Endpoint
from scantling_common.images.sources.mirror import MAX_MIRRORS, Mirror, parse_mirror

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from scantling_common.images.reference import Reference

MIRRORS: Final = "SCANTLING_MIRRORS"
"""The environment variable with more mirrors, as ``HOST=URL``, with blanks between."""

HIGHEST: Final = {
    "document_bytes": 64 * 1024 * 1024,
    "layers": 100_000,
    "manifests": 100_000,
    "history": 100_000,
    "nesting": 16,
}
"""How high each limit can be set: documents are kept in memory."""

_DIGITS: Final = 12

PATIENCE: Final = 60.0
"""For how many seconds a request waits for a registry that asks to, or answers with an error."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What was said on the command line; ``certificate`` and ``key`` are files, as ``ca`` is.

    ``mirrors`` are pairs of a registry's ``host[:port]`` and a mirror of it, in their order.
    """

    plain_http: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    mirrors: tuple[tuple[str, Mirror], ...] = ()
    limits: DocumentLimits = DocumentLimits()


NOTHING_SAID: Final = Access()
"""Https, the system's authorities, no mirrors."""


def endpoint_of(
    reference: Reference, access: Access, environment: Mapping[str, str] = os.environ
) -> Endpoint:
    """Return how a reference's registry and its mirrors are reached.

    Whoever types a reference may contact its registry, on private addresses, too. Certificates
    given by hand are for the registry, and take the place of those in ``certs.d``; a mirror has
    those, and a login, of its own host, and trusts the given authorities besides. Raises
    :class:`DockerConfigInvalid`, :class:`CredentialHelperFailed`, :class:`CertificateUnusable`.
    """
    given = Certificates(
        certificate=read_pem(access.certificate) if access.certificate else "",
        key=read_pem(access.key) if access.key else "",
    )
    base = Endpoint(
        host=reference.registry,
        plain_http=access.plain_http,
        ca_file=access.ca,
        allow_private=True,
        limits=access.limits,
    )
    own = _with_own(base, reference.repository, given, environment)
    others = replace(base, ca_file=None, ca=read_pem(access.ca) if access.ca else "")
    mirrors = tuple(
        _mirror(mirror, others, reference.repository, environment)
        for host, mirror in access.mirrors
        if host == reference.registry
    )
    return replace(own, patience=PATIENCE, mirrors=mirrors)


def _mirror(
    mirror: Mirror, base: Endpoint, repository: str, environment: Mapping[str, str]
) -> Endpoint:
    path = f"{mirror.prefix}/{repository}" if mirror.prefix else repository
    return _with_own(mirror.endpoint(base), path, Certificates(), environment)


def _with_own(
    endpoint: Endpoint, repository: str, given: Certificates, environment: Mapping[str, str]
) -> Endpoint:
    """Return an endpoint with the login and the certificates that are kept for its host."""
    kept = certificates_for(endpoint.host, certificate_folders(environment))
    client = given if given.certificate else kept
    login = login_for(
        endpoint.host, login_files(environment), repository=repository, environment=environment
    )
    named = login.username != TOKEN_USER
    return replace(
        endpoint,
        username=login.username if named else "",
        password=login.password if named else "",
        identity_token=login.identity_token if named else login.password,
        ca="" if endpoint.ca_file else f"{endpoint.ca}\n{kept.ca}".strip(),
        system_ca=True,
        certificate=client.certificate,
        key=client.key,
    )


def access_of(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Access:
    """Return what the command line and ``SCANTLING_MIRRORS`` say; raises :class:`UsageError`."""
    if (arguments.cert is None) != (arguments.key is None):
        raise UsageError("--cert and --key go together")
    named = [*(arguments.mirror or ()), *environment.get(MIRRORS, "").split()]
    try:
        mirrors = parse_mirrors(named)
    except ReferenceInvalid as error:
        raise UsageError(error.message, hint=error.hint) from error
    return Access(
        plain_http=arguments.plain_http,
        ca=arguments.ca,
        certificate=arguments.cert,
        key=arguments.key,
        mirrors=mirrors,
        limits=limits_of(arguments),
    )


def parse_mirrors(named: Sequence[str]) -> tuple[tuple[str, Mirror], ...]:
    """Return mirrors from ``HOST=URL``; raises :class:`ReferenceInvalid`."""
    if len(named) > MAX_MIRRORS:
        raise ReferenceInvalid(f"there are more than {MAX_MIRRORS} mirrors")
    mirrors = []
    for text in named:
        host, equals, url = text.partition("=")
        if not equals or not is_host(host):
            message = f"{text[:100]!r} names no registry and mirror"
            raise ReferenceInvalid(message, hint="it looks like docker.io=https://mirror.example")
        mirrors.append((registry_name(host), parse_mirror(url)))
    return tuple(mirrors)


def limits_of(arguments: argparse.Namespace) -> DocumentLimits:
    """Return the limits with those that ``--limit NAME=N`` changes; raises :class:`UsageError`."""
    changed: dict[str, int] = {}
    for text in arguments.limit or ():
        name, _, number = text.partition("=")
        highest = HIGHEST.get(name)
        if highest is None:
            message = f"{name[:100]!r} is no limit; there are {', '.join(HIGHEST)}"
            raise UsageError(message)
        if not number.isdecimal() or not 0 < int(number[:_DIGITS]) <= highest:
            raise UsageError(f"the limit {name} is a whole number from 1 to {highest:,}")
        changed[name] = int(number[:_DIGITS])
    return replace(DocumentLimits(), **changed)
