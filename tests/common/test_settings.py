"""Settings from the environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from scantling_common.settings import (
    Listen,
    ServiceSettings,
    SettingsInvalid,
    load,
    parse_listen,
    settings_table,
)


class ReporterSettings(ServiceSettings):
    """A service's own."""

    admin_token: SecretStr | None = Field(None, description="the first token")
    keep_days: int = Field(7, ge=1, description="days that exports are kept")


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("SCANTLING_"):
            monkeypatch.delenv(name)


def test_everything_has_a_default() -> None:
    settings = load(ServiceSettings)

    assert settings.kafka is None
    assert settings.mongodb is None
    assert settings.address == Listen("127.0.0.1", 8686)


def test_variables_have_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANTLING_KAFKA", "k:9092")
    monkeypatch.setenv("SCANTLING_DATA", "/srv/data")
    monkeypatch.setenv("SCANTLING_KEEP_DAYS", "9")
    monkeypatch.setenv("SCANTLING_UNKNOWN", "x")
    monkeypatch.setenv("KAFKA", "other")

    settings = load(ReporterSettings)

    assert (settings.kafka, settings.data, settings.keep_days) == ("k:9092", Path("/srv/data"), 9)
    assert load(ReporterSettings, keep_days=3).keep_days == 3


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    monkeypatch.setenv("SCANTLING_ADMIN_TOKEN_FILE", str(file))

    settings = load(ReporterSettings)

    assert settings.admin_token is not None
    assert settings.admin_token.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings)


def test_a_secret_comes_from_one_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SCANTLING_ADMIN_TOKEN", "a")
    monkeypatch.setenv("SCANTLING_ADMIN_TOKEN_FILE", str(tmp_path / "token"))

    with pytest.raises(SettingsInvalid, match="both"):
        load(ReporterSettings)


@pytest.mark.parametrize("content", [None, b"\xff", b"x" * 70_000])
def test_a_file_without_a_secret_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("SCANTLING_ADMIN_TOKEN_FILE", str(file))

    with pytest.raises(SettingsInvalid, match="SCANTLING_ADMIN_TOKEN_FILE"):
        load(ReporterSettings)


def test_other_settings_come_from_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SCANTLING_KAFKA_FILE", str(tmp_path / "missing"))

    assert load(ServiceSettings).kafka is None


def test_an_error_names_the_variable_and_not_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCANTLING_KEEP_DAYS", "hunter2")
    monkeypatch.setenv("SCANTLING_LISTEN", "nowhere")

    with pytest.raises(SettingsInvalid) as raised:
        load(ReporterSettings)

    assert "SCANTLING_KEEP_DAYS" in str(raised.value)
    assert "SCANTLING_LISTEN" in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("127.0.0.1:0", Listen("127.0.0.1", 0)),
        ("[::1]:8080", Listen("::1", 8080)),
        ("host.example:65535", Listen("host.example", 65535)),
    ],
)
def test_an_address_is_host_and_port(text: str, listen: Listen) -> None:
    assert parse_listen(text) == listen


@pytest.mark.parametrize("text", ["", "host", ":80", "host:", "host:x", "h:65536", "h:-1", "h:٣"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        parse_listen(text)


def test_the_table_has_every_setting_once() -> None:
    table = settings_table({"reporter": ReporterSettings, "sync": ServiceSettings})

    lines = table.splitlines()
    assert len(lines) == 2 + len(ReporterSettings.model_fields)
    assert "| `SCANTLING_KEEP_DAYS` | `7` | reporter | days that exports are kept |" in lines
    assert (
        "| `SCANTLING_ADMIN_TOKEN`, `SCANTLING_ADMIN_TOKEN_FILE` |  | reporter | the first token |"
        in lines
    )
    assert any(line.startswith("| `SCANTLING_LISTEN` | `127.0.0.1:8686` | all |") for line in lines)
    names = [line.split("`")[1] for line in lines[2:]]
    assert names == sorted(names)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in ServiceSettings.model_fields.values())
