"""Interpreters, runtimes and compilers."""

from __future__ import annotations

from typing import Final

from scantling_analyzers.facts.binaries.rules.rule import V3, Rule, Sign

_PYTHON: Final = Sign(
    b"\0{series}.", rb"\0({series}\.\d{1,3}(?:(?:a|b|rc)\d{1,3})?)\+?\0", alone=True
)
_ANY_PYTHON: Final = Sign(
    # 3.2.0 is what an interface inside has for its version, in every one.
    b"\x003.",
    rb"\0(3\.(?!2\.0\0)\d{1,3}\.\d{1,3}(?:(?:a|b|rc)\d{1,3})?)\+?\0",
    alone=True,
)
_RUBY: Final = Sign(
    b"ruby ", rb"ruby (\d\.\d{1,2}\.\d{1,3}(?:preview\d|rc\d|dev)?)(?:p\d{1,4})? \(\d{4}-"
)
_PHP: Final = Sign(
    b"X-Powered-By: PHP/",
    rb"X-Powered-By: PHP/(\d\.\d{1,2}\.\d{1,3}(?:(?:alpha|beta|RC|-dev)\d{0,2})?)",
)
_JVM_VERSION: Final = rb"(\d[\w.+~-]{1,63})"
"""As ``JAVA_RUNTIME_VERSION`` of the file ``release`` has it: ``17.0.9+9-Debian-1deb12u1``."""
_OTP_VERSION: Final = rb"(\d{2}(?:\.\d{1,3}){1,4}(?:-rc\d)?)"

LANGUAGES: Final = (
    Rule(
        name="python",
        cpe=("python:python",),
        pattern=rb"(?:lib)?python(?P<series>\d\.\d{1,2})[a-z]{0,3}(?:\.so(?:\.\d{1,2}){0,2})?",
        signs=(_PYTHON,),
    ),
    Rule(
        name="python",
        cpe=("python:python",),
        files=(b"python", b"python3"),
        identity=b"PYTHONHOME",
        signs=(_ANY_PYTHON,),
    ),
    Rule(
        name="pypy",
        cpe=("pypy:pypy",),
        pattern=rb"(?:lib)?pypy[\d.]{0,8}-?c?(?:\.so(?:\.\d{1,3}){0,3})?",
        signs=(Sign(b"[PyPy ", rb"\[PyPy " + V3),),
    ),
    Rule(
        name="node",
        cpe=("nodejs:node.js",),
        files=(b"node", b"nodejs"),
        pattern=rb"libnode\.so(?:\.\d{1,3})?",
        signs=(
            Sign(b"node.js/v", rb"node\.js/v" + V3),
            Sign(b"/node-v", rb"/v" + V3 + rb"/node-v"),
            Sign(b"\0node v0.", rb"\0node v(0\.\d{1,2}\.\d{1,3})\0"),
            Sign(b"\0v0.1", rb"\0v(0\.1\d\.\d{1,3})\0", alone=True),
        ),
    ),
    Rule(
        name="deno",
        cpe=("deno:deno",),
        files=(b"deno",),
        signs=(
            Sign(b"Deno/", rb"Deno/" + V3 + rb"Deno/\1\+[0-9a-f]{7}"),
            Sign(b"Deno/", rb"Deno/" + V3, alone=True),
        ),
    ),
    Rule(
        name="bun",
        cpe=("bun:bun",),
        files=(b"bun", b"bunx"),
        signs=(Sign(b"Bun/", rb"Bun/" + V3), Sign(b"Bun v", rb"Bun v" + V3)),
    ),
    Rule(
        name="ruby",
        cpe=("ruby-lang:ruby",),
        files=(b"ruby",),
        pattern=rb"(?:ruby\d\.\d|libruby[-\d.]{0,8}\.so(?:\.\d{1,2}){0,3})",
        signs=(_RUBY,),
    ),
    Rule(
        name="perl",
        cpe=("perl:perl",),
        files=(b"perl",),
        pattern=rb"(?:perl5\.\d{1,2}\.\d{1,2}|libperl\.so(?:\.\d{1,2}){0,3})",
        signs=(
            Sign(b"\0v5.", rb"\0v(5\.\d{1,2}\.\d{1,2})\0", alone=True),
            Sign(b"/perl5/", rb"/lib/perl5/(5\.\d{1,2}\.\d{1,2})[/\0]", alone=True),
        ),
    ),
    Rule(
        name="php",
        cpe=("php:php",),
        files=(b"php", b"php-fpm", b"php-cgi", b"phpdbg"),
        pattern=rb"(?:php(?:-fpm|-cgi|dbg)?\d(?:\.\d)?|libphp\d?\.so)",
        signs=(_PHP,),
    ),
    Rule(
        name="openjdk",
        cpe=("oracle:openjdk",),
        files=(b"java", b"libjvm.so"),
        signs=(
            Sign(b"\0openjdk\0java\0", rb"\0openjdk\0java\0[\d.]{1,8}\0{1,8}" + _JVM_VERSION),
            Sign(b"\0openjdk\0", rb"\0[\d.]{1,8}\0{1,8}" + _JVM_VERSION + rb"\0{1,8}openjdk\0java"),
            Sign(
                b"OpenJDK ",
                rb"OpenJDK [^\0(]{1,64}\([^\0)]{1,64}\) for [^\0 ]{1,32} JRE \(" + _JVM_VERSION,
            ),
        ),
        family="java",
    ),
    Rule(
        name="jdk",
        cpe=("oracle:jdk", "oracle:jre"),
        files=(b"java", b"libjvm.so"),
        signs=(
            Sign(b"\0java\0", rb"\0java\0java\0[\d.]{1,8}\0{1,8}" + _JVM_VERSION),
            Sign(
                b"Java HotSpot(TM) ",
                rb"Java HotSpot\(TM\) [^\0(]{1,64}\([^\0)]{1,64}\) for [^\0 ]{1,32} JRE \("
                + _JVM_VERSION,
            ),
        ),
        family="java",
    ),
    Rule(
        name="erlang",
        cpe=("erlang:erlang/otp",),
        files=(b"erlexec", b"beam.smp", b"beam"),
        signs=(
            Sign(b"/otp_src_", rb"/otp_src_" + _OTP_VERSION + rb"/erts/"),
            Sign(b"/otp-", rb"/otp-(?:OTP-)?" + _OTP_VERSION + rb"/erts/"),
            Sign(b"/erlang-", rb"/erlang-" + _OTP_VERSION + rb"[^/\0]{0,16}/erts/"),
            Sign(b"Erlang/OTP", rb"\0" + _OTP_VERSION + rb"\0{1,16}Erlang/OTP"),
        ),
    ),
    Rule(
        name="julia",
        cpe=("julialang:julia",),
        pattern=rb"libjulia-internal\.so(?:\.\d{1,2}){0,3}",
        signs=(Sign(b"\0verify", rb"__init__\0" + V3 + rb"\0verify"),),
    ),
    Rule(
        name="dart",
        cpe=("dart:dart_software_development_kit",),
        files=(b"dart", b"dartvm"),
        signs=(
            Sign(b" (stable)", rb"\0" + V3 + rb" \(stable\)"),
            Sign(b" (beta)", rb"\0(\d\.\d{1,2}\.\d{1,2}-\d{1,4}\.\d{1,2}\.beta) \(beta\)"),
        ),
    ),
    Rule(
        name="ghc",
        cpe=("haskell:ghc",),
        pattern=rb"ghc(?:-[\d.]{1,12})?",
        signs=(
            Sign(b"\0GHC ", rb"\0GHC " + V3 + rb"\0"),
            Sign(b"\0libHSghc-", rb"\0libHSghc-" + V3 + rb"-"),
        ),
    ),
    Rule(
        name="rust",
        cpe=("rust-lang:rust",),
        pattern=rb"lib(?:std|rustc_driver)-[0-9a-f]{16}\.so",
        signs=(
            Sign(
                b"rustc version ",
                rb"rustc version (1\.\d{1,3}\.\d{1,2}(?:-(?:nightly|beta(?:\.\d{1,2})?))?) \(",
            ),
            Sign(b"/src/rustc-", rb"/src/rustc-" + V3 + rb"(?:-src)?/library/"),
        ),
    ),
    Rule(
        name="gcc",
        cpe=("gnu:gcc",),
        pattern=rb"(?:[a-z\d_]{1,16}(?:-[a-z\d_]{1,16}){1,3}-)?(?:gcc|g\+\+|cpp)(?:-\d{1,2})?",
        signs=(Sign(b"gcc version %s", rb"\0" + V3 + rb"\0{1,8}[^\0]{0,80}\0{1,8}gcc version %s"),),
    ),
    Rule(
        name="lua",
        cpe=("lua:lua",),
        pattern=rb"(?:lua(?:5\.\d)?|luac(?:5\.\d)?|liblua[-\d.]{0,4}\.so(?:\.\d{1,2}){0,3})",
        signs=(Sign(b"$LuaVersion: Lua ", rb"\$LuaVersion: Lua (5\.\d\.\d{1,2})"),),
    ),
    Rule(
        name="luajit",
        cpe=("luajit:luajit",),
        pattern=rb"(?:luajit(?:-[\w.-]{1,24})?|libluajit-5\.1\.so(?:\.\d{1,2}){0,3})",
        signs=(
            Sign(
                b"LuaJIT 2.",
                rb"LuaJIT (2\.\d{1,2}\.(?:\d{1,10}(?:-beta\d)?|ROLLING))",
            ),
        ),
    ),
    Rule(
        name="tcl",
        cpe=("tcl:tcl",),
        pattern=rb"libtcl\d(?:\.\d)?\.so(?:\.\d)?",
        signs=(Sign(b"\0tcl_patchLevel", rb"\0(\d\.\d\.\d{1,2})\0{1,8}tcl_patchLevel"),),
    ),
    Rule(
        name="swipl",
        cpe=("swi-prolog:swi-prolog",),
        pattern=rb"(?:swipl|libswipl\.so(?:\.\d{1,2}){0,3})",
        signs=(Sign(b"swipl-", rb"swipl-" + V3 + rb"/"),),
    ),
)
"""All of them; within a family, and where two fit one file, in this order."""
