"""What a registry is logged in to with."""

from __future__ import annotations

import msgspec


class Login(msgspec.Struct, frozen=True):
    """A user and a password, or an identity token; all empty for anonymous access."""

    username: str = ""
    password: str = ""
    identity_token: str = ""

    def __repr__(self) -> str:
        """Return the user only."""
        return f"Login(username={self.username!r})"
