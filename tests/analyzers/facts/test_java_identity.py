"""Java: by what an archive is named, and what is not made a package of."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.packages.java.groups import known_group
from scantling_analyzers.facts.packages.java.manifest import licenses_of, parse_manifest
from scantling_analyzers.facts.packages.java.names import split_file_name, version_after
from scantling_analyzers.facts.packages.java.reader import JavaReader
from tests.analyzers.facts.files import Found, read
from tests.builders import jar

POM = "<groupId>org.example</groupId><artifactId>library</artifactId>"


def _read(content: bytes, file_name: str = "library-1.0.jar") -> Found:
    return read(JavaReader(), content, f"lib/{file_name}")


def _named(file_name: str, **attributes: str) -> list[tuple[str, str]]:
    written = {key.replace("_", "-"): text for key, text in attributes.items()}
    return _read(jar.archive(jar.manifest(written)), file_name).versions


@pytest.mark.parametrize(
    ("file_name", "attributes", "expected"),
    [
        (
            "spring-beans-5.3.17.jar",
            {"Implementation-Title": "spring-beans"},
            "org.springframework",
        ),
        ("kafka-clients-3.4.0.jar", {}, "org.apache.kafka"),
        ("kafka_2.13-3.4.0.jar", {}, "org.apache.kafka"),
        ("tomcat-embed-core-9.0.1.jar", {}, "org.apache.tomcat.embed"),
        ("commons-io-2.4.jar", {"Bundle-SymbolicName": "org.apache.commons.io"}, "commons-io"),
        ("a-1.jar", {"Bundle-SymbolicName": "org.example.a;singleton:=true"}, "org.example"),
        ("x-http-1.jar", {"Bundle-SymbolicName": "org.example.x.http"}, "org.example.x"),
        ("a-1.jar", {"Implementation-Vendor-Id": "com.example"}, "com.example"),
        ("a-1.jar", {"Implementation-Title": "org.example#server;1"}, "org.example"),
        ("a-1.jar", {"Automatic-Module-Name": "io.example.module"}, "io.example.module"),
        ("a-1.jar", {"Main-Class": "de.example.tool.Main"}, "de.example.tool"),
        ("a-1.jar", {"Main-Class": "org.springframework.boot.loader.JarLauncher"}, "a"),
        ("a-1.jar", {"Group-Id": "org.example.given"}, "org.example.given"),
        ("junit-3.8.1.jar", {"Implementation-Vendor": "A Company"}, "junit"),
        ("org.apache.felix.framework-1.2.jar", {}, "org.apache.felix"),
        ("mysql-connector-java-5.1.49-bin.jar", {"Implementation-Vendor-Id": "com.mysql"}, "mysql"),
        ("groovy-3.0.9.jar", {}, "org.codehaus.groovy"),
        ("groovy-json-4.0.1.jar", {}, "org.apache.groovy"),
    ],
)
def test_without_a_pom_the_group_is_known_named_or_guessed(
    file_name: str, attributes: dict[str, str], expected: str
) -> None:
    (package,) = _read(jar.archive(jar.manifest(attributes)), file_name).packages
    assert package.name.partition(":")[0] == expected
    assert package.found_by == "manifest"


@pytest.mark.parametrize(
    ("artifact", "group"),
    [
        *((f"spring-{m}", "org.springframework") for m in ("core", "beans", "context", "aop")),
        *((f"spring-{m}", "org.springframework") for m in ("webmvc", "jdbc")),
        *((f"tomcat-embed-{m}", "org.apache.tomcat.embed") for m in ("core", "el", "websocket")),
        *((f"tomcat-{m}", "org.apache.tomcat") for m in ("annotations-api", "jdbc", "juli")),
        *((f"commons-{m}", f"commons-{m}") for m in ("lang", "logging", "configuration")),
        ("commons-collections", "commons-collections"),
        ("commons-collections4", "org.apache.commons"),
        ("commons-lang3", "org.apache.commons"),
        ("fastjson", "com.alibaba"),
        ("druid", "com.alibaba"),
        ("log4j-core", "org.apache.logging.log4j"),
        ("log4j-api", "org.apache.logging.log4j"),
        ("shiro-core", "org.apache.shiro"),
        ("struts-core", "org.apache.struts"),
        ("struts2-core", "org.apache.struts"),
        ("spring-cloud-netflix-archaius", "org.springframework.cloud"),
        ("mysql-connector-java", "mysql"),
        ("tensorflow", "org.tensorflow"),
        ("bootstrap", "org.webjars"),
        ("json", "org.json"),
    ],
)
def test_what_must_be_recognised_is_so_even_with_nothing_but_its_file_s_name(
    artifact: str, group: str
) -> None:
    (package,) = _read(jar.archive({"A.class": b""}), f"{artifact}-1.2.3.jar").packages
    assert (package.name, package.version) == (f"{group}:{artifact}", "1.2.3")
    assert package.found_by == "file-name"


def test_what_nobody_knows_has_no_known_group() -> None:
    assert known_group(b"unheard-of", b"1") == b""


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("log4j-core-2.17.1.jar", ("log4j-core", "2.17.1", "")),
        ("guava-31.1-jre.jar", ("guava", "31.1-jre", "")),
        ("guava-31.1-android.jar", ("guava", "31.1-android", "")),
        ("ironman-r4-2009.jar", ("ironman", "r4-2009", "")),
        ("jetpack-build235-rc5.jar", ("jetpack", "build235-rc5", "")),
        ("my-http2-server-5.jar", ("my-http2-server", "5", "")),
        ("storage-v1-2.23.jar", ("storage-v1", "2.23", "")),
        ("tool-v1.2.jar", ("tool", "v1.2", "")),
        ("a-1.0-SNAPSHOT.jar", ("a", "1.0-SNAPSHOT", "")),
        ("a-1.0-20240102.030405-7.jar", ("a", "1.0-20240102.030405-7", "")),
        ("a-1.0-M1-tests.jar", ("a", "1.0-M1", "tests")),
        ("e-4.1.90.Final-linux-x86_64.jar", ("e", "4.1.90.Final", "linux-x86_64")),
        ("n-4.1.78.Final-osx-aarch_64.jar", ("n", "4.1.78.Final", "osx-aarch_64")),
        ("b-1-jdk15-sources.jar", ("b", "1", "jdk15-sources")),
        ("b-1-all-fat-bin-exec.jar", ("b", "1-all", "fat-bin-exec")),
        ("app-2-jar-with-dependencies.jar", ("app", "2", "jar-with-dependencies")),
        ("org.eclipse.osgi_3.18.0.v2022.jar", ("org.eclipse.osgi", "3.18.0.v2022", "")),
        ("plain.jar", ("plain", "", "")),
        ("a/b/plain-thing.war", ("plain-thing", "", "")),
        ("2048.jar", ("", "", "")),
        ("-1.jar", ("", "", "")),
        ("noextension", ("", "", "")),
    ],
)
def test_a_file_name_tells_name_version_and_classifier(
    file_name: str, expected: tuple[str, str, str]
) -> None:
    split = split_file_name(file_name.encode())
    assert (split.name.decode(), split.version.decode(), split.classifier.decode()) == expected


def test_with_the_artifact_known_its_name_may_hold_a_number() -> None:
    assert version_after(b"spark-core_2.12-3.3.2", b"spark-core_2.12") == b"3.3.2"
    assert version_after(b"core-web-1.0", b"core") == b""
    assert version_after(b"corset-1.0", b"core") == b""
    assert version_after(b"other-1.0", b"core") == b""


def test_the_best_version_of_the_manifest_counts_where_the_name_has_none() -> None:
    assert _named("x/2048.jar", Implementation_Title="title", Implementation_Version="7 beta") == [
        ("title:title", "7 beta")
    ]
    assert _named("tool.jar", Implementation_Version="${v}", Bundle_Version="2.0.0") == [
        ("tool:tool", "2.0.0")
    ]
    assert _named("tool.jar", Implementation_Version="unspecified", Specification_Version="3") == [
        ("tool:tool", "3")
    ]
    assert _named("tool-1.jar", Implementation_Version="2") == [("tool:tool", "1")]


def test_a_title_that_is_no_artifact_names_none() -> None:
    attributes = {"Implementation_Title": "My Great Tool", "Implementation_Version": "1"}
    assert _named("2048.jar", **attributes) == [("2048", "")]


@pytest.mark.parametrize("members", [jar.manifest(), {"A.class": b""}])
def test_an_archive_that_nothing_names_is_listed_as_what_it_is(members: dict[str, bytes]) -> None:
    (package,) = _read(jar.archive(members), "tool.jar").packages
    assert (package.name, package.version, package.type) == ("tool", "", "generic")
    assert package.found_by == "archive"
    assert package.sha1


def test_a_folded_line_and_a_named_section_of_a_manifest_are_read() -> None:
    long = "org.example." + "a" * 100
    manifest = jar.manifest({"Implementation-Vendor-Id": long})["META-INF/MANIFEST.MF"]
    manifest += b"Name: org/example/\r\nImplementation-Version: 3\r\n\r\n"
    manifest += b"Name: org/other/\r\nImplementation-Version: 4\r\nSpecification-Vendor: x.y\r\n"
    for line_end in (b"\r\n", b"\n", b"\r"):
        content = {"META-INF/MANIFEST.MF": manifest.replace(b"\r\n", line_end)}
        assert _read(jar.archive(content), "tool.jar").versions == [(f"{long}:tool", "3")]


def test_the_manifest_of_a_signed_archive_is_read_to_its_hundredth_section() -> None:
    signed = b"".join(b"Name: %d.class\nSHA-256-Digest: x\n\n" % n for n in range(50_000))
    content = b"Manifest-Version: 1.0\nBundle-Version: 1\n\n" + signed + b"Name: x\nA: b\n"
    manifest = parse_manifest(content)
    assert manifest.main["Bundle-Version"] == b"1"
    assert "A" not in manifest.named


@pytest.mark.parametrize("short_name", ["Short-Name", "Extension-Name"])
def test_a_jenkins_plugin_says_what_it_is(short_name: str) -> None:
    content = jar.archive(
        jar.manifest(
            {
                short_name: "git",
                "Plugin-Version": "4.11.0 (private-ab12-user)",
                "Plugin-License-Name": "MIT License",
                "Plugin-License-Name-2": "BSD",
            }
        )
    )
    (package,) = _read(content, "git.jpi").packages
    assert (package.name, package.version) == ("org.jenkins-ci.plugins:git", "4.11.0")
    assert package.licenses == ("MIT License", "BSD")


def test_a_bundle_lists_its_licences_with_attributes() -> None:
    header = 'Apache-2.0;link="https://a.example/x,y", "MIT" , <<EXTERNAL>>,MIT'
    content = f"Bundle-License: {header}\n".encode()
    assert licenses_of(parse_manifest(content)) == (b"Apache-2.0", b"MIT")


def test_a_licence_header_without_end_is_read_to_its_limit() -> None:
    content = b"Bundle-License: " + b'"x"' * 1_000_000 + b"\n"
    (licence,) = licenses_of(parse_manifest(content))
    assert len(licence) < 20_000


@pytest.mark.parametrize("name", ["a-1-sources.jar", "a-1-test-sources.jar", "a-1-javadoc.jar"])
def test_sources_and_documentation_are_no_package(name: str) -> None:
    found = _read(jar.library("g", "a", "1"), name)
    assert (found.facts, found.errors) == ([], [])


@pytest.mark.parametrize("name", ["rt.jar", "jrt-fs.jar"])
def test_a_part_of_a_java_installation_is_no_package(name: str) -> None:
    attributes = {
        "Specification-Title": "Java Platform API Specification",
        "Implementation-Version": "17.0.15",
    }
    assert not _read(jar.archive(jar.manifest(attributes)), name).facts


def test_spring_boot_s_loader_is_no_package_but_what_it_loads_is() -> None:
    inner = jar.library("org.example", "inner", "2")
    content = jar.archive(
        {
            **jar.manifest(
                {
                    "Main-Class": "org.springframework.boot.loader.launch.JarLauncher",
                    "Start-Class": "org.example.app.Main",
                    "Spring-Boot-Version": "3.2.0",
                }
            ),
            "org/springframework/boot/loader/launch/JarLauncher.class": b"",
            "BOOT-INF/lib/inner-2.jar": inner,
        },
        stored=True,
    )
    assert _read(content, "app-1.jar").versions == [
        ("org.example.app:app", "1"),
        ("org.example:inner", "2"),
    ]


def test_the_alternatives_of_a_multi_release_archive_are_no_packages() -> None:
    library = {**jar.manifest({"Multi-Release": "true"}), **jar.pom("g", "library", "1.0")}
    ((name, record),) = jar.pom("g", "library", "1.0").items()
    content = jar.archive(
        {
            **library,
            "META-INF/versions/9/module-info.class": b"",
            f"META-INF/versions/9/{name}": record,
        }
    )
    assert _read(content).versions == [("g:library", "1.0")]


@pytest.mark.parametrize(
    "name",
    [
        "META-INF/maven/plugin.xml",
        "META-INF/maven/archetype.xml",
        "META-INF/maven/extension.xml",
        "archetype-resources/pom.xml",
        "META-INF/maven/g/a/sub/pom.properties",
        "META-INF/mavenx/g/a/pom.properties",
        "pom.xml",
    ],
)
def test_a_pom_that_is_no_record_of_maven_is_no_package(name: str) -> None:
    ((_, properties),) = jar.pom("com.other", "phantom", "2").items()
    found = _read(jar.archive({**jar.pom("g", "library", "1.0"), name: properties}))
    assert (found.versions, found.errors) == ([("g:library", "1.0")], [])


@pytest.mark.parametrize("folder", ["BOOT-INF/classes/", "inst/", "/"])
def test_a_record_of_maven_counts_wherever_it_was_merged_to(folder: str) -> None:
    ((name, record),) = jar.pom("com.other", "merged", "2").items()
    found = _read(jar.archive({**jar.pom("g", "library", "1.0"), folder + name: record}))
    assert found.versions == [("g:library", "1.0"), ("com.other:merged", "2")]
    assert [package.found_by for package in found.packages] == [
        "pom.properties",
        "shaded:pom.properties",
    ]


def test_a_record_without_folders_counts_if_it_names_the_artifact() -> None:
    record = b"groupId=org.example\nartifactId=library\nversion=9\n"
    for content, expected in (
        (record, [("org.example:library", "9")]),
        (b"version=9\n", [("library:library", "1.0")]),
    ):
        found = _read(jar.archive({"META-INF/maven/pom.properties": content}))
        assert found.versions == expected
        assert not found.errors


def test_each_merged_artifact_and_version_counts_once() -> None:
    ((name, record),) = jar.pom("com.other", "merged", "2").items()
    members = {**jar.pom("g", "library", "1.0"), name: record, f"x/{name}": record}
    ((name, record),) = jar.pom("com.other", "merged", "3").items()
    found = _read(jar.archive({**members, f"y/{name}": record}))
    assert found.versions == [
        ("g:library", "1.0"),
        ("com.other:merged", "2"),
        ("com.other:merged", "3"),
    ]


def test_of_several_records_the_longest_name_that_the_file_has_is_its_own() -> None:
    content = jar.archive({**jar.pom("g", "core", "1"), **jar.pom("g", "core-web", "1")})
    found = _read(content, "core-web-1.jar")
    assert [(p.name, p.found_by) for p in found.packages] == [
        ("g:core-web", "pom.properties"),
        ("g:core", "shaded:pom.properties"),
    ]


def test_a_renamed_archive_is_what_its_manifest_is_titled_after() -> None:
    records = {**jar.pom("com.other", "inner", "2"), **jar.pom("g", "service", "1")}
    for attributes in (
        {"Implementation-Title": "service"},
        {"Bundle-SymbolicName": "g.service;singleton:=true"},
    ):
        found = _read(jar.archive({**jar.manifest(attributes), **records}), "app.jar")
        assert found.versions == [("g:service", "1"), ("com.other:inner", "2")]
        assert found.packages[0].sha1


def test_a_renamed_archive_with_one_record_is_that() -> None:
    content = jar.archive({**jar.manifest(), **jar.pom("g", "service", "1")})
    (package,) = _read(content, "app.jar").packages
    assert (package.name, package.found_by) == ("g:service", "pom.properties")


@pytest.mark.parametrize("version", ["", "${project.version}", "@version@"])
def test_where_the_build_left_a_variable_the_version_is_taken_from_elsewhere(version: str) -> None:
    record = jar.pom("org.example", "library", version)
    assert _read(jar.archive(record)).versions == [("org.example:library", "1.0")]
    manifest = jar.manifest({"Implementation-Version": "3"})
    assert _read(jar.archive({**record, **manifest}), "library.jar").versions == [
        ("org.example:library", "3")
    ]
    pom = jar.pom_xml("org.example", "library", f"{POM}<version>4</version>")
    assert _read(jar.archive({**record, **pom})).versions == [("org.example:library", "4")]


def test_a_merged_artifact_whose_version_nothing_tells_is_listed_without_one() -> None:
    found = _read(jar.archive({**jar.pom("g", "library", "1"), **jar.pom("h", "merged", "${v}")}))
    assert found.versions == [("g:library", "1"), ("h:merged", "")]


def test_a_value_over_the_limit_is_an_error_and_the_others_are_read() -> None:
    merged = {**jar.pom("g", "library", "1" * 5000), **jar.pom("h", "merged", "2" * 5000)}
    found = _read(jar.archive({**merged, **jar.pom("i", "fine", "3")}))
    assert found.versions == [("i:fine", "3")]
    assert found.codes == ["too_large", "too_large"]
