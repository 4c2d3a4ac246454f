"""The client commands against a server of their own: what they do, and what they say in vain."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.certificates import Authority
from tests.standalone.running import Running, scantling

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.end_to_end

PATIENCE = 120
"""How often a command asks whether a task has ended."""


class Server:
    """A server with the sample images, and commands that ask it."""

    def __init__(self, url: str, token_file: Path) -> None:
        self.url, self.token_file = url, token_file

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        settings = {
            "SCANTLING_SERVER": self.url,
            "SCANTLING_TOKEN_FILE": str(self.token_file),
            **environment,
        }
        return scantling(*arguments, **settings)

    def json(self, *arguments: str) -> Any:
        """Return what a command that must succeed prints as JSON."""
        ended = self(*arguments, "--format", "json")
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def token_for(self, folder: Path, project: str, role: str) -> Path:
        """Return the file of a new token."""
        name = f"{project}-{role}".replace("*", "all")
        made = self.json("token", "create", name, "--project", project, "--role", role)
        file = folder / name
        file.write_text(made["token"])
        return file


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("up")
    with Running("up", "--data", str(data), "--listen", "127.0.0.1:0", "--sample") as up:
        url = up.wait_for(r"API +(http://\S+)/api/v1/")[1]
        up.wait_for("push more images")
        yield Server(url, data / "admin-token")


def test_projects_are_made_and_listed(server: Server) -> None:
    assert server("project", "create", "team-a", "--title", "Team A").returncode == 0

    titles = {project["id"]: project["title"] for project in server.json("project", "list")}

    assert titles["team-a"] == "Team A"
    again = server("project", "create", "team-a")
    assert again.returncode == 3
    assert "[conflict]" in again.stderr


def test_a_registry_is_added_shown_and_removed(server: Server, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("swordfish\n")
    added = server(
        *("registry", "add", "far", "http://127.0.0.1:1", "--plain-http", "--allow-private"),
        *("--username", "me", "--password-file", str(password), "--images-per-hour", "60"),
    )
    assert added.returncode == 0, added.stderr
    secret = added.stdout.partition("webhook secret:")[2].split()[0]
    assert f"Bearer {secret}" in added.stdout

    shown = server.json("registry", "show", "far")
    assert shown["has_credential"]
    assert shown["images_per_hour"] == 60
    assert shown["authorisation"] == "unreachable"
    assert "swordfish" not in json.dumps(shown)
    assert secret not in json.dumps(shown)
    assert server("registry", "show", shown["id"]).returncode == 0

    refused = server("registry", "remove", "far")
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert len(server.json("registry", "list")) == 2
    assert server("registry", "remove", "far", "--yes").returncode == 0
    assert [each["name"] for each in server.json("registry", "list")] == ["sample"]


@pytest.fixture
def far(server: Server) -> Iterator[dict[str, Any]]:
    """Have a registry that nobody answers for."""
    server.json(
        *("registry", "add", "far", "http://127.0.0.1:1", "--plain-http", "--allow-private"),
        *("--images-per-hour", "60", "--region", "north"),
    )
    found = server.json("registry", "show", "far")
    yield found
    server("registry", "remove", found["id"], "--yes")


def test_a_registry_has_mirrors_and_a_client_certificate(server: Server, tmp_path: Path) -> None:
    issued = Authority().issue("robot")
    certificate, key = tmp_path / "client.pem", tmp_path / "client.key"
    certificate.write_text(issued.certificate)
    key.write_text(issued.key)
    mirrors = ("--mirror", "https://one.example", "--mirror", "https://two.example/hub")
    private = ("registry", "add", "near", "https://127.0.0.1:1", "--allow-private")
    added = server.json(*private, *mirrors, "--cert", str(certificate), "--key", str(key))
    alone = server(*private, "--cert", str(certificate))

    assert added["mirrors"] == ["https://one.example", "https://two.example/hub"]
    assert added["has_client_certificate"] is True
    assert "PRIVATE" not in json.dumps(added)
    assert "https://two.example/hub" in server("registry", "show", "near").stdout
    assert alone.returncode == 2
    assert "--cert and --key go together" in alone.stderr
    assert server("registry", "remove", "near", "--yes").returncode == 0


def test_a_registry_is_changed_in_what_is_named(
    server: Server, far: dict[str, Any], tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("swordfish\n")
    changed = server.json(
        *("registry", "set", "far", "--name", "farther", "--no-scan-on-push", "--untagged"),
        *("--images-per-hour", "0", "--sync-hours", "6", "--repository-kind", "private"),
        *("--username", "me", "--password-file", str(password)),
    )

    given = {
        "name": "farther",
        "scan_on_push": False,
        "untagged": True,
        "images_per_hour": 0,
        "sync_hours": 6,
        "repository_kind": "private",
        "has_credential": True,
    }
    assert {name: changed[name] for name in given} == given
    kept = ("id", "url", "region", "plain_http", "allow_private")
    assert {name: changed[name] for name in kept} == {name: far[name] for name in kept}

    moved = server("registry", "set", "farther", "--url", "http://127.0.0.1:2")
    assert moved.returncode == 3
    assert "the credential was given for another URL" in moved.stderr
    without = server.json(
        "registry", "set", "farther", "--url", "http://127.0.0.1:2", "--no-credential"
    )
    assert (without["url"], without["has_credential"]) == ("http://127.0.0.1:2", False)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--username", "me"),
        ("--cert", "some.pem"),
        ("--password-file", "some", "--no-credential"),
        ("--images-per-hour", "-1"),
        ("--webhook-secret-file", "/there/is/no/such/file"),
    ],
    ids=str,
)
def test_a_change_that_can_not_be_is_a_usage_error(
    server: Server, far: dict[str, Any], arguments: tuple[str, ...]
) -> None:
    ended = server("registry", "set", "far", *arguments)

    assert ended.returncode == 2, ended.stderr
    assert server.json("registry", "show", "far") == far


def test_a_webhook_secret_is_rotated_and_shown_once(server: Server, far: dict[str, Any]) -> None:
    first, second = (
        server.json("registry", "rotate-secret", "far")["webhook"]["secret"] for _ in range(2)
    )

    assert first
    assert second
    assert first != second
    assert server.json("registry", "show", "far")["webhook"]["secret"] is None
    table = server("registry", "rotate-secret", far["id"]).stdout
    assert f"Bearer {table.partition('webhook secret:')[2].split()[0]}" in table


def test_a_registry_is_asked_whether_it_lets_us_in(server: Server, far: dict[str, Any]) -> None:
    assert server.json("registry", "check", "sample")["authorisation"] == "authorized"
    assert server.json("registry", "check", far["id"])["authorisation"] == "unreachable"


def test_syncs_are_started_listed_and_followed(server: Server) -> None:
    started = server.json("registry", "sync", "sample")
    assert [sync["registry"] for sync in started] == [server.json("registry", "list")[0]["id"]]

    (followed,) = server.json("registry", "follow", started[0]["id"])
    assert (followed["id"], followed["state"]) == (started[0]["id"], "done")
    assert followed["repositories_done"] == followed["repositories_total"] == 3

    (waited,) = server.json("registry", "sync", "sample", "--wait")
    assert waited["state"] == "done"
    listed = [sync["id"] for sync in server.json("registry", "syncs", "sample")]
    assert listed[:2] == [waited["id"], started[0]["id"]]
    assert waited["id"] in server("registry", "syncs", "--limit", "1").stdout


def test_a_sync_that_breaks_off_is_not_waited_for(server: Server, far: dict[str, Any]) -> None:
    started = server.json("registry", "sync", "far")

    ended = server("registry", "follow", started[0]["id"], "--format", "json")

    assert ended.returncode == 3, ended.stderr
    (sync,) = json.loads(ended.stdout)
    assert sync["state"] == "queued"
    assert sync["error"].startswith("registry_unreachable")
    assert "is tried again at" in ended.stderr
    nobody = server("registry", "follow", "sync-of-nobody")
    assert nobody.returncode == 3
    assert "[not_found]" in nobody.stderr


def test_a_project_is_renamed_and_removed(server: Server) -> None:
    assert server("project", "create", "team-b").returncode == 0
    assert server.json("project", "set", "team-b", "--title", "Team B")["title"] == "Team B"

    refused = server("project", "remove", "team-b")
    assert refused.returncode == 2
    assert server("project", "remove", "team-b", "--yes").returncode == 0
    assert "team-b" not in {project["id"] for project in server.json("project", "list")}
    occupied = server("project", "remove", "default", "--yes")
    assert (occupied.returncode, "has registries" in occupied.stderr) == (3, True)


def test_images_are_listed_filtered_and_reported(server: Server, tmp_path: Path) -> None:
    names = {image["repository"] for image in server.json("image", "list")}
    assert names == {"sample/debian", "sample/alpine", "sample/shop"}
    only = server.json("image", "list", "--search", "shop", "--status", "partial")
    assert [image["tag"] for image in only] == ["1.4"]

    for filters, repositories in (
        (("--latest-only", "--organization", "sample"), names),
        (("--tag", "1.4"), {"sample/shop"}),
        (("--digest", only[0]["digest"]), {"sample/shop"}),
        (("--platform", "linux/s390x"), set()),
        (("--repository-kind", "private"), set()),
        (("--size-max", "1"), set()),
        (("--updated-after", "2020-01-01T00:00:00Z", "--sort", "platform"), names),
    ):
        found = server.json("image", "list", *filters)
        assert {image["repository"] for image in found} == repositories, filters
    by_tag = [image["tag"] for image in server.json("image", "list", "--sort", "tag")]
    assert by_tag == sorted(by_tag)

    report = server.json("image", "report", "sample/shop:1.4")
    assert report["schema"] == "scantling.report/1"
    assert report["outcomes"]["software"]["packages"]
    by_digest = server.json("image", "report", only[0]["digest"])
    assert by_digest == report
    table = server("image", "report", "sample/shop").stdout
    assert "org.apache.commons:commons-text" in table
    one = server("image", "report", "sample/shop:1.4", "--risk", "file")
    assert set(json.loads(one.stdout)["outcomes"]) == {"file"}
    target = tmp_path / "bom.json"
    server("image", "report", "sample/shop", "--format", "cyclonedx", "-o", str(target))
    assert json.loads(target.read_text())["bomFormat"] == "CycloneDX"


def test_an_image_that_is_not_there_is_said(server: Server) -> None:
    ended = server("image", "report", "sample/nothing:1")

    assert ended.returncode == 3
    assert "has no image 'sample/nothing:1'" in ended.stderr


def test_a_task_is_started_followed_and_steered(server: Server) -> None:
    task = server.json("task", "start", "--repository", "sample/sh*", "--risk", "file")
    assert task["scope"]["repository"] == "sample/sh*"

    assert server.json("task", "show", task["id"])["kind"] == "manual"
    assert task["id"] in server("task", "list").stdout
    cancelled = server("task", "cancel", task["id"])
    assert cancelled.returncode in {0, 3}
    assert server("task", "pause", "task-of-nobody").returncode == 3


def test_an_image_is_scanned_again(server: Server) -> None:
    task = server.json("image", "scan", "sample/debian:12")

    scanned = server.json("scans", "list", "--state", "idle")

    assert task["state"] in {"planning", "running", "done"}
    assert len(scanned) >= 2


def test_a_list_is_replaced_and_read(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "bases"
    file.write_text("# ours\n127.0.0.1:8687/sample/alpine\n\n  other/base \n")

    assert server("list", "set", "approved-bases", str(file)).returncode == 0

    kept = server("list", "get", "approved-bases").stdout.split()
    assert kept == ["127.0.0.1:8687/sample/alpine", "other/base"]
    assert server("list", "get", "no-such-list").returncode == 2


def test_software_is_forbidden_from_the_next_scan_on(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "forbidden"
    file.write_text('# not ours\nflask type=pypi severity=high reason="ours is another"\n')
    assert server("list", "set", "disallowed-software", str(file)).returncode == 0

    def found() -> list[tuple[str, str, str]]:
        task = server.json("image", "scan", "sample/shop:1.4", "--risk", "compliance")
        for _ in range(PATIENCE):
            if server.json("task", "show", task["id"])["state"] == "done":
                break
        outcome = server.json("image", "report", "sample/shop:1.4")["outcomes"]["compliance"]
        assert outcome["status"] == "complete"
        return [
            (each["package"], each["version"], each["severity"]) for each in outcome["findings"]
        ]

    def becomes(*expected: tuple[str, str, str]) -> bool:
        # For two seconds the dispatcher remembers which lists apply.
        return any(found() == list(expected) for _ in range(5))

    assert becomes(("flask", "2.2.2", "high"))
    image = json.loads(server("image", "list", "--risk", "compliance", "--format", "json").stdout)
    assert [each["repository"] for each in image] == ["sample/shop"]

    file.write_text("allow flask\nflask\n")
    assert server("list", "set", "disallowed-software", str(file)).returncode == 0
    assert becomes()
    assert server("list", "unset", "disallowed-software").returncode == 0


def test_packages_are_found(server: Server) -> None:
    found = server.json("search", "flask")

    assert [(each["version"], each["type"]) for each in found] == [("2.2.2", "pypi")]
    assert server.json("search", "flask", "--version", "1") == []


def test_tokens_are_made_used_and_revoked(server: Server, tmp_path: Path) -> None:
    file = server.token_for(tmp_path, "*", "viewer")
    environment = {"SCANTLING_TOKEN_FILE": str(file)}
    assert server("image", "list", **environment).returncode == 0
    refused = server("task", "start", **environment)
    assert refused.returncode == 3
    assert "needs the role operator" in refused.stderr

    tokens = {token["name"]: token["id"] for token in server.json("token", "list")}
    assert server("token", "revoke", tokens["all-viewer"]).returncode == 0

    again = server("image", "list", **environment)
    assert again.returncode == 3
    assert "[unauthorized]" in again.stderr


def test_a_token_of_another_project_sees_nothing(server: Server, tmp_path: Path) -> None:
    server("project", "create", "elsewhere")
    file = server.token_for(tmp_path, "elsewhere", "admin")

    ended = server("image", "list", SCANTLING_TOKEN_FILE=str(file))

    assert ended.returncode == 3
    assert "[forbidden]" in ended.stderr


def test_a_wrong_token_is_said(server: Server, tmp_path: Path) -> None:
    wrong = tmp_path / "token"
    wrong.write_text("sct_wrong\n")

    ended = server("image", "list", "--token-file", str(wrong))

    assert ended.returncode == 3
    assert "[unauthorized]" in ended.stderr
    assert "--token-file" in ended.stderr
    assert "sct_wrong" not in ended.stderr


def test_no_token_is_said() -> None:
    ended = scantling("image", "list")

    assert ended.returncode == 3
    assert "[token_unusable]" in ended.stderr
    assert "SCANTLING_TOKEN_FILE" in ended.stderr


def test_no_server_is_said(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("sct_some\n")

    ended = scantling(
        *("image", "list", "--server", "http://127.0.0.1:1", "--token-file", str(token))
    )

    assert ended.returncode == 3
    assert "[server_unreachable]" in ended.stderr
    assert "scantling up" in ended.stderr


@pytest.mark.parametrize("url", ["127.0.0.1:8686", "ftp://example.org", "http://", "http://h:x"])
def test_what_is_no_url_is_said(tmp_path: Path, url: str) -> None:
    token = tmp_path / "token"
    token.write_text("sct_some\n")

    ended = scantling("image", "list", "--server", url, "--token-file", str(token))

    assert ended.returncode == 3
    assert "not a server's URL" in ended.stderr


@pytest.mark.parametrize(
    ("status", "location", "body"),
    [(200, "", b"<html>"), (500, "", b"oops"), (302, "http://127.0.0.1:1/", b"")],
)
def test_another_server_is_told_from_ours(
    tmp_path: Path, status: int, location: str, body: bytes
) -> None:
    token = tmp_path / "token"
    token.write_text("sct_some\n")
    with answering(status, location, body) as url:
        ended = scantling("project", "list", "--server", url, "--token-file", str(token))

    assert ended.returncode == 3
    assert "[server_misbehaves]" in ended.stderr


@pytest.mark.parametrize("command", ["policy", "export", "findings", "advisories"])
def test_what_this_version_can_not_do_is_a_usage_error(command: str) -> None:
    ended = scantling(command, "list")

    assert ended.returncode == 2
    assert "invalid choice" in ended.stderr


class answering:  # noqa: N801  # a context manager
    """A server that always answers the same."""

    def __init__(self, status: int, location: str, body: bytes) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the library's name
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_paths_that_are_not_searched_are_set_and_a_mistake_is_refused(
    server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "paths"
    file.write_text("# ours\n/srv/app/tests/\n/srv/app/example.env\n")
    assert server("list", "set", "unchecked-paths", str(file)).returncode == 0
    kept = server("list", "get", "unchecked-paths").stdout.split()
    assert kept == ["/srv/app/tests/", "/srv/app/example.env"]

    file.write_text("/srv/app/tests/\nsrv/app\n")
    refused = server("list", "set", "unchecked-paths", str(file))
    assert refused.returncode == 2
    assert "line 2: srv/app is no absolute path" in refused.stderr
    assert "begin it with /" in refused.stderr
    assert server("list", "get", "unchecked-paths").stdout.split() == kept
    assert server("list", "unset", "unchecked-paths").returncode == 0
