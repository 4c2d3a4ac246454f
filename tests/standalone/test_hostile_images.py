"""`scantling scan` of images made to reach the machine or its secrets: threats 1, 3 and 10."""

from __future__ import annotations

import asyncio
import base64
import json
import tarfile
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from tests.builders import jar, python_package
from tests.builders.image import (
    BuiltImage,
    BuiltLayer,
    descriptor,
    docker_archive,
    image,
    index,
    layout_files,
    oci_archive,
)
from tests.builders.layer import END, Member, archive, entry, hard_link, header, symlink
from tests.common.images.web_server import Web, serving
from tests.standalone.running import scantling

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

BASE = {
    "etc/os-release": "ID=alpine\nVERSION_ID=3.19\n",
    "lib/apk/db/installed": "P:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\n\n",
}
SECRET = "root-only-secret-of-the-host"
PASSWORD = "swordfish-4711"


class Host:
    """A folder of the machine with a secret, and a scan that may leave nothing anywhere."""

    def __init__(self, folder: Path, compiled: Path) -> None:
        self.folder, self.compiled = folder, compiled
        self.home, self.scratch, self.elsewhere = (
            folder / name for name in ("home", "scratch", "elsewhere")
        )
        for each in (self.home, self.scratch, self.elsewhere):
            each.mkdir()
        (self.elsewhere / "installed").write_text(f"P:{SECRET}\nV:1\n\n")
        self._before = self._tree()

    def scan(self, what: object, *arguments: str) -> dict[str, Any]:
        """Scan and return the report; check that the machine is as it was."""
        done = scantling(
            *("scan", "--no-cache", "--format", "json", "--allow-partial", *arguments, str(what)),
            HOME=str(self.home),
            TMPDIR=str(self.scratch),
            XDG_CACHE_HOME=str(self.compiled),
        )
        assert done.returncode == 0, done.stderr
        assert SECRET not in done.stdout + done.stderr
        assert self._tree() == self._before
        # The rules of the product are compiled once: nothing in them is of an image.
        kept = {each.parent for each in self.compiled.rglob("*") if each.is_file()}
        assert kept <= {self.compiled / "scantling" / "rules"}
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def _tree(self) -> dict[str, bytes]:
        paths = [*self.home.rglob("*"), *self.scratch.rglob("*"), *self.elsewhere.rglob("*")]
        return {str(path): path.read_bytes() if path.is_file() else b"" for path in paths}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def host(tmp_path: Path, compiled: Path) -> Host:
    return Host(tmp_path, compiled)


def software(report: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = report["outcomes"]["software"]
    return found


def packages(report: dict[str, Any]) -> set[str]:
    return {package["name"] for package in software(report)["packages"]}


def deep(path: Path) -> str:
    """Return a way up and down again to a path."""
    return "../" * 20 + str(path).lstrip("/")


# What layers hold


def written_by_names(folder: Path) -> bytes:
    return archive(
        [
            (deep(folder / "by-dots"), b"x"),
            (str(folder / "by-root"), b"x"),
            (f"a/{deep(folder / 'by-more-dots')}", b"x"),
            (f"{deep(folder)}/.wh.installed", b""),
        ]
    )


def written_through_links(folder: Path) -> bytes:
    return archive(
        [
            ("out", symlink(str(folder))),
            ("out/by-link", b"x"),
            ("up", symlink(deep(folder))),
            ("again", symlink("up")),
            ("again/by-two-links", b"x"),
            ("again/.wh.installed", b""),
        ]
    )


def read_through_links(folder: Path) -> bytes:
    return archive(
        [
            ("lib/apk/db/installed", symlink(str(folder / "installed"))),
            ("usr/lib/apk/db/installed", hard_link(deep(folder / "installed"))),
            ("opt/lib/apk/db", symlink(str(folder))),
        ]
    )


def changed_by_metadata(folder: Path) -> bytes:
    names = (deep(folder / "installed"), str(folder / "installed"))
    return archive([(name, Member(kind=tarfile.DIRTYPE, mode=0o777, mtime=0)) for name in names])


def devices(folder: Path) -> bytes:
    return (
        header(b"lib/apk/db/installed", flag=b"3")
        + header(b"etc/os-release", flag=b"6")
        + header(b"usr/lib/os-release", flag=b"4")
        + entry(b"kept", b"x")
        + END
    )


@pytest.mark.parametrize(
    "plain",
    [
        pytest.param(written_by_names, id="cve_2021_3762_names_out_of_the_layer"),
        pytest.param(written_through_links, id="cve_2025_4138_names_through_links"),
        pytest.param(read_through_links, id="cve_2024_24579_links_to_files_of_the_host"),
        pytest.param(changed_by_metadata, id="cve_2024_12718_metadata_of_files_of_the_host"),
        pytest.param(devices, id="devices_and_pipes_for_databases"),
    ],
)
def test_a_layer_neither_writes_nor_reads_the_host(
    host: Host, tmp_path: Path, plain: Callable[[Path], bytes]
) -> None:
    top = BuiltLayer(plain=plain(host.elsewhere))
    built = BuiltImage(layers=(*image(BASE).layers, top))
    report = host.scan(docker_archive(tmp_path / "image.tar", {"a:1": built}))
    assert packages(report) <= {"musl"}


def test_cve_2024_0406_members_of_archives_are_not_written(host: Host, tmp_path: Path) -> None:
    out = deep(host.elsewhere)
    inner = jar.archive({f"{out}/inner.jar": jar.library("g", "inner", "1")})
    files: dict[str, Any] = {
        **BASE,
        "srv/a.jar": jar.archive({f"{out}/b.jar": jar.library("g", "b", "1"), "c.jar": inner}),
        "srv/a.egg": jar.archive({f"{out}/EGG-INFO/PKG-INFO": python_package.metadata("e", "1")}),
    }
    report = host.scan(docker_archive(tmp_path / "image.tar", {"a:1": image(files)}))
    assert packages(report) == {"musl", "a", "g:b", "c", "g:inner"}


def test_osv_scanner_2954_what_a_file_includes_is_not_read(host: Host, tmp_path: Path) -> None:
    there = host.elsewhere / "installed"
    entity = (
        f'<!DOCTYPE p [<!ENTITY x SYSTEM "file://{there}">]><project><name>&x;</name></project>'
    )
    files: dict[str, Any] = {
        **BASE,
        "app/requirements.txt": f"-r {there}\n",
        "app/node_modules/a/package.json": f'{{"name": "a", "version": "file:{there}"}}',
        "srv/a-1.jar": jar.archive({"META-INF/maven/g/a/pom.xml": entity.encode()}),
        "opt/a/metadata/lib/apk/db/installed": symlink(str(there)),
    }
    report = host.scan(docker_archive(tmp_path / "image.tar", {"a:1": image(files)}))
    assert "musl" in packages(report)


# What documents say


def test_cve_2026_55092_an_annotation_is_never_the_name_of_a_file(
    host: Host, tmp_path: Path
) -> None:
    out = str(host.elsewhere / "annotated")
    built = image(
        BASE,
        annotations={
            "org.opencontainers.image.title": out,
            "io.containerd.image.name": deep(host.elsewhere / "x"),
            "org.opencontainers.image.base.name": f"file://{host.elsewhere}/installed",
        },
    )
    names = {
        "org.opencontainers.image.ref.name": deep(host.elsewhere / "y"),
        "org.opencontainers.image.title": out,
    }
    listed = index([descriptor(built.manifest, built.media_type, annotations=names)])
    layout = oci_archive(tmp_path / "image.tar", {"1": built}, index_json=listed)
    assert packages(host.scan(layout)) == {"musl"}


def test_cve_2025_5981_a_digest_is_never_a_way_to_a_file(host: Host, tmp_path: Path) -> None:
    built = image(BASE)
    document = json.loads(built.manifest)
    document["layers"][0]["digest"] = f"sha256:{deep(host.elsewhere / 'installed')}"
    lying = json.dumps(document).encode()
    files = layout_files({"1": built}, extra=[lying])
    files["index.json"] = index([descriptor(lying, built.media_type)])
    folder = tmp_path / "layout"
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    done = scantling("scan", "--no-cache", f"oci:{folder}", TMPDIR=str(host.scratch))
    assert done.returncode == 3
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


# Whose credentials it is given


def registry(server: Web, built: BuiltImage, login: str) -> None:
    """Serve an image to whoever logs in."""

    def answer(body: bytes, media_type: str) -> Callable[[web.Request], web.Response]:
        def answered(request: web.Request) -> web.Response:
            if request.headers.get("Authorization") != f"Basic {login}":
                challenge = {"WWW-Authenticate": 'Basic realm="registry"'}
                return web.Response(status=401, headers=challenge)
            return web.Response(body=body, content_type=media_type)

        return answered

    for name in ("1", built.digest):
        server.route(f"/v2/a/image/manifests/{name}", answer(built.manifest, built.media_type))
    for digest, blob in built.blobs.items():
        server.route(f"/v2/a/image/blobs/{digest}", answer(blob, "application/octet-stream"))


@pytest.mark.parametrize("form", ["json", "table", "cyclonedx", "spdx", "html"])
async def test_cve_2025_65965_a_password_is_in_no_output(tmp_path: Path, form: str) -> None:
    login = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    cache = tmp_path / "cache"
    async with serving(Web()) as server:
        registry(server, image(BASE), login)
        name = f"127.0.0.1:{server.port}"
        config = tmp_path / "config.json"
        await asyncio.to_thread(config.write_text, json.dumps({"auths": {name: {"auth": login}}}))
        scan = partial(
            scantling,
            *("scan", "--plain-http", "--verbose", "--cache", str(cache), "--format", form),
            f"{name}/a/image:1",
            DOCKER_CONFIG=str(tmp_path),
        )
        done: CompletedProcess[str] = await asyncio.to_thread(scan)
    assert done.returncode == 0, done.stderr
    assert "musl" in done.stdout
    kept = b"".join(path.read_bytes() for path in cache.rglob("*") if path.is_file())
    assert kept
    for secret in (PASSWORD, login):
        assert secret not in done.stdout + done.stderr
        assert secret.encode() not in kept
