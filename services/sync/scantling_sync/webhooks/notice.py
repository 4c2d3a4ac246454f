"""What a webhook says, whatever kind of registry sent it."""

from __future__ import annotations

from typing import Literal

import msgspec

from scantling_common.errors import ScantlingError


class NotificationInvalid(ScantlingError):
    """The webhook's body is not what its kind of registry sends."""

    code = "notification_invalid"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A hint that something happened in a repository: at a tag, to a digest, or to all of it.

    ``occurred_at`` is in milliseconds since the epoch, 0 where the registry did not say.
    """

    repository: str
    tag: str = ""
    digest: str = ""
    action: Literal["push", "delete"]
    occurred_at: int = 0


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """The notices of one request that concern images, and the ids that the sender gave them.

    A repeated request has the same ids; without ids it can't be told from a new one.
    """

    notices: tuple[Notice, ...] = ()
    ids: tuple[str, ...] = ()
