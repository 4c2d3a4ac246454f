"""The first token of an installation, and those that the API makes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from scantling_common.http.auth import EVERY_PROJECT, new_token, token_id, token_record
from scantling_common.records.reporter import TOKENS, Token
from scantling_common.store.port import Range
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from scantling_common.clock import Clock
    from scantling_common.store.port import Store

BOOTSTRAP: Final = "bootstrap"
"""The name of the token that comes from a file; the file decides which one it is."""


async def ensure_admin_token(store: Store, clock: Clock, token: str) -> None:
    """Make ``token`` the bootstrap admin of all projects, in place of any one before."""
    tokens = Repository(store, TOKENS, Token)
    record = token_record(
        token, name=BOOTSTRAP, role="admin", project=EVERY_PROJECT, now=clock.now_ms()
    )
    while await tokens.get(token_id(token)) is None and not await tokens.insert(record):
        range_ = Range(index="project", prefix=(EVERY_PROJECT, BOOTSTRAP))
        for old in (await tokens.page(range_, limit=1)).records:
            await tokens.delete(old.id)


def token_of_file(path: Path) -> str:
    """Return the token in a file; a missing file is made, mode 0600, with a new token."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    token = new_token()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{token}\n")
    return token
