"""What names promise and what values look like."""

from __future__ import annotations

import pytest

from scantling_analyzers.secrets import values, words
from scantling_analyzers.secrets.names import class_of, qualifiers, words_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"DB_PASSWORD", "password"),
        (b"dbPassword2", "password"),
        (b"requirepass", "password"),
        (b"spring.datasource.password", "password"),
        (b"client-secret", "secret"),
        (b"SecretKeyBase", "secret"),
        (b"aws_secret_access_key", "secret"),
        (b"X-Auth-Token", "token"),
        (b"apiKey", "api-key"),
        (b"API_KEY", "api-key"),
        (b"privatekey", "key"),
        (b"Authorization", "auth"),
        (b"credentials", "credential"),
        (b"salt", "salt"),
        (b"monkey", "none"),
        (b"compass", "none"),
        (b"author", "none"),
        (b"path", "none"),
        (b"tokenizer", "none"),
        (b"pat", "none"),
        (b"pat1", "none"),
        (b"", "none"),
    ],
)
def test_a_name_promises_a_kind_of_secret(name: bytes, kind: str) -> None:
    assert class_of(name) == kind


def test_a_name_is_taken_apart_by_case_digits_and_punctuation() -> None:
    assert words_of(b"DB_userPassword2") == (b"db", b"user", b"password", b"2")
    assert words_of(b"HTTPToken") == (b"http", b"token")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (b"password_file", "about"),
        (b"tokenExpiry", "about"),
        (b"public_key", "public"),
        (b"primary_key", "ordinary"),
        (b"encrypted_password", "hashed"),
        (b"signing_key", "keyed"),
        (b"NextToken", "paging"),
        (b"continuation_token", "paging"),
        (b"token_id", "identifier"),
        (b"auth_username", "about"),
        (b"MYSQL_ROOT_PASSWORD", "service"),
        (b"spring.datasource.password", "service"),
    ],
)
def test_a_name_says_more(name: bytes, said: str) -> None:
    assert said in qualifiers(name)


@pytest.mark.parametrize(
    ("name", "unsaid"),
    [
        (b"secret_id", "identifier"),
        (b"password", "service"),
        (b"mysql_password_file", "service"),
        (b"redis_key", "service"),
        (b"", "service"),
    ],
)
def test_a_name_says_no_more_than_is_in_it(name: bytes, unsaid: str) -> None:
    assert unsaid not in qualifiers(name)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (b"$2a$10$abcdefghijklmnopqrstuv", "hash"),
        (b"{SSHA}abcdef", "hash"),
        (b"208108a6-afc4-3072-172b-4bfd631bee75", "uuid"),
        (b"86400", "number"),
        (b"2024-01-02", "date"),
        (b"~1.3.0", "version"),
        (b"ssh-rsa AAAAB3NzaC1yc2E", "public-key"),
        (b"https://example.org/x", "url"),
        (b"me@example.org", "email"),
        (b"${DB_PASSWORD}", "reference"),
        (b"{{ password }}", "reference"),
        (b"%(password)s", "reference"),
        (b"((demo-password))", "reference"),
        (b"process.env.TOKEN", "reference"),
        (b"get_token()", "call"),
        (b"credential.password", "attribute"),
        (b"/run/secrets/db", "path"),
        (b"pwd.key", "path"),
        (b"db.example.com", "host"),
        (b"DEFAULT_PASSWORD", "constant"),
        (b"scram-sha-256", "algorithm"),
        (b"PBKDF2WithHmacSHA256", "algorithm"),
        (b"backend:8080", "host"),
        (b"%1$s", "reference"),
        (b"*.key", "pattern"),
        (b"hb7Xk2pQ9zRt", ""),
    ],
)
def test_a_value_has_a_form(value: bytes, form: str) -> None:
    assert values.form_of(value) == form


@pytest.mark.parametrize(
    "value",
    [b"<password>", b"xxxxxxxx", b"********", b"your-token", b"changeme", b"AKIA...", b"test"],
)
def test_placeholders_are_known(value: bytes) -> None:
    assert values.is_placeholder(value)


@pytest.mark.parametrize("value", [b"hb7Xk2pQ9zRt", b"62926f3881164e4c2aa28e2226d55d8a02fe9b86"])
def test_random_values_are_no_placeholders(value: bytes) -> None:
    assert not values.is_placeholder(value)


def test_entropy_is_taken_relative_to_what_chance_makes() -> None:
    assert values.entropy(b"") == 0
    assert values.entropy(b"abab") == 1
    assert values.relative_entropy(b"aaaaaaaabbbb") < 0.7
    assert values.relative_entropy(b"62926f3881164e4c2aa28e2226d55d8a") > 0.9


def test_words_cover_a_value_as_far_as_it_is_made_of_them() -> None:
    assert words.coverage(b"default-server-message") > 0.8
    assert words.coverage(b"hbqXkzpQwzRt") < 0.3
    assert words.coverage(b"12345") == 0


@pytest.mark.parametrize(
    ("value", "counted"),
    [
        (b"000102030405060708090a0b0c0d0e0f", True),
        (b"0F0E0D0C0B0A0908", True),
        (b"00112233445566778899aabbccddeeff", True),
        (b"62926f3881164e4c2aa28e2226d55d8a", False),
        (b"0001020304050607\n", False),
        (b"123", False),
        (b"", False),
    ],
)
def test_bytes_that_follow_each_other_in_steps_are_counted(value: bytes, *, counted: bool) -> None:
    assert values.is_counted(value) == counted
