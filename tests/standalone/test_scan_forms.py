"""`scantling scan` of every form of image: as each tool writes it, odd and empty ones too."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from tests.builders.image import (
    OCI_INDEX,
    OCI_MANIFEST,
    BuiltImage,
    BuiltLayer,
    artifacts,
    descriptor,
    docker_archive,
    estargz,
    image,
    index,
    layout_files,
    oci_archive,
    oci_layout,
    platform_index,
    sha256,
    write_tar,
)
from tests.builders.layer import Content, directory, layer, symlink
from tests.standalone.running import scantling

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

BASE = {
    "etc/os-release": b"ID=alpine\nVERSION_ID=3.19\n",
    "lib/apk/db/installed": b"P:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\n\n",
}
NAME = "reg.example/app:1"
BUILT = image(BASE)


def scan(*arguments: object) -> subprocess.CompletedProcess[str]:
    form = ("--format", "json", "--no-cache", "--risk", "software")
    return scantling("scan", *form, *map(str, arguments))


def report_of(*arguments: object) -> dict[str, Any]:
    ended = scan(*arguments)
    assert ended.returncode == 0, ended.stderr
    report: dict[str, Any] = json.loads(ended.stdout)
    return report


def packages(report: dict[str, Any]) -> list[str]:
    return sorted(each["name"] for each in report["outcomes"]["software"]["packages"])


def with_folders(path: Path) -> Path:
    """Write an OCI archive as skopeo does, with an entry for each folder."""
    folders = {f"{name}/": directory() for name in ("blobs", "blobs/sha256")}
    return write_tar(path, {**folders, **layout_files({"v1": BUILT})})


def with_dots(path: Path) -> Path:
    """Write an OCI archive as ``tar -C layout .`` does."""
    files = {f"./{name}": data for name, data in layout_files({"v1": BUILT}).items()}
    return write_tar(path, {"./": directory(), **files})


def old_docker(path: Path) -> Path:
    """Write what Docker before 25 did: v1 folders, ``repositories``, a config of each layer."""
    number = sha256(BUILT.config).removeprefix("sha256:")
    first = "a" * 64
    entry = {"Config": f"{number}.json", "RepoTags": [NAME], "Layers": [f"{first}/layer.tar"]}
    return write_tar(
        path,
        {
            f"{first}/": directory(),
            f"{first}/VERSION": b"1.0",
            f"{first}/json": json.dumps({"id": first}).encode(),
            f"{first}/layer.tar": BUILT.layers[0].plain,
            f"{number}.json": BUILT.config,
            "manifest.json": json.dumps([entry]).encode(),
            "repositories": json.dumps({"reg.example/app": {"1": first}}).encode(),
        },
    )


def both(path: Path) -> Path:
    """Write what Docker from 25 on does: a layout, with a manifest of its own beside."""
    config = f"blobs/{sha256(BUILT.config).replace(':', '/')}"
    part = f"blobs/{BUILT.layers[0].digest.replace(':', '/')}"
    entry = {"Config": config, "RepoTags": [NAME], "Layers": [part]}
    beside = {"manifest.json": json.dumps([entry]).encode(), "repositories": b"{}"}
    return write_tar(path, {**layout_files({NAME: BUILT}), **beside})


def gzipped(path: Path) -> Path:
    path.write_bytes(gzip.compress(docker_archive(path, {NAME: BUILT}).read_bytes()))
    return path.rename(path.with_suffix(".tar.gz"))


def zstandard_(path: Path) -> Path:
    path.write_bytes(zstandard.compress(oci_archive(path, {"v1": BUILT}).read_bytes()))
    return path


@pytest.mark.parametrize(
    "write",
    [
        with_folders,
        with_dots,
        old_docker,
        both,
        gzipped,
        zstandard_,
        lambda path: docker_archive(path, {NAME: image(BASE, compression="plain")}),
        lambda path: oci_archive(path, {"v1": image(BASE, compression="zstd")}),
        lambda path: oci_layout(path, {"v1": image(BASE, docker=True)}),
        lambda path: oci_layout(path, {"v1": BuiltImage(layers=(estargz(BASE),))}),
        lambda path: oci_archive(path, {"v1": image(BASE, compression="foreign")}),
    ],
    ids=[
        "oci archive with folders",
        "oci archive with dots",
        "docker archive with v1 folders",
        "docker archive and layout",
        "gzip",
        "zstd",
        "plain layers",
        "zstd layers",
        "layout of a docker image",
        "estargz",
        "foreign layer that is there",
    ],
)
def test_each_form_has_the_same_packages(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    assert packages(report_of(write(tmp_path / "image.tar"))) == ["musl"]


def test_what_estargz_adds_is_neither_a_package_nor_an_error(tmp_path: Path) -> None:
    """Landmark and table of contents are files of the layer as any others, and no more."""
    built = BuiltImage(layers=(estargz(BASE),))
    report = report_of(oci_layout(tmp_path / "image", {"v1": built}))

    assert report["outcomes"]["software"]["status"] == "complete"
    assert report["outcomes"]["software"]["errors"] == []
    assert "stargz.index.json" not in json.dumps(report)


def test_a_foreign_layer_that_is_not_there_is_said_and_never_fetched(tmp_path: Path) -> None:
    built = image(BASE, compression="foreign")
    document = json.loads(built.manifest)
    document["layers"][0]["urls"] = ["http://127.0.0.1:9/layer"]
    data = json.dumps(document).encode()
    files = layout_files({}, index_json=index([descriptor(data, OCI_MANIFEST)]))
    for each in (data, built.config):
        files[f"blobs/{sha256(each).replace(':', '/')}"] = each
    ended = scan(write_tar(tmp_path / "image.tar", files))

    assert ended.returncode == 3
    outcome = json.loads(ended.stdout)["outcomes"]["software"]
    assert (outcome["status"], outcome["code"]) == ("failed", "foreign_layer")
    assert "nothing else is contacted" in outcome["reason"]


def test_a_layer_that_is_not_there_is_said(tmp_path: Path) -> None:
    files = layout_files({"v1": BUILT})
    del files[f"blobs/{BUILT.layers[0].digest.replace(':', '/')}"]
    ended = scan(write_tar(tmp_path / "image.tar", files))

    assert ended.returncode == 3
    outcome = json.loads(ended.stdout)["outcomes"]["software"]
    assert (outcome["status"], outcome["code"]) == ("failed", "not_found")


def test_an_image_without_layers_is_empty_and_not_an_error(tmp_path: Path) -> None:
    built = BuiltImage(layers=(), history=[{"created_by": "ENV A=b", "empty_layer": True}])
    ended = scan(docker_archive(tmp_path / "image.tar", {NAME: built}))
    report = json.loads(ended.stdout)

    assert report["image"]["layers"] == []
    assert packages(report) == []


def test_empty_layers_repeated_layers_and_steps_without_layers_keep_their_places(
    tmp_path: Path,
) -> None:
    history = [
        {"created_by": "ADD base"},
        {"created_by": "ENV A=b", "empty_layer": True},
        {"created_by": "RUN nothing"},
        {"created_by": "CMD x", "empty_layer": True},
        {"created_by": "RUN nothing again"},
        {"created_by": "COPY app"},
        {"created_by": "ADD base again"},
    ]
    empty, app = layer({}), {"lib/apk/db/installed": b"P:zlib\nV:1.3-r0\nA:x86_64\nL:Zlib\n\n"}
    built = image(BASE, empty, empty, app, BASE, history=history)
    report = report_of(docker_archive(tmp_path / "image.tar", {NAME: built}, old=True))

    steps = [each["created_by"] for each in report["image"]["layers"]]
    assert steps == ["ADD base", "RUN nothing", "RUN nothing again", "COPY app", "ADD base again"]
    assert packages(report) == ["musl"]


def test_a_history_that_does_not_fit_names_no_step_wrongly(tmp_path: Path) -> None:
    built = image(BASE, {"a": b""}, history=[{"created_by": "only one"}])
    report = report_of(docker_archive(tmp_path / "image.tar", {NAME: built}))

    assert [each["created_by"] for each in report["image"]["layers"]] == ["", ""]


def test_an_image_of_127_layers_is_read(tmp_path: Path) -> None:
    more = ({f"opt/{number}": b"x"} for number in range(126))
    report = report_of(docker_archive(tmp_path / "image.tar", {NAME: image(BASE, *more)}))

    assert len(report["image"]["layers"]) == 127
    assert report["image"]["layers"][126]["created_by"] == "step 126"
    assert packages(report) == ["musl"]


def test_more_layers_than_the_limit_can_be_allowed(tmp_path: Path) -> None:
    archive = docker_archive(tmp_path / "image.tar", {NAME: image(BASE, {"a": b""}, {"b": b""})})
    refused = scan("--limit", "layers=2", archive)

    assert refused.returncode == 3
    assert "manifest_too_large" in refused.stderr
    assert "raise the limit layers" in refused.stderr
    assert packages(report_of("--limit", "layers=3", archive)) == ["musl"]


def test_indexes_inside_indexes_lead_to_the_image(tmp_path: Path) -> None:
    inner = platform_index(BUILT)
    outer = index([descriptor(inner, OCI_INDEX)])
    top = index([descriptor(outer, OCI_INDEX)])
    layout = oci_layout(tmp_path / "x", {"-x": BUILT}, index_json=top, extra=[inner, outer])

    assert packages(report_of(layout)) == ["musl"]


def test_what_stands_beside_images_is_left_out_of_all_platforms(tmp_path: Path) -> None:
    others = artifacts(BUILT).values()
    entries = [
        descriptor(BUILT.manifest, OCI_MANIFEST),
        *(descriptor(other.manifest, OCI_MANIFEST) for other in others),
    ]
    blobs = [data for other in others for data in (other.manifest, *other.blobs.values())]
    layout = oci_layout(tmp_path / "x", {"-x": BUILT}, index_json=index(entries), extra=blobs)
    ended = scan("--platform", "all", layout)

    assert ended.returncode == 0, ended.stderr
    assert [each["image"]["digest"] for each in json.loads(ended.stdout)] == [BUILT.digest]


def test_an_image_of_schema_1_says_so(tmp_path: Path) -> None:
    document = {"schemaVersion": 1, "name": "app", "fsLayers": [], "history": []}
    data = json.dumps(document).encode()
    schema1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    entries = index([descriptor(data, OCI_MANIFEST)])
    layout = oci_layout(tmp_path / "x", {}, index_json=entries, extra=[data])
    ended = scan(layout)

    assert ended.returncode == 3
    assert "schema 1" in ended.stderr
    assert "manifest_unsupported" in ended.stderr
    assert scan(
        oci_layout(
            tmp_path / "y", {}, index_json=index([descriptor(data, schema1)]), extra=[data]
        )
    ).returncode == 3  # fmt: skip


def test_a_link_between_layers_of_an_old_archive_is_followed(tmp_path: Path) -> None:
    part = BuiltLayer(plain=layer(BASE), compression="plain")
    built = BuiltImage(layers=(part, part))
    number = sha256(built.config).removeprefix("sha256:")
    first, second = "1" * 64, "2" * 64
    names = [f"{first}/layer.tar", f"{second}/layer.tar"]
    files: dict[str, Content] = {
        names[0]: part.plain,
        names[1]: symlink(f"../{names[0]}"),
        f"{number}.json": built.config,
        "manifest.json": json.dumps(
            [{"Config": f"{number}.json", "RepoTags": [NAME], "Layers": names}]
        ).encode(),
    }
    assert packages(report_of(write_tar(tmp_path / "image.tar", files))) == ["musl"]
