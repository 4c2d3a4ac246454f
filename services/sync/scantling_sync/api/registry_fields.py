"""From request bodies to the record of a registry: checked, and sealed; pure but for the nonce."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from scantling_common.http.problems import BadRequest
from scantling_common.images.errors import ReferenceInvalid, RegistryError
from scantling_common.images.sources.endpoint import Endpoint
from scantling_common.images.sources.mirror import parse_mirror
from scantling_common.images.sources.tls import own_context
from scantling_common.records.sync import (
    Credential,
    Registry,
    sealed_client_key,
    sealed_credential,
)
from scantling_sync.api.bodies import RegistrySettings, milliseconds
from scantling_sync.registries.url import checked_url
from scantling_sync.schedule import next_sync
from scantling_sync.webhooks.door import sealed_secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import SecretStr

    from scantling_common.crypto import Sealer
    from scantling_sync.api.bodies import (
        ClientCertificateNew,
        CredentialNew,
        RegistryChange,
        RegistryNew,
    )

_SECRET: Final = re.compile(r"[A-Za-z0-9._~-]{16,256}")
_CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----"


def new_registry(
    body: RegistryNew, sealer: Sealer, *, id_: str, secret: str, now: int
) -> tuple[Registry, str | None]:
    """Return a registry, and its webhook secret where that is the one drawn: ``secret``.

    Raises :class:`BadRequest` and :class:`RegistryUrlInvalid`.
    """
    _check_ca(body.ca)
    _check_mirrors(body.mirrors, plain_http=body.plain_http)
    given = _secret_text(body.webhook_secret) if body.webhook_secret else None
    registry = Registry(
        id=id_,
        project=body.project,
        name=body.name,
        kind=body.kind,
        url=checked_url(body.url, plain_http=body.plain_http),
        webhook_secret=sealed_secret(sealer, id_, given or secret),
        created_at=now,
        next_sync_at=next_sync(body.sync_hours, now),
        next_check_at=now,
        **body.model_dump(include=set(RegistrySettings.model_fields) - {"mirrors"}),
        mirrors=" ".join(body.mirrors),
        **_credential_fields(body.credential, sealer, id_),
        **_client_fields(body.client_certificate, sealer, id_),
    )
    return registry, None if given else secret


def changed_registry(
    registry: Registry, body: RegistryChange, sealer: Sealer, *, now: int
) -> Registry:
    """Return a registry with the changes that a request gives.

    Raises :class:`BadRequest` and :class:`RegistryUrlInvalid`. With a new URL credential and
    client certificate must be given again: what was meant for a host is never sent to another.
    """
    given = body.model_fields_set
    plain = set(RegistrySettings.model_fields) | {"name"}
    changes: dict[str, Any] = {
        name: value
        for name, value in body.model_dump(include=plain & given).items()
        if value is not None
    }
    _check_ca(changes.get("ca", ""))
    if body.url is not None or "plain_http" in changes:
        plain_http = changes.get("plain_http", registry.plain_http)
        changes["url"] = checked_url(body.url or registry.url, plain_http=plain_http)
    moved = changes.get("url", registry.url) != registry.url
    if moved and registry.credential is not None and "credential" not in given:
        raise BadRequest(
            "the credential was given for another URL", hint="give it again, or null to remove it"
        )
    if moved and registry.client_key is not None and "client_certificate" not in given:
        raise BadRequest(
            "the client certificate was given for another URL",
            hint="give it again, or null to remove it",
        )
    plain_http = changes.get("plain_http", registry.plain_http)
    mirrors = changes.get("mirrors", registry.mirrors.split())
    _check_mirrors(mirrors, plain_http=plain_http)
    changes["mirrors"] = " ".join(mirrors)
    if "client_certificate" in given:
        changes |= _client_fields(body.client_certificate, sealer, registry.id)
    if "credential" in given:
        changes |= _credential_fields(body.credential, sealer, registry.id)
    if "sync_hours" in changes:
        changes["next_sync_at"] = next_sync(changes["sync_hours"], now)
    if body.webhook_secret is not None:
        secret = _secret_text(body.webhook_secret)
        changes["webhook_secret"] = sealed_secret(sealer, registry.id, secret)
    return msgspec.structs.replace(registry, **changes)


def _credential_fields(
    credential: CredentialNew | None, sealer: Sealer, id_: str
) -> dict[str, Any]:
    if credential is None:
        return {"credential": None, "credential_expires_at": 0}
    plain = Credential(
        username=credential.username, password=credential.password.get_secret_value()
    )
    sealed = sealed_credential(id_, plain, sealer)
    return {"credential": sealed, "credential_expires_at": milliseconds(credential.expires_at)}


def _client_fields(client: ClientCertificateNew | None, sealer: Sealer, id_: str) -> dict[str, Any]:
    if client is None:
        return {"client_certificate": "", "client_key": None}
    key = client.key.get_secret_value()
    try:
        own_context(Endpoint(host=id_, certificate=client.certificate, key=key))
    except RegistryError as error:
        raise BadRequest("the client certificate can't be used", hint=error.hint) from error
    sealed = sealed_client_key(id_, key, sealer)
    return {"client_certificate": client.certificate, "client_key": sealed}


def _check_mirrors(urls: Sequence[str], *, plain_http: bool) -> None:
    for number, url in enumerate(urls, 1):
        try:
            mirror = parse_mirror(url)
        except ReferenceInvalid as error:
            raise BadRequest(f"mirror {number}: {error.message}", hint=error.hint) from error
        if mirror.plain_http and not plain_http:
            raise BadRequest(
                f"mirror {number}: http:// sends everything unencrypted",
                hint="use https://, or allow it: plain_http",
            )


def _secret_text(secret: SecretStr) -> str:
    text = secret.get_secret_value()
    if _SECRET.fullmatch(text) is None:
        raise BadRequest(
            "the webhook secret can't stand in a header or a path",
            hint="use 16 to 256 letters, digits and . _ ~ -",
        )
    return text


def _check_ca(text: str) -> None:
    if text and _CERTIFICATE not in text:
        raise BadRequest("ca holds no certificate", hint="give certificates in PEM")
