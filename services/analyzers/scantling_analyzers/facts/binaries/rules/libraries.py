"""Shared libraries that programs are linked with."""

from __future__ import annotations

from typing import Final

from scantling_analyzers.facts.binaries.rules.rule import V3, V23, Rule, Sign

_NUMBERS: Final = rb"(?:\.\d{1,4}){0,3}"
"""What follows ``.so``."""

LIBRARIES: Final = (
    Rule(
        name="glibc",
        cpe=("gnu:glibc",),
        files=(b"libc.so.6",),
        pattern=rb"libc-2\.\d{1,2}\.so",
        signs=(
            Sign(
                b"GNU C Library ",
                rb"GNU C Library \([^)\0]{1,80}\) (?:stable|development) release version " + V23,
            ),
        ),
    ),
    Rule(
        name="musl",
        cpe=("musl-libc:musl",),
        pattern=rb"(?:ld-musl-[\w-]{1,24}\.so\.1|libc\.musl-[\w-]{1,24}\.so\.1|libc\.so)",
        identity=b"musl libc",
        signs=(Sign(b"\x001.", rb"\0(1\.\d\.\d{1,2})\0", alone=True),),
    ),
    Rule(
        name="curl",
        cpe=("haxx:libcurl", "haxx:curl"),
        pattern=rb"libcurl(?:-\w{1,16})?\.so" + _NUMBERS,
        signs=(Sign(b"libcurl/", rb"libcurl/" + V3),),
    ),
    Rule(
        name="zlib",
        cpe=("zlib:zlib",),
        pattern=rb"libz\.so" + _NUMBERS,
        signs=(
            Sign(
                b"flate 1.",
                rb" (?:in|de)flate (1\.\d(?:\.\d{1,2}){1,2})(?:\.f-\S{1,16})? Copyright",
            ),
        ),
    ),
    Rule(
        name="sqlite",
        cpe=("sqlite:sqlite",),
        files=(b"sqlite3",),
        pattern=rb"libsqlite3\.so" + _NUMBERS,
        identity=b"sqlite_master",
        signs=(Sign(b"\x003.", rb"\0(3\.\d{1,2}\.\d{1,2})\0", alone=True),),
    ),
    Rule(
        name="expat",
        cpe=("libexpat_project:libexpat",),
        pattern=rb"libexpat\.so" + _NUMBERS,
        signs=(Sign(b"expat_", rb"expat_" + V3 + rb"\0"),),
    ),
    Rule(
        name="libarchive",
        cpe=("libarchive:libarchive",),
        pattern=rb"libarchive\.so" + _NUMBERS,
        signs=(Sign(b"libarchive ", rb"libarchive " + V3 + rb"\0"),),
    ),
    Rule(
        name="gnutls",
        cpe=("gnu:gnutls",),
        pattern=rb"libgnutls\.so" + _NUMBERS,
        signs=(Sign(b"Enabled GnuTLS ", rb"Enabled GnuTLS " + V3),),
    ),
    Rule(
        name="pcre2",
        cpe=("pcre:pcre2",),
        pattern=rb"libpcre2-(?:8|16|32)\.so" + _NUMBERS,
        signs=(Sign(b"\x0010.", rb"\0(10\.\d{2}) 20\d\d-\d\d-\d\d\0"),),
    ),
    Rule(
        name="xz",
        cpe=("tukaani:xz",),
        pattern=rb"liblzma\.so" + _NUMBERS,
        signs=(Sign(b"5.", rb"(?<![\w.])(5\.\d{1,2}\.\d{1,2}(?:alpha|beta)?)\0", alone=True),),
    ),
    Rule(
        name="zstd",
        cpe=("facebook:zstandard",),
        pattern=rb"libzstd\.so" + _NUMBERS,
        signs=(Sign(b"1.", rb"(?<![\d.])(1\.\d\.\d{1,2})\0", alone=True),),
    ),
    Rule(
        name="nghttp2",
        cpe=("nghttp2:nghttp2",),
        pattern=rb"libnghttp2\.so" + _NUMBERS,
        signs=(Sign(b"1.", rb"(?<![\d.])(1\.\d{1,2}\.\d{1,2})\0", alone=True),),
    ),
    Rule(
        name="c-ares",
        cpe=("c-ares:c-ares",),
        pattern=rb"libcares\.so" + _NUMBERS,
        signs=(Sign(b"\x001.", rb"\0(1\.\d{1,2}\.\d{1,2})\0", alone=True),),
    ),
    Rule(
        name="qtbase",
        cpe=("qt:qt", "qt:qtbase"),
        pattern=rb"libQt[456]?Core\.so" + _NUMBERS,
        signs=(
            Sign(b"\0Qt ", rb"\0Qt " + V3 + rb" \("),
            Sign(b"QtCore library version ", rb"QtCore library version " + V3),
        ),
    ),
)
"""All of them."""
