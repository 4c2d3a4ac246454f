"""Accounts of software: Redis, MySQL, web servers, Tomcat, VNC."""

from __future__ import annotations

import time

import pytest

from scantling_analyzers.facts.accounts.entry import MAX_ACCOUNTS
from scantling_analyzers.facts.accounts.reader import AccountReader
from scantling_analyzers.facts.models import Account, account_place
from tests.analyzers.facts.files import SEAL, read
from tests.builders.accounts import login_path

Said = tuple[str, str, str, bytes]


def said(content: bytes, path: str) -> list[Said]:
    found = read(AccountReader(), content, path)
    assert found.codes == []
    return [
        (
            each.name,
            each.state,
            each.scheme,
            SEAL.open(each.sealed, account_place(each)) if each.sealed else b"",
        )
        for each in found.facts
        if isinstance(each, Account)
    ]


def test_redis_has_a_password_for_all_and_users_of_its_own() -> None:
    digest = b"#" + b"5E" * 32
    content = (
        b'# requirepass commented\nport 6379\nrequirepass "foo bared"\n'
        b"user ann on >one >two " + digest + b" ~*\nuser cid ON NoPass\n"
        b"user bob off >three\nmasterauth up\nsentinel auth-pass mymaster four\n"
        b"sentinel sentinel-pass five\nuser\nsentinel monitor mymaster 10.0.0.1 6379 2\n"
    )

    assert said(content, "etc/redis/redis.conf") == [
        ("default", "clear", "", b"foo bared"),
        ("ann", "clear", "", b"one"),
        ("ann", "clear", "", b"two"),
        ("ann", "hash", "redis", digest.lower()),
        ("cid", "empty", "", b""),
        ("bob", "clear", "", b"three"),
        ("master", "clear", "", b"up"),
        ("mymaster", "clear", "", b"four"),
        ("sentinel", "clear", "", b"five"),
    ]


def test_of_what_redis_is_told_twice_the_last_one_holds() -> None:
    content = (
        b"requirepass dragon\nmasterauth one\nuser ann on >two\nsentinel auth-pass a three\n"
        b"requirepass X8jfds9f8sdjf98\nprimaryauth four\nuser ann on >five\n"
        b"sentinel auth-pass a six\nsentinel auth-pass b seven\n"
    )

    assert [password for *_, password in said(content, "etc/redis/redis.conf")] == [
        *(b"X8jfds9f8sdjf98", b"four", b"five", b"six", b"seven")
    ]
    assert said(b"requirepass a\nrequirepass ''\n", "srv/redis.conf") == [
        ("default", "empty", "", b"")
    ]
    # What is given to another server is no account if it is empty.
    assert said(b'masterauth a\nmasterauth ""\n', "srv/redis.conf") == []


@pytest.mark.parametrize("order", [1, -1])
def test_a_line_for_the_default_user_takes_the_place_of_requirepass(order: int) -> None:
    def with_user(rules: bytes) -> list[Said]:
        lines = [b"requirepass dragon\n", b"user default " + rules + b"\n"]
        return said(b"".join(lines[::order]), "srv/redis.conf")

    assert with_user(b"on nopass ~* +@all") == [("default", "empty", "", b"")]
    assert with_user(b"on >other") == [("default", "clear", "", b"other")]
    assert with_user(b"on ~* +@all") == []


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        (b">a nopass", [b""]),
        (b"nopass >a", [b"a"]),
        (b">a resetpass >b", [b"b"]),
        (b"nopass resetpass", []),
        (b">a >b <a", [b"b"]),
        (b">a reset", []),
        (b">a >a", [b"a"]),
        (b"#" + b"5e" * 32 + b" >a !" + b"5e" * 32, [b"a"]),
        (b"<a !b", []),
    ],
)
def test_rules_of_a_user_of_redis_apply_in_their_order(rules: bytes, left: list[bytes]) -> None:
    found = said(b"user ann on " + rules + b"\n", "srv/redis.conf")

    assert [password for *_, password in found] == left


@pytest.mark.parametrize(
    ("rules", "locked"),
    [
        (b"off >three", True),
        (b"off nopass", True),
        (b">three", True),
        (b"on >three off", True),
        (b"on reset >three", True),
        (b"off on >three", False),
    ],
)
def test_a_user_of_redis_that_is_not_on_is_locked(rules: bytes, locked: bool) -> None:  # noqa: FBT001  # a parameter of a test
    found = read(AccountReader(), b"user bob " + rules + b"\n", "x/users.acl")

    assert [fact.locked for fact in found.facts if isinstance(fact, Account)] == [locked]


def test_a_list_of_redis_s_users_has_no_other_lines_and_need_not_quote() -> None:
    content = b"requirepass no\nuser ann on >a'b\nuser bob on \">c\"\nuser\nuser cid on >it's <d\n"

    assert [(name, password) for name, *_, password in said(content, "etc/redis/users.acl")] == [
        ("ann", b"a'b"),
        ("bob", b"c"),
        ("cid", b"it's"),
    ]


def test_more_options_than_there_are_accounts_are_not_read() -> None:
    many = b"".join(b"sentinel auth-pass m%d ''\n" % number for number in range(MAX_ACCOUNTS + 9))

    found = read(AccountReader(), many, "srv/sentinel.conf")

    assert (found.facts, found.codes) == ([], ["too_many"])


def test_mysql_s_password_is_its_group_s_user_s_or_that_of_all_clients() -> None:
    content = (
        b"; a comment\n[mysqldump]\npassword=two # said\n[client]\npassword = 'one#1'\nuser=ann\n"
        b"[mysql]\npassword\n[mysqladmin]\nuser=bob\npassword=\n[mysqld]\nuser=mysql\npassword=none\n"
    )

    assert said(content, "root/.my.cnf") == [
        ("ann", "clear", "", b"two"),
        ("ann", "clear", "", b"one#1"),
        ("bob", "empty", "", b""),
    ]
    assert said(b"[mysql]\nuser=\npassword=a\n", "etc/my.cnf") == [("root", "clear", "", b"a")]


def test_of_an_option_that_mysql_reads_twice_the_last_one_holds() -> None:
    content = (
        b"[client]\npassword=dragon\nuser=a\n[mysql]\npassword=b\n"
        b"[client]\npassword1=strong\nuser=c\n[mysql]\npassword\n"
    )

    assert said(content, "etc/my.cnf") == [("c", "clear", "", b"strong")]


@pytest.mark.parametrize(
    "option",
    [
        *("password", "password1", "password2", "password3", "loose-password", "loose_password2"),
        *("pass", "passw", "passwor", "PASSWORD"),
    ],
)
def test_each_password_of_mysql_is_read_by_each_of_its_names(option: str) -> None:
    content = f"[client]\n{option} = 123456\npasswordless=1\npas=2\npassword4=3\n".encode()

    assert said(content, "etc/my.cnf") == [("root", "clear", "", b"123456")]


def test_the_passwords_of_several_factors_of_mysql_are_several() -> None:
    content = b"[client]\npassword1=a\npassword2=b\npassword3=c\n"

    assert [password for *_, password in said(content, "etc/my.cnf")] == [b"a", b"b", b"c"]


@pytest.mark.parametrize(
    ("written", "password"),
    [
        (b"'123456' # c", b"123456"),
        (b'"123456"# c', b"123456"),
        (b"123456#c", b"123456"),
        (b"'a # b'", b"a # b"),
        (b"'a \\' # b' # c", b"a ' # b"),
        (b'"it\'s" #', b"it's"),
        (b"it's # not a comment", b"it's # not a comment"),
        (b"'a\\", b"'a\\"),
        (b"a'b#c'", b"a'b#c'"),
        (b"'", b"'"),
        (b"''", b""),
        (b"\\s\\n\\t\\r\\b\\\"\\'\\\\\\x1", b" \n\t\r\b\"'\\\\x1"),
        (b"a\\", b"a\\"),
    ],
)
def test_quotes_comments_and_backslashes_of_mysql_are_understood(
    written: bytes, password: bytes
) -> None:
    (found,) = said(b"[client]\npassword = " + written + b"\n", "etc/my.cnf")

    assert found[3] == password


def test_a_line_of_mysql_made_of_quotation_marks_takes_no_time() -> None:
    line = b"password=" + b"'\"\\" * 1300 + b"\n"
    begun = time.process_time()
    read(AccountReader(), b"[client]\n" + line * 200, "etc/my.cnf")
    assert time.process_time() - begun < 2


def test_mysql_s_login_paths_are_read_back() -> None:
    content = login_path(
        *(b"[client]\n", b"user = ann\n", b'password = "one#1"\n', b"[remote]\n"),
        b"password = two\n",
    )

    assert said(content, "root/.mylogin.cnf") == [
        ("ann", "clear", "", b"one#1"),
        ("ann", "clear", "", b"two"),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "truncated"),
        (login_path(b"[client]\n")[:-1], "truncated"),
        (login_path()[:-1], "truncated"),
        (login_path() + bytes(4), "malformed"),
        (login_path() + b"\xff\xff\xff\xff", "malformed"),
        (login_path() + b"\x10\0\0\0" + bytes(16), "malformed"),
        (login_path() + b"\x07\0\0\0" + bytes(7), "malformed"),
        (bytes(300_000), "too_large"),
    ],
)
def test_a_damaged_login_path_is_told(content: bytes, code: str) -> None:
    assert read(AccountReader(), content, "root/.mylogin.cnf").codes == [code]


def test_web_servers_passwords_are_hashes_or_in_the_clear() -> None:
    sha, apr1 = b"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", b"$apr1$MiSZ9TWq$" + b"a" * 22
    content = (
        b"# users\nann:" + sha + b"\nbob:" + apr1 + b":a comment\ncid:clear\ndan:\neve:$9$x$y\n"
    )

    assert said(content, "srv/.htpasswd") == [
        ("ann", "hash", "sha", sha),
        ("bob", "hash", "apr1", apr1),
        ("cid", "clear", "", b"clear"),
        ("dan", "empty", "", b""),
        ("eve", "hash", "unknown", b"$9$x$y"),
    ]


def test_tomcat_s_users_have_a_password_or_a_digest() -> None:
    content = (
        b'<?xml version="1.0"?>\n<tomcat-users xmlns="http://tomcat.example/xml">\n'
        b'<!-- <user username="no" password="no"/> -->\n<role rolename="manager-gui"/>\n'
        b'<user username="tomcat" password="s3cret" roles="manager-gui"/>\n'
        b'<user name="old" password="'
        + b"a" * 40
        + b'"/>\n<user username="nobody"/></tomcat-users>'
    )

    assert said(content, "usr/share/tomcat/conf/tomcat-users.xml") == [
        ("tomcat", "clear", "", b"s3cret"),
        ("old", "hash", "digest", b"a" * 40),
    ]
    found = read(AccountReader(), content, "tomcat-users.xml")
    assert [fact.line for fact in found.facts if isinstance(fact, Account)] == [5, 6]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<tomcat-users>", "malformed"),
        (b"<!DOCTYPE a [<!ENTITY b 'cc'>]><tomcat-users/>", "malformed"),
        (b"<a>" * 100, "nested_too_deep"),
        (b"<?xml version='1.0' encoding='no-such'?><a/>", "malformed"),
    ],
)
def test_a_document_that_is_no_list_of_users_is_told(content: bytes, code: str) -> None:
    assert read(AccountReader(), content, "tomcat-users.xml").codes == [code]


def test_what_stands_before_the_damage_is_kept() -> None:
    content = b"<u><user username='a' password='b'/><user"

    found = read(AccountReader(), content, "tomcat-users.xml")

    assert len(found.facts) == 1
    assert found.codes == ["malformed"]


def test_vnc_s_password_is_read_back() -> None:
    content = bytes.fromhex("dbd83cfd727a1458")

    assert said(content, "root/.vnc/passwd") == [("vnc", "clear", "", b"password")]
    assert said(content * 2, "home/a/.vnc/passwd") == [
        ("vnc", "clear", "", b"password"),
        ("vnc (view only)", "clear", "", b"password"),
    ]


@pytest.mark.parametrize("size", [0, 7, 9, 15, 17, 1000])
def test_a_password_of_vnc_of_another_size_is_none(size: int) -> None:
    found = read(AccountReader(), b"x" * size, "root/.vnc/passwd")

    assert found.codes == ["unsupported_format"]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("usr/bin/htpasswd", b"\x7fELF\2\1\1" + bytes(100)),
        ("usr/share/bash-completion/completions/htpasswd", b"# bash\n_htpasswd()\n{\n}\n"),
        ("srv/htpasswd.txt", b"name: how to make one\n"),
        ("srv/htpasswd", b"# nothing\n\n"),
        ("etc/nginx/passwd-notes", b"see: the manual\n"),
        ("usr/bin/vncpasswd", b"\x7fELF\2\1\1" + bytes(100)),
        ("usr/bin/vncpasswd", b"#!/usr/bin/perl -w\n"),
    ],
)
def test_what_only_has_the_name_of_a_password_file_is_none(path: str, content: bytes) -> None:
    assert said(content, path) == []


def test_a_password_file_of_any_name_is_known_by_its_first_line() -> None:
    content = b"# users\n\nann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\nbob:clear\n"

    assert [name for name, *_ in said(content, "srv/htpasswd")] == ["ann", "bob"]
    assert said(bytes.fromhex("dbd83cfd727a1458"), "srv/vncpasswd")


@pytest.mark.parametrize("written", [b'"a', b"a'b", b'"a"b', b'"a\\"', b"'a'b'"])
def test_quotes_that_do_not_end_are_told(written: bytes) -> None:
    found = read(AccountReader(), b"requirepass " + written + b"\n", "etc/redis/redis.conf")

    assert [(error.code, error.message) for error in found.errors] == [
        ("malformed", "line 1: a quotation mark is not closed")
    ]


@pytest.mark.parametrize(
    ("written", "password"),
    [
        (b'"a \\"b\\\\"', b'a "b\\'),
        (b"'a \\' b'", b"a ' b"),
        (b'a"b c"', b"ab c"),
        (b'"dra\\x67on"', b"dragon"),
        (b'"\\x6g\\n\\r\\t\\b\\a\\z"', b"x6g\n\r\t\b\az"),
        (b"'\\x67\\n'", b"\\x67\\n"),
        (b"\\x67", b"\\x67"),
        (b'""', b""),
    ],
)
def test_quotes_of_redis_are_understood(written: bytes, password: bytes) -> None:
    (found,) = said(b"requirepass " + written + b"\n", "etc/redis/redis.conf")

    assert found[3] == password


def test_a_file_of_broken_lines_is_not_read_to_its_end() -> None:
    found = read(AccountReader(), b"broken\n" * 5000 + b"ann:clear\n", "srv/.htpasswd")

    assert found.facts == []
    assert len(found.errors) == 101
    assert found.codes[-1] == "too_many"


def test_a_line_without_a_password_field_is_told() -> None:
    assert read(AccountReader(), b"ann\n", "srv/.htpasswd").codes == ["malformed"]
