"""EulerOS 2, openEuler, Kylin V10 and UOS 20 (both kinds).

openEuler is as its package security-tool leaves it, which runs at the first start. EulerOS is as
the guides for it tell, Kylin as openEuler, which it is made from: their own files are not public.
"""

from __future__ import annotations

from typing import Final

from tests.builders.roots.root import Root, lines, login_defs

_LOCK: Final = "audit deny=3 even_deny_root unlock_time="
_SSHD: Final = lines(
    "PermitRootLogin yes",
    "Protocol 2",
    "SyslogFacility AUTH",
    "LogLevel VERBOSE",
    "X11Forwarding no",
    "PubkeyAuthentication yes",
    "IgnoreRhosts yes",
    "RhostsRSAAuthentication no",
    "HostbasedAuthentication no",
    "PermitEmptyPasswords no",
    "PermitUserEnvironment no",
    "Ciphers aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com",
    "ClientAliveCountMax 0",
    "Banner /etc/issue.net",
    "MACs hmac-sha2-512,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha1",
    "StrictModes yes",
    "UsePAM yes",
    "AllowTcpForwarding no",
    "AllowAgentForwarding no",
    "GatewayPorts no",
    "PermitTunnel no",
    "KexAlgorithms curve25519-sha256,diffie-hellman-group14-sha1,"
    "diffie-hellman-group-exchange-sha256",
)
_WARNING: Final = lines("Authorized users only. All activities may be monitored and reported.")
_PLACES: Final = {
    "etc/ssh/sshd_config": "0600 0:0",
    "etc/crontab": "0600 0:0",
    "etc/cron.d": "d0700 0:0",
    "etc/cron.allow": "0600 0:0",
    "usr/sbin/sshd": "0755 0:0",
}


def _auth(unlock_time: int) -> tuple[str, ...]:
    return (
        "auth required pam_env.so",
        f"auth required pam_faillock.so preauth {_LOCK}{unlock_time}",
        "-auth sufficient pam_fprintd.so",
        "auth sufficient pam_unix.so nullok try_first_pass",
        "-auth sufficient pam_sss.so use_first_pass",
        f"auth [default=die] pam_faillock.so authfail {_LOCK}{unlock_time}",
        f"auth sufficient pam_faillock.so authsucc {_LOCK}{unlock_time}",
        "auth requisite pam_succeed_if.so uid >= 1000 quiet_success",
        "auth required pam_deny.so",
    )


def openeuler() -> Root:
    """Return openEuler 22.03."""
    return _of_openeuler(("openEuler", "22.03"), "8.8p1-21.oe2203")


def kylin() -> Root:
    """Return Kylin V10."""
    return _of_openeuler(("kylin", "V10"), "8.2p1-16.ky10")


def _of_openeuler(distribution: tuple[str, str], version: str) -> Root:
    stack = lines(
        *_auth(60),
        "password requisite pam_pwquality.so try_first_pass local_users_only",
        "password sufficient pam_unix.so sha512 shadow nullok try_first_pass use_authtok",
        "password required pam_deny.so",
    )
    return Root(
        distribution,
        {
            "etc/pam.d/system-auth": stack,
            "etc/pam.d/password-auth": stack,
            "etc/pam.d/su": lines(
                "auth sufficient pam_rootok.so",
                "auth required pam_wheel.so use_uid",
                "auth include system-auth",
            ),
            "etc/login.defs": login_defs(UMASK="077", ENCRYPT_METHOD="SHA512"),
            "etc/bashrc": lines("umask 0077"),
            "etc/profile": lines("umask 0077"),
            "etc/issue": _WARNING,
            "etc/issue.net": _WARNING,
            "etc/motd": _WARNING,
            "etc/ssh/sshd_config": _SSHD,
            "etc/dnf/dnf.conf": lines("[main]", "gpgcheck=1"),
        },
        _PLACES,
        {"openssh-server": version, "cronie": "1.5.7"},
    )


def euleros() -> Root:
    """Return EulerOS 2."""
    stack = lines(
        *(line.replace(" nullok", "") for line in _auth(300)),
        "password requisite pam_pwquality.so minlen=8 minclass=3 enforce_for_root try_first_pass "
        "local_users_only retry=3 dcredit=0 ucredit=0 lcredit=0 ocredit=0",
        "password required pam_pwhistory.so use_authtok remember=5 enforce_for_root",
        "password sufficient pam_unix.so sha512 shadow try_first_pass use_authtok",
        "password required pam_deny.so",
    )
    return Root(
        ("euleros", "2.0"),
        {
            "etc/pam.d/system-auth": stack,
            "etc/pam.d/password-auth": stack,
            "etc/login.defs": login_defs(PASS_MAX_DAYS="90", ENCRYPT_METHOD="SHA512"),
            "etc/bashrc": lines("umask 0077"),
            "etc/ssh/sshd_config": _SSHD,
            "etc/yum.conf": lines("[main]", "gpgcheck=1"),
        },
        _PLACES,
        {"openssh-server": "7.4p1-11.eulerosv2r7"},
    )


def uos_of_rpm() -> Root:
    """Return UOS 20 with packages of rpm."""
    stack = lines(
        "auth required pam_env.so",
        "-auth sufficient pam_fprintd.so",
        "auth sufficient pam_unix.so nullok try_first_pass",
        "auth required pam_deny.so",
        "password requisite pam_deepin_pw_check.so try_first_pass local_users_only retry=1 "
        "enforce_for_root authtok_type=",
        "password sufficient pam_unix.so sha512 shadow nullok try_first_pass use_authtok",
        "password required pam_deny.so",
    )
    files = {"etc/pam.d/system-auth": stack, "etc/pam.d/password-auth": stack}
    return Root(("uos", "20"), files, {}, {"pam": "1.4.0-8.uel20"})


def uos_of_deb() -> Root:
    """Return UOS 20 with packages of dpkg."""
    return Root(
        ("uos", "20"),
        {
            "etc/pam.d/common-auth": lines(
                "auth [success=1 default=ignore] pam_unix.so nullok_secure",
                "auth requisite pam_deny.so",
                "auth required pam_permit.so",
            ),
            "etc/pam.d/common-password": lines(
                "password requisite pam_deepin_pw_check.so",
                "password [success=1 default=ignore] pam_unix.so use_authtok try_first_pass sha512",
                "password requisite pam_deny.so",
                "password required pam_permit.so",
                "password optional pam_gnome_keyring.so",
            ),
        },
        {},
        {"libpam-runtime": "1.3.1.5"},
    )
