"""Files through links, accounts, masks, modes, and what can't be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec.structs import replace

from scantling_analyzers.checks.catalogue import items
from scantling_analyzers.contract import FactError
from scantling_analyzers.facts.models import LocatedError
from scantling_analyzers.risks.setting.globs import Paths, matches
from scantling_analyzers.risks.setting.judging import judge, look_at
from scantling_analyzers.risks.setting.lines import mask_of
from scantling_analyzers.risks.setting.system import System
from tests.analyzers.risks.setting.images import image

if TYPE_CHECKING:
    from scantling_analyzers.risks.setting.verdict import Verdict

ITEMS: Final = {item.id: item for item in items()}
ROOT: Final = "root:x:0:0::/root:/bin/sh\n"


def judged(item: str, **given: Any) -> Verdict:
    return judge(ITEMS[item], look_at(image(**given)))


def test_links_are_followed_also_those_of_folders() -> None:
    system = System(
        image(
            places={"etc/a": "l ../usr/a", "usr/a": "l /opt", "lib": "l usr/lib", "etc/x": "l x"},
            files={"etc/shells": "/bin/sh\n"},
        )
    )
    assert system.followed("etc/a/b") == "opt/b"
    assert system.followed("/lib/c") == "usr/lib/c"
    assert system.followed("etc/x") == "etc/x"
    assert system.followed("etc/../etc") == "etc/../etc"


def test_a_link_counts_as_what_it_leads_to() -> None:
    link = {"etc/passwd": "l /usr/share/passwd"}
    assert judged("file-passwd", places=link).status == "not_applicable"
    both = {"etc/cron.allow": "l cron.deny", "etc/cron.deny": "0666 0:0"}
    assert judged("cron-allow-mode", places=both).status == "failed"


def test_what_can_not_be_read_is_unknown_and_not_passed() -> None:
    verdict = judged("login-umask", files={"etc/login.defs": "UMASK 077\0\n"})
    assert (verdict.status, verdict.path) == ("unknown", "etc/login.defs")
    assert "can't be read" in verdict.observed


def test_a_folder_that_is_not_read_says_nothing_of_what_is_in_it() -> None:
    said = LocatedError(path="etc/pam.d", code="behind_link", message="x")
    error = FactError(error=said, reader="configuration", layer=0)
    looked = look_at(replace(image(), errors=(error,)))
    for item in ("password-quality", "pam-rhosts", "su-wheel"):
        assert judge(ITEMS[item], looked).status == "unknown"
    assert judge(ITEMS["login-umask"], looked).status == "not_applicable"


def test_a_later_file_overrides_and_the_line_is_that_of_the_value() -> None:
    files = {"etc/login.defs": "UMASK 022\nUMASK 027\n", "etc/login.defs.d/x.defs": "\nUMASK 077\n"}
    verdict = judged("login-umask", files=files)
    assert (verdict.status, verdict.path, verdict.line) == ("passed", "etc/login.defs.d/x.defs", 2)


def test_a_section_of_an_ini_file_has_its_own_keys() -> None:
    files = {"etc/dnf/dnf.conf": "[other]\ngpgcheck=1\n[main]\n; gpgcheck=1\ngpgcheck = 0 # x\n"}
    verdict = judged("yum-gpgcheck", files=files)
    assert (verdict.status, verdict.line) == ("failed", 5)


@pytest.mark.parametrize(
    ("word", "mask"),
    [("022", 0o022), ("77", 0o077), ("u=rwx,g=rx,o=", 0o027), ("a=rx", 0o222), ("u+w", None)],
)
def test_masks_are_read_in_both_forms(word: str, mask: int | None) -> None:
    assert mask_of(word) == mask


def test_one_open_mask_fails_all() -> None:
    files = {"etc/profile": "umask 077\n", "etc/bash.bashrc": "if x; then umask 002; fi\n"}
    verdict = judged("umask-profiles", files=files)
    assert (verdict.status, verdict.path) == ("failed", "etc/bash.bashrc")
    assert judged("umask-profiles", files={"etc/profile": "# umask 022\n"}).observed == (
        "no umask is set"
    )


def test_groups_are_known_by_name() -> None:
    places = {"etc/shadow": "0640 0:42"}
    with_group = {"etc/group": "root:x:0:\nshadow:x:42:\n"}
    assert judged("file-shadow", places=places, files=with_group).status == "passed"
    assert judged("file-shadow", places=places).status == "failed"


def test_odd_lines_of_accounts_are_told_by_their_own_items() -> None:
    files = {"etc/passwd": f"{ROOT}+::0:0:::\n+@admins::::::\nbroken:x\n", "etc/shadow": "a\n"}
    assert judged("account-legacy-entries", files=files).line == 2
    assert judged("account-broken-lines", files=files).line == 4
    assert judged("account-uid-0", files=files).status == "passed"


def test_a_uid_that_is_no_number_is_nobody_s() -> None:
    files = {"etc/passwd": f"{ROOT}a:x:zero:0::/:/bin/sh\nb:x:{'9' * 40}:1::/:/bin/sh\n"}
    assert judged("account-uid-0", files=files).status == "passed"


def test_the_first_uid_of_people_is_that_of_login_defs() -> None:
    files = {"etc/passwd": f"{ROOT}a:x:600:600::/home/a:/bin/sh\n"}
    assert judged("account-system-shell", files=files).status == "failed"
    old = {**files, "etc/login.defs": "UID_MIN 500\n"}
    assert judged("account-system-shell", files=old).status == "passed"


def test_only_the_first_of_many_accounts_are_named() -> None:
    many = ROOT + "".join(f"u{n}:x:0:0::/:/bin/sh\n" for n in range(30))
    assert "and 20 more" in judged("account-uid-0", files={"etc/passwd": many}).observed


def test_very_many_accounts_are_judged() -> None:
    many = "".join(f"u{n}:x:{n + 1000}:{n % 7}::/home/u{n}:/bin/sh\n" for n in range(20_000))
    looked = look_at(image(files={"etc/passwd": ROOT + many}))
    statuses = {
        judge(item, looked).status for item in items() if item.id.startswith(("account-", "group-"))
    }
    assert statuses <= {"passed", "failed", "not_applicable"}


def test_packages_are_not_missed_where_there_are_none_at_all() -> None:
    assert judged("package-telnet-server").status == "not_applicable"


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("etc/*.conf", "etc/a.conf", True),
        ("etc/*.conf", "etc/d/a.conf", False),
        ("etc/?", "etc/a", True),
        ("etc/[a]", "etc/a", False),
        ("a*b*c*d*e*f", "abcdef", False),
    ],
)
def test_globs_stay_within_a_segment(glob: str, path: str, *, fits: bool) -> None:
    assert matches(glob, path) is fits
    assert (path in Paths([path]).matching(glob)) is fits


def test_a_file_in_etc_replaces_that_of_the_vendor_and_drop_ins_add_to_it() -> None:
    vendor = {"usr/etc/login.defs": "PASS_MAX_DAYS 30\n"}
    assert judged("password-maximum-days", files=vendor).status == "passed"
    replaced = {**vendor, "etc/login.defs": "UMASK 022\n"}
    assert judged("password-maximum-days", files=replaced).observed == "PASS_MAX_DAYS is not set"
    added = {**replaced, "usr/etc/login.defs.d/70-a.defs": "PASS_MAX_DAYS 60\n"}
    assert judged("password-maximum-days", files=added).observed == "PASS_MAX_DAYS 60"
    added["etc/login.defs.d/70-a.defs"] = "PASS_MAX_DAYS 999\n"
    assert judged("password-maximum-days", files=added).observed == "PASS_MAX_DAYS 999"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ('// APT::Get::AllowUnauthenticated "true";', "passed"),
        ('/* APT::Get::AllowUnauthenticated "true"; */', "passed"),
        ('  APT::Get::AllowUnauthenticated "true";', "failed"),
    ],
)
def test_what_is_commented_out_for_apt_is_not_set(line: str, status: str) -> None:
    files = {"etc/apt/apt.conf.d/9": f"{line}\n"}
    assert judged("apt-unauthenticated", files=files, distribution=("debian", "12")).status == (
        status
    )


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ('export PATH="$PATH:"', "failed"),
        ("PATH=/usr/bin::/bin", "failed"),
        ("export PATH=:/usr/bin", "failed"),
        ("PATH=/bin:.", "failed"),
        ("PATH=${PATH:+$PATH:}/usr/local/bin", "passed"),
        ('PATH="/usr/bin:$PATH"', "passed"),
        ("PATH=${PATH::-1}", "passed"),
        ("MANPATH=:/usr/share/man", "passed"),
    ],
)
def test_an_empty_element_of_path_is_the_working_folder(line: str, status: str) -> None:
    assert judged("shells-path-dot", files={"etc/profile": f"{line}\n"}).status == status
