"""A daemon of ClamAV finds malware, and what it does not look at is never clean."""

from __future__ import annotations

import hashlib
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.clamd import client, engine
from scantling_analyzers.clamd.address import Address, parse_address
from scantling_analyzers.clamd.client import Client
from scantling_analyzers.clamd.engine import PAUSE, ClamdEngine, daemon_rules, with_daemon
from scantling_analyzers.contract import Unreadable
from scantling_analyzers.facts.malware_files import MalwareReader
from scantling_analyzers.facts.models import LocatedError, Malware
from scantling_analyzers.rule_packs.configured import NO_RULES, RuleFiles
from scantling_analyzers.rule_packs.errors import EngineUnavailable, RulesUnusable
from tests.analyzers.clamd.daemon import running
from tests.analyzers.facts.files import MemoryFile
from tests.builders.malware_marker import MARKER
from tests.builders.packed import ARCHIVES, COMPRESSIONS, tarred, zipped

if TYPE_CHECKING:
    from pathlib import Path

    from scantling_analyzers.malware.models import MalwareMatch
    from tests.analyzers.clamd.daemon import Answer

FOUND = b"stream: Tests.Trojan.Marker FOUND\0"


def judge(content: bytes) -> Answer:
    return FOUND if content == MARKER else b"stream: OK\0"


def matches(answer: Answer, path: Path) -> list[MalwareMatch]:
    """Return what the engine makes of an answer."""
    with running(path / "s", lambda _: answer):
        clamd = ClamdEngine(daemon_rules(f"unix:{path}/s"))
        return list(clamd.matches(memoryview(b"x"), "x"))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("/run/s", Address("/run/s")),
        ("unix:/run/s", Address("/run/s")),
        ("tcp:host.test:3310", Address("", "host.test", 3310)),
        ("127.0.0.1:1", Address("", "127.0.0.1", 1)),
        ("[::1]:3310", Address("", "::1", 3310)),
    ],
)
def test_an_address_is_a_socket_or_a_host_and_a_port(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "unix:", "unix:s", "host", "host:", ":1", "h:0", "h:65536", "h:1x", "h:99999999"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(RulesUnusable, match="no address of clamd"):
        parse_address(text)


def test_what_the_daemon_finds_is_a_match(tmp_path: Path) -> None:
    (match,) = matches(FOUND, tmp_path)
    assert (match.rule, match.pack, match.category) == ("Tests.Trojan.Marker", "clamav", "trojan")
    assert (match.severity, match.score) == ("critical", 90)


def test_what_it_guesses_weighs_less_and_its_names_are_escaped(tmp_path: Path) -> None:
    (match,) = matches(b"stream: Heuristics.X\x1b[1m\xff FOUND\0", tmp_path)
    assert (match.severity, match.score) == ("medium", 50)
    assert match.rule == "Heuristics.X\\x1b[1m\\xff"


def test_a_daemon_that_says_nothing_does_not_keep_a_process_from_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine.VERSION_SECONDS < client.SECONDS / 10
    monkeypatch.setattr(engine, "VERSION_SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(f"{tmp_path}/s")
        listening.listen()
        rules = daemon_rules(f"unix:{tmp_path}/s")
    assert (rules.path, rules.mark) == ("", "unavailable")


def test_ok_is_nothing(tmp_path: Path) -> None:
    assert matches(b"stream: OK\0", tmp_path) == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"INSTREAM size limit exceeded. ERROR\0", "too_large"),
        (b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0", "too_large"),
        (b"stream: Heuristics.Encrypted.Zip FOUND\0", "unsupported_format"),
        (b"stream: Can't allocate memory ERROR\0", "engine_failed"),
        (b"what?\0", "engine_failed"),
    ],
)
def test_what_it_did_not_look_at_is_said(tmp_path: Path, answer: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as said:
        matches(answer, tmp_path)
    assert said.value.reason == code


@pytest.mark.parametrize("answer", [None, b"x" * 100_000])
def test_an_answer_that_is_none_is_no_answer(tmp_path: Path, answer: Answer) -> None:
    with pytest.raises(EngineUnavailable):
        matches(answer, tmp_path)


def test_content_of_any_size_comes_whole(tmp_path: Path) -> None:
    sent: list[bytes] = []

    def keep(content: bytes) -> Answer:
        sent.append(content)
        return b"stream: OK\0"

    content = bytes(range(256)) * 3000
    with running(tmp_path / "s", keep):
        client = Client(Address(str(tmp_path / "s")))
        assert client.scan(memoryview(content)) == b"stream: OK"
        assert client.version() == "ClamAV 1/2/3"
    assert sent == [content]


def test_a_daemon_that_does_not_answer_is_not_asked_for_each_file(tmp_path: Path) -> None:
    clock = [0.0]
    rules = RuleFiles(name="clamav", kind="clamd", path=f"unix:{tmp_path}/s", mark="m")
    engine = ClamdEngine(rules, now=lambda: clock[0])
    with running(tmp_path / "s", lambda _: None) as daemon:
        for _ in range(5):
            with pytest.raises(EngineUnavailable, match="without an answer"):
                list(engine.matches(memoryview(b"x"), "x"))
        assert daemon.asked == 1
        clock[0] = PAUSE
        with pytest.raises(EngineUnavailable):
            list(engine.matches(memoryview(b"x"), "x"))
        assert daemon.asked == 2


def test_the_mark_is_that_of_its_signatures(tmp_path: Path) -> None:
    marks = set()
    for number, version in enumerate((b"ClamAV 1/2/3\0", b"ClamAV 1/4/5\0", None)):
        place = tmp_path / str(number)
        with running(place, judge, version):
            marks.add(daemon_rules(f"unix:{place}").mark)
    assert len(marks) == 3
    assert daemon_rules(f"unix:{tmp_path}/nobody").path == ""
    assert with_daemon(NO_RULES, "") == NO_RULES


def test_a_reader_of_every_file_asks_the_daemon_for_what_is_packed_too(tmp_path: Path) -> None:
    with running(tmp_path / "s", judge):
        reader = MalwareReader(daemon_rules(f"unix:{tmp_path}/s"))
        packed = zipped({"a.tar": tarred({"b": MARKER})})
        found = list(reader.read(MemoryFile({"x.zip": packed}, "x.zip")))
    (malware,) = found
    assert isinstance(malware, Malware)
    assert malware.path == "x.zip!/a.tar!/b"
    assert malware.sha256 == hashlib.sha256(MARKER).hexdigest()


def test_without_a_daemon_each_layer_says_so_once(tmp_path: Path) -> None:
    reader = MalwareReader(daemon_rules(f"unix:{tmp_path}/nobody"))
    said = {tuple(reader.read(MemoryFile({path: b"x"}, path))) for path in ("a", "b")}
    ((error,),) = said
    assert isinstance(error, LocatedError)
    assert (error.path, error.code) == ("", "engine_unavailable")


@pytest.mark.skipif(shutil.which("clamd") is None, reason="clamd is not installed")
def test_a_real_daemon_finds_a_hash_through_every_format_and_keeps_its_limit(
    tmp_path: Path,
) -> None:
    signatures = tmp_path / "db"
    signatures.mkdir()
    digest = hashlib.md5(MARKER, usedforsecurity=False).hexdigest()
    (signatures / "ours.hdb").write_text(f"{digest}:{len(MARKER)}:Tests.Trojan.Marker\n")
    settings = {
        "Foreground": "yes",
        "LocalSocket": tmp_path / "s",
        "DatabaseDirectory": signatures,
        "TemporaryDirectory": tmp_path,
        "StreamMaxLength": "1M",
    }
    file = tmp_path / "clamd.conf"
    file.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with subprocess.Popen(
        ["clamd", "-c", str(file)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if b"Self checking" in line:
                    break
            reader = MalwareReader(daemon_rules(f"unix:{tmp_path}/s"))
            files = {
                "plain": MARKER,
                **{kind: pack({"in": MARKER}) for kind, pack in ARCHIVES.items()},
                **{f"a.{kind}": pack(MARKER) for kind, pack in COMPRESSIONS.items()},
            }
            for path in files:
                found = list(reader.read(MemoryFile(files, path)))
                assert isinstance(found[-1], Malware)
                assert found[-1].rule.startswith("Tests.Trojan.Marker")
            (error,) = reader.read(MemoryFile({"large": bytes(2_000_000)}, "large"))
            assert isinstance(error, LocatedError)
            assert (error.path, error.code) == ("large", "too_large")
        finally:
            process.terminate()
