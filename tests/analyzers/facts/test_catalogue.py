"""The catalogue: every reader is in it, and one more line adds one."""

from __future__ import annotations

import importlib
import pkgutil
import re
from typing import TYPE_CHECKING

import pytest

import scantling_analyzers.facts
from scantling_analyzers.contract import Reader
from scantling_analyzers.extraction.matcher import Matcher
from scantling_analyzers.facts.catalogue import READERS
from scantling_analyzers.facts.models import LocatedError
from tests.analyzers.facts.files import Found
from tests.builders import (
    apk,
    chisel,
    dotnet_app,
    dpkg,
    jar,
    node_package,
    opkg,
    pacman,
    php_package,
    portage,
    python_package,
    rpmdb,
    ruby_gem,
    runtime_package,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scantling_analyzers.contract import LayerFile


def _reader_classes() -> Iterator[type]:
    package = scantling_analyzers.facts
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for thing in vars(importlib.import_module(module.name)).values():
            if isinstance(thing, type) and Reader in thing.__mro__[1:]:
                yield thing


def test_every_reader_of_the_package_is_registered_once() -> None:
    registered = [type(reader) for reader in READERS]
    assert set(registered) == set(_reader_classes())
    assert len(registered) == len(set(registered))


def test_names_are_stable_and_distinct_and_versions_count_from_one() -> None:
    names = [reader.name for reader in READERS]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z-]*(@[0-9a-f]{16})?", name) for name in names)
    assert all(reader.version >= 1 for reader in READERS)


LAYER = {
    "etc/os-release": b"ID=alpine\n",
    dpkg.STATUS: dpkg.status([dpkg.stanza("a", "1")]),
    "var/lib/dpkg/status.d/base": dpkg.stanza("b", "1", status="").encode(),
    apk.INSTALLED: apk.installed([apk.record("c", "1-r0")]),
    rpmdb.SQLITE: rpmdb.sqlite_database([rpmdb.header(rpmdb.RpmPackage("d"))]),
    rpmdb.NDB: rpmdb.ndb_database([rpmdb.header(rpmdb.RpmPackage("e"))]),
    rpmdb.BERKELEY: rpmdb.berkeley_database([rpmdb.header(rpmdb.RpmPackage("f"))]),
    "usr/share/rpm/rpmdb.sqlite": rpmdb.sqlite_database([rpmdb.header(rpmdb.RpmPackage("g"))]),
    "var/lib/rpmmanifest/container-manifest-2": b"g2\t1-1" + b"\t" * 8 + b"\n",
    chisel.MANIFEST: chisel.manifest([chisel.package("p", "1")]),
    opkg.STATUS: opkg.record("q", "1"),
    opkg.CONTROL.format("q"): opkg.record("q", "1"),
    **pacman.installed("r", "1-1"),
    **portage.installed("c/s-1"),
    "opt/Cellar/t/1/.brew/t.rb": b"class T < Formula\nend\n",
    **python_package.dist_info("h", "1"),
    "opt/i.egg-info": python_package.metadata("i", "1"),
    "opt/x.egg/EGG-INFO/PKG-INFO": python_package.metadata("j", "1"),
    "k.egg-info/PKG-INFO": python_package.metadata("k", "1"),
    **node_package.installed("l", "1"),
    "package.json": node_package.manifest("m", "1"),
    "x/y.egg": jar.archive({"EGG-INFO/PKG-INFO": python_package.metadata("y", "1")}),
    "opt/conda/conda-meta/z-1.json": runtime_package.conda_record("z", "1"),
    "app/.yarn/cache/aa.zip": jar.archive(
        {"node_modules/aa/package.json": node_package.manifest("aa", "1")}
    ),
    "root/.yarn/berry/cache/ab.zip": jar.archive(
        {"node_modules/ab/package.json": node_package.manifest("ab", "1")}
    ),
    "usr/lib/ruby/gems/3.1.0/specifications/ac-1.gemspec": ruby_gem.specification("ac", "1"),
    "gems/specifications/default/ad-1.gemspec": ruby_gem.specification("ad", "1"),
    "app/vendor/composer/installed.json": php_package.installed(php_package.PACKAGE),
    "usr/share/php/.registry/ae.reg": php_package.record("ae", "1", "pear.php.net"),
    "usr/share/php/.registry/.channel.pecl.php.net/af.reg": php_package.record("af", "1"),
    "wp-content/plugins/ag/ag.php": php_package.plugin("Ag", "1"),
    "app/web.deps.json": dotnet_app.dependencies({"ah/1": "package"}),
    "usr/lib/perl5/.meta/ai-1/install.json": b'{"name": "ai", "version": "1"}',
    "usr/lib/R/library/aj/DESCRIPTION": runtime_package.r_description("aj", "1"),
    "usr/lib/erlang/lib/ak-1/ebin/ak.app": runtime_package.erlang_resource("ak", "1"),
    "usr/lib/luarocks/rocks-5.4/al/1-1/al-1-1.rockspec": runtime_package.rockspec("al", "1-1"),
    "opt/bitnami/am/.spdx-am.spdx": runtime_package.bitnami_document("pkg:bitnami/am@1"),
    "app/an.gemspec": ruby_gem.specification("an", "1"),
    "app/lua/ao-1-1.rockspec": runtime_package.rockspec("ao", "1-1"),
    "srv/n.war": jar.library("g", "n", "1"),
    "a\udcff/o.jar": jar.library("g", "o", "1"),
    "etc/passwd": b"root:x:0:0::/root:/bin/sh\n",
    "var/lib/dpkg/status-old": dpkg.status([dpkg.stanza("old", "1")]),
    "home/var/lib/dpkg/status": dpkg.status([dpkg.stanza("elsewhere", "1")]),
}


def _walk(readers: tuple[Reader, ...]) -> dict[str, list[Found]]:
    """Do what the extractor's walk does: one matcher for all readers, each file once."""
    matcher = Matcher(readers)
    paths = [path.encode("utf-8", "surrogateescape") for path in LAYER]
    found: dict[str, list[Found]] = {reader.name: [] for reader in readers}
    for raw in filter(matcher.wants, paths):
        for position in matcher.readers_of(raw):
            path = raw.decode("utf-8", "surrogateescape")
            found[readers[position].name].append(Found(readers[position], LAYER, path))
    return found


def test_each_reader_finds_its_files_in_a_layer_and_no_others() -> None:
    packages = {
        name: sorted(package.name for found in each for package in found.packages)
        for name, each in _walk(READERS).items()
    }
    expected = {
        "os-release": [],
        "dpkg": ["a", "b"],
        "apk": ["c"],
        "rpm": ["d", "e", "f", "g", "g2"],
        "chisel": ["p"],
        "opkg": ["q", "q"],
        "pacman": ["r"],
        "portage": ["c/s"],
        "homebrew": ["t"],
        "python": ["h", "i", "j", "k"],
        "node": ["l", "m"],
        "egg": ["y"],
        "conda": ["z"],
        "yarn": ["aa", "ab"],
        "ruby": ["ac", "ad"],
        "composer": ["acme/log"],
        "pear": ["pear.php.net/ae", "pecl.php.net/af"],
        "wordpress": ["wordpress-plugin/ag"],
        "dotnet": ["ah"],
        "perl": ["ai"],
        "r": ["aj"],
        "erlang": ["ak"],
        "lua": ["al"],
        "bitnami": ["am"],
        "java": ["g:n", "g:o"],
    }
    assert {name: packages[name] for name in expected} == expected


class _EveryFile(Reader):
    """A content scanner in the small: it looks at every file and remarks on one."""

    name = "every-file"
    version = 1
    patterns: tuple[str, ...] = ("**",)

    def read(self, file: LayerFile) -> Iterable[LocatedError]:
        """Remark on files that mention root."""
        found = bytes(file.data).find(b"root:")
        if found >= 0:
            yield LocatedError(path=file.text_path, code="seen", message=f"at {found}")


def test_one_more_reader_is_one_more_line_even_one_that_reads_every_file() -> None:
    with_one_more = (*READERS, _EveryFile())
    walked = _walk(with_one_more)
    assert len(walked["every-file"]) == len(LAYER)
    remarks = [error for found in walked["every-file"] for error in found.errors]
    assert [(error.path, error.message) for error in remarks] == [("etc/passwd", "at 0")]
    before, after = _walk(READERS), {k: v for k, v in walked.items() if k != "every-file"}
    assert {k: [f.facts for f in v] for k, v in before.items()} == {
        k: [f.facts for f in v] for k, v in after.items()
    }


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: str(reader.name))
def test_patterns_are_inside_the_layer(reader: Reader) -> None:
    assert reader.patterns or reader.magics
    assert not any(pattern.startswith("/") or ".." in pattern for pattern in reader.patterns)
