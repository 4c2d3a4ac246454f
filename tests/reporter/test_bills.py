"""Bills of materials: what they say of packages, places, layers, and of what is not known."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from msgspec.structs import replace

from scantling_analyzers.attestations.bill import bill_of
from scantling_common.outcomes import DistributionEntry, SbomAgreement
from scantling_reporter.formats import render
from scantling_reporter.formats.components import split_version
from scantling_reporter.formats.table import render as render_table
from scantling_reporter.report import Report, ReportImage, ReportLayer, report_of
from tests.reporter.builders import NOW, a_package, an_error, an_outcome, digest
from tests.reporter.test_formats import valid_spdx

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scantling_common.outcomes import OutcomeError, PackageEntry

STEP = "RUN make " + "x" * 2000
LAYER = digest("layer")


def a_report(
    *packages: PackageEntry,
    errors: Iterable[OutcomeError] = (),
    scanned_at: int = NOW,
    sboms: tuple[SbomAgreement, ...] = (),
) -> Report:
    errors = tuple(errors)
    software = replace(
        an_outcome("software", "partial" if errors else "complete", errors=errors),
        packages=packages,
        sboms=sboms,
        distribution=DistributionEntry(
            id="rhel", version_id="9.3", name="RHEL 9.3", content_sets=("rhel-9-baseos-rpms",)
        ),
    )
    image = ReportImage(
        project="local",
        repository="team/app",
        reference="registry.example/team/app:1",
        digest=digest("app"),
        platform="linux/amd64",
        created="2023-11-14T22:13:20Z",
        layers=(ReportLayer(digest=digest("blob"), diff_id=LAYER, size=1024, created_by=STEP),),
    )
    return report_of(image, [software], scanned_at=scanned_at)


def jar(path: str, **more: Any) -> PackageEntry:
    made = a_package("org.a:b", "1", type_="maven", path=path)
    return replace(made, **{"purl": "pkg:maven/org.a/b@1", "licenses": ("MIT",), **more})


def owned() -> tuple[PackageEntry, PackageEntry]:
    """Return a package of the system and the language package that it brought."""
    system = replace(a_package("python3-yaml", "6.0-3"), arch="amd64")
    made = a_package("PyYAML", "6.0", type_="pypi", path="usr/lib/python3/yaml/METADATA")
    return system, replace(made, purl="pkg:pypi/pyyaml@6.0", owner="deb:python3-yaml")


def cyclonedx(report: Report) -> dict[str, Any]:
    text = render(report, "cyclonedx")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document: dict[str, Any] = json.loads(text)
    return document


def spdx(report: Report, folder: Path) -> dict[str, Any]:
    text = render(report, "spdx")
    assert valid_spdx(text, folder) == []
    document: dict[str, Any] = json.loads(text)
    return document


def named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def values(component: dict[str, Any], name: str) -> list[str]:
    return [each["value"] for each in component["properties"] if each["name"] == name]


def test_the_same_image_gives_the_same_bytes_whenever_it_is_scanned() -> None:
    for form in ("cyclonedx", "spdx"):
        one = render(a_report(jar("a.jar")), form)
        other = render(a_report(jar("a.jar"), scanned_at=NOW + 10_000_000), form)
        assert one == other


def test_another_content_has_another_serial_number() -> None:
    one, other = cyclonedx(a_report(jar("a.jar"))), cyclonedx(a_report(jar("b.jar")))
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", one["serialNumber"])
    assert one["serialNumber"] != other["serialNumber"]


def test_one_package_at_two_paths_is_one_component_with_both_places(tmp_path: Path) -> None:
    report = a_report(jar("a.war!/WEB-INF/lib/b.jar"), jar("opt/b.jar", licenses=("ours",)))
    component = named(cyclonedx(report)["components"], "b")
    assert component["evidence"]["occurrences"] == [
        {"location": "a.war!/WEB-INF/lib/b.jar", "additionalContext": f"layer {LAYER}"},
        {"location": "opt/b.jar", "additionalContext": f"layer {LAYER}"},
    ]
    assert component["licenses"] == [{"license": {"id": "MIT"}}, {"license": {"name": "ours"}}]
    package = named(spdx(report, tmp_path)["packages"], "org.a:b")
    assert package["comment"] == (
        f"Found in a.war!/WEB-INF/lib/b.jar of layer {LAYER}, in opt/b.jar of layer {LAYER}."
    )


def test_an_archive_has_its_hash_unless_the_copies_differ(tmp_path: Path) -> None:
    same = a_report(jar("a.jar", sha1="a" * 40), jar("b.jar", sha1="a" * 40))
    assert named(cyclonedx(same)["components"], "b")["hashes"] == [
        {"alg": "SHA-1", "content": "a" * 40}
    ]
    assert named(spdx(same, tmp_path)["packages"], "org.a:b")["checksums"] == [
        {"algorithm": "SHA1", "checksumValue": "a" * 40}
    ]
    different = a_report(jar("a.jar", sha1="a" * 40), jar("b.jar", sha1="b" * 40))
    assert "hashes" not in named(cyclonedx(different)["components"], "b")


def test_what_another_vendor_brought_is_told() -> None:
    brought = replace(jar("a.jar"), owner="deb:vendor-agent", third_party=True)
    part = named(cyclonedx(a_report(brought))["components"], "b")
    assert values(part, "scantling:third-party") == ["true"]


def test_what_the_system_brought_is_a_part_of_its_package(tmp_path: Path) -> None:
    report = a_report(*owned())
    document = cyclonedx(report)
    system, part = (named(document["components"], name) for name in ("python3-yaml", "PyYAML"))
    assert values(part, "scantling:owner") == ["deb:python3-yaml"]
    assert values(part, "scantling:third-party") == []
    edges = {each["ref"]: each["dependsOn"] for each in document["dependencies"]}
    assert edges[system["bom-ref"]] == [part["bom-ref"]]
    assert edges[digest("app")] == ["os:rhel@9.3", system["bom-ref"]]
    listed = spdx(report, tmp_path)
    ids = {each["name"]: each["SPDXID"] for each in listed["packages"]}
    contained = {
        (each["spdxElementId"], each["relatedSpdxElement"])
        for each in listed["relationships"]
        if each["relationshipType"] == "CONTAINS"
    }
    assert (ids["python3-yaml"], ids["PyYAML"]) in contained
    assert "counts once" in named(listed["packages"], "PyYAML")["comment"]


def test_a_part_of_a_package_that_is_not_listed_stands_for_itself() -> None:
    part = owned()[1]
    document = cyclonedx(a_report(part))
    reference = named(document["components"], "PyYAML")["bom-ref"]
    assert reference in document["dependencies"][0]["dependsOn"]


def test_what_counts_once_is_counted_once() -> None:
    outcome = a_report(*owned()).outcomes["software"]
    assert (outcome.package_count, outcome.owned_count) == (1, 1)
    assert [package.owner for package in outcome.packages or ()] == ["", "deb:python3-yaml"]
    table = render_table(a_report(*owned()))
    assert "1 package; 1 more is a part of packages of the system" in table
    assert "PART OF" in table


def test_layers_are_said_once_with_their_build_step(tmp_path: Path) -> None:
    report = a_report(*(jar(f"{number}.jar") for number in range(50)))
    component = cyclonedx(report)["metadata"]["component"]
    assert values(component, "scantling:layer:1:diff-id") == [LAYER]
    assert values(component, "scantling:layer:1:created-by") == [STEP]
    assert component["hashes"] == [{"alg": "SHA-256", "content": digest("app")[7:]}]
    for form in ("cyclonedx", "spdx", "json"):
        assert render(report, form).count("x" * 2000) == 1
    assert STEP in named(spdx(report, tmp_path)["packages"], "team/app")["comment"]


def test_the_distribution_has_its_repositories(tmp_path: Path) -> None:
    report = a_report(jar("a.jar"))
    system = named(cyclonedx(report)["components"], "rhel")
    assert (system["type"], system["version"]) == ("operating-system", "9.3")
    assert values(system, "scantling:content-set") == ["rhel-9-baseos-rpms"]
    system = named(spdx(report, tmp_path)["packages"], "rhel")
    assert system["primaryPackagePurpose"] == "OPERATING_SYSTEM"
    assert "rhel-9-baseos-rpms" in system["comment"]


def test_what_was_left_out_is_in_the_document(tmp_path: Path) -> None:
    report = a_report(jar("a.jar"), errors=[an_error(f"srv/{n}.jar") for n in range(150)])
    document = cyclonedx(report)
    assert document["compositions"] == [{"aggregate": "incomplete", "assemblies": [digest("app")]}]
    said = values(document["metadata"]["component"], "scantling:software:left-out")
    assert (len(said), said[-1]) == (101, "and 50 more, in the JSON report")
    annotations = spdx(report, tmp_path)["annotations"]
    assert len(annotations) == 101
    assert "srv/0.jar" in annotations[0]["comment"]


def test_the_source_package_is_said_as_trivy_reads_it(tmp_path: Path) -> None:
    made = replace(
        a_package("libssl3", "3.0.11-1"), source_name="openssl", source_version="1:3.0.11-1"
    )
    component = named(cyclonedx(a_report(made))["components"], "libssl3")
    assert [
        values(component, f"aquasecurity:trivy:Src{name}")
        for name in ("Name", "Version", "Release", "Epoch")
    ] == [["openssl"], ["3.0.11"], ["1"], ["1"]]
    package = named(spdx(a_report(made), tmp_path)["packages"], "libssl3")
    assert package["sourceInfo"] == "built package from: openssl 1:3.0.11-1"


def test_software_that_no_ecosystem_names_has_its_names_in_the_nvd(tmp_path: Path) -> None:
    names = tuple(f"cpe:2.3:a:{each}:1.2.3:*:*:*:*:*:*:*" for each in ("f5:nginx", "nginx:nginx"))
    report = a_report(replace(a_package("nginx", "1.2.3", type_="generic"), cpes=names))
    component = named(cyclonedx(report)["components"], "nginx")
    assert [component["cpe"], *values(component, "scantling:cpe")] == [*names]
    package = named(spdx(report, tmp_path)["packages"], "nginx")
    found = [r["referenceLocator"] for r in package["externalRefs"] if "cpe" in r["referenceType"]]
    assert found == [*names]


@pytest.mark.parametrize(
    ("version", "parts"),
    [
        ("1:2.0-3", ("1", "2.0", "3")),
        ("2.0-rc1-3", ("", "2.0-rc1", "3")),
        ("2.0", ("", "2.0", "")),
        ("x:2.0", ("", "x:2.0", "")),
        ("", ("", "", "")),
    ],
)
def test_versions_of_system_packages_have_three_parts(
    version: str, parts: tuple[str, str, str]
) -> None:
    assert split_version(version) == parts


def test_a_package_without_version_or_package_url_is_listed_all_the_same(tmp_path: Path) -> None:
    bare = replace(a_package("thing"), version="", purl="", licenses=(), layer="")
    report = a_report(replace(bare, state="half-installed"))
    component = named(cyclonedx(report)["components"], "thing")
    assert "version" not in component
    assert values(component, "scantling:state") == ["half-installed"]
    package = named(spdx(report, tmp_path)["packages"], "thing")
    assert package["licenseDeclared"] == "NOASSERTION"
    assert package["comment"].endswith("Its installation is half-installed.")


def test_no_document_holds_control_or_format_characters() -> None:
    hostile = jar("\x1b[31m\u202e\U000e0001\x9b/ü.jar", state="\u200b")
    for form in ("cyclonedx", "spdx"):
        text = render(a_report(hostile), form)
        assert all(character.isprintable() for character in text.replace("\n", ""))
        assert "ü.jar" in text


def test_what_is_written_is_read_back_whole() -> None:
    report = a_report(*owned(), jar("a.jar"), a_package("bash", "5.2"))
    wanted = tuple(
        sorted(
            {
                package.purl.partition("?")[0]
                for package in report.outcomes["software"].packages or ()
            }
        )
    )
    for form in ("cyclonedx", "spdx"):
        bill = bill_of(render(report, form).encode())
        assert (bill.purls, bill.unidentified) == (wanted, 0)


def test_a_large_image_is_written_at_once() -> None:
    report = a_report(
        *(replace(a_package(f"lib{n}", path=f"app/{n}"), source_name="s") for n in range(20_000))
    )
    for form in ("cyclonedx", "spdx"):
        begun = time.process_time()
        render(report, form)
        assert time.process_time() - begun < 4


def test_the_agreement_of_published_sboms_is_one_line_of_the_table() -> None:
    agreed = SbomAgreement(
        via="index",
        digest=digest("sbom"),
        format="SPDX-2.3",
        tool="maker-1.2",
        same_count=1,
        only_in_sbom_count=2,
        only_found_count=3,
    )
    unusable = SbomAgreement(via="tag", digest=digest("x"), code="malformed", reason="no JSON")
    lines = render_table(a_report(jar("a.jar"), sboms=(agreed, unusable))).splitlines()
    text = "1 package the same, 2 only in it, 3 only found; SPDX-2.3 by maker-1.2"
    assert [line for line in lines if line.endswith(text)]
    assert [line for line in lines if line.endswith("not used: no JSON")]


def test_a_table_that_explains_says_layer_licences_and_build_steps() -> None:
    report = a_report(jar("a.jar"), jar("b.jar"))
    table = render_table(report, verbose=True, total=200)
    assert re.search(r"org\.a:b +1 +maven +a\.jar +1 +MIT", table)
    assert table.count("RUN make") == 1
    assert "LAYER" not in render_table(report)
