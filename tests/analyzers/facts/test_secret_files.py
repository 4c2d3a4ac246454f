"""The reader of texts: which files it searches, what it tells of them, and what never leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from scantling_analyzers.contract import ReadsConfiguration, kind_of
from scantling_analyzers.fact_seal import FactSeal
from scantling_analyzers.facts import secret_files
from scantling_analyzers.facts.models import LocatedError, Secret, Tally
from scantling_analyzers.facts.secret_files import SecretReader
from scantling_analyzers.rule_packs.configured import RuleFiles
from scantling_analyzers.secrets import engine
from scantling_analyzers.secrets.models import Searched
from scantling_common.images.documents import parse_config
from tests.analyzers.facts.files import SEAL, Found

if TYPE_CHECKING:
    from pathlib import Path

VALUE = "hG7k" + "q9Zx2vLpT4"
LINE = f"DB_PASSWORD={VALUE}\n".encode()


def read(content: bytes, path: str = "srv/app/.env") -> Found:
    return Found(SecretReader(), {path: content}, path)


def secrets(found: Found) -> list[Secret]:
    return [fact for fact in found.facts if isinstance(fact, Secret)]


def tally(found: Found) -> dict[str, int]:
    (counts,) = (fact.counts for fact in found.facts if isinstance(fact, Tally))
    return counts


def test_a_secret_is_told_by_its_line_and_without_its_value() -> None:
    found = read(b"# ours\n\n" + LINE)

    (fact,) = secrets(found)
    assert (fact.path, fact.line) == ("srv/app/.env", 3)
    assert fact.score >= 0.5
    assert fact.reasons
    assert "DB_PASSWORD=" in fact.excerpt
    assert VALUE.encode() not in msgspec.msgpack.encode(found.facts)
    assert VALUE not in repr(found.facts)


ACCESS_KEY = "AKIA" + "Q3ZT7XVN" + "5LMB2RKD"
BESIDE = "MDd4Nhq" + "9+pWzK3vT/8sYbLc2RjXe5" + "fUaSnzgMX"
CI_TOKEN = "glpat-" + "x7Kq2Vn9" + "Lw4Rt8Zb3Ypd"


@pytest.mark.parametrize(
    "line",
    [
        f"Access key ID,Secret access key\n{ACCESS_KEY},{BESIDE}",
        f"ENV AWS_CREDENTIALS={ACCESS_KEY}:{BESIDE}",
        f"{BESIDE}:{ACCESS_KEY}",
        f"deploy {CI_TOKEN} {BESIDE}",
        f"deploy '{BESIDE}' {CI_TOKEN}",
        f"{CI_TOKEN};x={BESIDE};y={VALUE}Q7w",
    ],
)
def test_what_no_rule_knows_beside_a_secret_is_not_shown(line: str) -> None:
    found = read(line.encode(), "srv/accessKeys.csv")
    facts = secrets(found)
    assert facts
    told = repr(found.facts) + repr(msgspec.msgpack.encode(found.facts))
    for value in (ACCESS_KEY, BESIDE, CI_TOKEN, VALUE):
        assert not any(value[at : at + 6] in told for at in range(len(value) - 5))


def test_secrets_that_are_not_told_any_more_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "MAX_MATCHES", 1)
    other = "dK3" + "x!9q"
    found = Found(
        SecretReader(), {"a.env": f'x_password="{VALUE}" y_pw="{other}"\n'.encode()}, "a.env"
    )
    (fact,) = secrets(found)
    assert VALUE not in fact.excerpt
    assert other not in fact.excerpt
    assert [each.code for each in found.errors] == ["too_many"]


def test_the_same_secret_has_the_same_fingerprint_under_one_key_only() -> None:
    (one,), (other,) = secrets(read(LINE)), secrets(read(b"x\nSECRET_" + LINE, "srv/b.env"))
    assert one.fingerprint == other.fingerprint == SEAL.fingerprint(VALUE.encode())
    assert (
        FactSeal((b"another key of 32 bytes for all.",)).fingerprint(VALUE.encode())
        != one.fingerprint
    )


def test_what_was_done_with_a_file_is_counted() -> None:
    assert tally(read(b"nothing here\n")) == {"checked": 1}
    assert tally(read(LINE)) == {"checked": 1}
    assert tally(read(b"")) == {"empty": 1}


@pytest.mark.parametrize(
    ("content", "path", "word"),
    [
        (b"\0\1" + LINE, "srv/app/data", "binary"),
        (b"\x7fELF\2\1\1\0" + LINE, "opt/bin/program", "binary"),
        (LINE, "srv/app/package-lock.json", "generated"),
    ],
)
def test_files_that_hold_no_text_of_people_are_not_searched(
    content: bytes, path: str, word: str
) -> None:
    found = read(content, path)
    assert secrets(found) == []
    assert tally(found) == {word: 1}


def test_a_file_over_the_limit_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    assert secret_files.MAX_BYTES == 20 * 1024 * 1024
    monkeypatch.setattr(secret_files, "MAX_BYTES", 100)
    assert tally(read(LINE.ljust(101, b"\n"))) == {"too_large": 1}
    assert tally(read(LINE.ljust(100, b"\n"))) == {"checked": 1}


def test_default_paths_are_passed_over() -> None:
    passes_over = SecretReader().passes_over
    assert passes_over(b"usr/share/a")
    assert not passes_over(b"srv/app/.env")


def test_rules_of_the_user_make_another_reader_of_the_same_kind() -> None:
    pack = RuleFiles(name="ours", kind="secrets", path="ours.toml", mark="m")
    own, with_pack = SecretReader(), SecretReader((pack,))
    assert own.name != with_pack.name
    assert kind_of(own.name) == kind_of(with_pack.name) == "secret"
    assert SecretReader((pack,)).name == with_pack.name


def configuration(**more: Any) -> bytes:
    return msgspec.json.encode({"os": "linux", "architecture": "amd64", **more})


def found_in(**more: Any) -> list[Secret | LocatedError]:
    return list(SecretReader().read_configuration(parse_config(configuration(**more)), SEAL))


def test_every_part_of_a_configuration_is_searched() -> None:
    password = f"DB_PASSWORD={VALUE}"
    found = found_in(
        config={
            "Env": ["PATH=/bin", password],
            "Labels": {"a": "b", "db.password": VALUE},
            "Entrypoint": ["run"],
            "Cmd": ["sh", "-c", f"{password} exec app"],
        },
        history=[
            {"created_by": "ADD file:1 in /"},
            {"created_by": f"RUN |1 {password} /bin/sh -c build"},
            {"created_by": "RUN build", "author": password},
        ],
        author=password,
    )
    told = {(each.place, each.item): each for each in found if isinstance(each, Secret)}
    assert set(told) == {
        ("environment", "DB_PASSWORD"),
        ("labels", "db.password"),
        ("commands", "command"),
        ("history", "step 2"),
        ("history", "step 3"),
        ("author", ""),
    }
    assert {each.path for each in told.values()} == {""}
    assert {each.line for each in told.values()} == {0}
    assert VALUE not in repr(found)
    assert {each.fingerprint for each in told.values()} == {SEAL.fingerprint(VALUE.encode())}


def test_a_step_knows_its_layer_where_the_history_fits_the_layers() -> None:
    history = [
        {"created_by": "ADD file:1 in /"},
        {"created_by": f"ENV DB_PASSWORD={VALUE}", "empty_layer": True},
        {"created_by": f"RUN |1 DB_PASSWORD={VALUE} /bin/sh -c build"},
    ]
    digests = [f"sha256:{number:064x}" for number in range(3)]

    def layers(count: int) -> list[int | None]:
        rootfs = {"type": "layers", "diff_ids": digests[:count]}
        found = found_in(history=history, rootfs=rootfs)
        return [each.layer for each in found if isinstance(each, Secret)]

    assert layers(2) == [None, 1]
    assert layers(3) == [None, None]


def test_a_secret_in_the_place_of_a_name_is_not_shown_as_one() -> None:
    (found,) = found_in(config={"Env": [f"PASSWORD: '{VALUE}'; x=1"]})
    assert isinstance(found, Secret)
    assert found.item == "variable 1"
    assert VALUE not in repr(found)


@pytest.mark.parametrize(
    "name",
    ["https://bob:Qz7kV2mXw9Lp4@h.example/?token", "glpat-" + "Xy7kQ2mVw9LpZr4TnB8c", "a b", ""],
)
def test_what_is_no_mere_name_is_told_of_by_its_number(name: str) -> None:
    found = found_in(
        config={"Env": [f"{name}=DB_PASSWORD={VALUE}"], "Labels": {name: f"DB_PASSWORD={VALUE}"}}
    )
    assert {each.item for each in found if isinstance(each, Secret)} == {"variable 1", "label 1"}
    assert "Qz7kV2" not in repr(found)
    assert "Xy7kQ2" not in repr(found)


def test_an_empty_configuration_has_nothing() -> None:
    assert found_in() == []
    assert found_in(config=None, history=None) == []
    assert isinstance(SecretReader(), ReadsConfiguration)


def test_a_part_that_holds_too_much_is_an_error_and_the_others_are_searched() -> None:
    class Engine:
        def search(self, text: bytes, *, path: str) -> Searched:
            del text, path
            return Searched(complete=False)

    reader = SecretReader()
    reader.__dict__["_engine"] = Engine()
    config = parse_config(configuration(config={"Env": ["A=1"], "Labels": {"a": "b"}}))
    errors = list(reader.read_configuration(config, SEAL))
    assert [each.code for each in errors if isinstance(each, LocatedError)] == ["too_many"] * 2
    assert "environment of the image's configuration" in getattr(errors[0], "message", "")


def test_rules_that_can_not_be_read_are_told_and_the_others_find(tmp_path: Path) -> None:
    pack = RuleFiles(name="ours", kind="secrets", path=str(tmp_path / "gone.toml"), mark="m")
    reader = SecretReader((pack,))
    found = Found(reader, {"a": LINE}, "a")
    assert [fact.rule for fact in secrets(found)] == ["generic-password"]
    assert found.codes == ["rules_unusable"]
    assert "gone.toml" in found.errors[0].message
    (error,) = reader.read_configuration(parse_config(configuration()), SEAL)
    assert isinstance(error, LocatedError)
    assert error.code == "rules_unusable"


def test_a_pack_finds_beside_the_rules_of_the_product(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text("[[rules]]\nid='ours'\nregex='''ticket-([a-z]{6}[0-9]{4})'''\n")
    pack = RuleFiles(name="ours", kind="secrets", path=str(file), mark="m")
    found = Found(SecretReader((pack,), str(tmp_path)), {"a": b"ticket-qwrtyp4821\n" + LINE}, "a")
    assert [fact.rule for fact in secrets(found)] == ["ours", "generic-password"]


def test_a_file_of_rules_that_is_not_utf_8_is_told_and_left_out_alone(tmp_path: Path) -> None:
    rule = b"[[rules]]\nid='ours'\nregex='ticket-([a-z]{6}[0-9]{4})'\n"
    (tmp_path / "good.toml").write_bytes(rule)
    (tmp_path / "bad.toml").write_bytes(rule + b"# caf\xe9\n")
    pack = RuleFiles(name="ours", kind="secrets", path=str(tmp_path), mark="m")
    found = Found(SecretReader((pack,)), {"a": b"ticket-qwrtyp4821\n"}, "a")
    assert [fact.rule for fact in secrets(found)] == ["ours"]
    assert found.codes == ["rules_unusable"]
    assert "bad.toml is not UTF-8: byte 59" in found.errors[0].message


def test_a_text_in_utf_16_is_searched_where_its_mark_says_so() -> None:
    text = "a=1\r\n" + LINE.decode()
    (fact,) = secrets(read(b"\xff\xfe" + text.encode("utf-16-le"), "srv/settings.ini"))
    assert (fact.line, fact.excerpt) == (2, "DB_PASSWORD=********")
