"""`scantling up` as real processes: reports, deaths, refusals, and nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from scantling.client.errors import ApiError, ClientError
from tests.standalone.running import (
    PATIENCE,
    Running,
    gone,
    leaders_of,
    processes_of,
    scantling,
)

if TYPE_CHECKING:
    from pathlib import Path

    from scantling.client.api import Api

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

IMAGES = {"sample/debian:12", "sample/alpine:3.20", "sample/shop:1.4"}


def reported(api: Api) -> dict[str, Any]:
    """Return the images whose report is there, by name."""
    rows = api.pages("/images", {"project": "default"}, limit=1000)
    return {f"{row['repository']}:{row['tag']}": row for row in rows if row["analyzed_at"]}


def test_reports_come_and_it_ends_by_itself(tmp_path: Path) -> None:
    data = tmp_path / "data"

    ended = scantling("up", "--data", str(data), "--listen", "127.0.0.1:0", "--sample", "--once")

    assert ended.returncode == 0, ended.stderr
    for name in IMAGES:
        assert f"{name}: pushed, and reported " in ended.stderr
    # The shop: packages of both kinds of layers, what was deleted is not there, and its base.
    shop = ended.stdout.rpartition("Image: ")[2]
    assert "sample/shop:1.4" in shop
    for package in ("busybox", "flask", "@babel/core", "org.apache.commons:commons-text"):
        assert package in shop
    packages = shop.partition("\nPACKAGE ")[2].partition("\n\n")[0]
    assert "flask" in packages
    assert "express" not in packages
    assert "sample/alpine:3.20" in shop.partition("BASE IMAGE")[2]
    assert not processes_of(data)


def test_what_it_writes_is_for_its_owner_only(tmp_path: Path) -> None:
    data = tmp_path / "data"
    scantling("up", "--data", str(data), "--listen", "127.0.0.1:0", "--sample", "--once")

    secret = [data / "admin-token", data / "keys" / "credential.key", data / "store.db"]

    assert [stat.S_IMODE(file.stat().st_mode) for file in secret] == [0o600] * len(secret)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_a_second_start_keeps_everything(tmp_path: Path) -> None:
    arguments = ("up", "--data", str(tmp_path), "--listen", "127.0.0.1:0", "--sample", "--once")
    assert scantling(*arguments).returncode == 0
    token = (tmp_path / "admin-token").read_text()

    again = scantling(*arguments)

    assert again.returncode == 0, again.stderr
    assert again.stderr.count("analysed already") == len(IMAGES)
    assert (tmp_path / "admin-token").read_text() == token


def test_every_process_may_be_killed(tmp_path: Path) -> None:
    with Running("up", "--data", str(tmp_path), "--listen", "127.0.0.1:0", "--sample") as up:
        api = up.api(tmp_path / "admin-token")
        up.wait_for("push more images")
        before = reported(api)
        assert set(before) == IMAGES

        for name in ("control", "analysis", "sample"):
            pid = leaders_of(tmp_path)[name]
            os.kill(pid, signal.SIGKILL)
            assert gone(pid)
            assert restarted(tmp_path, name) != pid
            assert eventually(lambda: reported(api) == before)

        # And it works on: a new scan of all goes through all of them.
        task = eventually_made(api)
        assert eventually(lambda: api.get(f"/tasks/{task}")["state"] == "done")
        counts = api.get(f"/tasks/{task}")["counts"]
        assert counts["complete"] == counts["total"] == len(IMAGES)
        assert up.stop() == 0
    assert not processes_of(tmp_path)


def test_a_process_that_ends_in_peace_costs_no_other_what_it_writes(tmp_path: Path) -> None:
    with Running("up", "--data", str(tmp_path), "--listen", "127.0.0.1:0") as up:
        api = up.api(tmp_path / "admin-token")
        assert eventually(lambda: api.get("/projects") is not None)
        pid = leaders_of(tmp_path)["analysis"]
        os.kill(pid, signal.SIGTERM)
        assert gone(pid)
        assert restarted(tmp_path, "analysis") != pid

        api.send("POST", "/projects", {"id": "after"})
        pid = leaders_of(tmp_path)["control"]
        os.kill(pid, signal.SIGKILL)
        assert gone(pid)
        assert restarted(tmp_path, "control") != pid

        def has_it() -> bool:
            return "after" in {item["id"] for item in api.pages("/projects", {}, limit=100)}

        assert eventually(has_it)


def test_health_and_metrics_are_those_of_all_processes(tmp_path: Path) -> None:
    with Running("up", "--data", str(tmp_path), "--listen", "127.0.0.1:0", "--sample") as up:
        api = up.api(tmp_path / "admin-token")
        up.wait_for("push more images")

        with urllib.request.urlopen(f"{api.server}/readyz", timeout=30) as ready:
            assert ready.status == 200
        with urllib.request.urlopen(f"{api.server}/metrics", timeout=30) as answer:
            text = answer.read().decode()

    families = {family.name: family for family in text_string_to_metric_families(text)}
    outcomes = [s for s in families["scantling_outcomes"].samples if s.name.endswith("_total")]
    assert {sample.labels["process"] for sample in outcomes} == {"control"}
    downloads = families["scantling_downloaded_bytes"].samples
    counted = {s.labels["process"]: s.value for s in downloads if s.name.endswith("_total")}
    assert counted["analysis"] > 0
    assert counted["control"] == 0


@pytest.mark.parametrize(
    "point",
    [
        "store.insert:deliveries:after",
        "store.bulk:placements:after",
        "bus.send:scantling.image.events:after",
        "bus.send:scantling.scan.extract:before",
        "bus.commit:scantling-extractor:scantling.scan.extract:before",
        "bus.send:scantling.scan.jobs.file:after",
        "bus.send:scantling.scan.results:after#2",
        "bus.send:scantling.scan.completed:after",
    ],
)
def test_a_crash_at_a_side_effect_costs_no_report(tmp_path: Path, point: str) -> None:
    ended = scantling(
        *("up", "--data", str(tmp_path), "--listen", "127.0.0.1:0", "--sample", "--once"),
        SCANTLING_FAULT=point,
    )

    assert ended.returncode == 0, ended.stderr
    assert '"process ended"' in ended.stderr
    assert '"status": 137' in ended.stderr
    assert ended.stderr.count(": pushed, and reported ") == len(IMAGES)


def test_children_follow_a_killed_supervisor(tmp_path: Path) -> None:
    with Running("up", "--data", str(tmp_path), "--listen", "127.0.0.1:0") as up:
        up.api(tmp_path / "admin-token")
        children = list(processes_of(tmp_path))
        assert children

        os.kill(up.process.pid, signal.SIGKILL)

        assert all(gone(pid) for pid in children)
    assert eventually(lambda: not processes_of(tmp_path))


def test_workers_do_not_outlive_everything_that_could_end_them(tmp_path: Path) -> None:
    with Running("up", "--data", str(tmp_path), "--listen", "127.0.0.1:0") as up:
        up.api(tmp_path / "admin-token")
        analysis = leaders_of(tmp_path)["analysis"]
        workers: list[int] = []

        def have_begun() -> bool:
            # The API answers before the other process has made its workers.
            workers[:] = [
                pid
                for pid in processes_of(tmp_path)
                if os.getpgid(pid) == analysis and pid != analysis
            ]
            return bool(workers)

        assert eventually(have_begun)

        os.kill(up.process.pid, signal.SIGKILL)
        os.kill(analysis, signal.SIGKILL)

        assert all(gone(pid) for pid in workers)
    assert eventually(lambda: not processes_of(tmp_path))
    with Running("up", "--data", str(tmp_path), "--listen", "127.0.0.1:0") as again:
        again.api(tmp_path / "admin-token")
        assert again.stop() == 0


def test_workers_end_with_a_killed_extractor(tmp_path: Path) -> None:
    with Running("up", "--data", str(tmp_path), "--listen", "127.0.0.1:0") as up:
        up.api(tmp_path / "admin-token")
        analysis = leaders_of(tmp_path)["analysis"]
        family: list[int] = []

        def have_begun() -> bool:
            family[:] = [pid for pid in processes_of(tmp_path) if os.getpgid(pid) == analysis]
            return len(family) > 1

        assert eventually(have_begun)

        os.kill(analysis, signal.SIGKILL)

        assert all(gone(pid) for pid in family)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_when_asked(tmp_path: Path, sent: signal.Signals) -> None:
    with Running("up", "--data", str(tmp_path), "--listen", "127.0.0.1:0") as up:
        up.api(tmp_path / "admin-token")

        assert up.stop(sent) == 0

    assert not processes_of(tmp_path)


def test_a_second_one_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with Running("up", "--data", str(tmp_path), "--listen", "127.0.0.1:0") as up:
        up.api(tmp_path / "admin-token")

        second = scantling("up", "--data", str(tmp_path), "--listen", "127.0.0.1:0")

        assert second.returncode == 3
        assert "another scantling uses" in second.stderr
        assert str(up.process.pid) in second.stderr
        assert "--data DIR" in second.stderr


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        ended = scantling("up", "--data", str(tmp_path), "--listen", f"127.0.0.1:{port}")

    assert ended.returncode == 3
    assert f"can't listen on 127.0.0.1:{port}" in ended.stderr
    assert "--listen HOST:PORT" in ended.stderr


def test_an_image_that_is_not_there_is_said_before_anything_starts(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.tar")

    ended = scantling("up", "--data", str(tmp_path / "data"), "--sample", "--image", missing)

    assert ended.returncode == 3
    assert "missing.tar" in ended.stderr
    assert not (tmp_path / "data").exists()


def test_an_image_that_is_none_ends_with_a_reason(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(b"no archive" * 1000)

    ended = scantling(
        *("up", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0"),
        *("--sample", "--once", "--image", str(damaged)),
    )

    assert ended.returncode == 3
    assert "archive_invalid" in ended.stderr or "archive_unreadable" in ended.stderr


def test_limits_hold_for_what_the_workers_read(tmp_path: Path) -> None:
    limits = tmp_path / "limits.toml"
    limits.write_text("[layer]\nentries = 0\n")

    ended = scantling(
        *("up", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0", "--sample", "--once"),
        SCANTLING_LIMITS=str(limits),
    )

    for name in IMAGES:
        assert f"{name}: pushed, and reported " in ended.stderr
    shop = ended.stdout.rpartition("Image: ")[2]
    assert "layer_too_large" in shop
    assert "flask" not in shop.partition("\nPACKAGE ")[2].partition("\n\n")[0]


@pytest.mark.parametrize("arguments", [["--once"], ["--image", "x.tar"], ["--listen", "nowhere"]])
def test_wrong_arguments_are_a_usage_error(tmp_path: Path, arguments: list[str]) -> None:
    assert scantling("up", "--data", str(tmp_path), *arguments).returncode == 2


def restarted(data: Path, name: str) -> int:
    """Return the pid of a part once it runs again."""
    assert eventually(lambda: name in leaders_of(data))
    return leaders_of(data)[name]


def eventually_made(api: Api) -> str:
    """Start a scan of everything as soon as the server takes it; return its id."""
    made: list[str] = []

    def make() -> bool:
        body = {"project": "default", "risks": ["software", "file", "baseimage"]}
        made.append(api.send("POST", "/tasks", body)["id"])
        return True

    assert eventually(make)
    return made[0]


def eventually(is_so: Any) -> bool:
    """Ask until something is so; a server that is away is asked again."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if is_so():
                return True
        except ApiError as error:
            if error.status < 500:
                raise
        except ClientError:
            pass
        threading.Event().wait(0.05)
    return False
