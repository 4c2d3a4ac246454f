"""Which project a request is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scantling_common.http.auth import EVERY_PROJECT, Role, identity_of, require

if TYPE_CHECKING:
    from aiohttp import web

DEFAULT: Final = "default"


def project_of(request: web.Request, asked: str, role: Role = "viewer") -> str:
    """Return the project asked for, else the token's own, else the default one.

    Raises :class:`~scantling_common.http.problems.Forbidden` where the token does not grant the
    role there.
    """
    own = identity_of(request).project
    project = asked or (DEFAULT if own == EVERY_PROJECT else own)
    require(request, role, project)
    return project
