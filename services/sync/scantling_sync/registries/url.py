"""What the URL of a registry may look like; pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from scantling_common.errors import ScantlingError
from scantling_common.images.reference import is_host

_HINT = "give https://HOST or https://HOST:PORT, nothing behind it"
_HIGHEST_PORT = 65535


class RegistryUrlInvalid(ScantlingError):
    """The URL of the registry can't be used."""

    code = "registry_url_invalid"


def checked_url(text: str, *, plain_http: bool) -> str:
    """Return a registry's URL as ``scheme://host[:port]``, in lower case.

    Raises :class:`RegistryUrlInvalid`: for another scheme, for http without ``plain_http``, for
    user information (it would end up in logs), and for a path, query or fragment. Whether the
    address may be contacted is decided when it is, after its name was resolved.
    """
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise RegistryUrlInvalid("the URL has characters that no URL has", hint=_HINT)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise RegistryUrlInvalid("the URL is not one", hint=_HINT) from error
    if parts.scheme not in {"http", "https"}:
        raise RegistryUrlInvalid("the URL is not of the web", hint=_HINT)
    if parts.scheme == "http" and not plain_http:
        raise RegistryUrlInvalid(
            "http:// sends everything unencrypted",
            hint="use https://, or allow it: --plain-http, in the API plain_http",
        )
    if parts.username is not None or parts.password is not None:
        raise RegistryUrlInvalid("the URL holds a user", hint="give the credential apart from it")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise RegistryUrlInvalid("the URL goes on after the host", hint=_HINT)
    if not is_host(parts.netloc) or (port is not None and not 0 < port <= _HIGHEST_PORT):
        raise RegistryUrlInvalid("the URL names no host", hint=_HINT)
    return f"{parts.scheme}://{parts.netloc.lower()}"
