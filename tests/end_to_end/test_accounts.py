"""Passwords of accounts in the whole product: judged again by a changed list, and never shown."""

from __future__ import annotations

import asyncio
import stat
from typing import TYPE_CHECKING, Any

import pytest

from scantling_common.records.extractor import FACTS
from tests.builders.accounts import hashed, passwd, shadow
from tests.builders.image import push
from tests.end_to_end.api import until
from tests.end_to_end.apps import app
from tests.end_to_end.cluster import Up
from tests.end_to_end.end_state import all_of
from tests.end_to_end.events import Recorded
from tests.end_to_end.notices import EVENTS, notice, notification
from tests.end_to_end.test_canary import in_answers, in_files, in_processes, in_store, in_topics
from tests.end_to_end.worlds import LocalWorld, opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scantling_common.store.port import Store
    from tests.builders.image import BuiltImage
    from tests.end_to_end.api import Api
    from tests.services.registry import DistributionRegistry

pytestmark = [pytest.mark.end_to_end, pytest.mark.registry]

LISTED = "our-city-1974"
NOT_LISTED = "canary-" + "redis-5d0c7e21"
SECRET = "webhook-secret-of-this-test"  # as said


def image(hash_: bytes) -> BuiltImage:
    files = {
        b"etc/passwd": passwd("ann"),
        b"etc/shadow": shadow("ann", hash_),
        b"srv/redis.conf": f"requirepass {NOT_LISTED}\n".encode(),
    }
    return app("accounts", files=files)


def weak(report: Any) -> list[tuple[str, str]]:
    return [
        (each["details"]["account"], each["details"]["why"])
        for each in report["outcomes"]["setting"]["findings"]
        if each["id"] == "weak-password"
    ]


async def facts(store: Store) -> dict[str, dict[str, Any]]:
    """Return what is stored of layers: what is sealed anew is another value each time."""
    found = [document async for document in all_of(store, FACTS)]
    assert found
    return {
        str(document["id"]): {
            name: each for name, each in document.items() if name not in {"rev", "used_at"}
        }
        for document in found
    }


async def told(api: Api, registry: str) -> None:
    body = notification(notice("team/app", tag="v1", id_="pushed"))
    headers = {"Content-Type": EVENTS, "Authorization": f"Bearer {SECRET}"}
    async with api.session.post(
        api.url(f"/webhooks/{registry}"), data=body, headers=headers
    ) as answer:
        assert answer.status == 202


async def judged(api: Api, digest: str, settings: str = "") -> Any:
    """Start a task for unsafe settings, and return the report that was made under the settings.

    The task may have ended before the report says so: other roles write it.
    """
    task = await api.post("tasks", {"project": "default", "risks": ["setting"], "images": [digest]})

    async def ended() -> bool:
        return bool((await api.get(f"tasks/{task['id']}"))["state"] == "done")

    async def told_so() -> Any:
        report = await api.reported(digest)
        made_with = report["outcomes"]["setting"]["analyzer"]
        return report if made_with.get("settings", "") == settings else None

    await until(ended, "the task")
    return await until(told_so, f"a report under the settings {settings!r}")


async def test_a_changed_list_judges_again_without_a_new_walk_and_nothing_secret_is_kept(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    registry = await asyncio.to_thread(start_registry)
    hash_ = hashed(LISTED.encode(), b"$1$")
    built = image(hash_)
    canaries = {
        "hash": hash_.decode(),
        "end of the hash": hash_.decode().rpartition("$")[2],
        "password in the clear": NOT_LISTED,
    }
    async with (
        Up(tmp_path / "up", SCANTLING_PUSH_RISKS="setting") as up,
        Recorded(LocalWorld(up.data)) as recorded,
        opened(LocalWorld(up.data)) as store,
    ):
        assert stat.S_IMODE((up.data / "keys" / "fact.key").stat().st_mode) == 0o600
        id_ = await up.api.add_registry(registry.host, SECRET)
        await asyncio.to_thread(push, registry.host, "team/app", "v1", built)
        await told(up.api, id_)
        await up.api.reported(built.digest)
        assert weak(await judged(up.api, built.digest)) == []
        before = await facts(store)

        ours = await up.api.put(
            "lists/weak-passwords?project=default", {"entries": ["# ours", LISTED]}
        )
        # Whatever a second walk would need is gone.
        await asyncio.to_thread(registry.kill)
        assert weak(await judged(up.api, built.digest, ours["settings_version"])) == [
            ("ann", "your_list")
        ]
        assert await facts(store) == before
        # What is no secret is found by the same search.
        plain = [place async for place in in_store(store, {"login": "/bin/sh"})]
        assert any("in facts" in place for place in plain)
        leaks = [leak async for leak in in_store(store, canaries)]
        leaks += [leak async for leak in in_answers(up.api, built.digest, id_, canaries)]
        leaks += [*in_topics(recorded, canaries), *in_processes(up.pids())]
        assert leaks == []
    assert [*in_files(canaries, up.data, up.log)] == []
