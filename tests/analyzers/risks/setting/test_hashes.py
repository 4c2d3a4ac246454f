"""What is said of accounts alike, whoever asks: what locks them, and who can log in."""

from __future__ import annotations

import pytest

from scantling_analyzers.facts.models import Account
from scantling_analyzers.risks.setting.accounts import Entry, can_log_in
from scantling_analyzers.risks.setting.passwords.subject import subjects_of
from tests.analyzers.risks.content import content
from tests.analyzers.risks.setting.test_pam import judged

PASSWD = "root:x:0:0::/root:/bin/sh\n"


@pytest.mark.parametrize(
    ("field", "status", "why"),
    [
        ("*LOCK*", "passed", ""),
        ("*LK*", "passed", ""),
        ("!locked", "passed", ""),
        ("NP", "passed", ""),
        ("!!", "passed", ""),
        ("*", "passed", ""),
        ("$6$salt$" + "a" * 86, "passed", ""),
        ("!$2b$12$" + "a" * 53, "passed", ""),
        ("$1$salt$" + "a" * 22, "failed", "of the scheme md5"),
        ("!$1$salt$" + "a" * 22, "failed", "of the scheme md5"),
        ("{SHA}" + "a" * 27 + "=", "failed", "of the scheme sha"),
        ("$argon2id$v=19$a$b", "failed", "of a scheme that is not known"),
    ],
)
def test_what_locks_an_account_is_no_weak_hash(field: str, status: str, why: str) -> None:
    files = {"etc/passwd": PASSWD, "etc/shadow": f"root:{field}:1:0:99999:7:::\n"}

    verdict = judged("account-hashes", files)

    assert verdict.status == status
    assert why in verdict.observed


@pytest.mark.parametrize("shell", ["/sbin/nologin", "/dev/null", "/bin/false", "/usr/bin/true"])
def test_a_shell_that_lets_nobody_in_is_the_same_to_both_that_ask(shell: str) -> None:
    fields = ("ann", "x", "1", "1", "", "/", shell)
    line = Account(path="etc/passwd", name="ann", system="linux", state="hash", shell=shell, uid=1)

    (subject,) = subjects_of(content((line, 0, None)))

    assert not subject.can_log_in
    assert not can_log_in(Entry(fields, "etc/passwd", 1, 0))
