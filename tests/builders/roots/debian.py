"""Debian 10 and Ubuntu 16.04 to 24.04: libpam-runtime, login, openssh-server, sudo, apt."""

from __future__ import annotations

from typing import Final, NamedTuple

from tests.builders.roots.root import Root, lines, login_defs

_SSHD_16_04: Final = (
    "Protocol 2",
    "UsePrivilegeSeparation yes",
    "SyslogFacility AUTH",
    "LogLevel INFO",
    "LoginGraceTime 120",
    "PermitRootLogin prohibit-password",
    "StrictModes yes",
    "IgnoreRhosts yes",
    "RhostsRSAAuthentication no",
    "HostbasedAuthentication no",
    "PermitEmptyPasswords no",
)
_SSHD: Final = (
    "ChallengeResponseAuthentication no",
    "UsePAM yes",
    "X11Forwarding yes",
    "PrintMotd no",
    "AcceptEnv LANG LC_*",
    "Subsystem sftp /usr/lib/openssh/sftp-server",
)
_INCLUDE: Final = "Include /etc/ssh/sshd_config.d/*.conf"
_SUDOERS: Final = (
    "Defaults env_reset",
    "Defaults mail_badpass",
    'Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
)
_RULES: Final = ("root ALL=(ALL:ALL) ALL", "%sudo ALL=(ALL:ALL) ALL")
_DOCKER_CLEAN: Final = lines(
    'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };',
    'APT::Update::Post-Invoke { "rm -f /var/cache/apt/*.bin || true"; };',
    'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";',
)


class _Release(NamedTuple):
    openssh: str
    sshd: tuple[str, ...]
    nullok: str = "nullok"
    scheme: str = "sha512"
    home_mode: str = ""
    pty: bool = False


_UBUNTU: Final = {
    "16.04": _Release("1:7.2p2-4ubuntu2.10", (*_SSHD_16_04, *_SSHD), nullok="nullok_secure"),
    "18.04": _Release("1:7.6p1-4ubuntu0.7", _SSHD, nullok="nullok_secure"),
    "20.04": _Release("1:8.2p1-4ubuntu0.11", (_INCLUDE, *_SSHD), nullok="nullok_secure"),
    "22.04": _Release(
        "1:8.9p1-3ubuntu0.10", (_INCLUDE, *_SSHD), "nullok", "yescrypt", "0750", pty=True
    ),
    "24.04": _Release(
        "1:9.6p1-3ubuntu13.5", (_INCLUDE, *_SSHD), "nullok", "yescrypt", "0750", pty=True
    ),
}


def ubuntu(version: str) -> Root:
    """Return Ubuntu of a version."""
    root = _root(("ubuntu", version), _UBUNTU[version])
    root.files["etc/apt/apt.conf.d/docker-clean"] = _DOCKER_CLEAN
    if version == "24.04":
        root.files["etc/apt/sources.list.d/ubuntu.sources"] = lines(
            "Types: deb",
            "URIs: http://archive.example/ubuntu/",
            "Suites: noble noble-updates",
            "Components: main universe",
            "Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg",
        )
    else:
        root.files["etc/apt/sources.list"] = "deb http://archive.example/ubuntu/ main universe\n"
    return root


def debian_10() -> Root:
    """Return Debian 10."""
    return _root(("debian", "10"), _Release("1:7.9p1-10+deb10u4", _SSHD, nullok="nullok_secure"))


def _root(distribution: tuple[str, str], release: _Release) -> Root:
    home = {"HOME_MODE": release.home_mode} if release.home_mode else {}
    return Root(
        distribution,
        {
            "etc/pam.d/common-auth": lines(
                f"auth [success=1 default=ignore] pam_unix.so {release.nullok}",
                "auth requisite pam_deny.so",
                "auth required pam_permit.so",
            ),
            "etc/pam.d/common-password": lines(
                f"password [success=1 default=ignore] pam_unix.so obscure {release.scheme}",
                "password requisite pam_deny.so",
                "password required pam_permit.so",
            ),
            "etc/pam.d/login": lines(
                "auth optional pam_faildelay.so delay=3000000", "@include common-auth"
            ),
            "etc/pam.d/su": lines("auth sufficient pam_rootok.so", "@include common-auth"),
            "etc/login.defs": login_defs(
                UMASK="022", ENCRYPT_METHOD="SHA512", USERGROUPS_ENAB="yes", **home
            ),
            "etc/default/useradd": lines("SHELL=/bin/sh"),
            "etc/ssh/sshd_config": lines(*release.sshd),
            "etc/sudoers": lines(
                *_SUDOERS,
                *(("Defaults use_pty",) if release.pty else ()),
                *_RULES,
                "@includedir /etc/sudoers.d" if release.pty else "#includedir /etc/sudoers.d",
            ),
        },
        {
            "etc/ssh/sshd_config": "0644 0:0",
            "etc/sudoers": "0440 0:0",
            "usr/sbin/sshd": "0755 0:0",
        },
        {"openssh-server": release.openssh, "sudo": "1.8.31-1ubuntu1"},
    )
