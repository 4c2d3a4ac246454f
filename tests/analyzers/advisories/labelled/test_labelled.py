"""Precision: every labelled judgement is what matching answers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from scantling_analyzers.advisories.matching.matcher import Inventory, Matcher
from scantling_analyzers.advisories.matching.subject import STREAM_OF
from scantling_analyzers.advisories.models import Advisory
from scantling_common.outcomes import DistributionEntry, PackageEntry
from tests.builders.advisory_book import AdvisoryBook

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER: Final = Path(__file__).parent
LEAST: Final = 600
SYSTEMS: Final = {
    *("debian", "ubuntu", "alpine", "wolfi", "rhel", "centos", "almalinux", "rocky", "ol", "amzn"),
    *("fedora", "sles", "sles_sap", "opensuse-leap", "photon", "azurelinux", "openEuler"),
    *("euleros", "kylin", "uos", "hce"),
}


def _cases() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for file in sorted(FOLDER.glob("*.json")):
        for group in json.loads(file.read_text()):
            for case in group["cases"]:
                yield file.stem, group, case


CASES: Final = list(_cases())


def _name(case: tuple[str, dict[str, Any], dict[str, Any]]) -> str:
    file, group, judged = case
    return f"{file}-{group['id']}-{judged.get('package', group['package'])}-{judged['version']}"


def _judged(group: dict[str, Any], case: dict[str, Any]) -> bool:
    said = {**group, **case}
    advisories = [msgspec.convert({"feed": "labelled", **a}, Advisory) for a in group["advisories"]]
    cpe = f"cpe:2.3:a:{said['cpe']}:{case['version']}:*:*:*:*:*:*:*" if "cpe" in said else ""
    package = PackageEntry(
        name=said["package"],
        version=case["version"],
        type=group["type"],
        purl=f"pkg:{group['type']}/x",
        path="x",
        layer="",
        arch=said.get("arch", ""),
        module=said.get("module", ""),
        owner=said.get("owner", ""),
        source_name=said.get("source", ""),
        source_version=said.get("source_version", ""),
        cpes=(cpe,) if cpe else (),
    )
    matched = Matcher(AdvisoryBook(*advisories)).match(
        Inventory(packages=(package,), distribution=_distribution(said))
    )
    assert matched.doubts == ()
    return group["id"] in {finding.id for finding in matched.findings}


def _distribution(said: dict[str, Any]) -> DistributionEntry | None:
    if "on" not in said:
        return None
    id_, _, version = said["on"].partition(":")
    return DistributionEntry(
        id=id_,
        version_id="" if version == "sid" else version,
        name=said.get("name", ""),
        service_pack=said.get("service_pack", ""),
        edition=said.get("edition", ""),
        content_sets=tuple(said.get("content_sets", ())),
    )


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_the_answer_is_the_label(case: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    _, group, judged = case
    assert _judged(group, judged) == judged["vulnerable"], f"{group['fact']}: {judged['because']}"


def test_every_ecosystem_that_is_judged_has_both_labels() -> None:
    labels: dict[str, set[bool]] = {}
    for _, group, judged in CASES:
        said = {**group, **judged}
        labels.setdefault(said["type"], set()).add(judged["vulnerable"])
        labels.setdefault(said.get("on", "").partition(":")[0], set()).add(judged["vulnerable"])
    of_languages = {*STREAM_OF} - {"pear"}  # which is Packagist's, too
    assert [each for each in sorted(of_languages | SYSTEMS) if len(labels.get(each, ())) < 2] == []


def test_there_are_enough_of_both_labels_each_with_a_reason() -> None:
    labels = Counter(judged["vulnerable"] for _, _, judged in CASES)
    assert len(CASES) >= LEAST
    assert min(labels.values()) >= LEAST // 3
    assert all(judged["because"] and group["fact"] for _, group, judged in CASES)
