"""Java: ``pom.xml``, where properties are missing; and XML that is out for harm."""

from __future__ import annotations

import pytest

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.packages.java import pom
from scantling_analyzers.facts.packages.java.pom import Pom, parse_pom
from scantling_analyzers.facts.packages.java.reader import JavaReader
from tests.analyzers.facts.files import read
from tests.builders import jar

ARTIFACT = "<groupId>g</groupId><artifactId>a</artifactId>"


def _parse(content: str) -> Pom:
    ((_, text),) = jar.pom_xml("g", "a", content).items()
    return parse_pom(text)


def test_a_pom_without_properties_names_the_archive_and_its_licences() -> None:
    licences = "<licenses><license><name>MIT</name><url>x</url></license></licenses>"
    content = jar.archive(jar.pom_xml("g", "a", f"{ARTIFACT}<version>1</version>{licences}"))
    (package,) = read(JavaReader(), content, "lib/a-1.jar").packages
    assert (package.name, package.version, package.found_by) == ("g:a", "1", "pom.xml")
    assert package.licenses == ("MIT",)


def test_text_between_elements_says_nothing() -> None:
    spaced = (
        "\n  <groupId>g</groupId> and\n  <artifactId>a</artifactId>\n\t<version>1</version> so\n"
    )
    found = _parse(spaced)
    assert (found.group, found.artifact, found.version) == ("g", "a", "1")


def test_a_parent_gives_what_the_pom_itself_does_not_say() -> None:
    parent = "<parent><groupId>p</groupId><artifactId>q</artifactId><version>7</version></parent>"
    assert _parse(f"{parent}<artifactId>a</artifactId>") == Pom("p", "a", "7", ())


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("${revision}", "1.2"),
        ("${revision}-${suffix}", "1.2-x"),
        ("${twice}", "1.2"),
        ("${project.parent.version}", "7"),
        ("${unknown}", ""),
        ("${project.version}", ""),
        ("${loop}", ""),
        ("${}", ""),
        ("$ {", "$ {"),
    ],
)
def test_variables_are_replaced_or_nothing_is_said(version: str, expected: str) -> None:
    properties = (
        "<properties><revision>1.2</revision><suffix>x</suffix>"
        "<twice>${revision}</twice><loop>${pool}</loop><pool>${loop}</pool></properties>"
    )
    parent = "<parent><groupId>p</groupId><version>7</version></parent>"
    found = _parse(f"{parent}{ARTIFACT}<version>{version}</version>{properties}")
    assert found.version == expected


def test_what_other_elements_say_is_not_the_artifact_s() -> None:
    other = "<groupId>x</groupId><artifactId>y</artifactId><version>9</version>"
    content = (
        f"<dependencies><dependency>{other}</dependency></dependencies>{ARTIFACT}"
        f"<version>1</version><build><plugins><plugin>{other}</plugin></plugins></build>"
    )
    assert _parse(content) == Pom("g", "a", "1", ())


def test_prefixes_comments_and_old_encodings_are_read() -> None:
    prefixed = b"<m:project xmlns:m='u'><m:version>1</m:version><!-- c --></m:project>"
    assert parse_pom(prefixed).version == "1"
    latin = "<project><licenses><license><name>Müller</name></license></licenses></project>"
    assert parse_pom(latin.encode("latin-1")).licenses == ("Müller",)
    wide = '<?xml version="1.0" encoding="UTF-16"?><project><version>2</version></project>'
    assert parse_pom(wide.encode("utf-16")).version == "2"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        b"<project><version>1</project>",
        b"<?xml version='1.0' encoding='nonsense'?><project/>",
        b"<?xml version='1.0' encoding='utf-7'?><project/>",
        b"<?xml version='1.0' encoding='hex'?><project/>",
        b"<project>&undefined;</project>",
        b"\xff\xfe",
    ],
)
def test_what_is_no_xml_is_an_error(content: bytes) -> None:
    with pytest.raises(Unreadable) as raised:
        parse_pom(content)
    assert raised.value.reason == "malformed"


@pytest.mark.parametrize(
    "type_",
    [
        '<!DOCTYPE project SYSTEM "http://registry.example/x.dtd">',
        '<!DOCTYPE project [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE p [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_a_document_type_and_with_it_every_entity_is_refused(type_: str) -> None:
    with pytest.raises(Unreadable) as raised:
        parse_pom(f"{type_}<project><version>&x;</version></project>".encode())
    assert raised.value.reason == "unsupported_format"


def test_elements_their_depth_and_what_variables_grow_to_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(Unreadable) as raised:
        parse_pom(b"<a>" * 200)
    assert raised.value.reason == "nested_too_deep"
    monkeypatch.setattr(pom, "MAX_ELEMENTS", 10)
    with pytest.raises(Unreadable) as raised:
        _parse("<x/>" * 20)
    assert raised.value.reason == "too_many"
    monkeypatch.undo()
    bomb = "".join(f"<p{n}>{f'${{p{n + 1}}}' * 100}</p{n}>" for n in range(9))
    assert _parse(f"<version>${{p0}}</version><properties>{bomb}</properties>").version == ""
    many = "".join(f"<p{n}>1</p{n}>" for n in range(pom.MAX_PROPERTIES + 1))
    last = f"<version>${{p{pom.MAX_PROPERTIES}}}</version>"
    assert _parse(f"{last}<properties>{many}</properties>").version == ""


def test_a_broken_pom_beside_good_properties_costs_only_its_licences() -> None:
    members = {**jar.pom("g", "a", "1"), "META-INF/maven/g/a/pom.xml": b"<broken"}
    found = read(JavaReader(), jar.archive(members), "lib/a-1.jar")
    assert found.versions == [("g:a", "1")]
    assert [(e.code, e.path) for e in found.errors] == [
        ("malformed", "lib/a-1.jar!/META-INF/maven/g/a/pom.xml")
    ]
