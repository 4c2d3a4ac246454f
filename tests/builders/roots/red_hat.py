"""CentOS 7, and 8 and 9 of those like Red Hat: pam, authselect, shadow-utils, setup, openssh, sudo.

Their PAM stacks are those that authconfig writes (7), and authselect's profile *sssd* (8, 9).
"""

from __future__ import annotations

from typing import Final

from tests.builders.roots.root import Root, lines, login_defs

_AUTH_7: Final = (
    "auth required pam_env.so",
    "auth required pam_faildelay.so delay=2000000",
    "auth sufficient pam_unix.so nullok try_first_pass",
    "auth requisite pam_succeed_if.so uid >= 1000 quiet_success",
    "auth required pam_deny.so",
)
_AUTH: Final = (
    "auth required pam_env.so",
    "auth required pam_faildelay.so delay=2000000",
    "auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular",
    "auth [default=1 ignore=ignore success=ok] pam_localuser.so",
    "auth sufficient pam_unix.so nullok",
    "auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular",
    "auth sufficient pam_sss.so forward_pass",
    "auth required pam_deny.so",
)
_PASSWORD_7: Final = (
    "password requisite pam_pwquality.so try_first_pass local_users_only retry=3 authtok_type=",
    "password sufficient pam_unix.so sha512 shadow nullok try_first_pass use_authtok",
    "password required pam_deny.so",
)
_PASSWORD: Final = (
    "password requisite pam_pwquality.so local_users_only",
    "password sufficient pam_unix.so sha512 shadow nullok use_authtok",
    "password [success=1 default=ignore] pam_localuser.so",
    "password sufficient pam_sss.so use_authtok",
    "password required pam_deny.so",
)
_SU: Final = lines(
    "auth sufficient pam_rootok.so", "auth substack system-auth", "auth include postlogin"
)
_SUDOERS: Final = lines(
    "Defaults !visiblepw",
    "Defaults always_set_home",
    "Defaults match_group_by_gid",
    "Defaults env_reset",
    'Defaults env_keep = "COLORS DISPLAY HOSTNAME HISTSIZE KDEDIR LS_COLORS"',
    "Defaults secure_path = /sbin:/bin:/usr/sbin:/usr/bin",
    "root ALL=(ALL) ALL",
    "%wheel ALL=(ALL) ALL",
    "#includedir /etc/sudoers.d",
)
_USERADD: Final = lines("GROUP=100", "HOME=/home", "INACTIVE=-1", "EXPIRE=", "SHELL=/bin/bash")
_PROFILE: Final = lines(
    'if [ $UID -gt 199 ] && [ "$(id -gn)" = "$(id -un)" ]; then',
    "    umask 002",
    "else",
    "    umask 022",
    "fi",
)
_SSHD: Final = (
    "SyslogFacility AUTHPRIV",
    "AuthorizedKeysFile .ssh/authorized_keys",
    "PasswordAuthentication yes",
    "ChallengeResponseAuthentication no",
    "GSSAPIAuthentication yes",
    "GSSAPICleanupCredentials no",
    "UsePAM yes",
    "X11Forwarding yes",
    "AcceptEnv LANG LC_CTYPE",
    "Subsystem sftp /usr/libexec/openssh/sftp-server",
)
_COMMON: Final = {
    "etc/default/useradd": _USERADD,
    "etc/pam.d/su": _SU,
    "etc/profile": _PROFILE,
    "etc/security/limits.conf": "",
    "etc/security/pwquality.conf": "",
    "etc/sudoers": _SUDOERS,
    "etc/issue": lines("\\S", "Kernel \\r on an \\m"),
}
_LOGIN: Final = {
    "UMASK": "022",
    "HOME_MODE": "0700",
    "USERGROUPS_ENAB": "yes",
    "ENCRYPT_METHOD": "SHA512",
}
_PLACES: Final = {
    "etc/ssh/sshd_config": "0600 0:0",
    "etc/sudoers": "0440 0:0",
    "etc/shadow": "0000 0:0",
    "usr/sbin/sshd": "0755 0:0",
}


def centos_7() -> Root:
    """Return CentOS 7."""
    stack = lines(*_AUTH_7, *_PASSWORD_7)
    keys = (f"HostKey /etc/ssh/ssh_host_{kind}_key" for kind in ("rsa", "ecdsa", "ed25519"))
    return Root(
        ("centos", "7"),
        {
            **_COMMON,
            "etc/pam.d/system-auth-ac": stack,
            "etc/pam.d/password-auth-ac": stack,
            "etc/login.defs": login_defs(
                UMASK="077", USERGROUPS_ENAB="yes", ENCRYPT_METHOD="SHA512"
            ),
            "etc/ssh/sshd_config": lines(*keys, *_SSHD),
            "etc/yum.conf": lines("[main]", "keepcache=0", "gpgcheck=1", "plugins=1"),
        },
        {
            **_PLACES,
            "etc/pam.d/system-auth": "l system-auth-ac",
            "etc/pam.d/password-auth": "l password-auth-ac",
        },
        {"openssh-server": "7.4p1-23.el7_9", "pam": "1.1.8-23.el7", "sudo": "1.8.23-10.el7"},
    )


def red_hat_8() -> Root:
    """Return AlmaLinux 8."""
    policy = (
        "-oCiphers=aes256-gcm@openssh.com,aes256-ctr,aes256-cbc,aes128-ctr,aes128-cbc "
        "-oMACs=hmac-sha2-256-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha2-256,hmac-sha1 "
        "-oKexAlgorithms=curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group14-sha1 "
        "-oHostKeyAlgorithms=ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-512,ssh-rsa "
        "-oPubkeyAcceptedKeyTypes=ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-512,ssh-rsa"
    )
    return Root(
        ("almalinux", "8.10"),
        {
            **_COMMON,
            **_authselect(),
            **_dnf(),
            "etc/login.defs": login_defs(**_LOGIN),
            "etc/ssh/sshd_config": lines("PermitRootLogin yes", *_SSHD),
            "usr/share/crypto-policies/DEFAULT/opensshserver.txt": f"CRYPTO_POLICY='{policy}'\n",
        },
        {**_PLACES, **_LINKS},
        {"openssh-server": "8.0p1-24.el8", "pam": "1.3.1-33.el8", "sudo": "1.9.5p2-1.el8"},
    )


def red_hat_9() -> Root:
    """Return Rocky Linux 9."""
    policy = lines(
        "Ciphers aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-ctr,aes128-ctr",
        "MACs hmac-sha2-256-etm@openssh.com,hmac-sha1-etm@openssh.com,hmac-sha2-256,hmac-sha1",
        "KexAlgorithms curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group14-sha256",
        "HostKeyAlgorithms ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-256,rsa-sha2-512",
        "PubkeyAcceptedAlgorithms ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-256,rsa-sha2-512",
    )
    included = (
        "Include /etc/crypto-policies/back-ends/opensshserver.config",
        "SyslogFacility AUTHPRIV",
        "ChallengeResponseAuthentication no",
        "GSSAPIAuthentication yes",
        "GSSAPICleanupCredentials no",
        "UsePAM yes",
        "X11Forwarding yes",
        "PrintMotd no",
    )
    return Root(
        ("rocky", "9.4"),
        {
            **_COMMON,
            **_authselect(),
            **_dnf(),
            "etc/login.defs": login_defs(**_LOGIN),
            "etc/security/faillock.conf": "",
            "etc/ssh/sshd_config": lines(
                "Include /etc/ssh/sshd_config.d/*.conf",
                "AuthorizedKeysFile .ssh/authorized_keys",
                "Subsystem sftp /usr/libexec/openssh/sftp-server",
            ),
            "etc/ssh/sshd_config.d/50-redhat.conf": lines(*included),
            "usr/share/crypto-policies/DEFAULT/opensshserver.txt": policy,
        },
        {**_PLACES, **_LINKS},
        {"openssh-server": "8.7p1-38.el9", "pam": "1.5.1-19.el9", "sudo": "1.9.5p2-10.el9"},
    )


_LINKS: Final = {
    "etc/pam.d/system-auth": "l /etc/authselect/system-auth",
    "etc/pam.d/password-auth": "l /etc/authselect/password-auth",
    "etc/yum.conf": "l dnf/dnf.conf",
    "etc/crypto-policies/back-ends/opensshserver.config": (
        "l /usr/share/crypto-policies/DEFAULT/opensshserver.txt"
    ),
}


def _authselect() -> dict[str, str]:
    stack = lines(*_AUTH, *_PASSWORD)
    return {"etc/authselect/system-auth": stack, "etc/authselect/password-auth": stack}


def _dnf() -> dict[str, str]:
    said = ("[main]", "gpgcheck=1", "installonly_limit=3", "clean_requirements_on_remove=True")
    repository = ("[baseos]", "name=BaseOS", "enabled=1", "gpgcheck=1")
    return {"etc/dnf/dnf.conf": lines(*said), "etc/yum.repos.d/os.repo": lines(*repository)}
