"""A valid file of every kind that a reader reads: what fuzzing and damage start from."""

from __future__ import annotations

from typing import Final

from tests.builders import (
    accounts,
    apk,
    chisel,
    dotnet_app,
    dpkg,
    elf,
    jar,
    node_package,
    opkg,
    packed,
    pacman,
    php_package,
    portage,
    python_package,
    rpmdb,
    ruby_gem,
    runtime_package,
    seven_zip,
)

_COPYRIGHT = "usr/share/doc/a/copyright"
_MANIFEST = "root/buildinfo/content_manifests/a.json"
_PACMAN = f"{pacman.FOLDER}/a-1-1/desc"
_PORTAGE = f"{portage.FOLDER}/c/a-1/CONTENTS"
HEADERS: Final = tuple(
    rpmdb.header(rpmdb.RpmPackage(f"p{n}", files=200 * n + 1, epoch=n)) for n in range(4)
)
"""The headers of four rpm packages with ever more files."""


def _seeds() -> dict[str, bytes]:
    gzipped = packed.COMPRESSIONS["gz"](b"c")
    nested = jar.archive({"lib/in.jar": jar.library("g", "in", "1"), **jar.manifest()})
    return {
        "opt/packed.zip": packed.zipped({"a.tar": packed.tarred({"b.gz": gzipped})}),
        "opt/packed.7z": seven_zip.seven_zip({"a": b"b" * 99, "c": b"d"}, "x86", encoded=True),
        "opt/packed.deb": packed.ar({"a.cpio": packed.cpio({"b": b"c" * 9}), "d": b"e"}),
        "opt/packed.tar.zst": packed.zstd(packed.tarred({"a.xz": packed.COMPRESSIONS["xz"](b"b")})),
        "etc/os-release": b'ID=alpine\nVERSION_ID="3.10"\n',
        "etc/redhat-release": b"CentOS Linux release 7.9 (Core)\n",
        dpkg.STATUS: dpkg.generated(3),
        apk.INSTALLED: apk.installed([apk.record("c", "1-r0", files=["bin/a"])] * 2),
        "var/lib/dpkg/info/a.list": b"/.\n/usr\n/usr/bin\n/usr/bin/a\n",
        "var/lib/dpkg/diversions": b"/bin/sh\n/bin/sh.distrib\ndash\n",
        _COPYRIGHT: b"Format: x\nLicense: MIT\n\nLicense: GPL-2+\n text\n",
        _MANIFEST: b'{"content_sets": ["rhel-8-baseos", "rhel-8-appstream"]}',
        chisel.MANIFEST: chisel.manifest(
            [chisel.package("a", "1"), chisel.path("/usr/bin/a", "a_bin")]
        ),
        opkg.STATUS: opkg.record("a", "1", Status="install user installed", Source="x/y"),
        _PACMAN: pacman.installed("a", "1-1")[_PACMAN],
        _PORTAGE: portage.installed("c/a-1", files=["/usr/bin/a"])[_PORTAGE],
        "etc/os-version": b"[Version]\nSystemName=UOS\nMinorVersion=1050\n",
        "etc/SuSE-release": b"SUSE Linux Enterprise Server 12\nVERSION = 12\nPATCHLEVEL = 5\n",
        rpmdb.SQLITE: rpmdb.sqlite_database(HEADERS, page_size=512),
        rpmdb.NDB: rpmdb.ndb_database(HEADERS),
        rpmdb.BERKELEY: rpmdb.berkeley_database(HEADERS, order=">", page_size=512),
        "a.dist-info/METADATA": python_package.metadata("a", "1", "License: MIT"),
        "node_modules/a/package.json": node_package.manifest("a", "1", license={"type": "MIT"}),
        "x/outer-1.war": nested,
        "x/a.egg": jar.archive({"EGG-INFO/PKG-INFO": python_package.metadata("a", "1")}),
        "conda-meta/a.json": runtime_package.conda_record("a", "1", ["x", "y"]),
        ".yarn/cache/a.zip": jar.archive(
            {"node_modules/a/package.json": node_package.manifest("a", "1")}
        ),
        "specifications/a.gemspec": ruby_gem.specification("a", "1", licenses=["MIT"]),
        "composer/installed.json": php_package.installed(php_package.PACKAGE),
        ".registry/a.reg": php_package.record("a", "1"),
        "wp-content/plugins/a/a.php": php_package.plugin("a", "1", License="MIT"),
        "a.deps.json": dotnet_app.dependencies({"a/1": "package"}),
        ".meta/a/install.json": b'{"name": "a", "version": "1", "pathname": "A/AB/ABC/a-1.tgz"}',
        "r/DESCRIPTION": runtime_package.r_description("a", "1", "License: MIT"),
        "ebin/a.app": runtime_package.erlang_resource("a", "1", '{licenses,["MIT"]}'),
        "luarocks/rocks/a/1/a-1.rockspec": runtime_package.rockspec("a", "1"),
        "opt/bitnami/a/.spdx-a.spdx": runtime_package.bitnami_document("pkg:bitnami/a@1?arch=x"),
        "bin/go-program": elf.go_program("go1.22.3", "mod\ta\t(devel)", "dep\tb\tv1.0.0"),
        "bin/old-go-program": elf.old_go_program("go1.13", "dep\tb\tv1", bits=32, stripped=True),
        "bin/rust-program": elf.rust_program(elf.crate("a", "1"), order=">"),
        "Cellar/a/1/.brew/a.rb": b'class A < Formula\n  license "MIT"\nend\n',
        "srv/app/.env": b"DB_PASSWORD=hG7kq9Zx2v\nexport API_TOKEN='x' # a\n[s]\nkey: |\n  b\n",
        "etc/apt/apt.conf": b'/* a */ A { B "1"; C:: "2"; }; // b\n#clear A::B;\n',
        "etc/apt/sources.list.d/a.sources": b"Types: deb\nTrusted:\n yes\n\n# a\nEnabled: no\n",
        "etc/ssh/sshd_config": b"PermitRootLogin no # x\nMatch User a\nInclude *.conf\n",
        "etc/shadow": b"root:$6$salt$hash:1:0:99999:7:::\na:!:1::\n",
        "jvm/release": b'IMPLEMENTOR="Azul"\nJAVA_VERSION="17.0.1"\n',
        "META-INF/maven/g/a/pom.properties": b"groupId=g\nartifactId=a\nversion=1\n",
        "lib/libcrypto.so.3": elf.elf({".rodata": b"\0OpenSSL 3.0.22 25 Aug 2026\0"}),
        "bin/script": b"#!/bin/sh\nexec true\n",
        "etc/shadow-": b"root:$1$ab$7Vvc5QYUtIfgWvPYFqr4a0:19000:0:99999:7:::\ndaemon:*:1::::::\n",
        "etc/redis/redis.conf": b"requirepass foobared\nuser a on >x #" + b"0" * 64 + b"\n",
        "root/.mylogin.cnf": accounts.login_path(b"[client]\n", b"password = x\n"),
        "root/.my.cnf": b"[client]\nuser = a\npassword = 'b'\n",
        "srv/.htpasswd": b"a:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\nb:c\n",
        "opt/tomcat-users.xml": b"<tomcat-users><user username='a' password='b'/></tomcat-users>",
        "root/.vnc/passwd": bytes.fromhex("dbd83cfd727a1458"),
    }


READER_OF: Final = {
    "opt/packed.zip": "malware",
    "opt/packed.deb": "malware",
    "opt/packed.7z": "malware",
    "opt/packed.tar.zst": "malware",
    "srv/app/.env": "secret",
    "etc/os-release": "os-release",
    "etc/redhat-release": "os-release",
    dpkg.STATUS: "dpkg",
    apk.INSTALLED: "apk",
    "var/lib/dpkg/info/a.list": "dpkg",
    "var/lib/dpkg/diversions": "dpkg",
    _COPYRIGHT: "debian-copyright",
    _MANIFEST: "content-manifest",
    chisel.MANIFEST: "chisel",
    opkg.STATUS: "opkg",
    _PACMAN: "pacman",
    _PORTAGE: "portage",
    "etc/os-version": "os-release",
    "etc/SuSE-release": "os-release",
    rpmdb.SQLITE: "rpm",
    rpmdb.NDB: "rpm",
    rpmdb.BERKELEY: "rpm",
    "a.dist-info/METADATA": "python",
    "node_modules/a/package.json": "node",
    "x/outer-1.war": "java",
    "x/a.egg": "egg",
    "conda-meta/a.json": "conda",
    ".yarn/cache/a.zip": "yarn",
    "specifications/a.gemspec": "ruby",
    "composer/installed.json": "composer",
    ".registry/a.reg": "pear",
    "wp-content/plugins/a/a.php": "wordpress",
    "a.deps.json": "dotnet",
    ".meta/a/install.json": "perl",
    "r/DESCRIPTION": "r",
    "ebin/a.app": "erlang",
    "luarocks/rocks/a/1/a-1.rockspec": "lua",
    "opt/bitnami/a/.spdx-a.spdx": "bitnami",
    "bin/go-program": "binary",
    "bin/old-go-program": "binary",
    "bin/rust-program": "binary",
    "Cellar/a/1/.brew/a.rb": "homebrew",
    "etc/ssh/sshd_config": "configuration",
    "etc/shadow": "configuration",
    "etc/apt/apt.conf": "configuration",
    "etc/apt/sources.list.d/a.sources": "configuration",
    "jvm/release": "java-runtime",
    "META-INF/maven/g/a/pom.properties": "java",
    "lib/libcrypto.so.3": "binary",
    "bin/script": "program",
    "etc/shadow-": "account",
    "etc/redis/redis.conf": "account",
    "root/.mylogin.cnf": "account",
    "root/.my.cnf": "account",
    "srv/.htpasswd": "account",
    "opt/tomcat-users.xml": "account",
    "root/.vnc/passwd": "account",
}
"""The name of the reader of each file."""

SEEDS: Final = _seeds()
"""A small valid content of each file, by its path."""
