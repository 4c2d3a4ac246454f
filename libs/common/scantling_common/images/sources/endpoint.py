"""How one registry is reached."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from scantling_common.images.limits import DocumentLimits

_HUB: Final = "docker.io"
_HUB_HOST: Final = "registry-1.docker.io"

TOKEN_USER: Final = "<token>"  # noqa: S105  # the user name that stands for none
"""With this user name, what helpers and logins call a password is an identity token."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One registry: its ``host[:port]`` and what its owner configured.

    ``ca_file`` is a file of certificates trusted in addition to none: it replaces the system's; so
    does ``ca``, the certificates themselves as PEM text, unless ``system_ca`` says that both are
    trusted. ``certificate`` and ``key`` are a client certificate with its chain, and its key, as
    PEM text: shown to this host only.
    Without ``username`` and ``identity_token`` access is anonymous. An identity token is what a
    token server gave for a password once, and takes instead of it.

    Times are in seconds: ``seconds`` bounds a request for metadata, ``blob_seconds`` one for a
    layer, ``read_seconds`` each silence. ``patience`` is how long a reading request waits in all
    for a registry that asks to wait or does not answer; with 0 it is an error at once.
    ``connections`` bounds how many there are to one host at once.

    ``mirrors`` are asked first for what has a digest; nothing of this endpoint's is sent to them.
    ``prefix`` stands before the names of repositories on this host, which mirrors may want.
    """

    host: str
    username: str = ""
    password: str = ""
    identity_token: str = ""
    plain_http: bool = False
    ca_file: Path | None = None
    ca: str = ""
    system_ca: bool = False
    certificate: str = ""
    key: str = ""
    allow_private: bool = False
    connections: int = 8
    connect_seconds: float = 10
    read_seconds: float = 60
    seconds: float = 120
    blob_seconds: float = 3600
    patience: float = 0
    limits: DocumentLimits = DocumentLimits()
    prefix: str = ""
    mirrors: tuple[Endpoint, ...] = ()

    def __repr__(self) -> str:
        return f"Endpoint(host={self.host!r}, username={self.username!r})"

    @property
    def origin(self) -> str:
        """Return the scheme and host of its API."""
        scheme = "http" if self.plain_http else "https"
        return f"{scheme}://{_HUB_HOST if self.host == _HUB else self.host}"
