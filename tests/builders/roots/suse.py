"""SUSE Linux Enterprise 12 and 15: pam-config, shadow, openssh, sudo."""

from __future__ import annotations

from tests.builders.roots.root import Root, lines, login_defs


def suse(version: str, openssh: str) -> Root:
    """Return a release with a version of OpenSSH."""
    return Root(
        ("sles", version),
        {
            "etc/pam.d/common-auth-pc": lines(
                "auth required pam_env.so", "auth required pam_unix.so try_first_pass"
            ),
            "etc/pam.d/common-password-pc": lines(
                "password requisite pam_cracklib.so",
                "password required pam_unix.so use_authtok nullok shadow try_first_pass",
            ),
            "etc/login.defs": login_defs(
                FAIL_DELAY="3", UMASK="022", ENCRYPT_METHOD="SHA512", USERGROUPS_ENAB="no"
            ),
            "etc/ssh/sshd_config": lines(
                "AuthorizedKeysFile .ssh/authorized_keys",
                "UsePAM yes",
                "X11Forwarding yes",
                "Subsystem sftp /usr/lib/ssh/sftp-server",
                "AcceptEnv LANG LC_CTYPE",
            ),
            "etc/sudoers": lines(
                "Defaults always_set_home",
                "Defaults env_reset",
                'Defaults env_keep = "LANG LC_ADDRESS LC_CTYPE"',
                "Defaults !insults",
                "Defaults targetpw",
                "ALL ALL=(ALL) ALL",
                "root ALL=(ALL) ALL",
                "#includedir /etc/sudoers.d",
            ),
        },
        {
            "etc/pam.d/common-auth": "l common-auth-pc",
            "etc/pam.d/common-password": "l common-password-pc",
            "etc/ssh/sshd_config": "0640 0:0",
            "usr/sbin/sshd": "0755 0:0",
        },
        {"openssh": openssh, "sudo": "1.8.27"},
    )


def suse_12() -> Root:
    """Return SUSE Linux Enterprise 12."""
    return suse("12.5", "7.2p2-81.4")


def suse_15() -> Root:
    """Return SUSE Linux Enterprise 15."""
    return suse("15.3", "8.4p1-150300.3.30.1")
