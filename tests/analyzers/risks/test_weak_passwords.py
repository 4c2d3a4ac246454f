"""Weak passwords of an image: found, shown masked, and what was not tried is said."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from scantling_analyzers.contract import Settings
from scantling_analyzers.fact_seal import FactSeal
from scantling_analyzers.facts.accounts.reader import AccountReader
from scantling_analyzers.passwords.trials import NONE, Answer
from scantling_analyzers.risks.setting.passwords.judgement import Judged, judge
from scantling_analyzers.risks.setting.passwords.planning import IMAGE_MICROSECONDS, LEAST
from scantling_analyzers.risks.setting.passwords.section import password_section
from tests.analyzers.facts.files import SEAL, read
from tests.analyzers.risks.content import content
from tests.builders.accounts import hashed, login_path, passwd, shadow, with_setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_analyzers.facts.models import AnyFact
    from scantling_analyzers.passwords.candidates import Lists
    from scantling_analyzers.risks.setting.passwords.planning import Plan
    from scantling_common.outcomes import Finding

STRONG = b"Xk3#9dlw0qz"
USERS = passwd("root", 0) + passwd("ann") + passwd("www", 33, login="/usr/sbin/nologin")


def facts(files: dict[str, bytes]) -> list[AnyFact]:
    found = [read(AccountReader(), data, path) for path, data in files.items()]
    assert [each.codes for each in found if each.errors] == []
    return [fact for each in found for fact in each.facts]


def judged(files: dict[str, bytes], *entries: str, seal: FactSeal = SEAL) -> Judged:
    image = content(*((fact, 0, None) for fact in facts(files)))
    return judge(image, Settings(lists={"weak-passwords": entries} if entries else {}), seal)


def system(*lines: bytes) -> dict[str, bytes]:
    return {"etc/passwd": USERS, "etc/shadow": b"".join(lines)}


def said(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    return [(each.details["account"], each.severity, each.details["why"]) for each in findings]


def test_a_weak_password_is_told_with_whose_where_why_and_how_to_mend_it() -> None:
    result = judged(system(shadow("ann", hashed(b"ann123", b"$6$"))))

    (finding,) = result.findings
    assert (finding.id, finding.risk, finding.severity) == ("weak-password", "setting", "high")
    assert finding.title == "Weak password of the account ann: it is made of the name"
    assert finding.path == "etc/shadow"
    assert finding.layer.startswith("sha256:")
    assert "kept as a sha512 hash in line 1 of /etc/shadow" in finding.description
    assert "passwd -l" in finding.solution
    assert finding.details == {
        "account": "ann",
        "system": "linux",
        "line": "1",
        "scheme": "sha512",
        "why": "derived",
        "reason": "it is made of the name",
        "password": "a******",
        "uid": "1000",
        "can_log_in": "yes",
        "baseline": "weak-passwords",
        "observed": "ann: it is made of the name",
        "expected": "no weak password",
    }
    assert result.errors == ()
    assert (result.counts.accounts, result.counts.weak, result.counts.passed) == (1, 1, 0)


def test_who_may_do_what_with_a_password_decides_how_bad_it_is() -> None:
    result = judged(
        system(
            shadow("root", hashed(b"toor", b"$1$")),
            shadow("ann", hashed(b"qwerty", b"$1$")),
            shadow("www", hashed(b"www", b"$1$")),
            shadow("old", b"!" + hashed(b"123456", b"$1$")),
            shadow("none", ""),
        )
    )

    assert said(result.findings) == [
        ("root", "critical", "default"),
        ("ann", "high", "common"),
        ("www", "medium", "user_name"),
        ("old", "low", "common"),
        ("none", "medium", "empty"),
    ]


def test_a_locked_hash_is_tried_and_said_to_be_locked() -> None:
    (finding,) = judged(system(shadow("ann", b"!" + hashed(b"123456", b"$1$")))).findings

    assert finding.details["locked"] == "yes"
    assert "The account is locked" in finding.description


def test_how_common_a_password_is_is_said_by_steps() -> None:
    (finding,) = judged(system(shadow("ann", hashed(b"dragon", b"$1$")))).findings

    assert finding.details["reason"] == "it is a common one, of the 100 first"


def test_the_project_s_list_adds_to_ours() -> None:
    files = system(shadow("ann", hashed(b"our-city#1", b"$1$")))

    assert judged(files).findings == ()
    assert said(judged(files, "our-city#1").findings) == [("ann", "high", "your_list")]
    assert said(judged(files, "# no", "\\#x", "our-city#1").findings)


def test_a_password_of_the_list_may_begin_like_a_comment() -> None:
    files = system(shadow("ann", hashed(b"#our-city", b"$1$")))

    assert said(judged(files, "\\#our-city").findings) == [("ann", "high", "your_list")]


def test_an_entry_of_an_earlier_release_that_is_none_is_told() -> None:
    (error,) = judged(system(), "fine", "a" * 200).errors

    assert error.message.startswith("entry 2 of weak-passwords: the password has 200 characters")


def test_copies_and_earlier_passwords_are_low() -> None:
    weak = hashed(b"123456", b"$1$")
    files = {
        "etc/shadow-": shadow("ann", weak),
        "etc/security/opasswd": b"ann:1000:1:" + weak + b"\n",
        "etc/gshadow": b"wheel:" + weak + b"::\n",
    }

    assert [(each.path, each.severity) for each in judged(files).findings] == [
        ("etc/gshadow", "medium"),
        ("etc/security/opasswd", "low"),
        ("etc/shadow-", "low"),
    ]


def test_passwords_of_software_are_judged_by_what_it_comes_with() -> None:
    files = {
        "etc/redis/redis.conf": b"requirepass foobared\nuser ann on >" + STRONG + b"\n",
        "root/.my.cnf": b"[client]\npassword=my-secret-pw\n",
        "opt/tomcat-users.xml": b"<u><user username='tomcat' password='s3cret'/></u>",
        "srv/.htpasswd": b"admin:{SHA}0DPiKuNIrrVmD8IUCuw1hQxNqZc=\n",
        "root/.vnc/passwd": bytes.fromhex("dbd83cfd727a1458"),
    }

    found = judged(files)

    assert said(found.findings) == [
        ("default", "high", "default"),
        ("tomcat", "high", "default"),
        ("root", "high", "default"),
        ("vnc", "high", "default"),
        ("admin", "high", "user_name"),
    ]
    assert found.counts.accounts == 6


def test_one_account_has_one_finding_for_a_file() -> None:
    lines = shadow("ann", hashed(b"ann", b"$1$")), shadow("ann", b"!" + hashed(b"123456", b"$1$"))

    for order in (lines, lines[::-1]):
        assert said(judged(system(*order)).findings) == [("ann", "high", "user_name")]


def test_of_redis_what_holds_is_judged() -> None:
    content_ = b"user default on nopass\nrequirepass redis\n"

    assert said(judged({"etc/redis/redis.conf": content_}).findings) == [
        ("default", "medium", "empty")
    ]


def test_what_is_hidden_by_a_later_layer_is_not_judged() -> None:
    found = facts(system(shadow("ann", hashed(b"ann", b"$1$"))))
    image = content(*((fact, 0, 1) for fact in found))

    assert judge(image, Settings(), SEAL).findings == ()


def test_a_fingerprint_stays_whatever_the_weak_password_is() -> None:
    (one,) = judged(system(shadow("ann", hashed(b"ann", b"$1$")))).findings
    (other,) = judged(system(b"\n", shadow("ann", hashed(b"123456", b"$5$")))).findings

    assert one.fingerprint == other.fingerprint
    assert one != other


def test_each_weak_password_of_an_option_file_is_told() -> None:
    groups = b"[client]\nuser=adm\npassword=dragon\n[mysqldump]\nuser=adm\npassword=123456\n"
    both = judged({"etc/my.cnf": groups}).findings
    (one,) = judged({"etc/my.cnf": groups.partition(b"[mysqldump]")[2]}).findings

    assert [(each.details["account"], each.details["line"]) for each in both] == [
        ("adm", "3"),
        ("adm", "6"),
    ]
    assert both[0].fingerprint == one.fingerprint != both[1].fingerprint
    hidden = login_path(*(line + b"\n" for line in groups.splitlines()))
    assert len({each.fingerprint for each in judged({".mylogin.cnf": hidden}).findings}) == 2


@pytest.mark.parametrize(
    ("hash_", "reason"),
    [
        (b"$6$rounds=999999999$salt$" + b"a" * 86, "999,999,999 rounds"),
        (b"$2b$31$" + b"a" * 53, "bcrypt cost 31"),
        (b"$y$jTT$salt$" + b"a" * 43, "N=2^32"),
        (b"$7$zU..../....salt$" + b"a" * 43, "N=2^63"),
        (b"$6$rounds=9999999999$salt$" + b"a" * 86, "999,999,999 rounds"),
        (b"$5$rounds=4294967296$s$" + b"a" * 43, "999,999,999 rounds"),
        (b"$y$zzzzzzzzzzzz$salt$" + b"a" * 43, "yescrypt hash is not tried: yescrypt without"),
    ],
)
def test_a_hash_that_asks_for_too_much_is_not_tried_and_named(hash_: bytes, reason: str) -> None:
    begun = time.monotonic()
    result = judged(system(shadow("ann", hash_)))

    assert time.monotonic() - begun < 5
    assert result.findings == ()
    (error,) = result.errors
    assert (error.code, error.path) == ("cost_too_high", "etc/shadow")
    assert error.message.startswith("line 1, account ann: ")
    assert reason in error.message
    assert (result.counts.unknown, result.counts.passed) == (1, 0)


@pytest.mark.parametrize("hash_", [b"$argon2id$v=19$x", b"$6$" + b"s" * 2000])
def test_a_hash_of_an_unknown_scheme_is_not_tried_and_named(hash_: bytes) -> None:
    (error,) = judged(system(shadow("ann", hash_))).errors

    assert error.code == "scheme_unsupported"
    assert "account ann" in error.message


@pytest.mark.parametrize("before", [b"*LK*", b"!!", b"{CRYPT}", b"!LOCKED!"])
def test_a_hash_behind_what_locks_it_is_tried(before: bytes) -> None:
    (finding,) = judged(system(shadow("ann", before + hashed(b"123456", b"$1$")))).findings

    assert (finding.severity, finding.details["locked"]) == ("low", "yes")


def test_a_password_that_goes_before_that_of_a_directory_is_tried() -> None:
    weak = hashed(b"123456", b"$1$")
    lines = b"+::::::\n+joe:" + weak + b":::::\n-max::::::\n+ann:x:::::\n"

    assert said(judged({"etc/passwd": USERS + lines}).findings) == [("joe", "high", "common")]
    assert said(judged(system(b"+joe:" + weak + b":::::::\n")).findings) == [
        ("joe", "medium", "common")
    ]


def test_odd_lines_are_read_each_once() -> None:
    weak = hashed(b"123456", b"$1$")
    lines = (
        shadow("ann", weak).replace(b"\n", b"\r\n"),
        shadow("ann", weak),
        b"\xff\xfe:" + weak + b":1:0:9:7:::\n",
        b"=cmd:" + weak + b"\n",
        b"fail:*0:1:0:9:7:::\n",
    )
    result = judged(system(*lines))

    assert said(result.findings) == [
        ("ann", "high", "common"),
        ("\\xff\\xfe", "medium", "common"),
        ("=cmd", "medium", "common"),
    ]
    assert result.errors == ()


@pytest.mark.parametrize(
    "setting",
    [
        *(b"$1$$", b"$5$$", b"$6$$", b"$y$j9T$$", b"$3$", b"_J9..abcd", b"$sha1$1000$salt$"),
        *(b"$md5$salt", b"$md5$salt$", b"$md5,rounds=100$salt$", b"$7$C6..../....salt$"),
        *(b"$gy$j9T$$", b"$2x$04$abcdefghijklmnopqrstuu", b"$2y$04$abcdefghijklmnopqrstuu"),
    ],
)
def test_every_scheme_is_tried_without_a_salt_too(setting: bytes) -> None:
    (finding,) = judged(system(shadow("ann", with_setting(b"123456", setting)))).findings

    assert finding.details["why"] == "common"


def test_a_scheme_that_the_library_lacks_is_named() -> None:
    result = judged(system(shadow("ann", b"$sm3$salt$" + b"a" * 43)))
    if not result.errors:
        pytest.skip("the library here has sm3")

    (error,) = result.errors
    assert error.code == "scheme_unsupported"
    assert error.message == "line 1, account ann: not tried: sm3 is not supported here"


def test_what_another_key_sealed_is_told() -> None:
    files = system(shadow("ann", hashed(b"ann", b"$1$")))

    result = judged(files, seal=FactSeal.random())

    assert result.findings == ()
    assert [error.code for error in result.errors] == ["seal_broken"]


class _Tries:
    """Takes the place of the process: it answers each trial that nothing fits, or is cut off."""

    def __init__(self, answered: int | None = None) -> None:
        self.plan: Plan | None = None
        self._answered = answered

    def __call__(self, plan: Plan, _lists: Lists) -> list[Answer]:
        self.plan = plan
        trials = plan.trials()[: self._answered]
        return [
            Answer(number, NONE, tried=len(each.own) + each.shared)
            for number, each in enumerate(trials)
        ]


def attempted(
    lines: Sequence[bytes], tries: _Tries, entries: Sequence[str] = (), users: bytes = USERS
) -> Judged:
    found = facts({"etc/passwd": users, "etc/shadow": b"".join(lines)})
    image = content(*((fact, 0, None) for fact in found))
    settings = Settings(lists={"weak-passwords": tuple(entries)})
    return judge(image, settings, SEAL, attempt=tries)


def test_what_was_not_answered_in_time_is_told() -> None:
    lines = [shadow(name, b"$1$%s$" % name.encode() + b"a" * 22) for name in ("ann", "bob")]

    result = attempted(lines, _Tries(answered=1))

    assert [(error.code, error.message.partition(":")[0]) for error in result.errors] == [
        ("not_tried", "line 2, account bob")
    ]


def test_the_same_hash_is_tried_once() -> None:
    tries = _Tries()

    result = attempted([shadow(f"u{n}", b"$1$ab$" + b"a" * 22) for n in range(5)], tries)

    assert tries.plan is not None
    (trial,) = tries.plan.trials()
    assert {b"u0", b"u4123"} <= set(trial.own)
    assert (result.counts.accounts, result.counts.hashes) == (5, 1)


def test_a_slow_hash_has_fewer_common_passwords_tried_and_that_is_no_error() -> None:
    fast, slow = b"$1$ab$" + b"a" * 22, b"$y$j9T$abc$" + b"a" * 43
    tries = _Tries()

    result = attempted([shadow("a", fast), shadow("b", slow)], tries, ["our-city"])

    assert tries.plan is not None
    of_fast, of_slow = tries.plan.trials()
    assert of_fast.shared > 5000
    assert 50 < of_slow.shared < 300
    assert result.errors == ()
    assert "of less common passwords left out" in result.counts.said


def test_a_very_slow_hash_has_its_likeliest_passwords_tried() -> None:
    tries = _Tries()

    result = attempted([shadow("ann", b"$2b$13$" + b"a" * 53)], tries)

    assert tries.plan is not None
    (trial,) = tries.plan.trials()
    assert {b"", b"ann", b"Ann", b"annann"} <= set(trial.own)
    assert len(trial.own) == LEAST
    assert result.errors == ()
    assert result.counts.left_out > 5000


def test_whoever_may_do_everything_comes_first_and_the_locked_last() -> None:
    tries = _Tries()
    names = ("www", "ann", "lock", "root")
    lines = [
        shadow(name, b"!" * (name == "lock") + b"$1$%s$" % name.encode() + b"a" * 22)
        for name in names
    ]

    attempted(lines, tries)

    assert tries.plan is not None
    assert [trial.own[1] for trial in tries.plan.trials()] == [b"root", b"ann", b"www", b"lock"]


def test_too_many_hashes_for_one_image_are_told_by_numbers() -> None:
    lines = [shadow(f"u{n}", b"$y$j9T$%04d$" % n + b"a" * 43) for n in range(1000)]
    tries = _Tries()

    result = attempted(lines, tries)

    assert tries.plan is not None
    cost = sum(each.cost * (len(each.own) + each.shared) for each in tries.plan.hashes)
    assert cost <= IMAGE_MICROSECONDS
    assert tries.plan.seconds <= 180
    assert 5 <= len(tries.plan.trials()) < 100
    assert len(result.errors) == 101
    assert re.fullmatch(r"\d{3} more passwords were not tried", result.errors[-1].message)
    assert result.counts.unknown == 1000 - len(tries.plan.trials())


def test_a_list_that_is_not_tried_whole_is_told() -> None:
    slow = b"$2b$12$" + b"a" * 53
    entries = [f"word{n}" for n in range(5000)]

    result = attempted([shadow("ann", slow)], _Tries(), entries)

    (error,) = result.errors
    assert error.code == "not_tried"
    assert "not all of weak-passwords was tried" in error.message


def test_a_hundred_thousand_accounts_are_judged_in_bounded_time() -> None:
    lines = [shadow(f"u{n}", b"$6$%05d$" % n + b"a" * 86) for n in range(20_000)]
    found = facts({"etc/shadow": b"".join(lines)})
    # Five times each, as in copies of one file.
    image = content(*((fact, 0, None) for fact in found * 5))
    tries = _Tries()

    begun = time.process_time()
    result = judge(image, Settings(), SEAL, attempt=tries)

    assert time.process_time() - begun < 20
    assert result.counts.accounts == 100_000
    assert len(result.errors) <= 101
    assert tries.plan is not None
    assert tries.plan.seconds <= 180


def test_neither_hash_nor_password_is_in_what_is_said() -> None:
    secret = "zq-canary-zq"
    hash_ = hashed(secret.encode(), b"$6$")
    files = system(shadow("ann", hash_), shadow("bob", b"$y$jTT$canary$" + b"c" * 43))
    files["etc/redis/redis.conf"] = f"requirepass {secret}\n".encode()

    result = judged(files, secret)

    assert len(result.findings) == 2
    text = json.dumps(msgspec.to_builtins((result.findings, result.errors, result.counts.said)))
    text += repr(facts(files))
    assert "canary" not in text
    assert hash_.decode().rpartition("$")[2] not in text


def test_an_image_without_accounts_has_nothing_to_say() -> None:
    result = judged({"etc/passwd": USERS})

    assert (result.findings, result.errors, result.counts.accounts) == ((), (), 0)
    assert result.counts.said == "0 of 0 passwords are weak"


def items(files: dict[str, bytes], seal: FactSeal | None = SEAL) -> dict[str, str]:
    image = content(*((fact, 0, None) for fact in facts(files)))
    section = password_section(image, Settings(), seal)
    return {item.id.removeprefix("weak-passwords-"): item.status for item in section.items}


def test_each_kind_of_account_is_an_item_of_the_baseline() -> None:
    files = system(shadow("ann", hashed(b"ann", b"$1$")), shadow("bob", hashed(STRONG, b"$1$")))
    files["etc/redis/redis.conf"] = b"requirepass " + STRONG + b"\n"
    files["srv/.htpasswd"] = b"eve:$9$unknown$x\n"

    assert items(files) == {
        "linux": "failed",
        "group": "not_applicable",
        "history": "not_applicable",
        "redis": "passed",
        "mysql": "not_applicable",
        "web": "unknown",
        "tomcat": "not_applicable",
        "vnc": "not_applicable",
    }


def test_an_item_says_how_many_passwords_it_is_about() -> None:
    files = system(shadow("ann", hashed(b"ann", b"$1$")), shadow("bob", b"$9$unknown$x"))
    image = content(*((fact, 0, None) for fact in facts(files)))

    section = password_section(image, Settings(), SEAL)

    item = section.items[0]
    assert item.observed.startswith("1 of 2 passwords are weak, 1 could not be tried; ")
    assert item.observed.endswith(" tries of 1 hash")
    assert (item.baseline, item.expected) == ("weak-passwords", "no weak password")
    assert item.description
    assert item.remedy
    assert len(section.findings) == len(section.errors) == 1


def test_without_the_key_nothing_is_told_and_nothing_passes() -> None:
    files = system(shadow("ann", hashed(b"ann", b"$1$")))

    assert set(items(files, None).values()) == {"unknown"}
    image = content(*((fact, 0, None) for fact in facts(files)))
    (error,) = password_section(image, Settings(), None).errors
    assert error.code == "fact_key_missing"


def test_accounts_that_are_all_locked_pass() -> None:
    assert items(system(shadow("root", "*"), shadow("ann", "!")))["linux"] == "passed"
    assert items({"etc/passwd": USERS})["linux"] == "not_applicable"
