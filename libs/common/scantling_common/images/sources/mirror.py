"""A mirror of a registry: where content is asked for before the registry itself is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from scantling_common.images.errors import ReferenceInvalid
from scantling_common.images.reference import is_host, is_repository

if TYPE_CHECKING:
    from scantling_common.images.sources.endpoint import Endpoint

MAX_MIRRORS: Final = 16
_HINT: Final = "it looks like https://HOST[:PORT] or https://HOST[:PORT]/PREFIX"


class Mirror(msgspec.Struct, frozen=True):
    """A mirror at ``host[:port]``; ``prefix`` stands before the repository's name there."""

    host: str
    prefix: str = ""
    plain_http: bool = False

    def __str__(self) -> str:
        """Return its URL."""
        scheme = "http" if self.plain_http else "https"
        return f"{scheme}://{self.host}{'/' if self.prefix else ''}{self.prefix}"

    def endpoint(self, of: Endpoint) -> Endpoint:
        """Return how the mirror of a registry is reached: as that one, but without credentials."""
        return msgspec.structs.replace(
            of,
            host=self.host,
            prefix=self.prefix,
            plain_http=self.plain_http,
            username="",
            password="",
            identity_token="",
            certificate="",
            key="",
            mirrors=(),
        )


def parse_mirror(text: str) -> Mirror:
    """Return a mirror by its URL, or raise :class:`ReferenceInvalid`.

    User information is refused: it would end up in logs.
    """
    try:
        parts = urlsplit(text if text.isascii() and text.isprintable() else "")
    except ValueError as error:
        raise ReferenceInvalid("the mirror's URL is not one", hint=_HINT) from error
    host, prefix = parts.netloc.lower(), parts.path.strip("/")
    if parts.scheme not in {"http", "https"} or "@" in host or not is_host(host):
        raise ReferenceInvalid("the mirror's URL names no host of the web", hint=_HINT)
    if parts.query or parts.fragment or (prefix and not is_repository(prefix)):
        raise ReferenceInvalid(
            f"the mirror at {host} has a path that no repository has", hint=_HINT
        )
    return Mirror(host, prefix, parts.scheme == "http")
