"""What the engine says of a secret, and what it does with hostile texts."""

from __future__ import annotations

import contextlib
import itertools
import pickle
import time

import msgspec
import pytest

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.secrets import names, values, words
from scantling_analyzers.secrets.engine import (
    MAX_MATCHES,
    SecretEngine,
    default_engine,
)
from scantling_analyzers.secrets.models import Hidden, SecretMatch
from scantling_analyzers.secrets.rules import packaged_rules
from tests.analyzers.secrets.engines import fast, found
from tests.builders.secret_examples import expand

VALUE = "hb7Xk2pQ9zRt"
OF_VALUES = (values.entropy, values.form_of, values.relative_entropy, words.coverage)


def test_a_secret_has_its_place_in_the_text() -> None:
    text = f"# settings\nport = 80\ndb_password = {VALUE}\n".encode()
    (match,) = found(text)
    assert text[match.start : match.end] == VALUE.encode()
    assert (match.line, match.last_line) == (3, 3)
    assert match.rule == "generic-password"
    assert match.severity == "high"


def test_a_score_has_reasons_and_the_weightiest_is_the_first() -> None:
    (match,) = found(f"db_password = {VALUE}\n".encode())
    assert 0.9 < match.score < 1
    assert match.reasons[0] == "it is not made of words"
    assert "its name is that of a password" in match.reasons


def test_the_value_is_nowhere_but_where_it_is_asked_for() -> None:
    (match,) = found(f'"password": "{VALUE}"'.encode())
    assert VALUE not in repr(match)
    assert match.value.reveal() == VALUE.encode()
    with pytest.raises(TypeError):
        pickle.dumps(match.value)
    with pytest.raises(TypeError):
        msgspec.json.encode(match)


def test_two_hidden_values_are_the_same_where_what_they_hide_is() -> None:
    assert Hidden(b"a") == Hidden(b"a")
    assert Hidden(b"a") != Hidden(b"b")
    assert len({Hidden(b"a"), Hidden(b"a")}) == 1
    assert Hidden(b"a") != b"a"


def test_a_private_key_is_one_secret_with_its_first_and_last_line() -> None:
    matches = found("x\n{pem}\ny\n")
    assert [match.rule for match in matches] == ["private-key"]
    assert (matches[0].line, matches[0].last_line) == (2, 9)
    assert matches[0].severity == "critical"


def test_what_has_a_rule_of_its_own_is_told_of_by_it_alone() -> None:
    matches = found("GITHUB_TOKEN={crc62:ghp_:30}\n")
    assert [match.rule for match in matches] == ["github-personal-token"]
    assert "its checksum verifies" in matches[0].reasons


def test_a_named_value_is_told_of_by_what_its_name_says() -> None:
    assert [match.rule for match in found("datadog_api_key: {hex:32}\n")] == ["datadog-api-key"]
    assert [match.rule for match in found("datadog_app_key: {hex:40}\n")] == ["datadog-app-key"]


def test_utf_16_is_searched() -> None:
    (match,) = found(f"db_password = {VALUE}\n".encode("utf-16"))
    assert match.value.reveal() == VALUE.encode()


def test_lines_end_as_on_windows_too() -> None:
    matches = found(f"a\r\npassword={VALUE}\r\nrequirepass {VALUE}\r\n".encode())
    assert [match.line for match in matches] == [2, 3]
    assert {match.value.reveal() for match in matches} == {VALUE.encode()}


def test_source_code_has_secrets_in_quotes_only() -> None:
    text = f'password = "{VALUE}"\nother_password = {VALUE}\n'.encode()
    assert [match.line for match in found(text, "app/main.py")] == [1]
    assert [match.line for match in found(text, "app/main.conf")] == [1, 2]


@pytest.mark.parametrize(
    "line",
    [
        "password: ${DB_PASSWORD}",
        "password: {{ .Values.password }}",
        "password: <your password>",
        "password: changeme",
        "password: xxxxxxxxxxxx",
        "password_file: /run/secrets/db",
        "token_url: https://login.example.org/token",
        "secretName: my-database-credentials",
        "public_key: MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A",
        'password = os.environ["DB_PASSWORD"]',
        "key: namespace/name",
        "password: $2a$10$Irg8k8HWkDlvL0YDBKLCYee6j6zzIFTplJcvZYKA.B8clHPZn2Eyq",
        "author: John Smith",
        "monkey: banana7",
    ],
)
def test_what_only_looks_like_a_secret_is_none(line: str) -> None:
    assert found(line.encode() + b"\n") == []


def test_an_empty_text_has_nothing() -> None:
    assert found(b"") == []


def test_a_file_with_too_many_secrets_says_so_after_the_first() -> None:
    lines = [expand(f"password{n} = {{mixed:14}}") for n in range(MAX_MATCHES + 1)]
    matches: list[SecretMatch] = []
    with pytest.raises(Unreadable) as caught:
        matches.extend(fast().find("\n".join(lines).encode(), path="a.conf"))
    assert caught.value.reason == "too_many"
    assert len(matches) in {0, MAX_MATCHES}


def test_a_million_candidate_lines_end_soon_and_are_told_of() -> None:
    text = b"password: ${A}x1\npassword: aaaaaaaa\n" * 500_000
    begun = time.process_time()
    with pytest.raises(Unreadable) as caught:
        list(fast().find(text, path="a.yml"))
    assert caught.value.reason == "too_many"
    assert time.process_time() - begun < 20


def test_one_long_line_is_searched_in_parts() -> None:
    filler = b"x=1;" * 1_000_000
    text = filler + f"password={VALUE};".encode() + filler
    (match,) = found(text, "a.conf")
    assert text[match.start : match.end] == VALUE.encode()


@pytest.mark.parametrize(
    "piece",
    [
        b"password",
        b"-----BEGIN PRIVATE KEY-----",
        b'"kty":',
        b"://a:",
        b"key=key=",
        b"curl -u ",
        b"identified by ",
        b"eyJ.eyJ.",
        b"machine login password ",
        b'"password": "\\',
        b"<password " * 2,
        b"A" * 64,
    ],
)
def test_no_repetition_takes_long(piece: bytes) -> None:
    text = (piece * (100_000 // len(piece)))[:200_000]
    begun = time.process_time()
    with contextlib.suppress(Unreadable):
        list(fast().find(text, path="a.conf"))
    assert time.process_time() - begun < 5


def test_the_default_engine_is_made_once() -> None:
    assert default_engine() is default_engine()


def test_an_engine_without_rules_finds_nothing() -> None:
    assert list(SecretEngine(()).find(b"password=hb7Xk2pQ9zRt")) == []
    assert packaged_rules()


@pytest.mark.parametrize(
    "text",
    [
        f'"AWS::KMS::Key": "{VALUE}",',
        f'"NextToken": "{VALUE}",',
        f'"ARN": "arn:aws:secretsmanager:us-west-2:123456789012:secret:{VALUE}",',
        "token_pattern = r'[a-zA-Z](?:[a-zA-Z0-9-]*)'",
    ],
)
def test_types_places_in_lists_resources_and_patterns_are_no_secrets(text: str) -> None:
    assert found(text.encode()) == []


def test_what_is_not_told_for_something_else_has_its_place_among_the_spans() -> None:
    pair = b"AKIA" + b"Q3ZT7XVN5LMB2RKD:MDd4Nhq9" + b"pWzK3vT8sYbLc2RjXe5fUaSnzgMX"
    text = b"AWS_CREDENTIALS=" + pair + b"\n"
    searched = fast().search(text)
    (match,) = searched.matches
    assert match.rule == "aws-access-key-id"
    assert searched.spans == ((16, 16 + len(pair)),)


def test_spans_are_in_order_and_none_overlap() -> None:
    text = "".join(f"x{n}_password=hb7Xk2pQ9zRt{n} " for n in range(MAX_MATCHES + 50)).encode()
    searched = fast().search(text)
    assert not searched.complete
    assert len(searched.matches) == MAX_MATCHES
    assert len(searched.spans) > MAX_MATCHES
    assert all(one[1] < two[0] for one, two in itertools.pairwise(searched.spans))


@pytest.mark.parametrize("name", ["db_password", "x_auth", "my_authToken"])
def test_a_name_that_ends_like_one_of_npm_is_not_npms(name: str) -> None:
    assert not any(match.rule == "npmrc-token" for match in found(f'{name}="{{mixed:20}}"\n'))
    (match,) = found('db_password="{mixed:20}"\n')
    assert match.rule == "generic-password"


def test_nothing_of_what_was_searched_is_kept() -> None:
    name, value = b"zq7Xk2_password", b"hb7Xk2pQ9zRtUnKept"
    assert list(fast().find(name + b" = '" + value + b"'\n" + value + b"_token = 'x'\n"))
    remembering = (names.words_of, names.class_of, names.qualifiers)
    assert {each.cache_info().currsize for each in remembering} == {0}
    assert not any(hasattr(each, "cache_info") for each in OF_VALUES)
