"""Whose things a request is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.http.auth import EVERY_PROJECT, identity_of, require
from scantling_common.http.problems import BadRequest

if TYPE_CHECKING:
    from aiohttp import web

    from scantling_common.http.auth import Role


def project_of(request: web.Request, named: str, role: Role) -> str:
    """Return the project that a request names, or else the token's own.

    ``*`` is returned for a token of all projects that names none. Raises ``Forbidden``.
    """
    project = named or identity_of(request).project
    require(request, role, project)
    return project


def one_project_of(request: web.Request, named: str, role: Role) -> str:
    """Return the one project that a request is about; raises ``BadRequest`` where it is all."""
    project = project_of(request, named, role)
    if project == EVERY_PROJECT:
        raise BadRequest("which project?", hint="give the parameter project")
    return project
