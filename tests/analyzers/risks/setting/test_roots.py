"""What is said of the default files of distributions, by who knows them.

Each test names the verdicts that tell a distribution from others, and those that matter most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.contract import Settings
from scantling_analyzers.risks.setting.analyzer import SettingAnalyzer
from tests.analyzers.risks.setting.images import image
from tests.builders.roots import debian, euler, red_hat, suse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders.roots.root import Root


def verdicts(root: Root) -> dict[str, set[str]]:
    """Return the items by what is said of them."""
    outcome = SettingAnalyzer().analyze(image(**root.given), Settings())
    assert outcome.setting is not None
    found: dict[str, set[str]] = {}
    for item in outcome.setting.items:
        found.setdefault(item.status, set()).add(item.id)
    return found


def check(root: Root, passed: str, failed: str, neither: str = "") -> None:
    """Check verdicts; ``neither`` are not applicable, or not asked of the distribution."""
    found = verdicts(root)
    assert set(passed.split()) - found["passed"] == set()
    assert set(failed.split()) - found["failed"] == set()
    assert set(neither.split()) & (found["passed"] | found["failed"]) == set()


NO_LOCK = "lock-enabled lock-after lock-time lock-root lock-interval"
NO_QUALITY = "password-length password-classes password-dcredit password-difference"
AGEING = "password-maximum-days password-minimum-days"


def test_centos_7() -> None:
    check(
        red_hat.centos_7(),
        # New passwords are checked, homes are made for their owners, packages are signed.
        "password-quality password-hash-pam password-authtok password-retry login-umask "
        "login-default-group yum-gpgcheck sudo-nopasswd sudo-target-password sudo-targets "
        "ssh-configuration-mode ssh-log-facility ssh-use-pam log-in-delay file-shadow",
        # Root logs in by a password, since Red Hat kept the old default; with old algorithms.
        f"{NO_LOCK} {NO_QUALITY} {AGEING} password-nullok password-root password-history "
        "password-inactive-lock umask-profiles su-wheel banner-issue sudo-use-pty ssh-root-login "
        "ssh-root-password ssh-x11-forwarding ssh-gssapi ssh-ciphers ssh-macs ssh-key-exchange "
        "ssh-host-key-algorithms ssh-public-key-algorithms",
        "apt-unauthenticated apt-trusted-sources login-home-mode zypper-gpgcheck",
    )


def test_red_hat_8() -> None:
    check(
        red_hat.red_hat_8(),
        "password-quality password-hash-pam login-home-mode yum-gpgcheck yum-repository-gpgcheck "
        "ssh-keyboard-interactive",
        # Its configuration lets root in, its crypto policy has CBC, SHA-1 and ssh-rsa.
        f"{NO_LOCK} {NO_QUALITY} {AGEING} password-nullok login-umask yum-local-gpgcheck "
        "ssh-root-login ssh-root-password ssh-ciphers ssh-key-exchange ssh-host-key-algorithms "
        "ssh-public-key-algorithms sudo-use-pty",
    )


def test_red_hat_9() -> None:
    check(
        red_hat.red_hat_9(),
        # Its crypto policy has neither, and root has no password there.
        "password-quality password-hash-pam login-home-mode yum-gpgcheck ssh-root-password "
        "ssh-ciphers ssh-key-exchange ssh-host-key-algorithms ssh-public-key-algorithms",
        f"{NO_LOCK} {NO_QUALITY} {AGEING} password-nullok login-umask ssh-root-login "
        "ssh-x11-forwarding ssh-gssapi",
    )


def test_openeuler() -> None:
    check(
        euler.openeuler(),
        # Accounts are locked, umask is 077, SSH says and logs what it should.
        "lock-enabled lock-after lock-root lock-logged umask-profiles login-umask su-wheel "
        "banner-issue banner-issue-net banner-motd ssh-banner ssh-log-level ssh-x11-forwarding "
        "ssh-tcp-forwarding ssh-agent-forwarding ssh-ciphers cron-allow cron-crontab yum-gpgcheck "
        "password-quality password-hash-pam",
        # But only for a minute, and a count of 0 never ends an idle session.
        f"lock-time {NO_QUALITY} {AGEING} password-nullok ssh-root-login ssh-root-password "
        "ssh-idle-count ssh-key-exchange ssh-macs",
    )


def test_kylin_is_judged_as_what_it_is_made_from() -> None:
    check(
        euler.kylin(),
        "lock-enabled lock-after password-quality umask-profiles ssh-banner su-wheel",
        "lock-time password-length ssh-root-login ssh-host-key-algorithms",
        "apt-unauthenticated apt-verify-peer apt-trusted-sources",
    )


def test_euleros() -> None:
    check(
        euler.euleros(),
        "lock-enabled lock-after lock-root password-quality password-classes password-root "
        "password-history password-history-root password-history-authtok password-nullok "
        "password-maximum-days umask-profiles yum-gpgcheck",
        "lock-time password-length password-dcredit ssh-root-login ssh-key-exchange",
    )


@pytest.mark.parametrize("root", [euler.uos_of_rpm, euler.uos_of_deb])
def test_uos_checks_passwords_by_a_module_of_its_own(root: Callable[[], Root]) -> None:
    check(
        root(),
        "password-quality password-hash-pam password-authtok",
        f"{NO_LOCK} password-history",
        f"{NO_QUALITY} apt-unauthenticated yum-gpgcheck ssh-root-login",
    )


def test_empty_passwords_are_let_in_on_some_consoles_up_to_20_04_and_everywhere_then() -> None:
    for root in (debian.debian_10(), *map(debian.ubuntu, ("16.04", "18.04", "20.04"))):
        check(root, "password-nullok", "password-nullok-secure")
    for version in ("22.04", "24.04"):
        check(debian.ubuntu(version), "password-nullok-secure", "password-nullok")


@pytest.mark.parametrize("version", ["16.04", "18.04", "20.04", "22.04", "24.04"])
def test_ubuntu(version: str) -> None:
    root = debian.ubuntu(version)
    check(
        root,
        "password-hash-pam password-hash-login-defs login-default-group sudo-nopasswd "
        "sudo-target-password ssh-root-password ssh-use-pam ssh-ciphers log-in-delay "
        "apt-unauthenticated apt-trusted-sources apt-old-lists apt-old-lists-of-sources "
        "apt-verify-peer",
        f"password-quality {NO_QUALITY} {NO_LOCK} {AGEING} login-umask ssh-root-login "
        "ssh-x11-forwarding ssh-macs ssh-configuration-mode su-wheel",
        "login-delay yum-gpgcheck",
    )
    found = verdicts(root)
    is_new = version >= "22.04"
    assert ("sudo-use-pty" in found["passed"]) is is_new
    assert ("login-home-mode" in found["passed"]) is is_new
    assert ("ssh-host-key-algorithms" in found["passed"]) is is_new
    assert ("ssh-public-key-algorithms" in found["passed"]) is is_new
    assert ("ssh-key-exchange" in found["passed"]) is (version >= "20.04")


def test_debian_10() -> None:
    check(
        debian.debian_10(),
        "password-hash-pam ssh-root-password ssh-ciphers log-in-delay",
        "password-quality lock-enabled ssh-root-login ssh-key-exchange ssh-host-key-algorithms "
        "sudo-use-pty",
        "login-delay login-home-mode apt-trusted-sources",
    )


@pytest.mark.parametrize("root", [suse.suse_12, suse.suse_15])
def test_suse(root: Callable[[], Root]) -> None:
    check(
        root(),
        # pam_unix goes by login.defs there, and pam_cracklib by nothing but its arguments.
        "password-quality password-hash-pam password-authtok password-difference password-nullok "
        "login-delay sudo-nopasswd ssh-use-pam",
        # Everybody may do everything with root's password, and root may log in with it.
        f"{NO_LOCK} {AGEING} password-length password-classes password-user-check login-umask "
        "sudo-target-password sudo-targets ssh-root-login ssh-root-password ssh-x11-forwarding",
        "apt-unauthenticated yum-gpgcheck",
    )
