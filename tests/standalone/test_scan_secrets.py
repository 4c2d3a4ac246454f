"""`scantling scan` of images with secrets: in files, in what later layers delete, in the config."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders.image import docker_archive, image, oci_archive
from tests.builders.layer import Content, executable
from tests.standalone.running import scantling

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

# They are put together here: nothing that looks like a live secret is in the repository.
PASSWORD = "hG7k" + "q9Zx2vLpT4"
DELETED = "Wq8r" + "Zt3mNb6yK1"
IN_ENVIRONMENT = "Lf5x" + "Vd9pJc2sR7"
IN_LABEL = "Tn4b" + "Hs8wQk6gM3"
IN_HISTORY = "Xc2v" + "Rj7zFm9dP5"
CANARIES = (PASSWORD, DELETED, IN_ENVIRONMENT, IN_LABEL, IN_HISTORY)
MIB = 1024 * 1024


def line(value: str) -> bytes:
    return f"DB_PASSWORD={value}\n".encode()


BASE: dict[str, Content] = {
    "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
    "usr/share/app/.env": line(PASSWORD),
    "var/lib/app/.env": line(PASSWORD),
    "srv/node_modules/a/README.md": line(PASSWORD),
    "srv/node_modules/a/test/b.env": line(PASSWORD),
    "srv/app/old.env": line(DELETED),
}
APP: dict[str, Content] = {
    "srv/app/.env": b"# ours\nNAME=app\n" + line(PASSWORD),
    "srv/app/.wh.old.env": b"",
    "srv/app/program": executable(b"\x7fELF\2\1\1\0" + line(PASSWORD)),
    "srv/app/package-lock.json": line(PASSWORD),
    "srv/app/dump.sql": line(PASSWORD) + b"\n" * (20 * MIB),
    "srv/app/empty": b"",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = image(
        BASE,
        APP,
        runtime={
            "Env": ["PATH=/bin", f"DB_PASSWORD={IN_ENVIRONMENT}"],
            "Labels": {"app.password": IN_LABEL},
        },
        history=[
            {"created_by": f"RUN |1 DB_PASSWORD={IN_HISTORY} /bin/sh -c build"},
            {"created_by": "COPY . /srv/app"},
        ],
    )
    return docker_archive(tmp_path_factory.mktemp("image") / "image.tar", {"a/b:1": built})


def scan(*arguments: object, cache: str = "--no-cache") -> subprocess.CompletedProcess[str]:
    return scantling("scan", cache, "--risk", "secret", *map(str, arguments))


def outcome_of(ended: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(ended.stdout)["outcomes"]["secret"]


def places(outcome: Any) -> list[tuple[str, str]]:
    return [
        (each.get("path", ""), each["details"].get("line") or each["details"]["place"])
        for each in outcome["findings"]
    ]


def lists(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "unchecked-paths").write_text(text)
    return folder


EVERYTHING = [
    ("srv/app/.env", "3"),
    ("srv/app/old.env", "1"),
    ("", "environment"),
    ("", "history"),
    ("", "labels"),
]


@pytest.fixture(scope="module")
def ended(archive: Path) -> subprocess.CompletedProcess[str]:
    return scan("--fail-on", "low", archive)


def test_exactly_what_is_planted_is_found_where_it_stands(
    ended: subprocess.CompletedProcess[str],
) -> None:
    assert ended.returncode == 1
    outcome = outcome_of(ended)
    assert outcome["status"] == "complete"
    assert sorted(places(outcome)) == sorted(EVERYTHING)
    by_place = dict(zip(places(outcome), outcome["findings"], strict=True))
    report = json.loads(ended.stdout)
    first, second = (layer["diff_id"] for layer in report["image"]["layers"])
    visible, deleted = by_place["srv/app/.env", "3"], by_place["srv/app/old.env", "1"]
    assert (visible["layer"], deleted["layer"]) == (second, first)
    assert deleted["details"]["hidden_by"] == second
    assert "hidden_by" not in visible["details"]
    assert visible["details"]["excerpt"].startswith("DB_PASSWORD=")
    assert by_place["", "environment"]["details"]["item"] == "DB_PASSWORD"
    assert by_place["", "labels"]["details"]["item"] == "app.password"
    assert by_place["", "history"]["details"]["item"] == "step 1"
    assert by_place["", "history"]["layer"] == first


def test_what_was_not_searched_is_counted_by_reason(
    ended: subprocess.CompletedProcess[str],
) -> None:
    assert outcome_of(ended)["search"] == {
        "checked": 3,
        "unchecked": {
            "binary": 1,
            "default_path": 4,
            "empty": 1,
            "generated": 1,
            "too_large": 1,
        },
    }


def test_a_list_leaves_paths_out_without_another_walk(archive: Path, tmp_path: Path) -> None:
    cache = f"--cache={tmp_path / 'cache'}"
    assert len(outcome_of(scan(archive, cache=cache))["findings"]) == len(EVERYTHING)

    given = lists(tmp_path / "l", "# ours\n/srv/app/old.env\n/srv/app/.e\n")
    outcome = outcome_of(scan("--lists", given, archive, cache=cache))

    assert sorted(places(outcome)) == sorted(set(EVERYTHING) - {("srv/app/old.env", "1")})
    assert outcome["search"]["left_out"] == 1
    assert outcome["search"]["unchecked_paths"] == ["/srv/app/old.env", "/srv/app/.e"]
    assert outcome["status"] == "complete"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("srv/app\n", "line 1: srv/app is no absolute path"),
        ("/srv/\n\n/srv/*.md\n", "line 3: /srv/*.md is a pattern, and entries are paths"),
        ("".join(f"/{n}\n" for n in range(21)), "line 21: there are more than 20 entries"),
    ],
)
def test_a_list_that_can_not_be_understood_is_refused(
    archive: Path, tmp_path: Path, text: str, said: str
) -> None:
    ended = scan("--lists", lists(tmp_path / "l", text), archive)
    assert ended.returncode == 2
    assert said in ended.stderr


def test_a_file_that_holds_too_much_is_partial_and_named(tmp_path: Path) -> None:
    many = b"".join(line(f"{PASSWORD}{n:05}") for n in range(1500))
    built = image({"srv/app/many.env": many})
    ended = scan(docker_archive(tmp_path / "i.tar", {"a/b:1": built}))
    outcome = outcome_of(ended)
    assert ended.returncode == 3
    assert outcome["status"] == "partial"
    assert [(e["path"], e["code"]) for e in outcome["errors"]] == [("srv/app/many.env", "too_many")]
    assert outcome["findings"]


def test_only_what_is_sure_enough_is_told_where_that_is_wanted(archive: Path) -> None:
    outcome = outcome_of(scan("--secret-score", "1", archive))
    assert all(each["details"]["score"] == "1.00" for each in outcome["findings"])
    assert len(outcome["findings"]) + outcome["search"]["unsure"] == len(EVERYTHING)
    assert scan("--secret-score", "1.1", archive).returncode == 2
    assert scan("--secret-score", "0.2", archive).returncode == 2


def test_the_same_image_gives_the_same_report(
    archive: Path, ended: subprocess.CompletedProcess[str]
) -> None:
    # Each of them has a key of its own, which nothing in a report may tell.
    one, other = outcome_of(ended), outcome_of(scan(archive))
    assert {**one, "seconds": 0} == {**other, "seconds": 0}


def test_every_form_has_them_and_no_output_log_or_file_has_what_is_planted(
    archive: Path, tmp_path: Path
) -> None:
    """What is planted is looked for in all that a scan writes, temporary files included."""
    cache, scratch = tmp_path / "cache", tmp_path / "scratch"
    scratch.mkdir()
    forms: dict[str, str] = {}
    said: list[bytes] = []
    for form in ("table", "csv", "sarif", "html"):
        done = scantling(
            *("scan", f"--cache={cache}", "--risk", "secret", "-v", "--explain"),
            *("--format", form, str(archive)),
            TMPDIR=str(scratch),
        )
        forms[form] = done.stdout
        said.append((done.stdout + done.stderr).encode())

    said += [file.read_bytes() for file in (*files_of(cache), *files_of(scratch))]
    assert len(said) > len(forms)
    for canary in CANARIES:
        assert not any(canary.encode() in each for each in said)
    rows = list(csv.DictReader(io.StringIO(forms["csv"])))
    assert ("srv/app/.env", "3") in [(row["path"], row["line"]) for row in rows]
    table = " ".join(forms["table"].split())
    assert "srv/app/old.env 1 1 hidden by layer 2" in table
    assert "3 files searched for secrets; not searched: 1 binary" in table
    assert "configuration: environment DB_PASSWORD" in table
    assert " WHY " in table
    run = json.loads(forms["sarif"])["runs"][0]
    regions = [
        place["physicalLocation"]["region"]["startLine"]
        for result in run["results"]
        for place in result["locations"]
        if "physicalLocation" in place
    ]
    assert sorted(regions) == [1, 3]
    assert "srv/app/.env:3" in forms["html"]


def files_of(folder: Path) -> Iterator[Path]:
    return (each for each in folder.rglob("*") if each.is_file())


RULES = """
title = "ours"

[[rules]]
id = "ours-ticket"
description = "Ticket of ours"
regex = '''ticket-([a-z]{6}[0-9]{4})'''
secretGroup = 1
keywords = ["ticket-"]

[[rules]]
id = "wrong"
description = "This one looks ahead"
regex = '''(?=a)b'''
"""


def test_rules_of_the_user_are_used_beside_those_of_the_product(tmp_path: Path) -> None:
    rules, bad = tmp_path / "rules.toml", tmp_path / "bad.toml"
    rules.write_text(RULES)
    bad.write_text("a = ")
    content = b"x ticket-qwrtyp4821 y\n" + line(PASSWORD)
    archive = docker_archive(tmp_path / "i.tar", {"a/b:1": image({"srv/a.txt": content})})
    cache = f"--cache={tmp_path / 'cache'}"

    without = outcome_of(scan(archive, cache=cache))
    ended = scan("--rules", rules, archive, cache=cache)

    assert [each["details"]["line"] for each in without["findings"]] == ["2"]
    outcome = outcome_of(ended)
    told = {each["id"]: each for each in outcome["findings"]}
    assert told["ours-ticket"]["title"] == "Ticket of ours"
    assert told["ours-ticket"]["details"]["excerpt"] == "********"
    assert len(told) == 2
    assert outcome["analyzer"]["rules"] != without["analyzer"]["rules"]
    assert "a rule of" in ended.stderr
    assert "wrong: it is not a regular expression of Go: invalid perl operator" in ended.stderr
    assert (ended.returncode, outcome["status"]) == (3, "partial")
    assert [error["code"] for error in outcome["errors"]] == ["rules_unusable"]
    assert len(outcome_of(scan(archive, cache=cache))["findings"]) == 1
    refused = scan("--rules", bad, archive)
    assert refused.returncode == 2
    assert "bad.toml has no rule that can be used" in refused.stderr


def test_a_name_in_disabled_rules_that_no_rule_has_is_told_and_nothing_is_partial(
    tmp_path: Path,
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[extend]\ndisabledRules = ['slack-token', 'aws-access-token']\n")
    archive = docker_archive(tmp_path / "i.tar", {"a/b:1": image({"srv/a.txt": b"x"})})
    ended = scan("--rules", rules, archive)
    said = "rules.toml: disabledRules: no rule of the product is called aws-access-token"
    assert said in ended.stderr
    assert "slack-token" not in ended.stderr
    assert (ended.returncode, outcome_of(ended)["status"]) == (0, "complete")


def test_an_image_without_layers_has_a_configuration_all_the_same(tmp_path: Path) -> None:
    built = image(runtime={"Env": [f"DB_PASSWORD={IN_ENVIRONMENT}"]})
    outcome = outcome_of(scan(oci_archive(tmp_path / "i.tar", {"1": built})))
    assert [each["details"]["item"] for each in outcome["findings"]] == ["DB_PASSWORD"]
    assert outcome["search"] == {}
