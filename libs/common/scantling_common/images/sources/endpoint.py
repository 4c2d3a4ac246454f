"""How one registry is reached."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

_HUB: Final = "docker.io"
_HUB_HOST: Final = "registry-1.docker.io"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One registry: its ``host[:port]`` and what its owner configured.

    ``ca_file`` is a file of certificates trusted in addition to none: it replaces the system's; so
    does ``ca``, the certificates themselves as PEM text.
    Without ``username`` access is anonymous. Times are in seconds: ``seconds`` bounds a
    request for metadata, ``blob_seconds`` one for a layer, ``read_seconds`` each silence.
    """

    host: str
    username: str = ""
    password: str = ""
    plain_http: bool = False
    ca_file: Path | None = None
    ca: str = ""
    allow_private: bool = False
    connections: int = 8
    connect_seconds: float = 10
    read_seconds: float = 60
    seconds: float = 120
    blob_seconds: float = 3600

    def __repr__(self) -> str:
        return f"Endpoint(host={self.host!r}, username={self.username!r})"

    @property
    def origin(self) -> str:
        """Return the scheme and host of its API."""
        scheme = "http" if self.plain_http else "https"
        return f"{scheme}://{_HUB_HOST if self.host == _HUB else self.host}"
