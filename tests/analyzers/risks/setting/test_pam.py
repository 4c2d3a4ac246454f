"""Stacks of PAM: which modules are in effect, and what they go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from scantling_analyzers.checks.catalogue import items
from scantling_analyzers.risks.setting.judging import judge, look_at
from scantling_analyzers.risks.setting.pam_stack import MAX_RULES, Stacks, reached
from scantling_analyzers.risks.setting.system import System
from tests.analyzers.risks.setting.images import image

if TYPE_CHECKING:
    from scantling_analyzers.risks.setting.verdict import Verdict

ITEMS: Final = {item.id: item for item in items()}
QUALITY: Final = "password requisite pam_pwquality.so"
UNIX: Final = "password required pam_unix.so"


def judged(item: str, files: dict[str, str], **more: Any) -> Verdict:
    return judge(ITEMS[item], look_at(image(files=files, **more)))


def debian(*lines: str, **conf: str) -> dict[str, str]:
    return {
        "etc/pam.d/common-password": "\n".join(lines) + "\n",
        **{f"etc/security/{name}.conf": text for name, text in conf.items()},
    }


def modules(files: dict[str, str], service: str, facility: str = "auth") -> list[str]:
    stacks = Stacks(System(image(files=files)))
    return [rule.module for rule in reached(stacks.rules(service, facility))]


def test_an_argument_goes_before_the_file_and_the_file_before_the_default() -> None:
    both = debian(f"{QUALITY} minlen=8", UNIX, pwquality="minlen = 14\n")
    assert judged("password-length", both).status == "failed"
    file = judged("password-length", debian(QUALITY, UNIX, pwquality="minlen=14\n"))
    assert (file.status, file.path, file.line) == ("passed", "etc/security/pwquality.conf", 1)
    default = judged("password-length", debian(QUALITY, UNIX))
    assert (default.status, default.path) == ("failed", "etc/pam.d/common-password")
    assert "is not set for pam_pwquality.so: 8" in default.observed


def test_the_main_file_is_read_after_its_folder() -> None:
    files = debian(QUALITY, UNIX, pwquality="minlen = 6\n")
    files["etc/security/pwquality.conf.d/50-ours.conf"] = "minlen = 20\n"
    assert judged("password-length", files).status == "failed"
    files["etc/security/pwquality.conf"] = "# minlen = 6\n"
    assert judged("password-length", files).status == "passed"


def test_all_four_kinds_stand_for_each() -> None:
    assert judged("password-dcredit", debian(QUALITY, UNIX, pwquality="minclass = 4\n")).status == (
        "passed"
    )
    assert judged("password-dcredit", debian(QUALITY, UNIX, pwquality="minclass = 3\n")).status == (
        "failed"
    )


def test_a_module_that_is_not_reached_or_only_optional_is_not_in_effect() -> None:
    assert judged(
        "password-quality", debian(UNIX.replace("required", "sufficient"), QUALITY)
    ).status == ("failed")
    assert judged(
        "password-quality", debian("password optional pam_pwquality.so", UNIX)
    ).status == ("failed")
    jumped = debian("password [success=1 default=ignore] pam_x.so", QUALITY, UNIX)
    assert judged("password-quality", jumped).status == "failed"
    assert judged("password-quality", debian(f"-{QUALITY}", UNIX)).status == "passed"


FINGER: Final = "-auth sufficient pam_fprintd.so"


@pytest.mark.parametrize(
    "before",
    [
        FINGER,
        "auth sufficient pam_sss.so",
        "auth [success=2 default=ignore] pam_krb5.so",
        "auth [default=1 success=ok] pam_localuser.so",
    ],
)
def test_an_empty_password_counts_on_whatever_way_a_log_in_takes(before: str) -> None:
    stack = f"{before}\nauth sufficient pam_unix.so nullok\nauth required pam_deny.so\n"
    verdict = judged("password-nullok", {"etc/pam.d/system-auth": stack})
    assert (verdict.status, verdict.line) == ("failed", 2)


@pytest.mark.parametrize(
    "before",
    ["auth requisite pam_deny.so", "auth [default=die] pam_x.so", "auth [default=bad] y.so"],
)
def test_what_only_a_refused_log_in_reaches_does_not_count(before: str) -> None:
    stack = f"{before}\nauth sufficient pam_unix.so nullok\n"
    refused = stack if "deny" not in before else stack.replace("requisite", "[default=die]")
    assert judged("password-nullok", {"etc/pam.d/system-auth": refused}).status == "passed"


def test_one_of_several_modules_that_take_a_password_is_judged() -> None:
    lines = (
        "password [success=2 default=ignore] pam_krb5.so minimum_uid=1000",
        "password [success=1 default=ignore] pam_unix.so obscure use_authtok yescrypt",
        "password requisite pam_deny.so",
    )
    assert judged("password-hash-pam", debian(*lines)).status == "passed"
    weak = debian(*(line.replace("yescrypt", "md5") for line in lines))
    assert judged("password-hash-pam", weak).status == "failed"


def test_a_module_for_root_or_a_device_ends_the_stack_for_them_only() -> None:
    wheel = "auth required pam_wheel.so use_uid\n"
    root = {"etc/pam.d/su": f"auth sufficient pam_rootok.so\n{wheel}"}
    assert judged("su-wheel", root).status == "passed"
    other = {"etc/pam.d/su": f"auth sufficient pam_unix.so\n{wheel}"}
    assert judged("su-wheel", other).status == "failed"
    trusted = {"etc/pam.d/su": "auth sufficient pam_wheel.so trust\nauth required pam_unix.so\n"}
    assert judged("su-wheel", trusted).status == "failed"


def test_what_ends_a_substack_ends_no_more() -> None:
    inner = "auth sufficient pam_a.so\nauth required pam_b.so\n"
    outer = "auth required pam_first.so\nauth {} inner\nauth required pam_last.so\n"
    files = {"etc/pam.d/inner": inner, "etc/pam.d/su": outer.format("substack")}
    assert modules(files, "su") == ["pam_first", "pam_a", "pam_last"]
    files["etc/pam.d/su"] = outer.format("include")
    assert modules(files, "su") == ["pam_first", "pam_a"]
    files["etc/pam.d/inner"] = "auth [success=9 default=ignore] pam_a.so\n" + inner
    files["etc/pam.d/su"] = outer.format("substack")
    assert modules(files, "su") == ["pam_first", "pam_a", "pam_last"]


@pytest.mark.parametrize("module", ["pam_deepin_pw_check", "pam_passwdqc"])
def test_another_module_that_checks_passwords_has_settings_of_its_own(module: str) -> None:
    stack = debian(f"password requisite {module}.so retry=1 enforce_for_root", UNIX)
    assert judged("password-quality", stack).status == "passed"
    verdict = judged("password-length", stack)
    assert verdict.status == "not_applicable"
    assert module in verdict.observed


def test_the_vendor_s_settings_count_where_there_are_no_others() -> None:
    lines = "auth required pam_faillock.so preauth\nauth required pam_faillock.so authfail\n"
    stack = {"usr/lib/pam.d/common-auth": lines}
    vendor = {**stack, "usr/etc/security/faillock.conf": "deny = 9\n"}
    assert judged("lock-after", vendor).observed == "deny 9"
    ours = {**vendor, "etc/security/faillock.conf": "audit\n"}
    assert judged("lock-after", ours).status == "passed"


def test_every_stack_that_services_include_counts() -> None:
    good, bad = f"{QUALITY}\n{UNIX}\n", f"{UNIX}\n"
    files = {"etc/pam.d/system-auth": good, "etc/pam.d/password-auth": bad}
    verdict = judged("password-quality", files)
    assert (verdict.status, verdict.path) == ("failed", "etc/pam.d/password-auth")
    files["etc/pam.d/password-auth"] = good
    assert judged("password-quality", files).status == "passed"


def test_a_stack_behind_a_link_is_read_under_the_name_of_the_link() -> None:
    files = {"etc/authselect/system-auth": f"{QUALITY} minlen=15\n{UNIX}\n"}
    link = {"etc/pam.d/system-auth": "l /etc/authselect/system-auth"}
    verdict = judged("password-length", files, places=link)
    assert (verdict.status, verdict.path) == ("passed", "etc/pam.d/system-auth")


def test_without_pam_nothing_is_judged() -> None:
    assert judged("password-quality", {}).status == "not_applicable"


def test_includes_stand_in_their_place() -> None:
    files = {
        "etc/pam.d/login": "auth required pam_a.so\n@include x\nauth include y\nauth substack z\n",
        "etc/pam.d/x": "auth required pam_x.so\naccount required pam_no.so\n",
        "usr/lib/pam.d/y": "auth [success=ok default=bad] /lib/security/pam_y.so a=[b c]\n",
        "etc/pam.d/z": "auth requisite pam_z.so \\\n  debug\nauth sufficient pam_end.so\n",
    }
    assert modules(files, "login") == ["pam_a", "pam_x", "pam_y", "pam_z", "pam_end"]


def test_a_file_of_the_first_folder_hides_the_vendor_s() -> None:
    files = {"etc/pam.d/su": "auth required pam_a.so\n", "usr/lib/pam.d/su": "auth required b.so\n"}
    assert modules(files, "su") == ["pam_a"]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (f"{UNIX} sha512", "passed"),
        (f"{UNIX} yescrypt", "passed"),
        (f"{UNIX} md5 sha512", "passed"),
        (f"{UNIX} md5", "failed"),
        (UNIX, "failed"),
    ],
)
def test_the_hash_is_that_of_the_last_flag(line: str, status: str) -> None:
    assert judged("password-hash-pam", debian(line)).status == status


def test_without_a_flag_the_hash_is_that_of_login_defs() -> None:
    files = {**debian(UNIX), "etc/login.defs": "ENCRYPT_METHOD YESCRYPT\n"}
    assert judged("password-hash-pam", files).status == "passed"


def test_files_that_include_each_other_end() -> None:
    loop = {"etc/pam.d/login": "@include login\nauth include login\nauth required pam_a.so\n"}
    found = modules(loop, "login")
    assert 0 < len(found) <= MAX_RULES


def test_files_that_include_each_other_many_times_end() -> None:
    many = {"etc/pam.d/login": "@include login\n" * 1000 + "auth required pam_a.so\n"}
    assert len(modules(many, "login")) <= MAX_RULES


def test_a_jump_out_of_the_stack_ends_it() -> None:
    huge = {"etc/pam.d/su": f"auth [success={'9' * 15}] pam_a.so\nauth required pam_b.so\n"}
    assert modules(huge, "su") == ["pam_a"]


@pytest.mark.parametrize(
    ("lines", "remembered", "by_unix"),
    [
        ((UNIX,), "failed", "passed"),
        ((f"{UNIX} remember=5",), "passed", "failed"),
        (("password requisite pam_pwhistory.so remember=24", UNIX), "passed", "passed"),
    ],
)
def test_whether_passwords_are_remembered_and_by_whom_are_two_questions(
    lines: tuple[str, ...], remembered: str, by_unix: str
) -> None:
    assert judged("password-history", debian(*lines)).status == remembered
    assert judged("password-no-remember", debian(*lines)).status == by_unix
    assert ITEMS["password-no-remember"].title == "pam_unix must not keep old passwords itself"


LOCKS: Final = ("lock-enabled", "lock-after", "lock-time", "lock-root", "lock-interval")
PREAUTH: Final = "auth required pam_faillock.so preauth even_deny_root deny=5 unlock_time=900"
AUTHFAIL: Final = "auth [default=die] pam_faillock.so authfail even_deny_root"
UNIX_AUTH: Final = "auth sufficient pam_unix.so"
DENY: Final = "auth required pam_deny.so"


def auth(*lines: str) -> dict[str, str]:
    return {"etc/pam.d/common-auth": "\n".join(lines)}


@pytest.mark.parametrize("item", LOCKS)
def test_a_lock_that_nothing_counts_failures_for_is_none(item: str) -> None:
    verdict = judged(item, auth(PREAUTH, UNIX_AUTH, DENY))
    assert verdict.status == "failed"
    assert "no line of pam_faillock with authfail" in verdict.observed
    assert judged(item, auth(PREAUTH, UNIX_AUTH, AUTHFAIL, DENY)).status == "passed"


@pytest.mark.parametrize("item", ["lock-enabled", "lock-after", "lock-time"])
def test_a_lock_without_its_module_is_none_whatever_the_file_says(item: str) -> None:
    conf = {"etc/security/faillock.conf": "deny = 3\nunlock_time = 900\n"}
    assert judged(item, {**auth(UNIX_AUTH, DENY), **conf}).status == "failed"


def test_a_lock_may_let_in_behind_the_password() -> None:
    # The second example of pam_faillock(8).
    lines = (
        "auth [success=1 default=bad] pam_unix.so",
        "auth [default=die] pam_faillock.so authfail deny=4",
        "auth sufficient pam_faillock.so authsucc deny=4",
    )
    assert judged("lock-enabled", auth(*lines, DENY)).status == "passed"
    assert judged("lock-after", auth(*lines, DENY)).status == "passed"
    # Whom it does not let in, the next line does.
    assert judged("lock-enabled", auth(*lines, "auth required pam_permit.so")).status == "failed"


def test_pam_tally2_locks_after_as_many_failures_as_it_is_told() -> None:
    conf = {"etc/security/faillock.conf": "deny = 3\nunlock_time = 900\n"}
    tally = "auth required pam_tally2.so onerr=fail"
    without = {**auth(tally, UNIX_AUTH, DENY), **conf}
    assert [judged(item, without).status for item in LOCKS] == ["failed"] * len(LOCKS)
    with_ = auth(f"{tally} deny=5 unlock_time=900 even_deny_root", UNIX_AUTH, DENY)
    assert [judged(item, with_).status for item in LOCKS] == ["passed"] * len(LOCKS)
    # It reads no file: what one says changes nothing.
    short = {**auth(f"{tally} deny=5 unlock_time=60", UNIX_AUTH, DENY), **conf}
    assert judged("lock-time", short).status == "failed"


def test_pam_cracklib_reads_no_file_of_pam_pwquality() -> None:
    files = {
        "etc/pam.d/common-password": f"password requisite pam_cracklib.so\n{UNIX}\n",
        "etc/security/pwquality.conf": "minlen = 14\n",
    }
    assert judged("password-length", files).status == "failed"


def test_pam_faillock_of_red_hat_7_reads_no_file() -> None:
    preauth = PREAUTH.replace("deny=5", "")
    files = {
        "etc/pam.d/system-auth": f"{preauth}\n{UNIX_AUTH}\n{AUTHFAIL}\n{DENY}",
        "etc/security/faillock.conf": "deny = 20\n",
    }
    old, new = (
        judge(ITEMS["lock-after"], look_at(image(files=files, packages={"pam": version})))
        for version in ("1.1.8-23.el7", "1.3.1-25.el8")
    )
    assert (old.status, new.status) == ("passed", "failed")


def test_pam_cracklib_looks_for_the_name_where_it_is_told_to() -> None:
    said = [
        judged("password-user-check", debian(f"password requisite {module}", UNIX)).status
        for module in ("pam_cracklib.so", "pam_cracklib.so reject_username", "pam_pwquality.so")
    ]
    assert said == ["failed", "passed", "passed"]
