"""One canary per channel: what is secret is nowhere, at rest or in flight."""

from __future__ import annotations

import asyncio
import base64
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
import zstandard

from scantling.hosting.host import COLLECTIONS
from scantling_common.store.sqlite import SqliteStore
from tests.builders.advisories import advisory_database, osv_record
from tests.builders.image import BuiltImage, docker_archive, push
from tests.end_to_end.api import until
from tests.end_to_end.apps import app, package_of
from tests.end_to_end.cluster import PROGRAM, Up
from tests.end_to_end.end_state import everything
from tests.end_to_end.events import Recorded
from tests.end_to_end.notices import EVENTS, notice, notification
from tests.end_to_end.worlds import LocalWorld, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from scantling_common.store.port import Store
    from tests.end_to_end.api import Api
    from tests.services.registry import DistributionRegistry

pytestmark = [pytest.mark.end_to_end, pytest.mark.registry]

USER = "robot"
CREDENTIAL = "canary-credential-6f1b0d52a9"
# Apache's form of it, by bcrypt.
HTPASSWD = f"{USER}:$2b$04$REWRdsWilY1omYyKasLXLulWTdSmAONtUTt1rC8yV6v3AFCeYNSV6\n"
CANARIES = {
    "environment": "canary-environment-0c9e27",
    "label": "canary-label-51d0aa",
    "annotation": "canary-annotation-9b3f04",
    "history": "canary-history-e87d13",
    "command": "canary-command-83be15",
    "build argument": "canary-argument-27aa60",
    "credential": CREDENTIAL,
    "webhook header": "canary-webhook-header-1d5f80",
    "webhook path": "canary-webhook-path-60c2be",
    "wrong secret": "canary-wrong-secret-f4471d",
}


PACKED = base64.urlsafe_b64encode(zstandard.FRAME_HEADER + bytes(2)).decode()[:5]
"""How a packed value begins where it stands in JSON."""

HARMLESS = {"package": package_of("canaries")}
"""What is no secret, and is found by the same search: or the search would find nothing at all."""

Words = Mapping[str, str]


def image() -> BuiltImage:
    """Return an image that carries a canary in each channel of its configuration."""
    return app(
        "canaries",
        runtime={
            "Env": [f"DB_PASSWORD={CANARIES['environment']}", "PATH=/bin"],
            "Labels": {"com.example.api-token": CANARIES["label"]},
        },
        annotations={"com.example.secret": CANARIES["annotation"]},
        history=[
            {"created_by": f"|1 NPM_TOKEN={CANARIES['build argument']} /bin/sh -c npm ci"},
            {
                "created_by": f"RUN curl -u u:{CANARIES['command']} https://x"
                f" && curl -H 'Authorization: Bearer {CANARIES['history']}' https://x"
            },
        ],
    )


def found_in(data: bytes, words: Words) -> list[str]:
    """Return the channels whose word is in some bytes."""
    return [channel for channel, word in words.items() if word.encode() in data]


def unpacked(value: object) -> Iterator[bytes]:
    """Give the bytes of a value, and what they hold where they are packed."""
    if isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")
        if value.startswith(PACKED):
            yield from unpacked(base64.urlsafe_b64decode(value))
    elif isinstance(value, bytes):
        yield value
        try:
            plain = zstandard.ZstdDecompressor().decompress(value, max_output_size=1 << 26)
        except zstandard.ZstdError:
            return
        yield plain
        try:
            inner = msgspec.msgpack.decode(plain)
        except msgspec.MsgspecError:
            return
        yield from unpacked(inner)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from unpacked(name)
            yield from unpacked(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from unpacked(each)


async def in_store(store: Store, words: Words) -> AsyncIterator[str]:
    """Give where in the store a word is."""
    async for collection, document in everything(store):
        for data in unpacked(document):
            for channel in found_in(data, words):
                yield f"{channel} in {collection.name} {document['id']!r}"


def in_files(words: Words, *folders: Path) -> Iterator[str]:
    """Give which files hold a word."""
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if path.is_file():
                for channel in found_in(path.read_bytes(), words):
                    yield f"{channel} in {path}"


def in_processes(pids: dict[str, int]) -> Iterator[str]:
    """Give which processes have a canary as argument or in their environment."""
    for name, pid in pids.items():
        for part in ("cmdline", "environ"):
            for channel in found_in(Path(f"/proc/{pid}/{part}").read_bytes(), CANARIES):
                yield f"{channel} in the {part} of {name}"


async def in_answers(api: Api, digest: str, registry: str, words: Words) -> AsyncIterator[str]:
    """Give which answers of the API hold a word."""
    placement = (await api.rows())[0]["placement"]
    report = f"images/{digest}/report?placement={placement}"
    reports = [f"{report}&format={form}" for form in FORMATS]
    paths = [
        *("projects", "registries?project=default", f"registries/{registry}"),
        *("syncs?project=default", "tasks?project=default", f"tasks/push-{registry}/items"),
        *("images", f"images/{digest}", *reports, f"scans/default/{digest}"),
        *("counters", "tokens", "search?package=*", "search?path=*", "vulnerabilities"),
    ]
    for path in [*(f"/api/v1/{path}" for path in paths), "/metrics"]:
        async with api.session.get(api.url(path), headers=api.headers) as answer:
            data = await answer.read()
            assert answer.status == 200, (path, data)
            for channel in found_in(data, words):
                yield f"{channel} in {path}"


def in_topics(recorded: Recorded, words: Words) -> Iterator[str]:
    """Give which topics carry a word."""
    for event in recorded.events:
        for data in unpacked(event._asdict()):
            for channel in found_in(data, words):
                yield f"{channel} in {event.topic}"


FORMATS = ("json", "cyclonedx", "spdx", "sarif", "csv", "html", "table")


async def test_no_canary_is_found_anywhere_in_the_product(
    tmp_path: Path, start_registry: Callable[..., DistributionRegistry]
) -> None:
    passwords = tmp_path / "htpasswd"
    passwords.write_text(HTPASSWD)
    registry = await asyncio.to_thread(start_registry, htpasswd=passwords)
    built = image()
    async with Up(tmp_path / "up") as up, Recorded(LocalWorld(up.data)) as recorded:
        ids = await add_registries(up.api, registry.host)
        await asyncio.to_thread(
            push, registry.host, "team/app", "v1", built, authorization=(USER, CREDENTIAL)
        )
        await tell(up.api, ids)
        report = await up.api.reported(built.digest, status="complete")
        assert report["image"]["digest"] == built.digest
        assert {"environment", "history"} <= await searched(up.api, built.digest)

        async with opened(LocalWorld(up.data)) as store:
            for words in (HARMLESS, CANARIES):
                found = [
                    [leak async for leak in in_store(store, words)],
                    [leak async for leak in in_answers(up.api, built.digest, ids[0], words)],
                    [*in_topics(recorded, words)],
                ]
                assert [bool(leaks) for leaks in found] == [words is HARMLESS] * 3, found
        assert [*in_processes(up.pids())] == []
    assert [*in_files(CANARIES, up.data, up.log)] == []


async def searched(api: Api, digest: str) -> set[str]:
    """Have an image searched for secrets, by who reads what nobody keeps; return where they are."""
    task = await api.post("tasks", {"project": "default", "risks": ["secret"], "images": [digest]})

    async def ended() -> bool:
        return bool((await api.get(f"tasks/{task['id']}"))["state"] == "done")

    await until(ended, "the task")
    outcome = (await api.reported(digest))["outcomes"]["secret"]
    assert outcome["status"] == "complete"
    return {each["details"]["place"] for each in outcome["findings"]}


async def add_registries(api: Api, host: str) -> tuple[str, str]:
    """Make one registry whose webhook authenticates by a header, one by the path."""
    credential = {"username": USER, "password": CREDENTIAL}
    header = await api.add_registry(host, CANARIES["webhook header"], credential=credential)
    path = await api.post(
        "registries",
        {
            "name": "by path",
            "url": f"http://{host}",
            "webhook_auth": "path",
            "webhook_secret": CANARIES["webhook path"],
            "plain_http": True,
            "allow_private": True,
            "credential": credential,
        },
    )
    return header, path["id"]


async def tell(api: Api, ids: tuple[str, str]) -> None:
    """Send the webhooks, one with a wrong secret, too."""
    body = notification(notice("team/app", tag="v1", id_="pushed"))
    right = {"Authorization": f"Bearer {CANARIES['webhook header']}"}
    wrong = {"Authorization": f"Bearer {CANARIES['wrong secret']}"}
    for path, headers, status in (
        (f"/webhooks/{ids[0]}", right, 202),
        (f"/webhooks/{ids[0]}", wrong, 401),
        (f"/webhooks/{ids[1]}/{CANARIES['wrong secret']}", {}, 401),
        (f"/webhooks/{ids[1]}/{CANARIES['webhook path']}", {}, 202),
    ):
        content = {"Content-Type": EVENTS, **headers}
        async with api.session.post(api.url(path), data=body, headers=content) as answer:
            assert answer.status == status


async def test_no_canary_is_found_in_what_scan_shows_or_keeps(tmp_path: Path) -> None:
    archive = docker_archive(tmp_path / "app.tar", {"app:v1": image()})
    cache, advisories = tmp_path / "cache", tmp_path / "advisories.db"
    # So that the forms that show findings alone have one of the package.
    records = [
        osv_record("CVE-2030-1", "npm", HARMLESS["package"], "2.0.0"),
        osv_record("DSA-1-1", "Debian:12", "nothing-of-ours", "1"),
    ]
    advisory_database(advisories, *records)
    kept = ("--cache", str(cache), "--advisories", str(advisories), "--explain")
    for form in FORMATS:
        done = await asyncio.to_thread(
            subprocess.run,
            [str(PROGRAM), "scan", *kept, "--format", form, str(archive)],
            check=True,
            capture_output=True,
            timeout=60,
        )
        assert found_in(done.stdout + done.stderr, CANARIES) == [], form
        assert found_in(done.stdout, HARMLESS), form
    assert [*in_files(CANARIES, cache)] == []
    store = SqliteStore(cache / "scan.db")
    await store.ensure(COLLECTIONS)
    for words in (HARMLESS, CANARIES):
        leaks = [leak async for leak in in_store(store, words)]
        assert bool(leaks) == (words is HARMLESS), leaks
    await store.close()
