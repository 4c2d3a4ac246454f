"""Stacks and files as distributions ship them, and what is said of them."""

from __future__ import annotations

from typing import Any, Final

import pytest

from scantling_analyzers.contract import Settings
from scantling_analyzers.risks.setting.analyzer import SettingAnalyzer
from tests.analyzers.risks.setting.images import image

EULER: Final = """\
auth        required      pam_env.so
auth        required      pam_faillock.so preauth audit deny=3 even_deny_root unlock_time=900
-auth       sufficient    pam_fprintd.so
auth        sufficient    pam_unix.so try_first_pass
-auth       sufficient    pam_sss.so use_first_pass
auth        [default=die] pam_faillock.so authfail audit deny=3 even_deny_root unlock_time=900
auth        required      pam_deny.so

password    requisite     pam_pwquality.so minlen=8 minclass=3 enforce_for_root retry=3 dcredit=0
password    required      pam_pwhistory.so use_authtok remember=5 enforce_for_root
password    sufficient    pam_unix.so sm3 shadow try_first_pass use_authtok
password    required      pam_deny.so
"""
DEBIAN_AUTH: Final = """\
auth	[success=1 default=ignore]	pam_unix.so nullok
auth	requisite			pam_deny.so
auth	required			pam_permit.so
"""
DEBIAN_PASSWORD: Final = """\
password	[success=1 default=ignore]	pam_unix.so obscure yescrypt
password	requisite			pam_deny.so
password	required			pam_permit.so
"""
SUSE_PASSWORD: Final = """\
password	requisite	pam_cracklib.so
password	required	pam_unix.so	use_authtok nullok shadow try_first_pass
"""
RHEL_9_AUTH: Final = """\
auth        required                                     pam_env.so
auth        required                                     pam_faillock.so preauth silent
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        [default=1 ignore=ignore success=ok]         pam_localuser.so
auth        sufficient                                   pam_unix.so
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        sufficient                                   pam_sss.so forward_pass
auth        required                                     pam_faillock.so authfail
auth        required                                     pam_deny.so

password    requisite                                    pam_pwquality.so local_users_only
password    sufficient                                   pam_unix.so yescrypt shadow use_authtok
password    required                                     pam_deny.so
"""
DEBIAN_KERBEROS: Final = """\
password	requisite			pam_pwquality.so retry=3
password	[success=2 default=ignore]	pam_krb5.so minimum_uid=1000
password	[success=1 default=ignore]	pam_unix.so obscure use_authtok try_first_pass yescrypt
password	requisite			pam_deny.so
password	required			pam_permit.so
"""


def statuses(distribution: tuple[str, str], **given: Any) -> dict[str, str]:
    content = image(distribution=distribution, **given)
    outcome = SettingAnalyzer().analyze(content, Settings())
    assert outcome.setting is not None
    return {item.id: item.status for item in outcome.setting.items}


CASES: Final[dict[str, tuple[tuple[str, str], dict[str, Any], dict[str, str]]]] = {
    "euleros-2": (
        ("euleros", "2.0"),
        {"files": {"etc/pam.d/system-auth": EULER, "etc/pam.d/password-auth": EULER}},
        {
            "password-quality": "passed",
            "password-length": "failed",
            "password-classes": "passed",
            "password-dcredit": "failed",
            "password-root": "passed",
            "password-history": "passed",
            "password-history-root": "passed",
            "password-hash-pam": "passed",
            "password-nullok": "passed",
            "lock-enabled": "passed",
            "lock-after": "passed",
            "lock-time": "passed",
            "lock-root": "passed",
        },
    ),
    "debian-12": (
        ("debian", "12"),
        {
            "files": {
                "etc/pam.d/common-auth": DEBIAN_AUTH,
                "etc/pam.d/common-password": DEBIAN_PASSWORD,
            }
        },
        {
            "password-quality": "failed",
            "password-hash-pam": "passed",
            "password-nullok": "failed",
            "lock-enabled": "failed",
        },
    ),
    "sles-15-vendor": (
        ("sles", "15.6"),
        {
            "files": {
                "usr/lib/pam.d/common-password": SUSE_PASSWORD,
                "usr/lib/pam.d/common-auth": "auth required pam_unix.so try_first_pass\n",
                "usr/etc/login.defs": "ENCRYPT_METHOD SHA512\nPASS_MAX_DAYS 99999\n",
                "etc/login.defs.d/50-ours.defs": "PASS_MAX_DAYS 90\n",
                "usr/etc/sudoers": "Defaults targetpw\n@includedir /etc/sudoers.d\n",
                "etc/sudoers.d/ours": "app ALL = NOPASSWD: ALL\n",
                "usr/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n",
                "etc/ssh/sshd_config.d/50-ours.conf": "X11Forwarding no\n",
            },
            "places": {"usr/sbin/sshd": "0755 0:0"},
            "packages": {"openssh-server": "9.6p1-150600.6.9.1"},
        },
        {
            "password-quality": "passed",
            "password-hash-pam": "passed",
            "password-nullok": "passed",
            "password-maximum-days": "passed",
            "sudo-target-password": "failed",
            "sudo-nopasswd": "failed",
            "ssh-x11-forwarding": "passed",
            "ssh-root-password": "failed",
        },
    ),
    "debian-12-kerberos": (
        ("debian", "12"),
        {"files": {"etc/pam.d/common-password": DEBIAN_KERBEROS}},
        {
            "password-quality": "passed",
            "password-hash-pam": "passed",
            "password-authtok": "passed",
            "password-history": "failed",
        },
    ),
    "rhel-9": (
        ("rocky", "9.4"),
        {
            "files": {
                "etc/authselect/system-auth": RHEL_9_AUTH,
                "etc/authselect/password-auth": RHEL_9_AUTH,
                "etc/security/faillock.conf": "# deny = 3\n",
                "etc/security/pwquality.conf": "minlen = 14\n",
                "etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\n",
                "etc/ssh/sshd_config.d/50-redhat.conf": "Include /etc/crypto-policies/back-ends/"
                "opensshserver.config\nUsePAM yes\nX11Forwarding yes\n",
                "usr/share/crypto-policies/DEFAULT/opensshserver.txt": "Ciphers aes256-ctr\n",
            },
            "places": {
                "etc/pam.d/system-auth": "l /etc/authselect/system-auth",
                "etc/pam.d/password-auth": "l /etc/authselect/password-auth",
                "etc/crypto-policies/back-ends/opensshserver.config": "l "
                "/usr/share/crypto-policies/DEFAULT/opensshserver.txt",
                "usr/sbin/sshd": "0755 0:0",
            },
        },
        {
            "password-length": "passed",
            "password-nullok": "passed",
            "lock-enabled": "passed",
            "lock-after": "passed",
            "lock-time": "failed",
            "ssh-ciphers": "passed",
            "ssh-x11-forwarding": "failed",
            "ssh-use-pam": "passed",
        },
    ),
    "alpine-3": (
        ("alpine", "3.19.1"),
        {
            "files": {
                "etc/apk/repositories": "https://apk.example/v3.19/main\n",
                "etc/shadow": "root:*::0:::::\nbin:!::0:::::\n",
                "etc/passwd": "root:x:0:0:root:/root:/bin/ash\nsync:x:5:0:sync:/sbin:/bin/sync\n",
            }
        },
        {
            "password-quality": "not_applicable",
            "apk-unencrypted": "passed",
            "account-empty-password": "passed",
            "account-gid-0": "passed",
            "account-system-shell": "passed",
            "ssh-root-login": "not_applicable",
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_distribution_ships_is_judged_as_its_programs_read_it(name: str) -> None:
    distribution, given, expected = CASES[name]
    found = statuses(distribution, **given)
    assert {item: found[item] for item in expected} == expected


@pytest.mark.parametrize("distribution", [("debian", "12"), ("alpine", "3.19.1"), ("rocky", "9.4")])
def test_what_an_image_without_shadow_pam_and_services_has_not_is_not_applicable(
    distribution: tuple[str, str],
) -> None:
    user = "nonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n"
    content = image(
        distribution=distribution,
        files={
            "etc/passwd": f"root:x:0:0::/root:/sbin/nologin\n{user}",
            "etc/group": "root:x:0:\nnonroot:x:65532:\n",
        },
        places={"etc/passwd": "0644 0:0"},
        packages={"base-files": "12"},
    )
    outcome = SettingAnalyzer().analyze(content, Settings())
    assert outcome.setting is not None
    found = {item.id: (item.status, item.reason) for item in outcome.setting.items}
    for name, reason in {
        "password-quality": "no stack of PAM is there",
        "password-maximum-days": "none of /usr/etc/login.defs, /etc/login.defs, ",
        "account-maximum-days": "/etc/shadow is not there",
        "file-shadow": "nothing stands at /etc/shadow",
        "sudo-nopasswd": "/etc/sudoers is not there",
        "ssh-root-login": "no OpenSSH server is installed",
        "umask-profiles": "no profile of a shell is there",
        "banner-issue": "none of /etc/issue, ",
    }.items():
        status, said = found[name]
        assert (status, said.startswith(reason)) == ("not_applicable", True), (name, said)
    failed = {name for name, (status, _) in found.items() if status == "failed"}
    assert failed == {"image-user", "image-health-check"}


@pytest.mark.parametrize("distribution", [("openEuler", "22.03"), ("kylin", "V10"), ("uos", "20")])
def test_the_other_distributions_have_items_too(distribution: tuple[str, str]) -> None:
    found = statuses(distribution, files={"etc/pam.d/system-auth": EULER})
    assert found["lock-enabled"] == "passed"
    assert sum(status != "not_applicable" for status in found.values()) > 10
