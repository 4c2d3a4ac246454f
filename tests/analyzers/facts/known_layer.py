"""A layer with something for each reader, which is the same byte for byte wherever it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.builders import (
    apk,
    chisel,
    dotnet_app,
    dpkg,
    elf,
    jar,
    node_package,
    opkg,
    pacman,
    php_package,
    portage,
    python_package,
    rpmdb,
    ruby_gem,
)
from tests.builders import runtime_package as runtime
from tests.builders.layer import Content, executable, layer
from tests.builders.malware_marker import TEST_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIBRARY: Final = {**jar.manifest(), **jar.pom("org.example", "library", "1.2.3")}
_WAR: Final = {"WEB-INF/lib/library.jar": jar.archive(_LIBRARY, stored=True)}
_EGG: Final = {"EGG-INFO/PKG-INFO": python_package.metadata("egg", "0.9")}
_YARN: Final = {"node_modules/left/package.json": node_package.manifest("left", "1.3.0")}
_PROGRAM: Final = b"\0GNU bash, version %s-(%s) release\0 5.2.15(1)-release\0"
# Put together here: nothing that looks like a live secret is in the repository.
_PASSWORD: Final = b"hG7k" + b"q9Zx2vLpT4"


def known_layer() -> bytes:
    """Return the layer as a plain archive."""
    return layer({**_systems(), **_languages(), **_programs(), **_settings()})


def _systems() -> Mapping[str, Content]:
    package = rpmdb.RpmPackage(name="bash", version="5.1", paths=("/usr/bin/bash", "/etc/x/"))
    return {
        "etc/os-release": b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n',
        dpkg.STATUS: dpkg.status([dpkg.stanza("bash", "5.2-1", Source="bash-source (5.2)")]),
        "var/lib/dpkg/info/bash.list": b"/.\n/bin\n/bin/bash\n",
        "usr/share/doc/bash/copyright": b"Format: x\n\nFiles: *\nLicense: GPL-3+\n",
        apk.INSTALLED: apk.installed([apk.record("musl", "1.2-r0", files=["lib/libc.so"])]),
        "var/lib/rpm/rpmdb.sqlite": rpmdb.sqlite_database([rpmdb.header(package)]),
        chisel.MANIFEST: chisel.manifest([chisel.package("libc6", "2.39")]),
        opkg.STATUS: opkg.record("busybox", "1.36-1", Status="install user installed"),
        **pacman.installed("zlib", "1:1.3-1", ["usr/", "usr/lib/libz.so"]),
        **portage.installed("sys-libs/zlib-1.3-r2", files=["/usr/lib/libz.so"]),
        "home/linuxbrew/.linuxbrew/Cellar/wget/1.24/.brew/wget.rb": b'license "GPL-3.0"\n',
        "root/buildinfo/content_manifests/a.json": b'{"content_sets": ["rhel-9-baseos"]}',
        "opt/bitnami/redis/.spdx-redis.spdx": runtime.bitnami_document("pkg:bitnami/redis@7.2.4-1"),
    }


def _languages() -> Mapping[str, Content]:
    modules = "usr/lib/python3/site-packages"
    return {
        **python_package.dist_info("Flask", "3.0.0", folder=modules),
        f"{modules}/egg-0.9-py3.egg": jar.archive(_EGG, stored=True),
        "opt/conda/conda-meta/numpy.json": runtime.conda_record("numpy", "1.26", ["lib/a.so"]),
        **node_package.installed("express", "4.18.2"),
        "app/.yarn/cache/left-npm-1.3.0-a.zip": jar.archive(_YARN, stored=True),
        "usr/share/gems/specifications/rack-3.0.gemspec": ruby_gem.specification("rack", "3.0"),
        "app/vendor/composer/installed.json": php_package.installed(php_package.PACKAGE),
        "usr/share/php/.registry/.channel.pecl.php.net/apcu.reg": php_package.record("apcu", "5.1"),
        "srv/wp-content/plugins/form/form.php": php_package.plugin("Form", "1.2"),
        "app/web.deps.json": dotnet_app.dependencies({"Serilog/3.1.1": "package"}),
        "usr/local/lib/perl5/.meta/Try-Tiny-0.31/install.json": b'{"name": "Try::Tiny", '
        b'"dist": "Try-Tiny-0.31", "version": "0.31", "provides": {}}',
        "usr/lib/R/library/rlang/DESCRIPTION": runtime.r_description("rlang", "1.1.2"),
        "opt/app/lib/cowboy-2.10.0/ebin/cowboy.app": runtime.erlang_resource("cowboy", "2.10.0"),
        "usr/local/lib/luarocks/rocks-5.4/lpeg/1.1.0-1/lpeg-1.1.0-1.rockspec": runtime.rockspec(
            "lpeg", "1.1.0-1"
        ),
        "opt/app/service.war": jar.archive(_WAR, stored=True),
        "opt/java/release": b'JAVA_VERSION="17.0.9"\nIMPLEMENTOR="Eclipse Adoptium"\n',
    }


def _programs() -> Mapping[str, Content]:
    return {
        "usr/local/bin/tool": executable(elf.go_program("go1.22.3", "dep\texample.org/m\tv1.2.0")),
        "usr/local/bin/crab": executable(elf.rust_program(elf.crate("serde", "1.0.190"))),
        "usr/local/bin/bash": executable(elf.elf({".rodata": _PROGRAM})),
        "usr/local/bin/run": executable(b"#!/bin/sh\nexec tool\n"),
    }


def _settings() -> Mapping[str, Content]:
    return {
        "etc/ssh/sshd_config": b"PermitRootLogin yes\n",
        "etc/login.defs": b"PASS_MAX_DAYS 99999\n",
        "etc/passwd": b"root:x:0:0::/root:/bin/bash\n",
        "etc/shadow": b"root::19000:0:99999:7:::\nbob:!:19000::::::\n",
        "srv/app.env": b"DB_PASSWORD=" + _PASSWORD + b"\n",
        "srv/test-file": TEST_FILE,
    }
