"""What is taken out of text before it is stored, shown or logged."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scantling_common.telemetry.redaction import (
    MASK,
    redact_environment,
    redact_history,
    redact_mapping,
    redact_text,
    redact_value,
)

SECRET = "Zq9xK2vLm4Tn7RbW"


@pytest.mark.parametrize(
    "text",
    [
        f"PASSWORD={SECRET}",
        f"DB_PASSWORD={SECRET} other",
        f"password: {SECRET}",
        f'"password": "{SECRET}"',
        f"'secret' => '{SECRET}'",
        f'"password": "with \\" quote {SECRET}"',
        f'PASSWORD="two words {SECRET}"',
        f"passwd={SECRET}",
        f"MYSQL_PWD={SECRET}",
        f"api_key={SECRET}",
        f"apikey={SECRET}",
        f"X-Api-Key: {SECRET}",
        f"AWS_SECRET_ACCESS_KEY={SECRET}",
        f"GITHUB_TOKEN={SECRET}",
        f"token={SECRET}&user=x",
        f"//registry.example/:_authToken={SECRET}",
        f"_auth = {SECRET}",
        f'"auth": "{SECRET}"',
        f"Authorization: Bearer {SECRET}",
        f"Authorization: Basic {SECRET}",
        f"authorization={SECRET}",
        f"curl -H 'Authorization: token {SECRET}'",
        f"Cookie: session={SECRET}",
        f"mysql --password {SECRET}",
        f"mysql --password={SECRET}",
        f"tool --token '{SECRET} x'",
        f"got Bearer {SECRET} from them",
        f"https://user:{SECRET}@host.example/path",
        f"https://{SECRET}@host.example/path",
        f"postgres://user:p@{SECRET}@db:5432/x",
        f"git+ssh://u:{SECRET}@host",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\\n{SECRET}\\n-----END PRIVATE KEY-----",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}",
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n{SECRET}\n-----END PGP PRIVATE KEY BLOCK-----",
        f"ghp_{SECRET}{SECRET}1234",
        f"see github_pat_{SECRET}{SECRET}",
        f"glpat-{SECRET}{SECRET}",
        f"xoxb-{SECRET}-{SECRET}",
        f"key AKIA{SECRET.upper()} id",
        f"AIza{SECRET}{SECRET}",
        f"sk_live_{SECRET}",
        f"npm_{SECRET}{SECRET}{SECRET}",
        f"pypi-{SECRET}{SECRET}",
        f"dckr_pat_{SECRET}{SECRET}",
        f"hf_{SECRET}{SECRET}",
        f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{SECRET}",
        f"sct_{SECRET}{SECRET}",
        f"root:$6$salt${SECRET}:19000:0",
        f"admin:$2y$10${SECRET}",
        f"$argon2id$v=19$m=65536,t=3,p=4${SECRET}",
        f"SECRET_KEY={SECRET}",
        f"client_secret={SECRET}",
        f"AccountKey={SECRET};Endpoint=x",
        f"account.key={SECRET}",
        f"<password>ab&amp;{SECRET}</password>",
        f'<entry key="db.password" note="x">two {SECRET}</entry>',
        f"<name>db.password</name>\n  <value>{SECRET}</value>",
        f'$password = "ab`"{SECRET}"',
        f"password: 'ab''{SECRET}'",
        f"IDENTIFIED BY 'ab''{SECRET}'",
        f"PASSWORD='ab'\"{SECRET}\"",
        f"PASSWORD='ab'{SECRET}",
        f"curl -u 'ann:ab'\\''{SECRET}' x",
        f'curl -u "ann:ab\\"{SECRET}" x',
    ],
)
def test_a_secret_is_masked(text: str) -> None:
    redacted = redact_text(text)

    assert SECRET.lower() not in redacted.lower()
    assert MASK in redacted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PATH=/usr/local/sbin:/usr/local/bin",
        "a password is needed",
        "the token was refused",
        "author: Ann Example",
        "https://host.example/path?x=1#y",
        "https://host.example:8443/@scope/name",
        "ssh://git@host.example/repository",
        "ann@host.example",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "PASSWORD_FILE=/run/secrets/password",
        "/bin/sh -c apt-get install -y tokenizer keyutils",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "RUN pip install authlib==1.3",
        "ENV KEYRING_VERSION=2 LANG=C.UTF-8",
        "<td>password</td>",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact_text(text) == text


def test_what_is_around_a_secret_stays() -> None:
    assert redact_text(f"a PASSWORD={SECRET} b") == f"a PASSWORD={MASK} b"
    assert (
        redact_text(f"to https://u:{SECRET}@h.example/x now")
        == f"to https://{MASK}@h.example/x now"
    )
    assert redact_text(f'{{"token": "{SECRET}", "user": "ann"}}') == (
        f'{{"token": "{MASK}", "user": "ann"}}'
    )


def test_the_environment_is_masked_by_name_and_by_value() -> None:
    assert redact_environment(
        [
            f"DB_PASSWORD={SECRET} and more words",
            f"SSH_KEY={SECRET}",
            f"BASIC_AUTH={SECRET}",
            f"DATABASE_URL=postgres://u:{SECRET}@db/x",
            "PASSWORD_FILE=/run/secrets/p",
            "LANG=C.UTF-8",
            "PASSWORD=",
            "odd",
        ]
    ) == [
        f"DB_PASSWORD={MASK}",
        f"SSH_KEY={MASK}",
        f"BASIC_AUTH={MASK}",
        f"DATABASE_URL=postgres://{MASK}@db/x",
        "PASSWORD_FILE=/run/secrets/p",
        "LANG=C.UTF-8",
        "PASSWORD=",
        "odd",
    ]


def test_labels_are_masked() -> None:
    labels = {"com.example.token": SECRET, "maintainer": f"ann https://a:{SECRET}@x/", "n": "1"}

    assert redact_mapping(labels) == {
        "com.example.token": MASK,
        "maintainer": f"ann https://{MASK}@x/",
        "n": "1",
    }
    assert redact_value("title", "plain") == "plain"


@pytest.mark.parametrize(
    "line",
    [
        f"ENV DB_PASSWORD={SECRET} with blanks {SECRET}",
        f"/bin/sh -c #(nop)  ENV API_TOKEN=one {SECRET}",
        f"ARG SSH_KEY={SECRET}",
        f"LABEL a=b deploy.token={SECRET} x",
        f"|2 USER=ann PASSWORD=two {SECRET} /bin/sh -c make",
        f"RUN |1 PASSWORD={SECRET} /bin/sh -c make # buildkit",
        f"/bin/sh -c curl -u x https://u:{SECRET}@h/",
        f'/bin/sh -c #(nop)  CMD ["app" "--token" "{SECRET}"]',
    ],
)
def test_history_is_masked(line: str) -> None:
    assert SECRET not in redact_history(line)


def test_what_was_run_stays_in_the_history() -> None:
    line = f"|2 USER=ann PASSWORD={SECRET} /bin/sh -c make install"

    assert redact_history(line) == f"|2 USER=ann PASSWORD={MASK} /bin/sh -c make install"
    assert redact_history("/bin/sh -c apt-get update") == "/bin/sh -c apt-get update"


@given(st.text(alphabet=string.printable + "äß💡", max_size=300))
def test_any_text_can_be_redacted_and_twice_is_once(text: str) -> None:
    once = redact_text(text)

    assert redact_text(once) == once


@pytest.mark.parametrize(
    "unit",
    [
        "password",
        "password=",
        "password ",
        "token token=",
        '"',
        '="',
        'password="',
        "'\\",
        "://",
        "://a",
        "a@",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "bearer ",
        "eyJaaaaaaaaa.",
        "$6$",
        "ghp_",
        "ENV A=b PASSWORD",
        "_",
        "-",
        " ",
        "auth",
        "xox",
        "<password>",
        "password</a><b>",
        "password='a'",
        "password='a'b",
        'password="a`',
    ],
)
def test_hostile_repetition_takes_linear_time(unit: str) -> None:
    """Ends only if no pattern backtracks without bound; the suite's timeout is the judge."""
    text = unit * (150_000 // len(unit))

    assert redact_text(text) is not None
    assert redact_history(f"ENV {text}") is not None


@pytest.mark.parametrize("value", ["false", "True", "0", "none", "'no'", '"off"', '""'])
def test_a_switch_is_no_secret_whatever_its_name(value: str) -> None:
    entry = f"FOO_TOKEN={value}"
    assert redact_environment([entry]) == [entry]
    assert redact_text(f"docker run -e {entry}") == f"docker run -e {entry}"
    assert redact_history(f"ENV {entry} A=b") == f"ENV {entry} A=b"
    assert redact_history("ENV FOO_TOKEN=") == "ENV FOO_TOKEN="


@pytest.mark.parametrize(
    "value", ["falsehood", "no way jose", "10", "none-of-it", "true\tstory", " x"]
)
def test_a_value_that_begins_like_a_switch_is_masked(value: str) -> None:
    assert redact_environment([f"FOO_TOKEN={value}"]) == [f"FOO_TOKEN={MASK}"]
    assert redact_history(f"ENV FOO_TOKEN={value}") == f"ENV FOO_TOKEN={MASK}"
