"""Services as processes of their own: settings, health, an orderly end, and a crash on order."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from scantling.client.api import Api
from scantling.hosting.analysis import NoAnalyzer, known_analyzer
from scantling.sample.registration import webhook_secret
from scantling_analyzers.risks.catalogue import PLACES
from scantling_common.crypto import make_key_file
from tests.standalone.running import Running, scantling
from tests.standalone.test_up import eventually

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.end_to_end

TOKEN = "sct_the-first-token-of-this-test"


def settings(data: Path, **more: str) -> dict[str, str]:
    make_key_file(data / "key")
    make_key_file(data / "fact-key")
    (data / "token").write_text(TOKEN)
    return {
        "SCANTLING_DATA": str(data / "data"),
        "SCANTLING_LISTEN": "127.0.0.1:0",
        "SCANTLING_CREDENTIAL_KEY_FILE": str(data / "key"),
        "SCANTLING_FACT_KEY_FILE": str(data / "fact-key"),
        "SCANTLING_ADMIN_TOKEN_FILE": str(data / "token"),
        "SCANTLING_LOG_FORM": "json",
        **more,
    }


def listening(role: Running) -> str:
    port = role.wait_for(r'"listening".*"port": (\d+)')[1]
    return f"http://127.0.0.1:{port}"


def fetched(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.parametrize("role", [["reporter"], ["analyzer", "--risk", "software"], ["extractor"]])
def test_a_role_tells_its_health_and_ends_in_order(tmp_path: Path, role: list[str]) -> None:
    with Running(*role, **settings(tmp_path)) as running:
        url = listening(running)

        assert fetched(f"{url}/healthz")[0] == 200
        assert fetched(f"{url}/readyz")[0] == 200
        assert b"scantling_store_seconds" in fetched(f"{url}/metrics")[1]

        assert running.stop() == 0
    assert list((tmp_path / "data" / "scratch").glob("*/*")) == []


def test_the_roles_together_report_what_is_pushed(tmp_path: Path) -> None:
    given = settings(tmp_path)
    roles = [["sync"], ["dispatcher"], ["extractor"], ["reporter"]]
    roles += [["analyzer", "--risk", risk] for risk in ("software", "file", "baseimage")]
    with ExitStack() as stack:
        running = {role[-1]: stack.enter_context(Running(*role, **given)) for role in roles}
        sync = Api(listening(running["sync"]), TOKEN)
        reporter = Api(listening(running["reporter"]), TOKEN)
        for role in running.values():
            listening(role)
        secret = webhook_secret(tmp_path / "secret")
        # Another product's sample registry: here only something that can be synced.
        up = stack.enter_context(
            Running("up", "--data", str(tmp_path / "up"), "--listen", "127.0.0.1:0", "--sample")
        )
        host = up.wait_for(r"push more images to (\S+);")[1]
        body = {
            "project": "default",
            "name": "theirs",
            "url": f"http://{host}",
            "plain_http": True,
            "allow_private": True,
            "webhook_secret": secret,
        }
        registry = sync.send("POST", "/registries", body)
        assert eventually(lambda: sync.get(f"/registries/{registry['id']}")["first_sync_at"])
        notify(sync.server, registry["id"], secret, "sample/shop", "1.4")

        def reported() -> bool:
            rows = reporter.pages("/images", {"project": "default"}, limit=10)
            return [row["status"] for row in rows if row["analyzed_at"]] == ["complete"]

        assert eventually(reported)
        assert {role.stop() for role in running.values()} == {0}


def notify(server: str, registry: str, secret: str, repository: str, tag: str) -> None:
    """Tell of a push as a registry does."""
    target = {
        "repository": repository,
        "tag": tag,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
    }
    event = {"id": "one", "action": "push", "timestamp": "2025-01-01T00:00:00Z", "target": target}
    request = urllib.request.Request(  # a server of this test
        f"{server}/webhooks/{registry}",
        json.dumps({"events": [event]}).encode(),
        {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 202


def test_a_fault_ends_the_process(tmp_path: Path) -> None:
    ended = scantling(
        "reporter", **settings(tmp_path, SCANTLING_FAULT="store.insert:tokens:before")
    )

    assert ended.returncode == 137


@pytest.mark.parametrize(
    ("role", "variable"),
    [
        (["sync"], "SCANTLING_CREDENTIAL_KEY_FILE"),
        (["extractor"], "SCANTLING_FACT_KEY_FILE"),
        (["analyzer", "--risk", "setting"], "SCANTLING_FACT_KEY_FILE"),
    ],
)
def test_a_missing_key_is_said(tmp_path: Path, role: list[str], variable: str) -> None:
    given = settings(tmp_path)
    del given[variable]

    ended = scantling(*role, **given)

    assert ended.returncode in {1, 3}
    assert f"{variable} is not set" in ended.stderr


def test_a_wrong_setting_is_said(tmp_path: Path) -> None:
    ended = scantling("reporter", **settings(tmp_path, SCANTLING_LISTEN="nowhere"))

    assert ended.returncode == 3
    assert "SCANTLING_LISTEN" in ended.stderr


def test_a_risk_without_an_analyzer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PLACES, "malware")
    with pytest.raises(NoAnalyzer, match="no analyzer of malware") as said:
        known_analyzer("malware")
    assert "compliance" in said.value.hint


def test_ctrl_c_ends_a_role_in_order(tmp_path: Path) -> None:
    with Running("dispatcher", **settings(tmp_path)) as running:
        listening(running)

        assert running.stop(signal.SIGINT) == 0
