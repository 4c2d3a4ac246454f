"""Who may send webhooks."""

from __future__ import annotations

from base64 import b64encode

import pytest
from multidict import CIMultiDict

from scantling_sync.webhooks.authentication import is_secret, presented
from tests.sync.samples import registry

SECRET = "s3cret-s3cret-s3cret"
BASIC = b64encode(f"anyone:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("header", "value", "auth", "path", "expected"),
    [
        ("Authorization", f"Bearer {SECRET}", "header", None, SECRET),
        ("Authorization", f"bearer   {SECRET} ", "header", None, SECRET),
        ("Authorization", f"Basic {BASIC}", "header", None, SECRET),
        ("Authorization", "Basic ***", "header", None, ""),
        ("Authorization", "Basic /w==", "header", None, ""),
        ("Authorization", SECRET, "header", None, ""),
        ("Authorization", f"Digest {SECRET}", "header", None, ""),
        ("Authorization", "", "header", None, ""),
        ("Authorization", "Bearer " + "a" * 5000, "header", None, ""),
        ("Authorization", f"Bearer {SECRET}", "header", SECRET, ""),
        ("Authorization", f"Bearer {SECRET}", "path", None, ""),
        ("Authorization", "", "path", SECRET, SECRET),
        ("X-Other", f"Bearer {SECRET}", "header", None, f"Bearer {SECRET}"),
        ("X-Other", SECRET, "header", None, SECRET),
    ],
)
def test_a_secret_is_presented_as_the_registry_is_configured(
    header: str, value: str, auth: str, path: str | None, expected: str
) -> None:
    configured = registry(webhook_header=header, webhook_auth=auth)
    headers = CIMultiDict({header.upper(): value})
    assert presented(headers, path, configured) == expected


@pytest.mark.parametrize(
    ("given", "expected", "same"),
    [
        (SECRET, SECRET, True),
        (SECRET, SECRET + "x", False),
        ("", SECRET, False),
        ("", "", False),
        ("\udcff", SECRET, False),
        ("é", "é", True),
    ],
)
def test_only_the_secret_is_the_secret(given: str, expected: str, *, same: bool) -> None:
    assert is_secret(given, expected) == same
