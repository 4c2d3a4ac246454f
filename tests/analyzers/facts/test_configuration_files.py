"""The reader of configuration files: what is kept, what is masked, and what is never kept."""

from __future__ import annotations

from functools import partial

import pytest

from scantling_analyzers.checks.catalogue import items
from scantling_analyzers.checks.models import (
    LineExamined,
    MaskExamined,
    ModeExamined,
    PamOptionExamined,
    PathExamined,
    SettingExamined,
)
from scantling_analyzers.extraction.matcher import Matcher
from scantling_analyzers.facts.configuration_files import (
    MAX_LINE_BYTES,
    MAX_LINES,
    PATTERNS,
    PLACES,
    ConfigurationReader,
)
from scantling_analyzers.facts.models import ConfigurationFile
from tests.analyzers.facts.files import Found

HASH = "$6$" + "salt$" + "h" * 86


def found(path: str, content: bytes) -> Found:
    return Found(ConfigurationReader(), {path: content}, path)


def lines(path: str, content: bytes) -> list[tuple[int, str]]:
    (fact,) = found(path, content).facts
    assert isinstance(fact, ConfigurationFile)
    return [(number, text) for number, text in fact.lines]


def test_lines_keep_their_numbers_and_comments_and_empty_lines_are_left_out() -> None:
    content = b"# a\n\n A\t1 \r\n#B 2\n#includedir /etc/sudoers.d\n@include x\n"
    assert lines("etc/sudoers", content) == [
        (3, "A 1"),
        (5, "#includedir /etc/sudoers.d"),
        (6, "@include x"),
    ]


def test_banners_keep_what_looks_like_a_comment() -> None:
    assert lines("etc/issue", b"# Welcome\n") == [(1, "# Welcome")]


def test_what_is_no_text_of_a_terminal_is_escaped() -> None:
    ((_, text),) = lines("etc/motd", b"\x1b[31mred\xff \\n\n")
    assert text == "\\x1b[31mred\\xff \\x5cn"


@pytest.mark.parametrize(
    ("path", "line", "kept"),
    [
        ("etc/shadow", f"root:{HASH}:1:0:99999:7:::", "root:sha512:1:0:99999:7:::"),
        ("etc/shadow", f"a:!{HASH}:1::::::", "a:!sha512:1::::::"),
        ("etc/shadow", "b:*:1::::::", "b:!:1::::::"),
        ("etc/shadow", "c::1::::::", "c::1::::::"),
        ("etc/shadow", "d:$y$" + f"j9T$x${'y' * 43}:1::::::", "d:yescrypt:1::::::"),
        ("etc/shadow", "d:$y$" + "j9T$x$y:1::::::", "d:other:1::::::"),
        ("etc/shadow", "d:!$argon2id$" + "v=19$x$y:1::::::", "d:!other:1::::::"),
        ("etc/shadow", "e:abJnggxhB/yWI:1::::::", "e:des:1::::::"),
        ("etc/shadow", "f:clear:1::::::", "f:!:1::::::"),
        ("etc/shadow", "l:*LOCK*:1::::::", "l:!:1::::::"),
        ("etc/shadow", "m:*LK*:1::::::", "m:!:1::::::"),
        ("etc/shadow", "n:!locked:1::::::", "n:!:1::::::"),
        ("etc/passwd", f"g:{HASH}:0:0:A secret:/:/bin/sh", "g:sha512:0:0::/:/bin/sh"),
        ("etc/passwd", "h:x:1:1:,,,:/h:/bin/sh", "h:x:1:1::/h:/bin/sh"),
        ("etc/passwd", "+::0:0:::", "+::0:0:::"),
        ("etc/group", f"i:{HASH}:5:a,b", "i:sha512:5:a,b"),
        ("etc/gshadow", "j:!::a", "j:!::a"),
        ("etc/shadow", f"k:{HASH}", "k:malformed"),
        ("etc/shadow", HASH, "?:malformed"),
    ],
)
def test_of_a_password_only_its_kind_is_kept(path: str, line: str, kept: str) -> None:
    assert lines(path, line.encode()) == [(1, kept)]


def test_secrets_are_masked_and_settings_that_sound_like_them_are_not() -> None:
    assert lines("etc/ssh/sshd_config", b"PasswordAuthentication=no\n") == [
        (1, "PasswordAuthentication no")
    ]
    ((_, text),) = lines("etc/apt/sources.list", b"deb https://me:hunter2@deb.example/ x main\n")
    assert "hunter2" not in text
    ((_, text),) = lines("etc/yum.repos.d/a.repo", b"password=hunter2\n")
    assert "hunter2" not in text


def test_what_is_too_long_or_too_much_or_no_text_is_told() -> None:
    long = found("etc/profile", b"x" * (MAX_LINE_BYTES + 1) + b"\nA\n")
    assert (len(long.facts), long.codes) == (1, ["too_large"])
    assert found("etc/shells", b"a\n" * (MAX_LINES + 2)).codes == ["too_many"]
    assert found("etc/motd", b"a\0b").codes == ["not_text"]
    assert found("etc/motd", b"a" * (1024 * 1024 + 1)).codes == ["too_large"]
    many = found("etc/passwd", b"a:x:1:1::/:/bin/sh\n" * MAX_LINES)
    assert (len(many.facts), many.codes) == (1, [])


def test_the_reader_wants_every_file_that_an_item_looks_at() -> None:
    matcher = Matcher([ConfigurationReader()])
    for item in items():
        examined = item.examine
        if isinstance(examined, SettingExamined | LineExamined | MaskExamined | PamOptionExamined):
            for glob in examined.files:
                assert matcher.wants(glob.replace("*", "x").encode()), (item.id, glob)


def test_the_reader_names_every_entry_that_an_item_looks_at() -> None:
    for item in items():
        examined = item.examine
        if isinstance(examined, ModeExamined | PathExamined):
            for glob in examined.paths:
                assert any(map(partial(_covers, glob), PLACES)), (item.id, glob)


def _covers(glob: str, pattern: str) -> bool:
    folder, _, name = pattern.rpartition("/")
    inside = name.endswith("*") and glob.rpartition("/")[0] == folder
    return pattern == glob or (inside and glob.startswith(pattern[:-1]))


def test_rules_of_sudo_are_kept_with_their_words_and_without_secrets_of_commands() -> None:
    secret = "s3cr" + "et-value9"
    content = (
        f"#1000 ALL = NOPASSWD: /bin/a, PASSWD : /bin/b --password={secret}\n"
        "Cmnd_Alias PASSWD = /bin/a, /bin/b : TOKEN = /bin/c\n"
        "Defaults passwd_tries=3, use_pty\n# 1000 is a comment\n"
    ).encode()
    assert [text for _, text in lines("etc/sudoers.d/a", content)] == [
        "#1000 ALL = NOPASSWD: /bin/a, PASSWD : /bin/b --password=[redacted]",
        "Cmnd_Alias PASSWD = /bin/a, /bin/b : TOKEN = /bin/c",
        "Defaults passwd_tries=3, use_pty",
    ]
    assert lines("etc/login.defs", b"#1000 a\n") == []


def test_a_rule_for_a_module_that_may_be_missing_is_kept_whole() -> None:
    content = b"-auth sufficient pam_fprintd.so\n-password\trequired pam_x.so secret=abcdef12\n"
    assert [text for _, text in lines("etc/pam.d/system-auth", content)] == [
        "-auth sufficient pam_fprintd.so",
        "-password required pam_x.so secret=[redacted]",
    ]


def test_no_pattern_asks_for_whole_folders_of_an_image() -> None:
    assert not any(pattern.startswith("*") for pattern in PLACES)
    # A file of the server may be anywhere, and is named.
    anywhere = [pattern for pattern in PATTERNS if pattern.startswith("*")]
    assert all(pattern.startswith("**/sshd") for pattern in anywhere)


def test_no_key_of_a_server_is_kept_as_configuration() -> None:
    for path in ("etc/ssh/ssh_host_rsa_key", "etc/ssh/keys/host_key", "etc/ssh/a.pem"):
        assert Matcher([ConfigurationReader()]).readers_of(path.encode()) == []


def test_what_a_link_of_the_server_may_lead_to_is_read_as_its_options() -> None:
    for path in ("etc/ssh/a.conf", "etc/ssh/conf/a.conf", "srv/sshd-a.conf", "opt/x/sshd_config"):
        assert Matcher([ConfigurationReader()]).readers_of(path.encode()) == [0]
        layer = {path: b"PasswordAuthentication = no\n"}
        (fact,) = Found(ConfigurationReader(), layer, path).facts
        assert isinstance(fact, ConfigurationFile)
        assert fact.lines[0].text == "PasswordAuthentication no"
