"""Accounts of the system: who they are, and a password that only the fact key opens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from scantling_analyzers.facts.accounts.entry import MAX_ACCOUNTS
from scantling_analyzers.facts.accounts.reader import AccountReader
from scantling_analyzers.facts.models import Account, account_place
from tests.analyzers.facts.files import SEAL, Found, read
from tests.builders.accounts import passwd, shadow

if TYPE_CHECKING:
    from collections.abc import Sequence

MD5 = "$1$ab$7Vvc5QYUtIfgWvPYFqr4a0"


def accounts(content: bytes, path: str = "etc/shadow") -> list[Account]:
    found = read(AccountReader(), content, path)
    assert found.codes == []
    return of(found)


def of(found: Found) -> list[Account]:
    return [fact for fact in found.facts if isinstance(fact, Account)]


def secrets(found: Sequence[Account]) -> list[bytes]:
    return [SEAL.open(each.sealed, account_place(each)) for each in found if each.sealed]


def test_a_line_of_passwd_says_who_and_that_the_password_is_elsewhere() -> None:
    (root, guest) = accounts(
        passwd("root", 0) + passwd("guest", 99, field="", login="/sbin/nologin"), "etc/passwd"
    )

    assert (root.name, root.uid, root.shell, root.state, root.line) == (
        *("root", 0, "/bin/sh", "shadow"),
        1,
    )
    assert (guest.state, guest.shell, guest.line) == ("empty", "/sbin/nologin", 2)


def test_fields_that_are_not_there_are_empty() -> None:
    (found,) = accounts(b"app:x:1000:1000::/app\n", "etc/passwd")

    assert (found.uid, found.shell) == (1000, "")


def test_a_hash_becomes_a_fact_only_sealed() -> None:
    found = accounts(shadow("root", MD5, changed="19000", expires="20000"))

    (root,) = found
    assert (root.state, root.scheme, root.locked) == ("hash", "md5", False)
    assert (root.changed, root.expires) == (19000, 20000)
    assert secrets(found) == [MD5.encode()]
    assert MD5.encode() not in msgspec.msgpack.encode(root)
    assert b"7Vvc5QYUtIfgWvPYFqr4a0" not in msgspec.msgpack.encode(root)


@pytest.mark.parametrize("field", ["*", "!", "!!", "x", "*LK*", "NP", "!*", "none", "*NP*"])
def test_what_no_password_fits_is_locked(field: str) -> None:
    (found,) = accounts(shadow("daemon", field))

    assert (found.state, found.locked, found.sealed) == ("locked", True, b"")


def test_a_hash_of_several_parts_is_one() -> None:
    (found,) = accounts(shadow("a", "abD6HAB6eqg.kY/hj9SD2uYc"))

    assert (found.state, found.scheme, found.locked) == ("hash", "bigcrypt", False)


def test_a_locked_account_may_have_a_hash_all_the_same() -> None:
    found = accounts(shadow("a", f"!{MD5}"))

    assert [(each.state, each.scheme, each.locked) for each in found] == [("hash", "md5", True)]
    assert secrets(found) == [MD5.encode()]


def test_an_empty_field_is_no_password_at_all() -> None:
    (found,) = accounts(shadow("a", ""))

    assert (found.state, found.locked) == ("empty", False)


@pytest.mark.parametrize(
    "field", ["$99$salt$hash", "$argon2id$v=19$m=65536", f"$6$ab${'a' * 2000}"]
)
def test_a_hash_of_no_known_scheme_is_one(field: str) -> None:
    (found,) = accounts(shadow("a", field))

    assert (found.state, found.scheme) == ("hash", "unknown")


def test_accounts_of_a_directory_are_not_those_of_the_image() -> None:
    assert accounts(b"+::::::\n-root::::::\n+@admins:x:::::\n", "etc/passwd") == []


def test_groups_count_where_they_have_a_password() -> None:
    content = f"wheel:{MD5}::\nusers::100:\ndocker:!::\n".encode()

    (found,) = accounts(content, "etc/gshadow")

    assert (found.name, found.system, found.state) == ("wheel", "group", "hash")
    assert accounts(f"wheel:{MD5}:10:\n".encode(), "etc/group")[0].name == "wheel"


def test_earlier_passwords_are_told_each() -> None:
    found = accounts(f"ann:1000:2:{MD5},{MD5}x,klGDV42JhmAeM\n".encode(), "etc/security/opasswd")

    assert [(each.system, each.uid, each.scheme) for each in found] == [
        ("history", 1000, "md5"),
        ("history", 1000, "unknown"),
        ("history", 1000, "des"),
    ]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("etc/passwd", b"root:x:0\n"),
        ("etc/shadow", b"root\n"),
        ("etc/gshadow", b"wheel\n"),
        ("etc/security/opasswd", b"ann:1000:2\n"),
    ],
)
def test_a_line_that_is_cut_off_is_told_with_its_number(path: str, line: bytes) -> None:
    found = read(AccountReader(), b"\n" + line, path)

    assert found.facts == []
    assert [(error.code, error.message[:7]) for error in found.errors] == [("malformed", "line 2:")]


def test_no_error_shows_what_a_line_holds() -> None:
    content = MD5.encode() + b"\n" + b"a:" + b"canary" * 1000 + b"\n" + b"n" * 4090 + b":$1$b\n"

    found = read(AccountReader(), content, "etc/shadow")

    assert set(found.codes) == {"malformed", "too_large"}
    said = " ".join(error.message for error in found.errors)
    assert not {"canary", "7Vvc", "nnn"} & {said[at : at + 4] for at in range(len(said))}
    assert "canary" not in said


def test_names_are_escaped() -> None:
    (found,) = accounts(b"a\xff\x1b:*:::::::\n")

    assert found.name == "a\\xff\\x1b"


def test_a_hundred_thousand_accounts_are_read_in_bounded_time() -> None:
    content = b"".join(shadow(f"u{n}", MD5) for n in range(MAX_ACCOUNTS + 5))

    begun = time.process_time()
    found = read(AccountReader(), content, "etc/shadow")

    assert time.process_time() - begun < 20
    assert len(found.facts) == MAX_ACCOUNTS
    assert found.codes == ["too_many"]


def test_binary_and_oversized_files_are_refused() -> None:
    assert read(AccountReader(), b"root:\0:", "etc/shadow").codes == ["not_text"]
    assert read(AccountReader(), bytes(33 * 1024 * 1024), "etc/shadow").codes == ["too_large"]


def test_another_file_s_account_does_not_open() -> None:
    (one, other) = accounts(shadow("a", MD5) + shadow("b", MD5))
    moved = msgspec.structs.replace(other, sealed=one.sealed)

    from scantling_common.crypto import SealBroken  # noqa: PLC0415  # here alone

    with pytest.raises(SealBroken):
        SEAL.open(moved.sealed, account_place(moved))


@pytest.mark.parametrize("begin", [b"", b"# ", b"\n# a\n"])
@pytest.mark.parametrize("path", ["etc/passwd", "srv/redis.conf"])
def test_what_stands_behind_too_many_lines_is_an_error_however_it_begins(
    path: str, begin: bytes
) -> None:
    last = {"etc/passwd": b"root::0:0", "srv/redis.conf": b"requirepass foobared"}[path]
    content = b"\n" * 1_000_000 + begin + b"x\n" + last

    assert read(AccountReader(), content, path).codes == ["too_many"]
    assert read(AccountReader(), b"\n" * 1_000_000, path).codes == []
