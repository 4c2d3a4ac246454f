"""Go programs: where the build information lies, and what its lines mean."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.facts.binaries import golang as module
from scantling_analyzers.facts.binaries import windows
from scantling_analyzers.facts.binaries.reader import BinaryReader
from tests.analyzers.facts.files import Found, read
from tests.builders.elf import GO_SECTION, build_info, elf, go_program, modules, old_go_program

if TYPE_CHECKING:
    from pathlib import Path

LINES = (
    "path\texample.com/app/cmd/run",
    "mod\texample.com/app\tv1.2.3\th1:a=",
    "dep\tgolang.org/x/text\tv0.14.0\th1:b=",
)
EXPECTED = [("stdlib", "1.22.3"), ("golang.org/x/text", "v0.14.0"), ("example.com/app", "v1.2.3")]


def _read(content: bytes, path: str = "app/run") -> Found:
    return read(BinaryReader(), content, path)


def _versions(*lines: str) -> dict[str, str]:
    found = _read(go_program("go1.22.3", *lines))
    assert not found.errors
    return dict(found.versions)


def test_modules_are_packages_of_golang_with_the_standard_library() -> None:
    found = _read(go_program("go1.22.3", *LINES))
    assert found.versions == EXPECTED
    assert {(p.type, p.path, p.found_by) for p in found.packages} == {
        ("golang", "app/run", "go-build-info")
    }


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("stripped", [True, False])
def test_both_forms_on_every_machine_and_without_section_headers(
    bits: int, order: str, *, stripped: bool
) -> None:
    new = go_program("go1.22.3", *LINES, bits=bits, order=order, stripped=stripped)
    old = old_go_program("go1.22.3", *LINES, bits=bits, order=order, stripped=stripped)
    assert _read(new).versions == EXPECTED
    assert _read(old).versions == EXPECTED


@pytest.mark.parametrize(
    ("toolchain", "expected"),
    [
        ("go1.21", "1.21"),
        ("go1.22rc1", "1.22rc1"),
        ("go1.22.3 X:boringcrypto", "1.22.3"),
        ("go1.19.13 (Red Hat 1.19.13-1.el9)", "1.19.13"),
        ("devel go1.23-1a2b3c4 Mon Jan 1 00:00:00 2024 +0000", "1.23-1a2b3c4"),
        ("devel +1a2b3c4 Mon Jan 1 00:00:00 2024 +0000", "devel +1a2b3c4"),
    ],
)
def test_the_version_of_the_toolchain_in_all_its_forms(toolchain: str, expected: str) -> None:
    assert _read(go_program(toolchain)).versions == [("stdlib", expected)]


def test_a_replacement_is_what_runs() -> None:
    versions = _versions(
        "mod\ta\tv1.0.0",
        "dep\texample.com/b\tv1.0.0",
        "=>\texample.com/fork\tv2.0.0\th1:x=",
        "dep\texample.com/c\tv3.0.0\th1:y=",
    )
    assert versions["example.com/fork"] == "v2.0.0"
    assert "example.com/b" not in versions
    assert versions["example.com/c"] == "v3.0.0"


@pytest.mark.parametrize("folder", ["./b", "../b", "/src/b"])
def test_a_replacement_by_a_folder_keeps_its_name_and_has_no_version(folder: str) -> None:
    versions = _versions("dep\texample.com/b\tv1.0.0", f"=>\t{folder}\t(devel)\t")
    assert versions["example.com/b"] == ""


def test_the_main_module_may_be_replaced_too() -> None:
    assert _versions("mod\ta\tv1.0.0", "=>\tz\tv2.0.0\th1:x=")["z"] == "v2.0.0"


def test_a_program_built_from_files_finds_its_module_among_the_others() -> None:
    lines = ("path\tcommand-line-arguments", "dep\texample.com/app\t(devel)\t")
    flags = 'build\t-ldflags="-X main.version=1.4.2"'
    assert _versions(*lines, flags)["example.com/app"] == "v1.4.2"
    assert _versions("path\tcommand-line-arguments") == {"stdlib": "1.22.3"}


def test_a_program_built_without_modules_is_named_after_its_package() -> None:
    assert _versions("path\texample.com/app/run")["example.com/app/run"] == ""


def test_the_toolchain_itself_is_the_standard_library() -> None:
    assert _versions("path\tcmd/vet") == {"stdlib": "1.22.3"}
    assert _versions("path\tcmd/go") == {"stdlib": "1.22.3", "go": "1.22.3"}


@pytest.mark.parametrize(
    ("recorded", "settings", "expected"),
    [
        ("v1.0.0", ["-ldflags=-X=main.version=2.0.0"], "v1.0.0"),
        ("(devel)", ["-ldflags=-X=main.version=2.0.0"], "v2.0.0"),
        (
            "(devel)",
            ["-ldflags=\"-s -w -X 'main.Version=v2.0.0-rc.1' -X main.date=x\""],
            "v2.0.0-rc.1",
        ),
        ("(devel)", ["-ldflags=`-X example.com/app/internal.GitVersion=2.0.0`"], "v2.0.0"),
        ("(devel)", ['-ldflags="-X example.com/app/a.version=1.0.0 -X main.ver=2.0.0"'], "v2.0.0"),
        ("(devel)", ['-ldflags="-X example.com/other.version=2.0.0"'], ""),
        ("(devel)", ['-ldflags="-X main.commit=2.0.0 -X main.version=latest"'], ""),
        ("(devel)", ['-ldflags="-X main.version=1.0.0 -X main.tag=2.0.0"'], ""),
        ("v0.0.0-20240101000000-0123456789ab", ["-ldflags=-X=main.version=2.0.0"], "v2.0.0"),
        ("v0.0.0-20240101000000-0123456789ab", [], "v0.0.0-20240101000000-0123456789ab"),
        (
            "(devel)",
            [f"vcs.revision={'0123456789' * 4}", "vcs.time=2024-05-06T07:08:09Z"],
            "v0.0.0-20240506070809-012345678901",
        ),
        (
            "(devel)",
            [
                f"vcs.revision={'0123456789' * 4}",
                "vcs.time=2024-05-06T07:08:09Z",
                "vcs.modified=true",
            ],
            "v0.0.0-20240506070809-012345678901+dirty",
        ),
        ("(devel)", ["vcs.revision=0123", "vcs.time=2024-05-06T07:08:09Z"], ""),
        ("(devel)", [f"vcs.revision={'0' * 40}", "vcs.time=yesterday"], ""),
        ("(devel)", ["-ldflags=" + "-X=main.version=2.0.0 " * 5000], ""),
    ],
)
def test_the_version_of_the_main_module(recorded: str, settings: list[str], expected: str) -> None:
    lines = [f"mod\texample.com/app\t{recorded}\t", *(f"build\t{line}" for line in settings)]
    assert _versions(*lines)["example.com/app"] == expected


def test_a_go_program_without_build_information_is_not_clean() -> None:
    assert _read(elf({".gopclntab": bytes(64)})).codes == ["unsupported_format"]
    wiped = elf({".note.go.buildid": bytes(64), GO_SECTION: bytes(64)})
    assert _read(wiped).codes == ["unsupported_format"]


def test_a_program_in_another_language_is_no_error() -> None:
    found = _read(elf({".text": bytes(64), ".data": bytes(640)}))
    assert (found.facts, found.errors) == ([], [])


def test_an_unaligned_magic_is_none() -> None:
    info = bytes(8) + build_info("go1.1", modules())
    assert not _read(elf({".data": info}, stripped=True)).facts
    aligned = info + bytes(-len(info) % 16) + build_info("go1.2", modules())
    assert _read(elf({".data": aligned}, stripped=True)).versions == [("stdlib", "1.2")]


def test_the_header_is_found_beyond_the_first_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "WINDOW_BYTES", 64)
    for lead in range(0, 256, 16):
        content = elf({".data": bytes(lead) + build_info("go1.2", modules())}, stripped=True)
        assert _read(content).versions == [("stdlib", "1.2")]


@pytest.mark.parametrize(
    ("info", "code"),
    [
        (module.MAGIC + b"\0\x02", "truncated"),
        (build_info("go1.2", modules())[:-20], "truncated"),
        (build_info("", b""), "malformed"),
        (module.MAGIC + b"\0\x02" + bytes(16) + b"\xff" * 20, "malformed"),
        (module.MAGIC + b"\0\x02" + bytes(16) + b"\xff\xff\xff\xff\x7f", "too_large"),
        (module.MAGIC + b"\x05\0" + bytes(16), "malformed"),
        (module.MAGIC + b"\x08\0" + bytes(16), "malformed"),
        (module.MAGIC + b"\x08\0" + b"\xff" * 16, "malformed"),
    ],
)
def test_damaged_build_information_is_an_error(info: bytes, code: str) -> None:
    found = _read(elf({GO_SECTION: info}))
    assert (found.codes, found.facts) == ([code], [])


def test_a_data_segment_that_was_not_searched_to_its_end_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_SEARCHED_BYTES", 64)
    content = elf({".data": bytes(128) + build_info("go1.2", modules())}, stripped=True)
    assert _read(content).codes == ["too_large"]


@pytest.mark.parametrize("line", ["dep\tonly", "dep\ta\tb\tc\td", "=>\ta\tv1\th1:x="])
def test_a_line_that_makes_no_sense_is_an_error_beside_the_others(line: str) -> None:
    found = _read(go_program("go1.22.3", line, "dep\tb\tv1.0.0\th1:x="))
    assert found.codes == ["malformed"]
    assert found.versions == [("stdlib", "1.22.3"), ("b", "v1.0.0")]


def test_hostile_text_is_escaped_and_bounded() -> None:
    found = _read(go_program("go1.22.3", "dep\ta\x1b[31m\tv1", f"dep\t{'b' * 5000}\tv1"))
    assert found.versions[1] == ("a\\x1b[31m", "v1")
    assert found.codes == ["too_large"]


def test_more_lines_than_are_read_are_an_error() -> None:
    found = _read(go_program("go1.22.3", *["dep\ta\tv1"] * 60_000))
    assert (found.versions, found.codes) == ([("stdlib", "1.22.3")], ["too_many"])


def test_modules_without_their_frame_are_none() -> None:
    content = elf({GO_SECTION: build_info("go1.22.3", b"dep\ta\tv1\n")})
    assert _read(content).versions == [("stdlib", "1.22.3")]


@pytest.mark.skipif(shutil.which("go") is None, reason="no Go toolchain on PATH")
def test_what_the_toolchain_of_this_machine_builds(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example.com/demo\n\ngo 1.18\n")
    (tmp_path / "main.go").write_text(
        'package main\n\nvar version = "dev"\n\nfunc main() { println(version) }\n'
    )
    flags = "-s -w -X main.version=1.4.2"
    command = ["go", "build", "-buildvcs=false", "-ldflags", flags, "-o", "demo", "."]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=110)
    found = _read((tmp_path / "demo").read_bytes())
    versions = dict(found.versions)
    told = subprocess.run(
        ["go", "version", "demo"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert versions == {"stdlib": told.stdout.split()[1][2:], "example.com/demo": "v1.4.2"}
    assert not found.errors
