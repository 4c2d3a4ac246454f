"""The OpenSSH server's configuration, read as the server reads it."""

from __future__ import annotations

from typing import Final

import pytest

from scantling_analyzers.checks.catalogue import items
from scantling_analyzers.checks.expectation import Expectation
from scantling_analyzers.checks.models import SshdExamined
from scantling_analyzers.risks.setting.judging import judge, look_at
from scantling_analyzers.risks.setting.sshd import judge_sshd
from scantling_analyzers.risks.setting.sshd_configuration import MAX_INCLUDES
from scantling_analyzers.risks.setting.sshd_defaults import default_of
from scantling_analyzers.risks.setting.verdict import Unreadable, Verdict
from tests.analyzers.risks.setting.images import image

MAIN: Final = "etc/ssh/sshd_config"
NO: Final = Expectation(one_of=("no",))


def judged(
    files: dict[str, str],
    option: str = "PermitRootLogin",
    expect: Expectation = NO,
    *,
    version: str = "1:9.2p1-2",
    distribution: tuple[str, str] | None = None,
    places: dict[str, str] | None = None,
) -> Verdict:
    looked = look_at(
        image(
            files=files,
            places={"usr/sbin/sshd": "0755 0:0", **(places or {})},
            packages={"openssh-server": version} if version else {},
            distribution=distribution,
        )
    )
    return judge_sshd(looked.sshd, SshdExamined(option=option), expect)


def test_the_first_value_counts() -> None:
    verdict = judged({MAIN: "PermitRootLogin no\nPermitRootLogin yes\n"})
    assert (verdict.status, verdict.line) == ("passed", 1)


@pytest.mark.parametrize(
    "line",
    [
        *("permitrootlogin NO", "PermitRootLogin=no", "PermitRootLogin no # x"),
        *('PermitRootLogin "no"', "PermitRootLogin = 'no'"),
    ],
)
def test_a_line_is_read_however_it_is_written(line: str) -> None:
    assert judged({MAIN: f"  {line}\n"}).status == "passed"


def test_includes_stand_where_they_are_and_in_the_order_of_names() -> None:
    folder = "etc/ssh/sshd_config.d"
    files = {
        MAIN: "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\n",
        f"{folder}/20-b.conf": "PermitRootLogin yes\n",
        f"{folder}/10-a.conf": "PermitRootLogin no\n",
        f"{folder}/ignored": "PermitRootLogin yes\n",
    }
    verdict = judged(files)
    assert (verdict.status, verdict.path) == ("passed", f"{folder}/10-a.conf")

    files[MAIN] = "PermitRootLogin yes\nInclude sshd_config.d/*.conf\n"
    assert judged(files).path == MAIN


def test_what_a_match_block_says_holds_for_some_only() -> None:
    verdict = judged({MAIN: "Match User backup\n  PermitRootLogin no\n"})
    assert (verdict.status, verdict.path) == ("failed", MAIN)
    assert "the default of 9.2" in verdict.observed

    verdict = judged(
        {MAIN: "PermitRootLogin no\nMatch Address 192.0.2.0/24\nPermitRootLogin yes\n"}
    )
    assert (verdict.status, verdict.line) == ("failed", 3)
    assert "Match Address 192.0.2.0/24" in verdict.observed


def test_all_that_blocks_loosen_is_shown_with_its_condition() -> None:
    blocks = (
        "Match User root\nPermitRootLogin yes\nMatch Address 192.0.2.0/24\nPermitRootLogin yes\n"
    )
    verdict = judged({MAIN: f"PermitRootLogin no\n{blocks}"})
    assert (verdict.status, verdict.line) == ("failed", 3)
    assert verdict.observed == (
        "PermitRootLogin yes (for Match User root) ; "
        "PermitRootLogin yes (for Match Address 192.0.2.0/24)"
    )

    everywhere = judged({MAIN: f"PermitRootLogin without-password\n{blocks}"})
    assert everywhere.line == 1
    assert everywhere.observed.startswith("PermitRootLogin without-password ; PermitRootLogin yes")


def test_what_a_block_tightens_is_no_failure_of_all() -> None:
    verdict = judged({MAIN: "PermitRootLogin no\nMatch User a\nPermitRootLogin no\n"})
    assert verdict.status == "passed"


def test_match_all_ends_a_block() -> None:
    assert judged({MAIN: "Match User a\nMatch all\nPermitRootLogin no\n"}).status == "passed"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        # As sshd -T says.
        ("PermitRootLogin no\nMatch all\nPermitRootLogin yes\n", "failed"),
        ("PermitRootLogin yes\nMatch ALL # everybody\nPermitRootLogin no\n", "passed"),
        ("Match all\nPermitRootLogin no\nMatch User root\nPermitRootLogin yes\n", "passed"),
        ("Match User root\nPermitRootLogin yes\nMatch all\nPermitRootLogin no\n", "failed"),
    ],
)
def test_a_block_for_everybody_goes_before_what_stands_outside(text: str, status: str) -> None:
    assert judged({MAIN: text}).status == status


def test_what_no_block_may_change_is_what_comes_first() -> None:
    files = {MAIN: "UsePAM no\nMatch all\nUsePAM yes\n"}
    assert judged(files, "UsePAM").status == "passed"


@pytest.mark.parametrize("inner", ["Match all", "Match User x"])
def test_a_block_for_everybody_in_an_included_file_holds_for_whom_includes_it(inner: str) -> None:
    files = {
        MAIN: "PermitRootLogin no\nMatch User bob\nInclude sshd_config.d/a.conf\n",
        "etc/ssh/sshd_config.d/a.conf": f"{inner}\nPermitRootLogin yes\n",
    }
    shown = "User bob" if inner == "Match all" else "User bob, User x"
    assert judged(files).observed == f"PermitRootLogin yes (for Match {shown})"
    files[MAIN] = files[MAIN].replace("User bob", "all")
    outer = "PermitRootLogin yes" if inner == "Match all" else "PermitRootLogin yes (for Match User"
    assert judged(files).observed.startswith(outer)


def test_a_block_of_an_included_file_ends_with_it() -> None:
    files = {
        MAIN: "Include /etc/ssh/sshd_config.d/a.conf\nPermitRootLogin no\n",
        "etc/ssh/sshd_config.d/a.conf": "Match User x\nMaxSessions 2\n",
    }
    assert judged(files).status == "passed"
    inside = {
        MAIN: "Match User x\nInclude /etc/ssh/sshd_config.d/a.conf\n",
        "etc/ssh/sshd_config.d/a.conf": "PermitRootLogin no\n",
    }
    assert judged(inside).status == "failed"


@pytest.mark.parametrize(
    ("version", "status"),
    [("1:6.6p1-4", "failed"), ("8.4_p1-r3", "passed"), ("7.4p1-21.el7", "passed")],
)
def test_defaults_are_those_of_the_version(version: str, status: str) -> None:
    careful = Expectation(one_of=("no", "prohibit-password"))
    assert judged({MAIN: "# nothing\n"}, expect=careful, version=version).status == status


@pytest.mark.parametrize(
    ("option", "careful", "status"),
    [
        # What was always so is told, what changed between versions is not known.
        ("MaxSessions", Expectation(at_most=10), "passed"),
        ("X11Forwarding", Expectation(one_of=("yes",)), "failed"),
        ("PermitRootLogin", NO, "failed"),
        ("PermitRootLogin", Expectation(none_of=("yes",)), "unknown"),
        ("UseDNS", NO, "unknown"),
    ],
)
def test_defaults_of_an_unknown_version_count_where_they_were_always_so(
    option: str, careful: Expectation, status: str
) -> None:
    assert judged({MAIN: ""}, option, careful, version="").status == status


def test_the_old_word_is_the_new_one() -> None:
    careful = Expectation(one_of=("prohibit-password",))
    assert judged({MAIN: "PermitRootLogin without-password\n"}, expect=careful).status == "passed"


def test_without_any_file_the_defaults_count_and_without_a_server_nothing_does() -> None:
    assert judged({}, "X11Forwarding").status == "passed"
    looked = look_at(image(files={MAIN: "PermitRootLogin yes\n"}, places={"etc": "d0755 0:0"}))
    verdict = judge_sshd(looked.sshd, SshdExamined(option="PermitRootLogin"), NO)
    assert verdict == Verdict("not_applicable", "no OpenSSH server is installed")


def test_the_vendor_s_file_counts_where_there_is_no_other() -> None:
    vendor = {"usr/etc/ssh/sshd_config": "PermitRootLogin no\n"}
    assert judged(vendor).path == "usr/etc/ssh/sshd_config"
    assert judged({**vendor, MAIN: "PermitRootLogin yes\n"}).status == "failed"


WEAK: Final = Expectation(without=("*-cbc", "3des*"))


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("aes256-ctr", "passed"),
        ("+aes128-cbc", "failed"),
        ("-aes*-cbc", "passed"),
        ("^aes128-cbc", "failed"),
        ("aes256-ctr,3des-cbc", "failed"),
    ],
)
def test_lists_change_the_default_where_they_say_so(value: str, status: str) -> None:
    assert judged({MAIN: f"Ciphers {value}\n"}, "Ciphers", WEAK).status == status


@pytest.mark.parametrize("option", ["HostKeyAlgorithms", "PubkeyAcceptedKeyTypes"])
@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("+ssh-rsa", "failed"),
        ("^ssh-ed25519,ssh-rsa", "failed"),
        ("-ssh-dss,ssh-rsa", "passed"),
        ("ssh-ed25519", "passed"),
    ],
)
def test_what_is_added_to_signatures_is_judged(option: str, value: str, status: str) -> None:
    name = option.replace("KeyTypes", "Algorithms")
    old = Expectation(without=("ssh-rsa", "ssh-dss"))
    assert judged({MAIN: f"{option} {value}\n"}, name, old).status == status


@pytest.mark.parametrize(
    ("version", "weak"),
    [
        ("1:6.9p1-2", {"ssh-dss", "ssh-rsa"}),
        ("7.4p1-21.el7", {"ssh-rsa"}),
        ("1:8.4p1-5", {"ssh-rsa"}),
        ("1:9.2p1-2", set()),
    ],
)
def test_weak_signatures_are_made_by_default_as_long_as_they_were(
    version: str, weak: set[str]
) -> None:
    for option in ("HostKeyAlgorithms", "PubkeyAcceptedAlgorithms"):
        verdict = judged({MAIN: ""}, option, Expectation(without=("ssh-rsa",)), version=version)
        names = verdict.observed.split()[1].split(",")
        assert weak == {"ssh-rsa", "ssh-dss"}.intersection(names)
        assert verdict.status == ("failed" if weak else "passed")


def test_default_signatures_are_those_that_sshd_names() -> None:
    # As "sshd -T" says: of Debian 11 and 12.
    curves = (f"ecdsa-sha2-nistp{size}" for size in (256, 384, 521))
    new = ("ssh-ed25519", *curves, "rsa-sha2-512", "rsa-sha2-256")
    keys = ("sk-ssh-ed25519", "sk-ecdsa-sha2-nistp256")
    everything = {*new, *(f"{each}@openssh.com" for each in keys)}
    everything |= {f"{each}-cert-v01@openssh.com" for each in (*new, *keys)}
    old = everything | {"ssh-rsa", "ssh-rsa-cert-v01@openssh.com"}
    for version, names in (((9, 2), everything), ((8, 4), old)):
        assert set((default_of("hostkeyalgorithms", version, "") or "").split(",")) == names


def test_red_hat_7_kept_old_ciphers() -> None:
    files = {MAIN: "UsePAM yes\n"}
    centos = judged(files, "Ciphers", WEAK, version="7.4p1-21.el7", distribution=("centos", "7"))
    debian = judged(files, "Ciphers", WEAK, version="1:7.4p1-10", distribution=("debian", "9"))
    assert (centos.status, debian.status) == ("failed", "passed")


@pytest.mark.parametrize(
    ("version", "distribution", "status"),
    [
        ("7.4p1-23.el7", ("centos", "7"), "failed"),
        ("1:7.4p1-10", ("debian", "9"), "passed"),
        ("8.0p1-19.el8", ("rhel", "8.8"), "passed"),
        ("1:10.0p1-7", ("debian", "13"), "passed"),
    ],
)
def test_red_hat_7_kept_old_key_exchanges(
    version: str, distribution: tuple[str, str], status: str
) -> None:
    old = Expectation(without=("*-group1-*", "*group-exchange-sha1"))
    files = {MAIN: "UsePAM yes\n"}
    verdict = judged(files, "KexAlgorithms", old, version=version, distribution=distribution)
    assert verdict.status == status


def test_openssh_10_has_no_finite_field_key_exchange_by_default() -> None:
    without = Expectation(without=("diffie-hellman-*",))
    for version, status in (("1:9.9p1-1", "failed"), ("1:10.0p1-7", "passed")):
        verdict = judged({MAIN: ""}, "KexAlgorithms", without, version=version)
        assert verdict.status == status


@pytest.mark.parametrize(
    ("version", "distribution", "said"),
    [
        ("8.4p1-150300.3", ("sles", "15.5"), "PermitRootLogin yes"),
        ("7.2p2-81", ("sles", "12.5"), "PermitRootLogin yes"),
        ("10.0p2-160000.3", ("sles", "16.0"), "PermitRootLogin prohibit-password"),
        ("9.6p1-1", ("alpine", "3.20"), "PermitRootLogin prohibit-password"),
    ],
)
def test_suse_let_root_in_up_to_15(version: str, distribution: tuple[str, str], said: str) -> None:
    verdict = judged({MAIN: "UsePAM yes\n"}, version=version, distribution=distribution)
    assert verdict.observed.startswith(said)


@pytest.mark.parametrize(
    ("version", "distribution", "value"),
    [
        ("7.4p1-23.el7_9", ("centos", "7"), "yes"),
        ("7.4p1-23.el7_9", ("scientific", "7"), "yes"),
        ("8.0p1-24.el8", ("almalinux", "8.10"), "yes"),
        ("8.7p1-38.el9", ("rocky", "9.4"), "prohibit-password"),
        ("1:7.4p1-10", ("debian", "9"), "prohibit-password"),
    ],
)
def test_red_hat_let_root_in_up_to_8(
    version: str, distribution: tuple[str, str], value: str
) -> None:
    verdict = judged({MAIN: "UsePAM yes\n"}, version=version, distribution=distribution)
    assert verdict.observed.startswith(f"PermitRootLogin {value} ")


def test_the_crypto_policy_may_name_an_option_by_its_old_name() -> None:
    policy = "CRYPTO_POLICY='-oPubkeyAcceptedKeyTypes=ssh-ed25519,ssh-rsa'\n"
    files = {MAIN: "UsePAM yes\n", "etc/crypto-policies/back-ends/opensshserver.config": policy}
    weak = Expectation(without=("ssh-rsa",))
    verdict = judged(files, "PubkeyAcceptedAlgorithms", weak, version="9.2p1-1")
    assert (verdict.status, "crypto policy" in verdict.observed) == ("failed", True)


def test_the_crypto_policy_is_the_default_behind_its_link() -> None:
    target = "usr/share/crypto-policies/LEGACY/opensshserver.txt"
    files = {
        MAIN: "UsePAM yes\n",
        target: "CRYPTO_POLICY='-oCiphers=aes256-ctr,aes128-cbc -oMACs=hmac-sha1'\n",
    }
    link = {"etc/crypto-policies/back-ends/opensshserver.config": f"l /{target}"}
    verdict = judged(files, "Ciphers", WEAK, version="8.0p1-13.el8", places=link)
    assert verdict.status == "failed"
    assert "the system's crypto policy" in verdict.observed


def test_times_are_compared_in_seconds() -> None:
    minute = Expectation(at_least=1, at_most=60)
    for value, status in (("1m", "passed"), ("1m1s", "failed"), ("0", "failed"), ("x", "failed")):
        assert (
            judged({MAIN: f"LoginGraceTime {value}\n"}, "LoginGraceTime", minute).status == status
        )


def test_forwarding_of_every_kind_covers_each_kind() -> None:
    off = "DisableForwarding yes\nX11Forwarding yes\n"
    assert judged({MAIN: off}, "X11Forwarding").status == "passed"
    assert judged({MAIN: f"{off}Match User a\nDisableForwarding no\n"}, "X11Forwarding").status == (
        "failed"
    )


def test_every_line_of_an_option_that_repeats_counts() -> None:
    dsa = Expectation(without=("*dsa_key",))
    files = {MAIN: "HostKey /etc/ssh/ssh_host_rsa_key\nHostKey /etc/ssh/ssh_host_dsa_key\n"}
    verdict = judged(files, "HostKey", dsa)
    assert (verdict.status, verdict.line) == ("failed", 2)


def test_what_can_not_be_read_is_not_taken_for_well_set() -> None:
    with pytest.raises(Unreadable):
        judged({MAIN: "PermitRootLogin no\0"})


def test_files_that_include_themselves_end() -> None:
    verdict = judged({MAIN: "Include sshd_config\nPermitRootLogin no\n"})
    assert verdict.status == "unknown"
    assert "too deep" in verdict.observed


def test_includes_that_multiply_end() -> None:
    folder = "etc/ssh/sshd_config.d"
    files = {
        MAIN: "PermitRootLogin no\nInclude sshd_config.d/0\n",
        **{f"{folder}/{n}": f"Include sshd_config.d/{n + 1}\n" * 30 for n in range(5)},
        f"{folder}/5": "UsePAM yes\n" * 30,
    }
    verdict = judged(files)
    assert verdict.status == "unknown"
    assert str(MAX_INCLUDES) in verdict.observed


def test_a_glob_made_of_stars_matches_nothing() -> None:
    files = {MAIN: f"Include {'*' * 2000}x\nPermitRootLogin no\n", f"etc/ssh/{'a' * 200}": "x\n"}
    assert judged(files).status == "unknown"


def test_a_million_lines_of_includes_end() -> None:
    folder = "etc/ssh/sshd_config.d"
    files = {
        MAIN: "PermitRootLogin no\nInclude sshd_config.d/a*\n",
        **{f"{folder}/a{n}": "UsePAM yes\n" * 3000 for n in range(40)},
    }
    verdict = judged(files)
    assert verdict.status == "unknown"
    assert "lines are included" in verdict.observed


@pytest.mark.parametrize(
    ("glob", "status"),
    [
        ("/etc/ssh/sshd_config.d/*.conf", "passed"),
        ("conf/*.conf", "passed"),
        ("/etc/crypto-policies/back-ends/opensshserver.config", "passed"),
        ("/opt/ours/sshd-*.conf", "passed"),
        ("/opt/ours/server.conf", "unknown"),
        ("/etc/ssh/ours/*", "unknown"),
        ("/etc/ssh/sshd_config.d/[0-9]*.conf", "unknown"),
    ],
)
def test_what_is_included_and_not_read_is_told(glob: str, status: str) -> None:
    verdict = judged({MAIN: f"PermitRootLogin no\nInclude {glob}\n"})
    assert verdict.status == status
    worse = judged({MAIN: f"PermitRootLogin yes\nInclude {glob}\n"})
    assert worse.status == "failed"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("DenyUsers = root\n", "passed"),
        ("AllowUsers a b\nAllowUsers c\n", "passed"),
        ("Match Address 192.0.2.1\nAllowUsers a\n", "failed"),
        ("UsePAM yes\n", "failed"),
    ],
)
def test_one_of_several_options_is_enough_if_it_holds_for_everybody(text: str, status: str) -> None:
    item = next(each for each in items() if each.id == "ssh-user-access")
    server = {"usr/sbin/sshd": "0755 0:0"}
    files = {MAIN: text, "etc/ssh/sshd_config.d/not-included": "AllowUsers a\n"}
    assert judge(item, look_at(image(files=files, places=server))).status == status


def test_a_default_is_told_of_the_file_that_is_read_first() -> None:
    files = {MAIN: "Include a.conf\n", "etc/ssh/a.conf": "UsePAM yes\n"}
    assert judged(files).path == MAIN


def test_a_star_is_no_dot_at_the_beginning_of_a_name() -> None:
    files = {
        MAIN: "Include sshd_config.d/*.conf\nPermitRootLogin no\n",
        "etc/ssh/sshd_config.d/.old.conf": "PermitRootLogin yes\n",
    }
    assert judged(files).status == "passed"
    files[MAIN] = files[MAIN].replace("/*", "/.*")
    assert judged(files).status == "failed"
