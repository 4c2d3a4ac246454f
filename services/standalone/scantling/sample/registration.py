"""The sample registry as the product knows it: made or found through the API."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Final

from scantling.client.errors import ApiError, ServerMisbehaves

if TYPE_CHECKING:
    from pathlib import Path

    from scantling.client.api import Api, Json

PROJECT: Final = "default"
NAME: Final = "sample"
MAX_REGISTRIES: Final = 10_000
_CONFLICT: Final = 409


def webhook_secret(file: Path) -> str:
    """Return the secret in a file; a missing file is made, mode 0600, with a new one."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    secret = secrets.token_hex(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(f"{secret}\n")
    return secret


def register(api: Api, url: str, secret: str) -> Json:
    """Make the registry, or bring the one that is there up to date; return it.

    Raises :class:`~scantling.client.errors.ClientError`.
    """
    settings = {
        "url": url,
        "plain_http": True,
        "allow_private": True,
        "webhook_secret": secret,
    }
    new = {"project": PROJECT, "name": NAME, "sync_hours": 0, **settings}
    try:
        return api.send("POST", "/registries", new)
    except ApiError as error:
        if error.status != _CONFLICT:
            raise
    for known in api.pages("/registries", {"project": PROJECT}, limit=MAX_REGISTRIES):
        if known["name"] == NAME:
            return api.send("PATCH", f"/registries/{known['id']}", settings)
    raise ServerMisbehaves(f"the registry {NAME} is there, and is not listed")
