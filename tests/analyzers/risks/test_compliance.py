"""The analyzer of software compliance: what is found, what is not, and what can't be told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from scantling_analyzers.contract import Settings
from scantling_analyzers.facts.models import Distribution, Package, Program
from scantling_analyzers.risks.compliance.analyzer import MAX_ERRORS, ComplianceAnalyzer
from scantling_analyzers.risks.compliance.policy import MAX_COMPARISONS
from tests.analyzers.risks.content import content

if TYPE_CHECKING:
    from scantling_analyzers.contract import ImageContent
    from scantling_analyzers.facts.models import AnyFact
    from scantling_common.outcomes import Finding, Outcome

STATUS = "var/lib/dpkg/status"
SHA1 = "a" * 40
SHA256 = "b" * 64


def settings(*entries: str) -> Settings:
    return Settings(version="1", lists={"disallowed-software": entries})


def package(name: str, version: str = "1.0", type_: str = "deb", **more: Any) -> Package:
    return Package(**{"path": STATUS, "name": name, "version": version, "type": type_, **more})


def image(*facts: AnyFact) -> ImageContent:
    return content(*((fact, 1, None) for fact in facts))


def judged(image: ImageContent, *entries: str) -> Outcome:
    return ComplianceAnalyzer().analyze(image, settings(*entries))


def found(image: ImageContent, *entries: str) -> list[str]:
    """Return the names of what is not allowed."""
    outcome = judged(image, *entries)
    assert outcome.status == "complete"
    return [finding.package for finding in outcome.findings]


def the_one(outcome: Outcome) -> Finding:
    (finding,) = outcome.findings
    return finding


def test_a_finding_says_what_stands_where_and_why() -> None:
    line = 'deny nmap version="< 8" severity=high id=scanner reason="scans networks"'
    outcome = judged(image(package("nmap", "7.80"), package("bash")), line)

    finding = the_one(outcome)
    layer = image().layers[1].diff_id
    assert (finding.package, finding.version, finding.path) == ("nmap", "7.80", STATUS)
    assert (finding.layer, finding.severity, finding.id) == (layer, "high", "scanner")
    assert finding.title == "Software that is not allowed: scans networks"
    assert finding.details["entry"] == line
    assert finding.details["type"] == "deb"
    assert finding.details["list"] == "disallowed-software"
    assert line in finding.description


def test_what_a_later_layer_hides_is_not_in_the_image() -> None:
    hidden = content((package("nmap"), 0, 1), (Program(path="bin/nc"), 0, 1))
    assert found(hidden, "nmap", "nc") == []


def test_an_empty_list_forbids_nothing_and_none_is_the_default_list() -> None:
    both = image(package("nmap"), Program(path="opt/xmrig"))
    assert found(both) == []

    outcome = ComplianceAnalyzer().analyze(both, Settings())

    assert [(f.package, f.severity, f.details["list"]) for f in outcome.findings] == [
        ("xmrig", "critical", "default"),
        ("nmap", "medium", "default"),
    ]
    assert outcome.versions.rules == ComplianceAnalyzer().rules


def test_a_list_includes_the_default_one_where_it_says_so() -> None:
    both = image(package("nmap"), package("ours"))
    assert found(both, "ours") == ["ours"]
    assert found(both, "ours", "include default", "include default") == ["nmap", "ours"]
    assert found(both, "allow nmap reason=ours", "include default") == []


def test_the_first_entry_that_is_about_it_decides() -> None:
    some = image(package("gcc-12"), package("gcc-12-base"), package("gcc-13"))
    entries = ("allow gcc-*-base", 'deny gcc-13 severity=high reason="too new"', "gcc-*")
    outcome = judged(some, *entries)
    assert [(f.package, f.severity) for f in outcome.findings] == [
        ("gcc-12", "medium"),
        ("gcc-13", "high"),
    ]
    assert found(some, "gcc-*", *entries) == ["gcc-12", "gcc-12-base", "gcc-13"]


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ("LIBA", ["liba"]),
        ("lib*", ["liba", "libb"]),
        ("type=npm", ["@s/tool"]),
        ("*tool*", ["@s/tool"]),
        ("type=system", ["liba", "libb"]),
        ("log4j-core", ["org.apache:log4j-core"]),
        ("*:log4j-core type=maven", ["org.apache:log4j-core"]),
        ("scikit_learn", ["Scikit-Learn"]),
        ("scikit-learn type=pypi", ["Scikit-Learn"]),
        ('* version="< 2"', ["liba", "@s/tool"]),
        ("path=/app/*", ["@s/tool", "org.apache:log4j-core"]),
        ("path=*!/WEB-INF/*", ["org.apache:log4j-core"]),
        (f"sha1={SHA1}", ["org.apache:log4j-core"]),
        (f"sha256={SHA256}", ["org.apache:log4j-core"]),
        ("license=gpl-*", ["libb"]),
        ("license=MIT type=npm", ["@s/tool"]),
        ("liba type=rpm", []),
        ("lib", []),
        ("core", []),
        ("path=/opt/*", []),
        ("license=AGPL*", []),
        (f"sha1={'0' * 40}", []),
        (f"sha256={SHA1}{'a' * 24}", []),
    ],
)
def test_each_condition_finds_what_it_is_about_and_nothing_else(
    entry: str, names: list[str]
) -> None:
    some = image(
        package("liba", "1.9-1", licenses=("MIT OR GPL-2.0-only",)),
        package("libb", "2.0-1", licenses=("GPL-2.0-or-later WITH GCC-exception-2.0",)),
        package("@s/tool", "1.0.0", "npm", path="app/package.json", licenses=("MIT",)),
        package("Scikit-Learn", "2.1", "pypi", path="x/METADATA"),
        package(
            *("org.apache:log4j-core", "2.14.1", "maven"),
            path="app/a.war!/WEB-INF/lib/l.jar",
            sha1=SHA1,
            sha256=SHA256,
        ),
    )
    assert sorted(found(some, entry)) == sorted(names)


def test_a_choice_of_licences_is_forbidden_once_each_of_them_is_by_lines_of_their_own() -> None:
    choice = image(package("a", licenses=("MIT OR GPL-3.0",)), package("b", licenses=("MIT",)))
    both = ("license=MIT id=mit", "license=gpl-* id=gpl severity=high")
    outcome = judged(choice, *both)
    assert [(f.package, f.id, f.severity) for f in outcome.findings] == [
        ("a", "gpl", "high"),
        ("b", "mit", "medium"),
    ]
    assert outcome.findings[0].details["licenses"] == "MIT OR GPL-3.0"
    assert found(choice, "license=gpl-*") == []
    assert found(choice, "allow a license=MIT", *both) == ["b"]
    # A line about other software says nothing of these licences.
    assert found(choice, "license=MIT type=npm", "license=gpl-*") == []
    assert found(choice, "license=MIT", "license=gpl-* b") == ["b"]


def test_all_that_may_be_had_together_is_allowed_by_lines_of_their_own() -> None:
    together = image(package("a", licenses=("MIT AND ISC",)), package("b", licenses=("MIT", "X")))
    entries = ("allow license=MIT", "allow license=ISC", "license=*")
    assert found(together, *entries) == ["b"]


def test_licences_that_a_version_leaves_open_are_told_where_they_would_decide() -> None:
    choice = image(package("a", "", licenses=("MIT OR GPL-3.0",)))
    old = 'license=MIT version="< 2"'
    assert found(choice, old) == []
    for entries in ((old, "license=GPL-3.0"), ("license=GPL-3.0", old)):
        outcome = judged(choice, *entries)
        assert (outcome.status, outcome.findings) == ("partial", ())
        assert [error.code for error in outcome.errors] == ["version_invalid"]
    assert found(choice, old, "license=GPL-3.0", "license=MIT") == ["a"]
    assert found(choice, old, "allow license=GPL-3.0") == []


def test_versions_are_compared_as_the_package_type_does() -> None:
    some = image(
        package("a", "1:1.0", "rpm"),
        package("a", "1.0~rc1", "deb"),
        package("a", "1.0", "npm", path="p"),
    )
    outcome = judged(some, 'a version="< 1.0"')
    assert [f.details["type"] for f in outcome.findings] == ["deb"]


def test_programs_that_no_package_brought_are_known_by_name_path_and_content() -> None:
    program = Program(path="opt/t/nmap", sha1=SHA1, sha256=SHA256)
    by_content = (f"sha1={SHA1}", f"sha256={SHA256}")
    for entry in ("nmap", "type=program", "path=/opt/t/*", *by_content, "NMAP path=/*"):
        finding = the_one(judged(image(program), entry))
        assert (finding.package, finding.version, finding.path) == ("nmap", "", "opt/t/nmap")
        assert finding.details["found_by"] == "program"
    for entry in ("opt", "type=deb", "path=/opt/t", f"sha256={'0' * 64}", "nmap type=system"):
        assert found(image(program), entry) == []


def test_a_part_of_a_package_counts_once_as_that_package() -> None:
    facts = (
        (package("nmap"), 0, None),
        (Program(path="usr/bin/nmap"), 0, None),
        (package("nmap", "7.8", "generic", path="usr/bin/nmap"), 0, None),
    )
    built = content(*facts)
    owned = replace(
        built,
        facts=(built.facts[0], *(replace(f, owner="deb:nmap") for f in built.facts[1:])),
    )
    assert [f.details["type"] for f in judged(owned, "nmap").findings] == ["deb"]
    assert found(owned, "allow nmap type=deb", "nmap") == []
    # Of the package itself nothing is said: then its parts are judged.
    assert found(owned, "nmap type=generic,program") == ["nmap"]
    assert found(owned, "nmap type=program") == ["nmap"]
    assert len(judged(built, "nmap").findings) == 2


def test_the_content_of_a_part_that_is_denied_before_its_package_is_allowed_is_told() -> None:
    built = content(
        (package("nmap"), 0, None),
        (Program(path="usr/bin/nmap", sha1=SHA1, sha256=SHA256), 0, None),
        (package("g:a", "1", "maven", path="usr/share/a.jar", sha256="c" * 64), 0, None),
        (package("g:b", "1", "maven", path="usr/share/a.jar"), 0, None),
    )
    owned = replace(
        built,
        facts=(built.facts[0], *(replace(f, owner="deb:nmap") for f in built.facts[1:])),
    )
    by_content = (f"sha1={SHA1}", f"sha256={SHA256}")

    for entry in by_content:
        finding = the_one(judged(owned, entry, "allow nmap"))
        assert (finding.path, finding.details["type"]) == ("usr/bin/nmap", "program")
        assert found(owned, "allow nmap", entry) == []
    assert found(owned, f"sha256={'c' * 64}", "allow type=deb", "g:*") == ["g:a"]
    assert found(owned, f"allow path=/usr/bin/* sha1={SHA1}", by_content[1], "allow nmap") == []
    assert [f.details["type"] for f in judged(owned, *by_content, "nmap").findings] == ["deb"]
    # What says less than the content is decided with the package.
    assert found(owned, "path=/usr/bin/*", "allow nmap type=deb") == []


def test_what_no_package_brought_can_be_forbidden_as_such() -> None:
    built = content((Program(path="usr/bin/ls"), 0, None), (Program(path="opt/own"), 0, None))
    owned = replace(built, facts=(replace(built.facts[0], owner="deb:coreutils"), built.facts[1]))

    assert found(owned, "type=unpackaged") == ["own"]
    assert found(owned, "allow own", "* type=deb,unpackaged") == []
    assert found(owned, "type=program") == ["own", "ls"]


def test_an_allowed_module_excuses_no_program() -> None:
    facts = (Program(path="opt/xmrig"), package("a.example/m", "v1", "golang", path="opt/xmrig"))
    assert found(image(*facts), "allow type=golang", "xmrig") == ["xmrig"]
    assert found(image(*facts), "type=golang", "xmrig") == ["a.example/m"]


def test_a_version_that_can_not_be_compared_is_told_and_not_taken_for_allowed() -> None:
    some = image(Program(path="opt/nmap"), package("bash"))
    outcome = judged(some, 'nmap version="< 7"')

    assert (outcome.status, outcome.findings) == ("partial", ())
    (error,) = outcome.errors
    assert (error.code, error.path) == ("version_invalid", "opt/nmap")
    assert "nmap of unknown version can't be compared" in error.message
    assert judged(some, 'nmap version="< 7"', "allow nmap").status == "partial"
    assert found(some, 'nmap version="< 7"', "nmap") == ["nmap"]
    assert found(some, 'allow nmap version="< 7"') == []


def test_very_many_such_versions_are_counted() -> None:
    many = image(*(Program(path=f"opt/{n}/nmap") for n in range(1005)))
    errors = judged(many, 'nmap version="< 7"').errors
    assert len(errors) == 1001
    assert (errors[-1].code, errors[-1].message) == (
        "too_many",
        "5 more versions can't be compared",
    )


def test_entries_of_an_earlier_release_that_nobody_understands_make_it_partial() -> None:
    outcome = judged(image(package("nmap")), "nmap", "x type=y", *["a b"] * (MAX_ERRORS + 4))

    assert (outcome.status, len(outcome.findings)) == ("partial", 1)
    assert outcome.errors[0].code == "list_entry_invalid"
    assert outcome.errors[0].message.startswith("entry 2 of disallowed-software, column 8: 'y'")
    assert (outcome.errors[-1].code, outcome.errors[-1].message[:2]) == ("too_many", "5 ")


def test_what_can_not_be_read_or_told_is_not_complete() -> None:
    broken = content((package("nmap"), 0, None), errors=((STATUS, 0, None),))
    assert judged(broken, "nmap").status == "partial"
    strange = content((Distribution(path="etc/os-release", id="odd"), 0, None))
    outcome = judged(strange, "nmap")
    assert (outcome.status, outcome.code) == ("unsupported", "distribution_unsupported")


def test_an_upgrade_is_the_same_finding_and_two_versions_are_two() -> None:
    def fingerprints(*versions: str) -> list[str]:
        outcome = judged(image(*(package("kernel", v) for v in versions)), "kernel")
        return [finding.fingerprint for finding in outcome.findings]

    assert fingerprints("1") == fingerprints("2")
    both = fingerprints("1", "2")
    assert both[0] == fingerprints("1")[0]
    assert len(set(both)) == 2
    assert {len(each) for each in both} == {32}


def test_the_order_of_facts_changes_nothing() -> None:
    facts = [package(f"p{n % 7}", str(n), path=f"d{n % 3}") for n in range(20)]
    assert judged(image(*facts), "p*") == judged(image(*reversed(facts)), "p*")


def test_long_lists_over_large_images_take_seconds() -> None:
    large = image(*(package(f"package-{n}") for n in range(20_000)))
    entries = [f'tool-{n} version="< 2"' for n in range(5000)]
    entries += [f"tool-{n}-*" for n in range(4000)] + [f"path=/opt/{n}/*" for n in range(900)]
    begun = time.process_time()
    assert found(large, *entries, "package-1999*") == ["package-1999", *_from(19990)]
    assert time.process_time() - begun < 30


def _from(first: int) -> list[str]:
    return [f"package-{n}" for n in range(first, first + 10)]


def test_lists_made_to_take_for_ever_end_and_say_so() -> None:
    many = image(*(package(f"a-{n}") for n in range(2000)))
    entries = [f"a-*-{n}*" for n in range(3000)]
    begun = time.process_time()
    outcome = judged(many, *entries, "a-*")
    assert time.process_time() - begun < 60
    assert outcome.status == "partial"
    assert [error.code for error in outcome.errors] == ["too_many"]
    assert str(MAX_COMPARISONS) in outcome.errors[0].message
