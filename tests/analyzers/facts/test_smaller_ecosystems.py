"""Conda, Perl, R, Erlang, Lua and Bitnami: installed packages, by what their installers leave."""

from __future__ import annotations

import pytest

from scantling_analyzers.extraction.matcher import Matcher
from scantling_analyzers.facts.models import KEY_BYTES, OwnedFiles, owned_key
from scantling_analyzers.facts.packages import bitnami, conda, erlang, lua, perl, r_library
from scantling_analyzers.facts.packages.bitnami import BitnamiReader
from scantling_analyzers.facts.packages.conda import CondaReader
from scantling_analyzers.facts.packages.erlang import ErlangReader
from scantling_analyzers.facts.packages.lua import LuaReader
from scantling_analyzers.facts.packages.perl import PerlReader
from scantling_analyzers.facts.packages.r_library import RReader
from tests.analyzers.facts.files import Found, read
from tests.builders import runtime_package as build

CONDA = "opt/conda/conda-meta/numpy-1.26.0-py312_0.json"
META = "usr/lib/perl5/.meta/libwww-perl-6.13"
R = "usr/lib/R/library/MASS/DESCRIPTION"
APP = "usr/lib/erlang/lib/jason-1.4.0/ebin/jason.app"
ROCK = "usr/local/lib/luarocks/rocks-5.1/lpeg/1.1.0-1/lpeg-1.1.0-1.rockspec"
SPDX = "opt/bitnami/redis/.spdx-redis.spdx"


def _conda(content: bytes) -> Found:
    return read(CondaReader(), content, CONDA)


def _perl(*, install: dict[str, object], metadata: dict[str, object] | None = None) -> Found:
    files = build.perl_distribution(META, install=install, metadata=metadata)
    return Found(PerlReader(), files, f"{META}/install.json")


def _r(content: bytes) -> Found:
    return read(RReader(), content, R)


def _erlang(content: bytes) -> Found:
    return read(ErlangReader(), content, APP)


def _lua(content: bytes, path: str = ROCK) -> Found:
    return read(LuaReader(), content, path)


def _bitnami(content: bytes) -> Found:
    return read(BitnamiReader(), content, SPDX)


def test_a_conda_package_owns_its_files() -> None:
    metadata = "lib/python3.12/site-packages/numpy-1.26.0.dist-info/METADATA"
    found = _conda(build.conda_record("numpy", "1.26.0", ["bin/f2py", metadata]))
    (package,) = found.packages
    assert (package.name, package.version, package.type) == ("numpy", "1.26.0", "conda")
    assert (package.arch, package.licenses) == ("linux-64", ("BSD-3-Clause",))
    (owned,) = (fact for fact in found.facts if isinstance(fact, OwnedFiles))
    assert owned.owner == "conda:numpy"
    assert owned.keys[KEY_BYTES:] == owned_key(f"opt/conda/{metadata}".encode())


def test_a_conda_package_without_files_owns_none() -> None:
    assert len(_conda(build.conda_record("meta", "1")).facts) == 1


def test_the_state_of_conda_is_no_record_and_half_a_record_is_an_error() -> None:
    assert not _conda(b'{"env_vars": {}}').errors
    assert _conda(b'{"name": "a", "version": null}').codes == ["malformed"]
    for content in (b"{", b'{"name": "a", "version": "1", "build": "x", "files": [1]}'):
        assert _conda(content).codes == ["malformed"]


def test_conda_records_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conda, "MAX_FILES", 1)
    found = _conda(build.conda_record("a", "1", ["x", "y"]))
    assert (found.versions, found.codes) == ([("a", "1")], ["too_many"])
    monkeypatch.setattr(conda, "MAX_RECORD_BYTES", 1)
    assert _conda(build.conda_record("a", "1")).codes == ["too_large"]


def test_a_perl_distribution_is_named_by_its_metadata_and_published_by_its_author() -> None:
    (package,) = _perl(
        install={
            "name": "LWP",
            "version": "6.13",
            "dist": "libwww-perl-6.13",
            "pathname": "E/ET/ETHER/libwww-perl-6.13.tar.gz",
        },
        metadata={"name": "libwww-perl", "version": "6.13", "license": ["perl_5"]},
    ).packages
    assert (package.name, package.version, package.type) == ("libwww-perl", "6.13", "cpan")
    assert (package.maintainer, package.licenses) == ("ETHER", ("perl_5",))


@pytest.mark.parametrize(
    ("install", "expected"),
    [
        ({"name": "LWP", "version": "6.13", "dist": "libwww-perl-6.13"}, "libwww-perl"),
        ({"name": "URI::Escape", "version": "6.13"}, "URI-Escape"),
    ],
)
def test_a_perl_distribution_without_metadata(install: dict[str, object], expected: str) -> None:
    (package,) = _perl(install=install).packages
    assert (package.name, package.version, package.maintainer) == (expected, "6.13", "")


def test_the_metadata_are_kept_for_the_record_beside_them() -> None:
    matcher = Matcher([PerlReader()])
    assert matcher.wants(f"{META}/MYMETA.json".encode())
    assert matcher.readers_of(f"{META}/MYMETA.json".encode()) == []


def test_broken_perl_records_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _perl(install={"name": "A"}).codes == ["malformed"]
    assert _perl(install={"version": "1"}).codes == ["malformed"]
    monkeypatch.setattr(perl, "MAX_RECORD_BYTES", 1)
    assert _perl(install={"name": "A", "version": "1"}).codes == ["too_large"]


def test_an_installed_r_package() -> None:
    lines = ("License: GPL-2 |", "  GPL-3", "Maintainer: Me <me@example.org>")
    (package,) = _r(build.r_description("MASS", "7.3-58", *lines)).packages
    assert (package.name, package.version, package.type) == ("MASS", "7.3-58", "cran")
    assert (package.licenses, package.maintainer) == (("GPL-2 | GPL-3",), "Me <me@example.org>")


def test_a_description_that_nothing_installed_is_no_package() -> None:
    for content in (build.r_description("a", "1", built=False), b"Built: x\n", b"About it.\n", b""):
        found = _r(content)
        assert not found.facts
        assert not found.errors


def test_broken_descriptions_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _r(build.r_description("a", "")).codes == ["malformed"]
    long = build.r_description("a", "1", "License: x", *[" and more of it"] * 100_000)
    assert _r(long).codes == ["too_large"]
    assert _r(build.r_description("a", "1") + b"\0").codes == ["not_text"]
    monkeypatch.setattr(r_library, "MAX_DESCRIPTION_BYTES", 1)
    assert _r(build.r_description("a", "1")).codes == ["too_large"]


def test_an_erlang_application_is_its_properties_not_what_stands_deeper() -> None:
    content = build.erlang_resource("jason", "1.4.0", '{licenses,["MIT","Apache-2.0"]}')
    (package,) = _erlang(content).packages
    assert (package.name, package.version, package.type) == ("jason", "1.4.0", "otp")
    assert package.licenses == ("MIT", "Apache-2.0")


def test_properties_that_are_no_pairs_do_no_harm() -> None:
    assert _erlang(b'{application, a, [x, {}, {y}, {vsn, "1"}, {vsn, "2"}]}.').versions == [
        ("a", "1")
    ]


def test_a_quoted_name_of_an_application() -> None:
    content = rb"""{application, 'Elixir.My\'App', [{'vsn', "1.0\"x"}]}."""
    assert _erlang(content).versions == [("Elixir.My'App", '1.0"x')]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "malformed"),
        (b"{release, a, [{vsn, x}]}.", "malformed"),
        (b"application, a, [{vsn, x}]}.", "malformed"),
        (b"{application, a, []}.", "malformed"),
        (b'{application, a, [{vsn, ""}]}.', "malformed"),
        (b'{application, a, [{vsn, "1', "malformed"),
        (b"{application, a, []}}.", "malformed"),
        (b"{application, a, [{licenses, [" + b"x," * 500, "too_many"),
        (b"{application, \0", "not_text"),
        (b"{" * 1_000_000, "malformed"),
    ],
)
def test_broken_resource_files_are_errors(content: bytes, code: str) -> None:
    assert _erlang(content).codes == [code]


def test_resource_files_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erlang, "MAX_RESOURCE_BYTES", 1)
    assert _erlang(build.erlang_resource("a", "1")).codes == ["too_large"]


def test_a_rock_is_its_folders_and_the_file_says_its_licence() -> None:
    (package,) = _lua(build.rockspec("LPeg", "other")).packages
    assert (package.name, package.version, package.type) == ("lpeg", "1.1.0-1", "luarocks")
    assert package.licenses == ("MIT",)


@pytest.mark.parametrize("content", [b"", b"license = LICENSE", b'license = "a\\nb"'])
def test_a_rock_without_a_literal_licence(content: bytes) -> None:
    (package,) = _lua(content).packages
    assert package.licenses == ()


def test_other_rockspecs_are_none_of_an_installed_rock(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not _lua(b"", "x/luarocks/rocks-5.1/lpeg/1.1.0-1/other-1.rockspec").facts
    monkeypatch.setattr(lua, "MAX_ROCKSPEC_BYTES", 1)
    assert _lua(build.rockspec("a", "1")).codes == ["too_large"]


def test_bitnami_s_own_components_count_and_libraries_that_lie_there_do_not() -> None:
    found = _bitnami(
        build.bitnami_document(
            "pkg:bitnami/redis@7.2.4-0?arch=arm64&distro=debian-12",
            "pkg:bitnami/gosu@1.17.0%2B1#x",
            "pkg:golang/example.org/x@1.0.0",
        )
    )
    assert found.versions == [("redis", "7.2.4-0"), ("gosu", "1.17.0+1")]
    assert [(each.type, each.arch, each.licenses) for each in found.packages] == [
        ("bitnami", "arm64", ("MIT",)),
        ("bitnami", "", ("MIT",)),
    ]


@pytest.mark.parametrize("told", ["NONE", "NOASSERTION", ""])
def test_a_licence_that_is_not_told_is_none(told: str) -> None:
    (package,) = _bitnami(build.bitnami_document("pkg:bitnami/a@1", license=told)).packages
    assert package.licenses == ()


def test_broken_documents_of_bitnami_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    good = "pkg:bitnami/a@1"
    found = _bitnami(build.bitnami_document("pkg:bitnami/", "pkg:bitnami/%20@1", good))
    assert (found.versions, found.codes) == ([("a", "1")], ["malformed", "malformed"])
    assert _bitnami(b"SPDXVersion: SPDX-2.3\n").codes == ["unsupported_format"]
    for content in (b"", b"{}", b'{"packages": [1]}'):
        assert _bitnami(content).codes == ["malformed"]
    monkeypatch.setattr(bitnami, "MAX_DOCUMENT_BYTES", 1)
    assert _bitnami(build.bitnami_document(good)).codes == ["too_large"]
