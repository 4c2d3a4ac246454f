"""Which parser reads the notifications of which kind of registry: one line each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from scantling_sync.webhooks import distribution
from scantling_sync.webhooks.notice import Notification


class WebhookKind(msgspec.Struct, frozen=True):
    """The content types that a kind sends, and its pure parser."""

    content_types: frozenset[str]
    parse: Callable[[bytes], Notification]


WEBHOOKS: Final = {
    "distribution": WebhookKind(distribution.CONTENT_TYPES, distribution.parse),
}
