"""Logins that docker, podman and credential helpers keep."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from scantling.scan.credential_program import (
    MAX_ANSWER,
    CredentialHelperFailed,
    CredentialHelperMissing,
    ask_helper,
)
from scantling.scan.docker_config import DockerConfigInvalid, login_files, login_for
from scantling.scan.login import Login

TOKEN = {"Username": "<token>", "Secret": "refresh"}
PAIR = {"ServerURL": "x", "Username": "me", "Secret": "pass"}


def written(folder: Path, content: object) -> Path:
    file = folder / "config.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def auth(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def helper(folder: Path, script: str, name: str = "test") -> dict[str, str]:
    """Make a credential helper, and return the environment that finds it."""
    program = folder / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)}


def answering(folder: Path, answer: object) -> dict[str, str]:
    """Make a helper that writes down what it was asked, and answers the same each time."""
    (folder / "answer").write_text(json.dumps(answer))
    script = f'echo "$@" >> {folder}/asked; cat >> {folder}/asked; cat {folder}/answer'
    return helper(folder, script)


def asked(folder: Path) -> str:
    return (folder / "asked").read_text()


def test_the_login_of_a_registry_is_found(tmp_path: Path) -> None:
    file = written(tmp_path, {"auths": {"registry.example:5000": auth("me:pass:word")}})

    assert login_for("registry.example:5000", [file]) == Login("me", "pass:word")
    assert login_for("registry.example", [file]) == Login()


def test_a_login_may_stand_under_an_old_address(tmp_path: Path) -> None:
    auths = {"https://registry.example/v1/": auth("me:old"), "http://other.example": auth("a:b")}
    file = written(tmp_path, {"auths": auths})

    assert login_for("registry.example", [file]) == Login("me", "old")
    assert login_for("other.example", [file]) == Login("a", "b")


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "index.docker.io", "docker.io"])
def test_the_hub_is_known_by_its_old_names(tmp_path: Path, key: str) -> None:
    file = written(tmp_path, {"auths": {key: auth("me:secret")}})

    assert login_for("docker.io", [file]) == Login("me", "secret")


def test_the_login_that_says_most_of_a_repository_is_used(tmp_path: Path) -> None:
    auths = {
        "registry.example": auth("all:1"),
        "registry.example/team": auth("team:2"),
        "registry.example/team/app": auth("app:3"),
        "registry.example/tea": auth("wrong:4"),
    }
    file = written(tmp_path, {"auths": auths})

    def user(repository: str) -> str:
        return login_for("registry.example", [file], repository=repository).username

    assert user("team/app") == "app"
    assert user("team/other/x") == "team"
    assert user("teams/app") == "all"


def test_a_login_of_a_namespace_is_not_that_of_its_registry(tmp_path: Path) -> None:
    file = written(tmp_path, {"auths": {"registry.example/team": auth("team:2")}})

    assert login_for("registry.example", [file], repository="other/app") == Login()


def test_an_identity_token_comes_before_a_password(tmp_path: Path) -> None:
    entry = {**auth("me:"), "identitytoken": "refresh"}
    file = written(tmp_path, {"auths": {"registry.example": entry}})

    assert login_for("registry.example", [file]) == Login(identity_token="refresh")


def test_a_login_may_stand_in_plain_text(tmp_path: Path) -> None:
    entry = {"username": "me", "password": "secret"}
    file = written(tmp_path, {"auths": {"registry.example": entry}, "credHelpers": None})

    assert login_for("registry.example", [file]) == Login("me", "secret")


def test_without_a_file_access_is_anonymous(tmp_path: Path) -> None:
    assert login_for("registry.example", [tmp_path / "config.json"]) == Login()
    empty = written(tmp_path, {"auths": {"registry.example": None}})
    assert login_for("registry.example", [empty]) == Login()


def test_the_first_file_with_a_login_decides(tmp_path: Path) -> None:
    docker, podman = tmp_path / "docker", tmp_path / "podman"
    for folder in (docker, podman):
        folder.mkdir()
    files = [
        written(docker, {"auths": {"one.example": auth("docker:1"), "two.example": {}}}),
        written(podman, {"auths": {"one.example": auth("podman:2"), "two.example": auth("p:3")}}),
    ]

    assert login_for("one.example", files).username == "docker"
    assert login_for("two.example", files).username == "p"


def test_the_helper_of_a_registry_is_asked_for_it_alone(tmp_path: Path) -> None:
    environment = answering(tmp_path, PAIR)
    content = {
        "auths": {"registry.example": auth("file:1")},
        "credHelpers": {"registry.example": "test", "docker.io": "test"},
    }
    file = written(tmp_path, content)

    assert login_for("registry.example", [file], environment=environment) == Login("me", "pass")
    assert login_for("other.example", [file], environment=environment) == Login()
    assert asked(tmp_path) == "get\nregistry.example"
    (tmp_path / "asked").unlink()
    assert login_for("docker.io", [file], environment=environment) == Login("me", "pass")
    assert asked(tmp_path) == "get\nhttps://index.docker.io/v1/"


def test_the_store_of_all_logins_is_asked_last(tmp_path: Path) -> None:
    environment = answering(tmp_path, TOKEN)
    content = {
        "auths": {"registry.example": {}, "plain.example": auth("file:1")},
        "credsStore": "test",
    }
    file = written(tmp_path, content)

    assert login_for("plain.example", [file], environment=environment) == Login("file", "1")
    found = login_for("registry.example", [file], environment=environment)
    assert found == Login(identity_token="refresh")


def test_a_store_that_is_not_installed_is_told_and_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = written(tmp_path, {"auths": {"registry.example": {}}, "credsStore": "desktop"})
    nowhere = {"PATH": str(tmp_path)}

    assert login_for("registry.example", [file], environment=nowhere) == Login()
    assert "docker-credential-desktop is not installed" in caplog.text
    named = written(tmp_path, {"credHelpers": {"registry.example": "desktop"}})
    with pytest.raises(CredentialHelperMissing):
        login_for("registry.example", [named], environment=nowhere)


def test_a_helper_that_knows_nothing_gives_nothing(tmp_path: Path) -> None:
    environment = helper(tmp_path, "echo credentials not found in native keychain; exit 1")
    assert ask_helper("test", "registry.example", environment) is None
    assert ask_helper("test", "registry.example", answering(tmp_path, {})) is None


def test_a_helper_that_fails_is_said_with_its_reason(tmp_path: Path) -> None:
    environment = helper(tmp_path, r"printf 'no \033[2Jsession\nmore'; exit 3")

    with pytest.raises(CredentialHelperFailed, match=r"status 3\): no \\x1b\[2Jsession") as raised:
        ask_helper("test", "registry.example", environment)
    assert "more" not in raised.value.message
    assert raised.value.code == "credential_helper_failed"


@pytest.mark.parametrize("answer", ["{", '{"Username": 1}', "[]", "s3cret", '"\xff"'])
def test_what_a_helper_says_is_never_shown(tmp_path: Path, answer: str) -> None:
    (tmp_path / "answer").write_bytes(answer.encode("latin-1"))
    environment = helper(tmp_path, f"cat {tmp_path}/answer")

    with pytest.raises(CredentialHelperFailed, match="no login") as raised:
        ask_helper("test", "registry.example", environment)
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "name", ["", "../x", "a/b", "-x", ".hidden", "a b", "a;b", "$(x)", "x" * 65, "a\n"]
)
def test_a_name_that_no_helper_has_is_not_run(tmp_path: Path, name: str) -> None:
    with pytest.raises(CredentialHelperFailed, match="not the name"):
        ask_helper(name, "registry.example", {"PATH": str(tmp_path)})


def test_a_helper_that_talks_without_end_is_ended(tmp_path: Path) -> None:
    environment = helper(tmp_path, "cat /dev/zero")

    with pytest.raises(CredentialHelperFailed, match=f"{MAX_ANSWER:,}"):
        ask_helper("test", "registry.example", environment)


def test_a_helper_that_does_not_end_is_ended_with_its_children(tmp_path: Path) -> None:
    environment = helper(tmp_path, "sleep 600 & sleep 600; wait")

    with pytest.raises(CredentialHelperFailed, match="was ended"):
        ask_helper("test", "registry.example", environment, seconds=0.3)


def test_a_helper_that_does_not_listen_is_no_error(tmp_path: Path) -> None:
    environment = helper(tmp_path, f"exec 0<&-; echo '{json.dumps(PAIR)}'")

    assert ask_helper("test", "registry.example", environment) == Login("me", "pass")


def test_a_helper_that_is_no_program_is_an_error(tmp_path: Path) -> None:
    environment = helper(tmp_path, "")
    (tmp_path / "docker-credential-test").write_bytes(b"\x7fELF junk")

    with pytest.raises(CredentialHelperFailed, match="can't be run"):
        ask_helper("test", "registry.example", environment)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        '{"auths": 1}',
        "[" * 100_000,
        {"auths": {"h": {"auth": "%%%"}}},
        {"auths": {"h": auth("nocolon")}},
        {"auths": {"h": {"auth": base64.b64encode(b"\xff:\xff").decode()}}},
        " " * (1024 * 1024 + 1),
    ],
)
def test_a_damaged_file_is_said_without_its_content(tmp_path: Path, content: object) -> None:
    with pytest.raises(DockerConfigInvalid) as raised:
        login_for("h", [written(tmp_path, content)])

    assert "nocolon" not in str(raised.value)


def test_a_file_that_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()

    with pytest.raises(DockerConfigInvalid, match="can't be read"):
        login_for("h", [tmp_path / "config.json"])


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(Login("me", "secret", "secret"))


def test_logins_are_looked_for_where_docker_and_podman_keep_them() -> None:
    named = {
        "REGISTRY_AUTH_FILE": "/named.json",
        "DOCKER_CONFIG": "/docker",
        "XDG_RUNTIME_DIR": "/run",
        "XDG_CONFIG_HOME": "/conf",
    }

    assert [str(path) for path in login_files(named)] == [
        "/named.json",
        "/docker/config.json",
        "/run/containers/auth.json",
        "/conf/containers/auth.json",
    ]
    home = Path.home()
    assert login_files({}) == (
        home / ".docker/config.json",
        home / ".config/containers/auth.json",
    )
