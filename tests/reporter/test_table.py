"""What people at a terminal see of files and base images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from scantling_common.outcomes import (
    BaseImage,
    BaseReport,
    CapabilityEntry,
    DuplicateEntry,
    DuplicatePlace,
    FileReport,
    Finding,
    LayerFiles,
    NewerImage,
    Outcome,
    WastedEntry,
)
from scantling_reporter.formats.table import render
from scantling_reporter.formats.terminal import width
from scantling_reporter.report import ReportImage, ReportLayer, report_of

if TYPE_CHECKING:
    from scantling_reporter.report import Report

LAYERS = ("sha256:one", "sha256:two")
FILES = FileReport(
    count=3,
    size=5 * 1024,
    layers=(
        LayerFiles(
            layer=LAYERS[0],
            count=3,
            size=7 * 1024,
            visible_count=2,
            visible_size=4 * 1024,
            overwritten=1024,
            deleted=2048,
        ),
        LayerFiles(layer=LAYERS[1], count=1, size=1024, visible_count=1, visible_size=1024),
    ),
    wasted=3072,
    wasted_files=(
        WastedEntry(path="gone", size=2048, layer=LAYERS[0], hidden_by=LAYERS[1], how="deleted"),
    ),
    setuid_count=2,
    setuid=("bin/su", "bin/mount"),
    capability_count=2,
    capabilities=(
        CapabilityEntry(path="bin/ping", layer=LAYERS[0], revision=2, permitted=("cap_net_raw",)),
        CapabilityEntry(path="bin/odd", layer=LAYERS[0], revision=0),
    ),
    hostile_count=1,
    duplicate_groups=1,
    duplicate_size=1024,
    duplicates=(
        DuplicateEntry(
            size=1024, count=2, saved=1024, files=(DuplicatePlace(path="a", layer=LAYERS[0]),)
        ),
    ),
)
NEWER = NewerImage(reference="r/debian:12", digest="sha256:new", since="2026-11-27T12:00:00Z")
BASES = BaseReport(
    bases=(
        BaseImage(
            matched_by="layers",
            confidence="proven",
            digest="sha256:base",
            references=("r/debian:12.1",),
            layers=1,
            approved=True,
            newer=(NEWER,),
        ),
        BaseImage(matched_by="annotation", references=("r/said:1",)),
    ),
    layers=1,
    rebuild_on=(NEWER,),
)


def report(*outcomes: Outcome) -> Report:
    steps = ("ADD rootfs.tar /", "RUN rm /gone")
    image = ReportImage(
        project="p",
        digest="sha256:image",
        platform="linux/amd64",
        layers=tuple(
            ReportLayer(digest=layer, diff_id=layer, size=1, created_by=step)
            for layer, step in zip(LAYERS, steps, strict=True)
        ),
    )
    return report_of(image, outcomes)


def words(text: str) -> list[str]:
    """Return the lines with single spaces."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_what_layers_hold_and_waste_is_shown_with_their_build_steps() -> None:
    lines = words(render(report(Outcome(risk="file", status="complete", files=FILES))))

    assert "3 files, 5.0 KiB" in lines
    assert "1 3 7.0 KiB 4.0 KiB 1.0 KiB 2.0 KiB ADD rootfs.tar /" in lines
    assert "3.0 KiB of layers can't be seen" in lines
    assert "2.0 KiB 1 deleted by 2 gone" in lines
    assert "1.0 KiB 2 a" in lines


def test_what_stands_out_is_shown_and_what_does_not_is_left_out() -> None:
    lines = words(render(report(Outcome(risk="file", status="complete", files=FILES))))

    assert "setuid 2 bin/su, bin/mount" in lines
    assert "capabilities 2 bin/ping (cap_net_raw), bin/odd (unreadable)" in lines
    assert "not addressable 1" in lines
    assert not any(line.startswith(("device", "setgid", "open directory")) for line in lines)


def test_an_image_in_which_nothing_stands_out_has_no_empty_tables() -> None:
    quiet = FileReport(count=1, size=1, layers=FILES.layers[1:])
    text = render(report(Outcome(risk="file", status="complete", files=quiet)))

    assert "STANDS OUT" not in text
    assert "WASTED" not in text
    assert "BUILD STEP" not in text


def test_bases_are_shown_with_how_sure_they_are_and_what_to_rebuild_on() -> None:
    lines = words(render(report(Outcome(risk="baseimage", status="complete", base=BASES))))

    assert "r/debian:12.1, r/debian:12 (formerly) layers proven 1 yes" in lines
    assert "r/said:1 annotation claimed 0 no" in lines
    assert "1 of 2 layers came with the base" in lines
    assert "r/debian:12 sha256:new 2026-11-27T12:00:00Z" in lines


def test_findings_say_that_the_base_brought_them_only_where_it_did() -> None:
    finding = Finding(id="x", fingerprint="f", risk="file", severity="low", title="A key")
    own = render(report(Outcome(risk="file", status="complete", findings=(finding,))))
    based = replace(finding, in_base=True)
    both = render(report(Outcome(risk="file", status="complete", findings=(finding, based))))

    assert "FROM" not in own
    assert [line.endswith("base") for line in both.splitlines() if "A key" in line] == [False, True]


def test_no_line_is_wider_than_the_terminal() -> None:
    shown = report(
        Outcome(risk="file", status="complete", files=FILES),
        Outcome(risk="baseimage", status="complete", base=BASES),
    )

    assert max(map(width, render(shown, total=60).splitlines()[8:])) <= 60


def test_whether_there_is_no_distribution_is_told_only_where_somebody_looked() -> None:
    assert "Distribution: none" in render(report(Outcome(risk="setting", status="complete")))
    assert "Distribution: not looked for" in render(
        report(Outcome(risk="secret", status="complete"))
    )
