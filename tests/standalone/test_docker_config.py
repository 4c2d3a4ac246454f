"""Logins that docker keeps."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from scantling.scan.docker_config import DockerConfigInvalid, Login, config_file, login_for


def written(folder: Path, content: object) -> Path:
    file = folder / "config.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def auth(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def test_the_login_of_a_registry_is_found(tmp_path: Path) -> None:
    file = written(tmp_path, {"auths": {"registry.example:5000": auth("me:pass:word")}})

    assert login_for("registry.example:5000", file) == Login("me", "pass:word")
    assert login_for("registry.example", file) == Login()


def test_the_hub_is_known_by_its_old_name(tmp_path: Path) -> None:
    file = written(tmp_path, {"auths": {"https://index.docker.io/v1/": auth("me:secret")}})

    assert login_for("docker.io", file) == Login("me", "secret")


def test_without_a_file_access_is_anonymous(tmp_path: Path) -> None:
    assert login_for("registry.example", tmp_path / "config.json") == Login()


def test_a_credential_helper_is_never_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = written(tmp_path, {"auths": {"registry.example": {}}, "credsStore": "desktop"})

    assert login_for("registry.example", file) == Login()
    assert "credential helper not asked" in caplog.text


@pytest.mark.parametrize(
    "content",
    ["{", '{"auths": 1}', {"auths": {"h": {"auth": "%%%"}}}, {"auths": {"h": auth("nocolon")}}],
)
def test_a_damaged_file_is_said_without_its_content(tmp_path: Path, content: object) -> None:
    with pytest.raises(DockerConfigInvalid) as raised:
        login_for("h", written(tmp_path, content))

    assert "nocolon" not in str(raised.value)


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(Login("me", "secret"))


def test_docker_says_where_its_configuration_is() -> None:
    assert config_file({"DOCKER_CONFIG": "/somewhere"}) == Path("/somewhere/config.json")
    assert config_file({}).parts[-2:] == (".docker", "config.json")
