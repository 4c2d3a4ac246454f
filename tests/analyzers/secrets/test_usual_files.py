"""Constants and keys that are public are no secrets, and what stands beside them is."""

from __future__ import annotations

import pytest

from tests.analyzers.secrets.engines import found

KEY = "{b62:40}"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    "text",
    [
        f"RECAPTCHA_SITE_KEY={KEY}",
        f'PASSWORD = "{LETTERS}0123456789"',
        f'secret = "{LETTERS.upper()}234567"',
        'API_KEY = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"',
    ],
)
def test_keys_of_sites_and_alphabets_are_public(text: str) -> None:
    assert found(text, "srv/settings.py") == []


@pytest.mark.parametrize(
    "text",
    [
        f"RECAPTCHA_SECRET_KEY={KEY}",
        "SITE_PASSWORD={mixed:14}",
        'API_KEY = "abcdef{b62:30}"',
    ],
)
def test_what_is_named_or_begins_like_them_is_still_found(text: str) -> None:
    assert len(found(text, "srv/.env")) == 1


@pytest.mark.parametrize("path", ["srv/notes.txt", "etc/postfix/sasl_passwd.txt.d/readme"])
def test_lines_of_a_file_of_passwords_are_none_elsewhere(path: str) -> None:
    assert found("[smtp.example.org]:587 bob:{mixed:14}", path) == []
