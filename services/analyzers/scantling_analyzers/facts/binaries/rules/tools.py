"""Shells, tools and applications."""

from __future__ import annotations

from typing import Final

from scantling_analyzers.facts.binaries.rules.rule import V3, V23, Rule, Sign

TOOLS: Final = (
    Rule(
        name="busybox",
        cpe=("busybox:busybox",),
        files=(b"busybox", b"busybox.static", b"busybox-extras"),
        shared=(b"sh", b"ash"),
        signs=(Sign(b"BusyBox v", rb"BusyBox v" + V3),),
    ),
    Rule(
        name="bash",
        cpe=("gnu:bash",),
        files=(b"bash",),
        shared=(b"sh",),
        signs=(Sign(b"@(#)Bash version ", rb"@\(#\)Bash version " + V3),),
    ),
    Rule(
        name="curl",
        cpe=("haxx:curl",),
        files=(b"curl",),
        signs=(Sign(b"curl/", rb"\0curl/" + V3), Sign(b"curl ", rb"\0curl " + V3 + rb" \(")),
    ),
    Rule(
        name="wget",
        cpe=("gnu:wget",),
        files=(b"wget",),
        identity=b"GNU Wget",
        signs=(Sign(b"\x001.", rb"\0(1\.\d{2}(?:\.\d{1,2})?)\0", alone=True),),
    ),
    Rule(
        name="git",
        cpe=("git-scm:git",),
        files=(b"git",),
        signs=(
            Sign(b"\0git/", rb"\0git/(\d\.\d{1,3}(?:\.\d{1,3}){0,2}(?:-rc\d{1,2})?)\0"),
            Sign(b"git/", rb"git/(\d\.\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)\0GIT_USER_AGENT"),
        ),
    ),
    Rule(
        name="openssl",
        cpe=("openssl:openssl",),
        files=(b"openssl",),
        pattern=rb"lib(?:crypto|ssl)\.so(?:\.\d{1,2}){0,3}[a-z]{0,2}",
        signs=(
            Sign(
                b"OpenSSL ",
                rb"OpenSSL (\d\.\d\.\d{1,3}(?:[a-z]{1,2}|-(?:alpha|beta|pre)\d{1,2})?)"
                rb"[^\0]{0,40} \d{1,2} [A-Z][a-z]{2} \d{4}\0",
            ),
        ),
        family="openssl",
    ),
    Rule(
        name="libressl",
        cpe=("openbsd:libressl",),
        files=(b"openssl",),
        pattern=rb"lib(?:crypto|ssl)\.so(?:\.\d{1,3}){0,3}",
        signs=(Sign(b"LibreSSL ", rb"\0LibreSSL " + V3 + rb"\0"),),
        family="openssl",
    ),
    Rule(
        name="aws-lc",
        cpe=("amazon:aws_libcrypto",),
        files=(b"openssl", b"bssl"),
        pattern=rb"lib(?:crypto|ssl)\.so(?:\.\d{1,3}){0,3}",
        signs=(Sign(b"AWS-LC ", rb"AWS-LC " + V3),),
        family="openssl",
    ),
    Rule(
        name="openssh",
        cpe=("openbsd:openssh",),
        files=(b"sshd", b"ssh", b"sshd-session"),
        signs=(Sign(b"OpenSSH_", rb"OpenSSH_(\d{1,2}\.\d{1,2}p\d)"),),
    ),
    Rule(
        name="sudo",
        cpe=("sudo_project:sudo",),
        files=(b"sudo",),
        signs=(
            Sign(b"Sudo version %s", rb"Sudo version %s\n\0(1\.\d{1,2}\.\d{1,2}(?:p\d{1,2})?)\0"),
        ),
    ),
    Rule(
        name="util-linux",
        cpe=("kernel:util-linux",),
        files=(b"getopt", b"mount"),
        signs=(Sign(b"\0util-linux ", rb"\0util-linux (2\.\d{2}(?:\.\d{1,2})?)\0"),),
    ),
    Rule(
        name="xz",
        cpe=("tukaani:xz",),
        files=(b"xz", b"xzdec"),
        signs=(Sign(b"(XZ Utils) ", rb"\(XZ Utils\) " + V3),),
    ),
    Rule(
        name="zstd",
        cpe=("facebook:zstandard",),
        files=(b"zstd",),
        identity=b"Zstandard",
        signs=(Sign(b"\0v1.", rb"\0v(1\.\d{1,2}\.\d{1,2})\0", alone=True),),
    ),
    Rule(
        name="gawk",
        cpe=("gnu:gawk",),
        files=(b"gawk",),
        signs=(Sign(b"GNU Awk ", rb"GNU Awk " + V23),),
    ),
    Rule(
        name="tini",
        cpe=("tini_project:tini",),
        files=(b"tini", b"tini-static", b"docker-init"),
        signs=(Sign(b"tini version ", rb"tini version " + V3),),
    ),
    Rule(
        name="jq",
        cpe=("jqlang:jq", "jq_project:jq"),
        files=(b"jq",),
        identity=b"jq: error",
        signs=(
            Sign(b"\0jq-1.", rb"\0jq-(1\.\d(?:\.\d{1,2})?(?:rc\d)?)\0"),
            Sign(b"\x001.", rb"\0(1\.\d(?:\.\d)?(?:rc\d)?)\0", alone=True),
        ),
    ),
    Rule(
        name="ffmpeg",
        cpe=("ffmpeg:ffmpeg",),
        files=(b"ffmpeg", b"ffprobe", b"ffplay"),
        pattern=rb"lib(?:avcodec|avformat|avutil|avfilter|avdevice|swresample|swscale)\.so(?:\.\d{1,3}){0,3}",
        signs=(
            Sign(b"FFmpeg version ", rb"FFmpeg version n?" + V23),
            Sign(b"%s version ", rb"%s version n?" + V23),
        ),
    ),
    Rule(
        name="imagemagick",
        cpe=("imagemagick:imagemagick",),
        files=(b"magick",),
        pattern=rb"libMagickCore-[\w.]{1,16}\.so(?:\.\d{1,3}){0,3}",
        signs=(Sign(b"ImageMagick ", rb"ImageMagick (\d\.\d{1,2}\.\d{1,3}-\d{1,3}) "),),
    ),
    Rule(
        name="chrome",
        cpe=("google:chrome",),
        files=(
            b"chrome",
            b"chromium",
            b"chromium-browser",
            b"headless_shell",
            b"chrome-headless-shell",
        ),
        signs=(
            Sign(b"\0chrome\0", rb"\0(\d{2,3}\.0\.\d{4,5}\.\d{1,3})\0chrome\0"),
            Sign(b"\0Default", rb"\0(\d{2,3}\.0\.\d{4,5}\.\d{1,3})\0Default"),
        ),
    ),
)
"""All of them; within a family, and where two fit one file, in this order."""
