"""The rules of sudo, read as sudo reads them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from scantling_analyzers.checks.catalogue import items
from scantling_analyzers.risks.setting import sudoers
from scantling_analyzers.risks.setting.judging import judge, look_at
from tests.analyzers.risks.setting.images import image

if TYPE_CHECKING:
    from scantling_analyzers.risks.setting.verdict import Verdict

MAIN: Final = "etc/sudoers"
SECONDS: Final = 1.5
"""What 30 KB of rules may take; a second look at each character would take far longer."""
ITEMS: Final = {item.id: item for item in items()}


def judged(item: str, text: str, more: dict[str, str] | None = None, **others: Any) -> Verdict:
    files = {MAIN: text, **(more or {})}
    return judge(ITEMS[item], look_at(image(files=files, **others)))


def seen(text: str, item: str = "sudo-nopasswd", more: dict[str, str] | None = None) -> list[str]:
    """Return all that is wrong; empty where the item passes."""
    verdict = judged(item, text, more)
    return verdict.observed.split(" ; ") if verdict.status == "failed" else []


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("app ALL=(ALL) NOPASSWD: ALL", "app may run ALL as ALL"),
        ("app ALL = NOPASSWD :/bin/ls", "app may run /bin/ls"),
        ("%wheel ALL=(ALL:ALL) NOPASSWD:ALL", "%wheel may run ALL as ALL:ALL"),
        ("#1000 ALL=(root) NOPASSWD: /bin/a  -x   y", "#1000 may run /bin/a -x y as root"),
        ("a, b web1 = NOPASSWD: ALL", "a, b may run ALL on web1"),
        ("a 2001:db8::1/64, ::1 = NOPASSWD: ALL", "a may run ALL on 2001:db8::1/64, ::1"),
        ('"d\\\\admin one" ALL = NOPASSWD: ALL', "d\\admin one may run ALL"),
        ("a ALL = NOEXEC: NOPASSWD: SETENV: /bin/x\\,y", "a may run /bin/x,y"),
        ("a ALL = CWD=/tmp TIMEOUT=5m NOPASSWD: /bin/ls", "a may run /bin/ls"),
        ("a ALL = NOPASSWD: sha224:0Gom+/sd= /bin/ls", "a may run /bin/ls"),
        ("ALL ALL = (ALL) NOPASSWD: ALL # all", "ALL may run ALL as ALL"),
        ("%#100 ALL = NOPASSWD: sudoedit /etc/hosts", "%#100 may run sudoedit /etc/hosts"),
    ],
)
def test_a_rule_without_a_password_is_shown_in_words(rule: str, said: str) -> None:
    assert seen(f"{rule}\n") == [f"{said} without a password"]


@pytest.mark.parametrize(
    "rule",
    [
        "a ALL = NOPASSWD: PASSWD: ALL",
        "a ALL = PASSWD: ALL",
        "a ALL = NOPASSWD: !/bin/su",
        "root ALL = (ALL) NOPASSWD: ALL",
        "#0 ALL = NOPASSWD: ALL",
        "# a ALL = NOPASSWD: ALL",
        "a ALL = ALL # NOPASSWD: ALL",
        "NOPASSWD: ALL",
        "Cmnd_Alias NOPASSWD = /bin/ls : A = NOPASSWD",
    ],
)
def test_what_asks_for_a_password_or_allows_nothing_passes(rule: str) -> None:
    assert seen(f"{rule}\n") == []


def test_commands_of_a_list_have_the_tags_and_users_of_the_one_before() -> None:
    rule = "a ALL = (db) NOPASSWD: /bin/a, /bin/b, (root) /bin/c, PASSWD: /bin/d, /bin/e\n"
    assert seen(rule) == [
        "a may run /bin/a as db without a password",
        "a may run /bin/b as db without a password",
        "a may run /bin/c as root without a password",
    ]


def test_other_hosts_of_a_rule_begin_anew() -> None:
    rule = "a web = NOPASSWD: /bin/a : db, x = (root) /bin/b : y = /bin/c, NOPASSWD: /bin/d\n"
    assert seen(rule) == [
        "a may run /bin/a on web without a password",
        "a may run /bin/d on y without a password",
    ]


def test_aliases_stand_for_their_members_wherever_they_are_defined() -> None:
    text = (
        "OPS LAB = (RUN) NOPASSWD: TOOLS\n"
        "User_Alias OPS = alice, %ops : DEV = dan\n"
        "Host_Alias LAB = 192.0.2.0/24\n"
        "Cmnd_Alias TOOLS = SHELLS, /bin/ls -l, !/bin/rm : SHELLS = /bin/sh, \\\n  /bin/bash\n"
    )
    (said,) = seen(text)
    assert said.startswith("alice, %ops may run /bin/sh, /bin/bash, /bin/ls -l as RUN on 192.0.2.0")


def test_an_alias_of_root_or_of_nothing_allows_nobody_and_nothing() -> None:
    text = (
        "User_Alias R = root\nCmnd_Alias N = !/bin/su\nR ALL = NOPASSWD: ALL\na ALL = NOPASSWD: N\n"
    )
    assert seen(text) == []


def test_aliases_that_name_each_other_end() -> None:
    text = "User_Alias A = B, a\nUser_Alias B = A, b\nA ALL = NOPASSWD: ALL\n"
    assert seen(text) == ["b, a may run ALL without a password"]


def test_a_line_goes_on_behind_a_backslash() -> None:
    verdict = judged("sudo-nopasswd", "\na ALL = \\\n   (root) \\\n NOPASSWD: \\\n ALL\n")
    assert (verdict.observed, verdict.line) == ("a may run ALL as root without a password", 2)
    assert seen("a ALL = ALL, \\\n\nb ALL = NOPASSWD: ALL\n") == [
        "b may run ALL without a password"
    ]
    assert seen(
        "a ALL = ALL, \\\n@includedir sudoers.d\n",
        more={"etc/sudoers.d/b": "b ALL = NOPASSWD: ALL"},
    )
    assert seen("a ALL = NOPASSWD: ALL \\") == ["a may run ALL without a password"]


def test_only_what_is_included_is_read_and_files_that_sudo_passes_over_are_not() -> None:
    rule = "a ALL = NOPASSWD: ALL\n"
    for name, is_read in (("10-a", True), ("a.bak", False), ("a~", False)):
        more = {f"etc/sudoers.d/{name}": rule}
        for include in ("@includedir /etc/sudoers.d", "#includedir sudoers.d"):
            assert bool(seen(f"{include}\n", more=more)) == is_read
        assert seen("# none\n", more=more) == []
    local = {"etc/sudoers.local": rule}
    assert seen('@include "/etc/sudoers.local"\n', more=local)
    assert judged("sudo-nopasswd", "#include sudoers.local\n", local).path == "etc/sudoers.local"
    assert seen("# includedir /etc/sudoers.d\n", more={"etc/sudoers.d/a": rule}) == []


@pytest.mark.parametrize(
    "include",
    [
        "@include /opt/rules",
        "@includedir /opt/rules.d",
        "@include /etc/sudoers.%h",
        "@include sudoers",
    ],
)
def test_what_is_included_and_not_read_is_told(include: str) -> None:
    verdict = judged("sudo-nopasswd", f"{include}\nroot ALL = ALL\n")
    assert verdict.status == "unknown"
    assert "is included" in verdict.observed
    assert judged("sudo-nopasswd", f"{include}\na ALL = NOPASSWD: ALL\n").status == "failed"


def test_the_vendor_s_rules_count_where_there_are_no_others() -> None:
    vendor = {
        "usr/etc/sudoers": "@includedir /usr/etc/sudoers.d\n",
        "usr/etc/sudoers.d/a": "Defaults targetpw\n",
    }
    item = ITEMS["sudo-target-password"]
    verdict = judge(item, look_at(image(files=vendor)))
    assert (verdict.status, verdict.path) == ("failed", "usr/etc/sudoers.d/a")
    assert (
        judge(item, look_at(image(files={**vendor, MAIN: "root ALL = ALL\n"}))).status == "passed"
    )


@pytest.mark.parametrize(
    ("item", "text", "status"),
    [
        ("sudo-no-authenticate", "Defaults:a,b !authenticate\n", "failed"),
        ("sudo-no-authenticate", "Defaults!/bin/ls env_reset, !authenticate\n", "failed"),
        ("sudo-no-authenticate", "Defaults !authenticate\nDefaults authenticate\n", "passed"),
        ("sudo-no-authenticate", "Defaults:a !authenticate\nDefaults authenticate\n", "failed"),
        ("sudo-no-authenticate", "Defaults !!authenticate\n", "passed"),
        ("sudo-no-authenticate", "#Defaults !authenticate\n", "passed"),
        ("sudo-use-pty", "Defaults use_pty\nDefaults@web !use_pty\n", "failed"),
        ("sudo-use-pty", "Defaults:a use_pty\n", "failed"),
        ("sudo-use-pty", "Defaults env_reset,use_pty, \\\n  insults\n", "passed"),
        ("sudo-use-pty", "Defaults use_pty\nDefaults !use_pty\n", "failed"),
        ("sudo-use-pty", 'Defaults passprompt="a, use_pty"\n', "failed"),
        ("sudo-log-file", 'Defaults logfile = "/var/log/sudo.log"\n', "passed"),
        ("sudo-log-file", "Defaults !logfile\n", "failed"),
        ("sudo-target-password", "Defaults:%users rootpw\n", "failed"),
        ("sudo-target-password", "Defaults >db runaspw\n", "failed"),
        ("sudo-timestamp", "Defaults timestamp_timeout=15\n", "passed"),
        ("sudo-timestamp", "Defaults timestamp_timeout = 15.5\n", "failed"),
        ("sudo-timestamp", "Defaults:a timestamp_timeout=-1\n", "failed"),
        ("sudo-timestamp", "Defaults !timestamp_timeout\n", "passed"),
        ("sudo-timestamp", "Defaults timestamp_timeout=x\n", "failed"),
        ("sudo-timestamp", "Defaults passwd_tries=3, timestamp_timeout=60\n", "failed"),
        ("sudo-environment", 'Defaults env_keep += "LANG LD_PRELOAD"\n', "failed"),
        ("sudo-environment", 'Defaults:a env_keep = "*"\n', "failed"),
        ("sudo-environment", 'Defaults env_keep -= "LD_PRELOAD"\n', "passed"),
        ("sudo-environment", 'Defaults env_keep += "LANG OLD_ENVELOPE"\n', "passed"),
        ("sudo-environment", "a ALL = SETENV: /bin/ls\n", "failed"),
        ("sudo-environment", "a ALL = SETENV: NOSETENV: /bin/ls\n", "passed"),
        ("sudo-targets", "User_Alias E = ALL\nE ALL = (ALL) /bin/ls, ALL\n", "failed"),
        ("sudo-targets", "ALL ALL = /sbin/reboot\n", "passed"),
        ("sudo-targets", "ALL ALL = !ALL\n", "passed"),
    ],
)
def test_settings_hold_as_sudo_takes_them(item: str, text: str, status: str) -> None:
    assert judged(item, text).status == status


@pytest.mark.parametrize(
    ("version", "status"),
    [("1.9.13p3-1", "failed"), ("1.9.15p5-3ubuntu5", "passed"), ("x", "failed")],
)
def test_newer_versions_run_commands_on_a_terminal_by_default(version: str, status: str) -> None:
    verdict = judged("sudo-use-pty", "Defaults env_reset\n", packages={"sudo": version})
    assert verdict.status == status
    off = judged("sudo-use-pty", "Defaults !use_pty\n", packages={"sudo": version})
    assert off.status == "failed"


def test_includes_that_repeat_end(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = judged("sudo-nopasswd", "@include /etc/sudoers\n")
    assert (deep.status, "too deep" in deep.observed) == ("unknown", True)
    many = judged(
        "sudo-nopasswd", "@include /etc/sudoers.a\n" * 300, {"etc/sudoers.a": "a ALL = ALL\n"}
    )
    assert "files and folders are included" in many.observed
    monkeypatch.setattr(sudoers, "MAX_CHARACTERS", 10)
    long = judged("sudo-nopasswd", "root ALL = (ALL) ALL\n")
    assert "characters are included" in long.observed
    monkeypatch.undo()
    monkeypatch.setattr(sudoers, "MAX_RULES", 2)
    rules = judged("sudo-nopasswd", "root ALL = /bin/a, /bin/b, /bin/c\n")
    assert "commands in rules" in rules.observed


@pytest.mark.parametrize("head", ["User_Alias A = ", "ALL ALL = ", "Defaults:", "Defaults ", ""])
@pytest.mark.parametrize(
    "part", ["(", ":a=", 'a "', "!", "! ", "\\,", ",", "NOPASSWD:", ":A=B", "A", " ", "1:2:", "a,"]
)
def test_rules_made_to_hurt_end(head: str, part: str) -> None:
    text = head + f"{part * (2000 // len(part))} \\\n" * 15
    looked = look_at(image(files={MAIN: text}))
    began = time.process_time()
    for item in ("sudo-nopasswd", "sudo-targets", "sudo-environment"):
        # There may be more commands than are looked at.
        assert judge(ITEMS[item], looked).status in {"passed", "failed", "unknown"}
    assert time.process_time() - began < SECONDS


def test_words_of_the_grammar_are_no_secrets_and_arguments_are() -> None:
    token = "s3cr" + "et-value9"
    text = f"a ALL = NOPASSWD: /bin/curl --password={token} https\\://x, PASSWD: /bin/b\n"
    (said,) = seen(text)
    assert token not in said
    assert said.startswith("a may run /bin/curl")
    assert seen("Cmnd_Alias PASSWD = /bin/a, /bin/b\nx ALL = NOPASSWD: PASSWD\n") == [
        "x may run /bin/a, /bin/b without a password"
    ]
