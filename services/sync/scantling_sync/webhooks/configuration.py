"""What a registry's administrator puts into its configuration, so that it sends webhooks; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from scantling_sync.api.bodies import WebhookView

if TYPE_CHECKING:
    from scantling_common.records.sync import Registry

PLACEHOLDER: Final = "SECRET"


def webhook_view(registry: Registry, public_url: str, secret: str | None) -> WebhookView:
    """Return where and how a registry sends webhooks; without the ``secret`` a placeholder."""
    shown = secret or PLACEHOLDER
    url = f"{public_url.rstrip('/')}/webhooks/{registry.id}"
    by_path = registry.webhook_auth == "path"
    target = f"{url}/{shown}" if by_path else url
    headers = {} if by_path else {registry.webhook_header: [_value(registry, shown)]}
    return WebhookView(
        url=target,
        auth="path" if by_path else "header",
        header=registry.webhook_header,
        secret=secret,
        configuration=_distribution(target, headers),
    )


def _value(registry: Registry, secret: str) -> str:
    is_authorization = registry.webhook_header.lower() == "authorization"
    return f"Bearer {secret}" if is_authorization else secret


def _distribution(url: str, headers: dict[str, list[str]]) -> str:
    endpoint = {
        "name": "scantling",
        "url": url,
        **({"headers": headers} if headers else {}),
        "timeout": "5s",
        "threshold": 5,
        "backoff": "5s",
        "ignore": {
            "mediatypes": ["application/octet-stream"],
            "actions": ["pull", "mount"],
        },
    }
    # JSON is YAML, and needs no quoting rules; YAML wants what belongs to a key indented.
    block = orjson.dumps({"endpoints": [endpoint]}, option=orjson.OPT_INDENT_2).decode()
    return "notifications: " + block.replace("\n", "\n  ") + "\n"
