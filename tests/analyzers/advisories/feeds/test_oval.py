"""OVAL: criteria become statements about packages, for each vendor as it uses the language."""

from __future__ import annotations

import pytest

from scantling_analyzers.advisories.feeds import oval_criteria, oval_document, oval_statements
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.oval import OvalFeed
from scantling_analyzers.advisories.models import Advisory, Event, Reference, Score, Statement
from scantling_analyzers.advisories.sources.document import of_bytes
from tests.builders.feeds.document import advisories, refusals, said
from tests.builders.feeds.oval import Oval, all_of, any_of, criteria, criterion, entity

FEED = OvalFeed()
EVERY: tuple[Event, ...] = (("introduced", "0"),)
CVE = ("CVE-2023-0001",)
BASE_8 = "<affected_cpe_list><cpe>cpe:/o:redhat:enterprise_linux:8</cpe></affected_cpe_list>"


def until(version: str) -> tuple[tuple[Event, ...], ...]:
    return ((("introduced", "0"), ("fixed", version)),)


def red_hat() -> Oval:
    return Oval("oval:com.redhat.rhsa")


def suse() -> Oval:
    return Oval("oval:org.opensuse.security")


def oracle() -> Oval:
    return Oval("oval:com.oracle.elsa")


def azure() -> Oval:
    return Oval("oval:com.microsoft.azurelinux")


def ubuntu(codename: str = "jammy") -> Oval:
    return Oval(f"oval:com.ubuntu.{codename}", family="dpkginfo")


def only(made: Oval, path: str = "oval.xml") -> Advisory:
    found = said(FEED, made.text(), path)
    assert refusals(found) == []
    (advisory,) = advisories(found)
    return advisory


def statement(made: Oval, path: str = "oval.xml") -> Statement:
    (found,) = only(made, path).statements
    return found


def reasons(made: Oval) -> list[tuple[str, bool]]:
    return [(each.code, each.part) for each in refusals(said(FEED, made.text()))]


def test_a_patch_of_red_hat_is_an_erratum() -> None:
    made = red_hat()
    release = any_of(
        made.release("Red Hat Enterprise Linux 8 is installed"),
        made.release("Red Hat CoreOS 4 is installed"),
    )
    made.definition(
        any_of(
            made.release("Red Hat Enterprise Linux must be installed"),
            all_of(made.before("firefox", "0:102.15.1-1.el8_8"), made.signed("firefox"), release),
        ),
        title="RHSA-2023:5184: firefox security update (Important)",
        references=("RHSA-2023:5184", "CVE-2023-4863", "CVE-2023-5129"),
        advisory='<severity>Important</severity><issued date="2023-09-18"/>'
        '<updated date="2023-09-19"/>'
        '<cve cvss3="9.6/CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H" cwe="CWE-122" '
        'public="20230911">CVE-2023-4863</cve>'
        f'<bugzilla href="https://bugzilla.vendor.example/1" id="1">text</bugzilla>{BASE_8}',
    )

    assert only(made) == Advisory(
        id="RHSA-2023:5184",
        feed="redhat-oval",
        vulnerabilities=("CVE-2023-4863", "CVE-2023-5129"),
        title="RHSA-2023:5184: firefox security update (Important)",
        details="A flaw.",
        published="2023-09-18",
        modified="2023-09-19",
        scores=(
            Score(
                source="redhat",
                kind="cvss_v3",
                text="CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H",
                value=9.6,
            ),
            Score(source="redhat", kind="word", text="Important"),
        ),
        weaknesses=("CWE-122",),
        references=(
            Reference(url="https://vendor.example/RHSA-2023:5184", kind="ADVISORY"),
            Reference(url="https://vendor.example/CVE-2023-4863"),
            Reference(url="https://vendor.example/CVE-2023-5129"),
            Reference(url="https://bugzilla.vendor.example/1", kind="REPORT"),
        ),
        statements=(Statement(stream="rhel:8", name="firefox", ranges=until("102.15.1-1.el8_8")),),
    )


def test_a_document_whose_content_is_there_once_is_read_twice() -> None:
    made = suse()
    made.definition(
        all_of(made.release("openSUSE Leap 15.5 is installed"), made.before("a", "0:1-1")),
        references=CVE,
    )

    found = list(FEED.read(of_bytes("oval.xml", made.text().encode())))

    assert [each.name for each in advisories(found)[0].statements] == ["a"]


def test_a_module_that_must_be_enabled_limits_to_it() -> None:
    made = red_hat()
    made.definition(
        all_of(
            made.release("Red Hat Enterprise Linux 8 is installed"),
            made.test(
                "x", comment="Module postgresql:13 is enabled", kind="textfilecontent54_test"
            ),
            any_of(
                all_of(made.before("pgaudit", "0:1.5-3.module+el8"), made.signed("pgaudit")),
                all_of(
                    made.before("postgresql", "0:13.13-1.module+el8"), made.signed("postgresql")
                ),
            ),
        ),
        references=("RHSA-2023:7581", *CVE),
        advisory=BASE_8,
    )

    assert [(each.name, each.module) for each in only(made).statements] == [
        ("pgaudit", "postgresql:13"),
        ("postgresql", "postgresql:13"),
    ]


@pytest.mark.parametrize(
    ("cpes", "streams"),
    [
        (["cpe:/o:redhat:enterprise_linux:8"], [("rhel:8", ())]),
        (
            ["cpe:/a:redhat:rhel_eus:8.6::appstream", "cpe:/o:redhat:rhel_eus:8.6"],
            [("rhel-eus:8.6", ())],
        ),
        (["cpe:/a:redhat:openshift:4.9::el8"], [("rhel:8", ("cpe:/a:redhat:openshift:4.9::el8",))]),
        (
            ["cpe:/o:redhat:enterprise_linux:8", "cpe:/a:redhat:openshift:4.9::el8"],
            [("rhel:8", ())],
        ),
        (
            ["cpe:/o:redhat:enterprise_linux:9", "cpe:/o:redhat:enterprise_linux:8"],
            [("rhel:8", ())],
        ),
        ([], [("rhel:8", ())]),
    ],
)
def test_the_cpe_names_tell_which_support_a_definition_of_red_hat_is_for(
    cpes: list[str], streams: list[tuple[str, tuple[str, ...]]]
) -> None:
    made = red_hat()
    listed = "".join(f"<cpe>{cpe}</cpe>" for cpe in cpes)
    made.definition(
        all_of(
            made.release("Red Hat Enterprise Linux 8 is installed"),
            made.before("foo", "0:1-2.el8"),
        ),
        references=("RHSA-2023:1", *CVE),
        advisory=f"<affected_cpe_list>{listed}</affected_cpe_list>",
    )

    assert [(each.stream, each.repositories) for each in only(made).statements] == streams


@pytest.mark.parametrize(
    ("resolution", "state"),
    [
        ("Affected", "not_fixed"),
        ("Will not fix", "will_not_fix"),
        ("Fix deferred", "deferred"),
        ("Out of support scope", "end_of_life"),
        ("Under investigation", "under_investigation"),
    ],
)
def test_a_resolution_of_red_hat_says_why_there_is_no_fix(resolution: str, state: str) -> None:
    made = Oval("oval:com.redhat.cve")
    made.definition(
        all_of(
            made.release("Red Hat Enterprise Linux 8 is installed"),
            all_of(made.test("libxml2", comment="libxml2 is installed"), made.signed("libxml2")),
        ),
        kind="vulnerability",
        references=CVE,
        advisory=f'<affected><resolution state="{resolution}"><component>libxml2</component>'
        f"</resolution></affected>{BASE_8}",
    )

    found = statement(made)

    assert (found.name, found.ranges, found.state) == ("libxml2", (EVERY,), state)


def test_what_red_hat_calls_unaffected_is_kept() -> None:
    made = Oval("oval:com.redhat.unaffected")
    made.definition(
        all_of(made.test("libxml2", comment="libxml2 is installed")),
        kind="vulnerability",
        references=CVE,
        advisory=BASE_8,
    )

    assert statement(made).state == "not_affected"


def test_what_runs_and_what_is_in_files_does_not_decide() -> None:
    made = red_hat()
    made.definition(
        all_of(
            made.release("Red Hat Enterprise Linux 8 is installed"),
            any_of(
                made.test("k", comment="kernel earlier than 1 is running", kind="uname_test"),
                made.test("k", comment="set to boot", kind="textfilecontent54_test"),
            ),
            any_of(all_of(made.before("kernel", "0:4.18.0-1.el8"), made.signed("kernel"))),
        ),
        references=("RHSA-2023:1", *CVE),
        advisory=BASE_8,
    )

    assert statement(made).ranges == until("4.18.0-1.el8")


def test_a_definition_of_suse_is_about_a_cve_in_each_product() -> None:
    made = suse()
    made.definition(
        any_of(
            all_of(
                any_of(
                    made.release("SUSE Linux Enterprise Server 15 SP2 is installed"),
                    made.release("SUSE Linux Enterprise Module for Basesystem 15 SP2 is installed"),
                ),
                any_of(
                    made.before("krb5", "0:1.15.2-4.25", arch="(aarch64|x86_64)"),
                    made.before("krb5-32bit", "0:1.15.2-4.25", arch="(x86_64)"),
                ),
            ),
            all_of(
                made.release("SUSE Linux Enterprise Server 15 SP1-LTSS is installed"),
                made.before("krb5", "0:1.15.2-3.1"),
            ),
        ),
        kind="vulnerability",
        title="CVE-2023-0001",
        references=("Mitre CVE-2023-0001", "SUSE CVE-2023-0001", "SUSE-SU-2023:1-1"),
    )

    advisory = only(made)

    assert (advisory.id, advisory.vulnerabilities) == ("CVE-2023-0001", ())
    assert advisory.statements == (
        Statement(
            stream="sles:15.2",
            name="krb5",
            ranges=until("1.15.2-4.25"),
            arches=("aarch64", "x86_64"),
        ),
        Statement(
            stream="sles:15.2",
            name="krb5-32bit",
            ranges=until("1.15.2-4.25"),
            arches=("x86_64",),
        ),
        Statement(stream="sles-ltss:15.1", name="krb5", ranges=until("1.15.2-3.1")),
    )


@pytest.mark.parametrize(
    ("entities", "state", "ranges"),
    [
        ([entity("version", "0")], "not_affected", EVERY),
        ([entity("evr", "0:0-0", operation="less than")], "not_affected", EVERY),
        ([entity("evr", "0:0-0", operation="greater than")], "not_fixed", EVERY),
        ([entity("evr", "0:1-2", operation="6")], "", (("introduced", "0"), ("fixed", "1-2"))),
        (
            [entity("evr", "0:1-2", operation="less than or equal")],
            "not_fixed",
            (("introduced", "0"), ("last_affected", "1-2")),
        ),
        (
            [
                entity("evr", "0:1-0", operation="greater than or equal"),
                entity("evr", "0:1-2", operation="less than"),
            ],
            "",
            (("introduced", "1-0"), ("fixed", "1-2")),
        ),
        (
            [
                entity("evr", "0:1.cm2", operation="greater than"),
                entity("evr", "0:1-2", operation="less than"),
            ],
            "",
            (("introduced", "1.cm2"), ("fixed", "1-2")),
        ),
    ],
)
def test_a_state_says_which_versions_are_affected(
    entities: list[str], state: str, ranges: tuple[Event, ...]
) -> None:
    made = suse()
    made.definition(
        all_of(
            made.release("openSUSE Leap 15.5 is installed"),
            made.test("krb5", made.state(*entities), comment="krb5"),
        ),
        kind="vulnerability",
        references=CVE,
    )

    found = statement(made)

    assert (found.stream, found.state, found.ranges) == ("opensuse-leap:15.5", state, (ranges,))


def test_a_version_that_must_be_equal_is_listed() -> None:
    made = suse()
    made.definition(
        all_of(
            made.release("openSUSE Tumbleweed is installed"),
            made.test("krb5", made.state(entity("evr", "0:1-2"))),
        ),
        references=CVE,
    )

    assert (statement(made).versions, statement(made).ranges) == (("1-2",), ())


def test_a_negated_limit_is_the_opposite_one() -> None:
    made = suse()
    state = made.state(entity("evr", "0:1-2", operation="less than"))
    made.definition(
        all_of(
            made.release("openSUSE Leap 15.5 is installed"),
            made.test("krb5", state, negate="true"),
        ),
        references=CVE,
    )

    assert statement(made).ranges == ((("introduced", "1-2"),),)


def test_a_product_of_suse_that_is_no_release_is_left_out_with_a_reason() -> None:
    made = suse()
    made.definition(
        all_of(
            any_of(
                made.release("SUSE Manager Server 4.1 is installed"),
                made.release("SUSE Linux Enterprise Server 15 SP2 is installed"),
            ),
            made.before("krb5", "0:1-2"),
        ),
        references=CVE,
    )

    found = said(FEED, made.text())

    assert [each.stream for each in advisories(found)[0].statements] == ["sles:15.2"]
    assert [(each.code, each.part) for each in refusals(found)] == [("unknown_stream", True)]


def test_oracle_names_release_and_architecture() -> None:
    made = oracle()
    made.definition(
        all_of(
            made.release("Oracle Linux 8 is installed"),
            any_of(
                all_of(
                    made.release("Oracle Linux arch is x86_64"),
                    any_of(
                        all_of(made.before("bind", "32:9.11-1.el8"), made.signed("bind")),
                        all_of(made.before("glibc", "2:2.28-225.0.4.ksplice1.el8")),
                        all_of(made.before("openssl", "10:3.0.7-18.0.1.el8_fips")),
                    ),
                ),
                all_of(
                    made.release("Oracle Linux arch is aarch64"),
                    made.before("bind", "32:9.11-1.el8"),
                ),
            ),
        ),
        title="ELSA-2023-0001: bind security update (MODERATE)",
        references=("ELSA-2023-0001", *CVE),
    )

    advisory = only(made)

    assert (advisory.id, advisory.feed) == ("ELSA-2023-0001", "oracle-oval")
    assert [(each.stream, each.name, each.arches) for each in advisory.statements] == [
        ("ol:8", "bind", ("aarch64", "x86_64")),
        ("ol-ksplice:8", "glibc", ("x86_64",)),
        ("ol-fips:8", "openssl", ("x86_64",)),
    ]


INSTALLED = (
    '<extend_definition definition_ref="oval:com.ubuntu.jammy:def:100" comment="installed"/>'
)


def test_ubuntu_names_packages_by_variables() -> None:
    made = ubuntu()
    fixed = "vim package in jammy was vulnerable but has been fixed (note: '2:8.2-3ubuntu1')."
    made.definition(
        all_of(INSTALLED, any_of(made.before(["vim", "vim-tiny"], "2:8.2-3ubuntu1", fixed))),
        kind="vulnerability",
        title="CVE-2023-0001 on Ubuntu 22.04 LTS (jammy) - medium",
        references=CVE,
        advisory="<severity>Medium</severity><public_date>2022-01-28 22:15:00 UTC</public_date>"
        '<cve cvss_score="7.8" cvss_vector="CVSS:3.1/AV:L/AC:L/PR:N">CVE-2023-0001</cve>',
    )

    advisory = only(made)

    assert advisory.id == "CVE-2023-0001"
    assert advisory.published == "2022-01-28T22:15:00Z"
    assert advisory.scores == (
        Score(source="ubuntu", kind="cvss_v3", text="CVSS:3.1/AV:L/AC:L/PR:N", value=7.8),
        Score(source="ubuntu", kind="word", text="Medium"),
    )
    assert [(each.stream, each.name, each.ranges) for each in advisory.statements] == [
        ("ubuntu:22.04", "vim", until("2:8.2-3ubuntu1")),
        ("ubuntu:22.04", "vim-tiny", until("2:8.2-3ubuntu1")),
    ]


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("is affected and needs fixing.", "not_fixed"),
        ("is affected, but a decision has been made to defer addressing it.", "deferred"),
        ("is affected and may need fixing.", "under_investigation"),
        ("is affected, but ignored.", "will_not_fix"),
        ("while related to the CVE in some way, is not affected.", "not_affected"),
    ],
)
def test_the_comment_of_ubuntu_says_why_there_is_no_fix(words: str, state: str) -> None:
    made = ubuntu()
    made.definition(
        all_of(INSTALLED, made.test(["vim"], comment=f"vim package in jammy {words}")),
        kind="vulnerability",
        references=CVE,
    )

    assert (statement(made).ranges, statement(made).state) == ((EVERY,), state)


def test_a_fix_of_extended_support_is_not_one_of_the_release() -> None:
    made = ubuntu("xenial")
    made.definition(
        all_of(made.before(["vim"], "2:7.4-1ubuntu3.5+esm1", "vim package in xenial was fixed")),
        kind="vulnerability",
        references=CVE,
    )

    assert [(each.stream, each.ranges, each.state) for each in only(made).statements] == [
        ("ubuntu-pro:16.04", until("2:7.4-1ubuntu3.5+esm1"), ""),
        ("ubuntu:16.04", (EVERY,), "not_fixed"),
    ]


def of_openssh(made: Oval, *criteria: str) -> None:
    cves = (("CVE-2023-0001", "medium", "5.9"), ("CVE-2007-0002", "low", ""))
    made.definition(
        any_of(*criteria),
        kind="vulnerability",
        title="openssh",
        metadata='<reference source="Package" ref_id="openssh" ref_url="https://vendor.example/"/>',
        advisory="".join(
            f'<cve priority="{priority}" cvss_score="{score}" '
            f'cvss_vector="CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:H/A:N">{cve}</cve>'
            for cve, priority, score in cves
        ),
    )


def test_a_definition_of_a_package_says_of_each_cve_what_its_criteria_say() -> None:
    made = ubuntu()
    names = ["openssh-client"]
    of_openssh(
        made,
        made.before(names, "1:8.9-3", "(CVE-2023-0001) openssh package in jammy was fixed"),
        made.test(names, comment="(CVE-2007-0002) openssh package in jammy needs fixing."),
    )

    found = said(FEED, made.text())

    assert refusals(found) == []
    assert [
        (each.id, each.vulnerabilities, each.title, each.statements[0].ranges, each.scores[-1].text)
        for each in advisories(found)
    ] == [
        ("CVE-2023-0001", (), "", until("1:8.9-3"), "medium"),
        ("CVE-2007-0002", (), "", (EVERY,), "low"),
    ]


def test_a_criterion_of_a_package_that_names_no_cve_is_refused() -> None:
    made = ubuntu()
    of_openssh(made, made.before(["openssh-client"], "1", "openssh package in jammy was fixed"))

    assert reasons(made) == [("malformed", False)]


@pytest.mark.parametrize(
    ("evr", "path", "stream"),
    [
        ("0:3.4.0-1.azl3", "oval.xml", "azurelinux:3.0"),
        ("0:3.4.0-1.cm2", "oval.xml", "mariner:2.0"),
        ("0:3.4.0-1", "oval/azurelinux-3.0-oval.xml", "azurelinux:3.0"),
        ("0:3.4.0-1", "oval/cbl-mariner-2.0-oval.xml", "mariner:2.0"),
    ],
)
def test_the_release_of_azure_linux_is_marked_in_versions(evr: str, path: str, stream: str) -> None:
    made = azure()
    made.definition(all_of(made.before("freeglut", evr)), kind="vulnerability", references=CVE)

    assert (statement(made, path).stream, only(made, path).feed) == (stream, "azurelinux-oval")


def test_azure_linux_calls_packages_by_their_sources() -> None:
    made = azure()
    made.definition(
        all_of(made.before("openssl", "0:3-1.azl3")), kind="vulnerability", references=CVE
    )

    assert statement(made).name_of == "source"


def test_what_azure_linux_says_does_not_apply_is_not_affected() -> None:
    made = azure()
    made.definition(
        all_of(made.before("freeglut", "0:3-1.azl3")),
        kind="vulnerability",
        references=CVE,
        metadata="<patchable>Not Applicable</patchable>",
    )

    assert (statement(made).state, statement(made).ranges) == ("not_affected", (EVERY,))


def test_a_definition_of_a_release_that_nothing_tells_is_refused() -> None:
    made = azure()
    made.definition(all_of(made.before("a", "0:1-1")), kind="vulnerability", references=CVE)

    assert reasons(made) == [("unknown_stream", False)]


@pytest.mark.parametrize(("kind", "deprecated"), [("inventory", "false"), ("patch", "true")])
def test_inventories_and_what_is_deprecated_say_nothing(kind: str, deprecated: str) -> None:
    made = suse()
    made.definition(all_of(), kind=kind, references=CVE, deprecated=deprecated)

    assert said(FEED, made.text()) == []


def test_other_classes_and_other_publishers_are_refused() -> None:
    made = suse()
    made.definition(all_of(), kind="compliance")
    other = Oval("oval:org.cisecurity")
    other.definition(all_of())

    assert reasons(made) == [("unsupported_format", False)]
    assert reasons(other) == [("unknown_publisher", False)]


LEAP = "openSUSE Leap 15.5 is installed"


@pytest.mark.parametrize(
    "state",
    [
        entity("evr", "0:1-2", operation="pattern match"),
        entity("evr", "1 2", operation="less than"),
        entity("evr", "", operation="less than"),
        entity("release", "1"),
        entity("version", "^1", operation="pattern match"),
        '<evr var_ref="x" operation="less than"/>',
        '<arch operation="not equal">x86_64</arch>',
        '<arch operation="pattern match">.*64</arch>',
    ],
)
def test_a_state_that_cant_be_said_is_refused(state: str) -> None:
    made = suse()
    made.definition(
        all_of(made.release(LEAP), made.test("krb5", made.state(state))), references=CVE
    )

    assert reasons(made) == [("unsupported_format", False)]


def test_what_cant_be_said_of_one_package_is_refused() -> None:
    made = suse()
    leap = made.release(LEAP)
    one, two = made.before("a", "0:1-1"), made.before("b", "0:1-1")
    later = made.before("a", "0:1-3")
    never = made.test("a", negate="true")
    for number, each in enumerate(
        [
            all_of(leap, one, two),
            all_of(leap, all_of(one, negate="true")),
            all_of(leap, never),
            criteria("XOR", leap, one),
            all_of(leap, one, later),
        ]
    ):
        made.definition(each, number=number, references=CVE)

    found = said(FEED, made.text())

    assert advisories(found) == []
    assert [each.code for each in refusals(found)] == ["unsupported_format"] * 5


def test_a_release_that_must_not_be_there_limits_nothing() -> None:
    made = suse()
    state = made.state(entity("version", "15.5"))
    made.definition(
        all_of(made.test("x", state, comment=LEAP, negate="true"), made.before("a", "0:1-1")),
        references=CVE,
    )

    assert reasons(made) == [("names_no_package", False)]


def test_alternatives_that_contradict_themselves_say_nothing() -> None:
    made = suse()
    made.definition(
        all_of(
            made.release(LEAP),
            made.release("openSUSE Leap 15.4 is installed"),
            made.before("a", "0:1-1"),
        ),
        references=CVE,
    )

    assert reasons(made) == [("names_no_package", False)]


@pytest.mark.parametrize("missing", ["tests", "objects", "states", "variables"])
def test_what_refers_to_nothing_is_refused(missing: str) -> None:
    made = ubuntu()
    made.definition(all_of(made.before(["vim"], "1")), kind="vulnerability", references=CVE)
    getattr(made, missing).clear()

    assert reasons(made) == [("malformed", False)]


def test_a_part_that_cant_be_used_does_not_void_the_definition() -> None:
    made = suse()
    made.definition(
        all_of(
            made.release(LEAP),
            any_of(made.before("a", "0:1-1"), criterion("oval:none:tst:1", "no such test")),
        ),
        references=CVE,
    )

    found = said(FEED, made.text())

    assert [each.name for each in advisories(found)[0].statements] == ["a"]
    assert [(each.code, each.part) for each in refusals(found)] == [("malformed", True)]


def test_of_two_tests_with_one_id_the_first_counts() -> None:
    made = suse()
    made.definition(all_of(made.release(LEAP), made.before("a", "0:1-1")), references=CVE)
    other = suse()
    other.before("b", "0:2-2")
    made.objects += other.objects
    made.objects.append(
        '<rpminfo_object id="oval:org.opensuse.security:obj:2"><name>evil</name></rpminfo_object>'
    )

    assert statement(made).name == "a"


def test_a_definition_without_an_id_of_a_vulnerability_is_refused() -> None:
    made = suse()
    made.definition(all_of(made.release(LEAP), made.before("a", "0:1-1")))

    assert reasons(made) == [("malformed", False)]


def test_a_definition_about_several_cves_keeps_its_own_id() -> None:
    made = suse()
    made.definition(
        all_of(made.release(LEAP), made.before("a", "0:1-1")),
        kind="vulnerability",
        references=("CVE-2023-0001", "CVE-2023-0002"),
    )

    advisory = only(made)

    assert advisory.id == "oval:org.opensuse.security:def:1"
    assert advisory.vulnerabilities == ("CVE-2023-0001", "CVE-2023-0002")


def test_a_definition_without_criteria_is_refused() -> None:
    made = suse()
    made.definition("", references=CVE)

    assert reasons(made) == [("malformed", False)]


def test_criteria_that_multiply_are_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oval_criteria, "MAX_ALTERNATIVES", 1000)
    made = suse()
    bomb = all_of(
        *[any_of(*[made.release(f"openSUSE Leap 15.{n} is installed") for n in range(10)])] * 30,
        any_of(*[made.before(f"p{n}", "0:1-1") for n in range(200)]),
    )
    made.definition(bomb, references=CVE)

    assert reasons(made) == [("too_many", False)]


def test_alternatives_are_bounded_also_without_any_and(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oval_criteria, "MAX_ALTERNATIVES", 5)
    made = suse()
    made.definition(any_of(*[made.before(f"p{n}", "0:1-1") for n in range(10)]), references=CVE)

    assert reasons(made) == [("too_many", False)]


def test_statements_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oval_statements, "MAX_STATEMENTS", 2)
    made = suse()
    packages = [made.before(f"p{n}", "0:1-1") for n in range(5)]
    made.definition(all_of(made.release(LEAP), any_of(*packages)), references=CVE)

    assert reasons(made) == [("too_many", True)]


def test_what_definitions_refer_to_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oval_document, "MAX_ITEMS", 2)
    made = suse()
    made.definition(all_of(made.release(LEAP)), references=CVE)

    with pytest.raises(FeedUnreadable, match="tests, objects and states"):
        said(FEED, made.text())


def test_a_variable_with_too_many_values_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oval_document, "MAX_VALUES", 1)
    made = ubuntu()
    made.definition(all_of(made.before(["a", "b"], "1")), kind="vulnerability", references=CVE)

    assert reasons(made) == [("malformed", False)]


def test_a_definition_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.hardened_xml.MAX_RECORD", 50)
    made = suse()
    packages = [made.before(f"p{n}", "0:1-1") for n in range(100)]
    made.definition(all_of(made.release(LEAP), any_of(*packages)), references=CVE)

    assert reasons(made) == [("too_many", False)]


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE oval_definitions [<!ENTITY x "y">]><oval_definitions>&x;</oval_definitions>',
        "<oval_definitions><definition>" + "<criteria>" * 10_000,
        "<oval_definitions/>",
        "<oval_definitions>",
    ],
)
def test_what_is_no_oval_is_refused(text: str) -> None:
    with pytest.raises(FeedUnreadable):
        said(FEED, text)
