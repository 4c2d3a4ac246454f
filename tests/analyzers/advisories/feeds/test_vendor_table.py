"""The table for vendors without a feed is read strictly, and every error names its place."""

from __future__ import annotations

from typing import Any

import pytest

from scantling_analyzers.advisories.feeds.bounds import until
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.vendor_columns import COLUMNS
from scantling_analyzers.advisories.feeds.vendor_table import VendorTableFeed
from scantling_analyzers.advisories.models import (
    Advisory,
    Coverage,
    Reference,
    Refused,
    Score,
    Statement,
)
from tests.builders.feeds.document import advisories, document, refusals, said

FEED = VendorTableFeed()
ROW = {
    "distribution": "euleros",
    "release": "2.0-SP9",
    "advisory": "EulerOS-SA-2024-1234",
    "vulnerabilities": "CVE-2024-0001; CVE-2024-0002",
    "package": "bash",
    "name_of": "",
    "fixed_version": "0:5.0-2.h3.eulerosv2r9",
    "state": "",
    "arch": "x86_64 aarch64",
    "severity": "High",
    "published": "2024-05-31",
    "url": "https://example.org/EulerOS-SA-2024-1234",
    "title": "An update for bash, at last",
}


def table(*rows: dict[str, str]) -> str:
    """Return a CSV table of rows, each with what differs from the usual one."""
    lines = [",".join(COLUMNS)]
    for row in rows:
        cells = {**ROW, **row}
        lines.append(",".join(f'"{cells[column]}"' for column in COLUMNS))
    return "\n".join(lines) + "\n"


def as_json(*rows: Any) -> dict[str, Any]:
    return {"vendor_table": 1, "rows": list(rows)}


def errors(*rows: dict[str, str]) -> list[str]:
    found = said(FEED, table(*rows))
    assert advisories(found) == []
    return [each.message for each in refusals(found)]


@pytest.mark.parametrize(
    ("distribution", "release", "said_so", "meant"),
    [
        ("euleros", "2.0-SP9", "amd64 arm64", ("x86_64", "aarch64")),
        ("euleros", "2.0-SP9", "x86_64 amd64", ("x86_64",)),
        ("uos", "20-d", "x86_64 aarch64", ("amd64", "arm64")),
        ("uos", "20-1050-e", "amd64 i386", ("x86_64", "i386")),
        ("debian", "12", "i686;armhf", ("i386", "armhf")),
        ("alpine", "3.18", "amd64 x86", ("x86_64", "x86")),
        ("openwrt", "23.05", "mipsel_24kc", ("mipsel_24kc",)),
        ("uos", "20-d", "all", ()),
    ],
)
def test_architectures_are_called_as_packages_call_them(
    distribution: str, release: str, said_so: str, meant: tuple[str, ...]
) -> None:
    row = {
        "distribution": distribution,
        "release": release,
        "arch": said_so,
        "fixed_version": "5.0-r2" if distribution == "alpine" else "5.0-2",
    }
    (found,) = advisories(said(FEED, table(row)))

    assert [each.arches for each in found.statements] == [meant]


def test_rows_of_one_advisory_are_one() -> None:
    found = said(FEED, table({}, {"package": "bash-doc", "arch": "noarch", "name_of": "binary"}))

    fixed = until("5.0-2.h3.eulerosv2r9")
    assert found == [
        Advisory(
            id="EulerOS-SA-2024-1234",
            feed="vendor-table",
            vulnerabilities=("CVE-2024-0001", "CVE-2024-0002"),
            title="An update for bash, at last",
            published="2024-05-31",
            scores=(Score(source="euleros", kind="word", text="High"),),
            references=(
                Reference(url="https://example.org/EulerOS-SA-2024-1234", kind="ADVISORY"),
            ),
            statements=(
                Statement(
                    stream="euleros:2.0-SP9",
                    name="bash",
                    ranges=(fixed,),
                    arches=("x86_64", "aarch64"),
                    severity="High",
                ),
                Statement(
                    stream="euleros:2.0-SP9", name="bash-doc", ranges=(fixed,), severity="High"
                ),
            ),
        ),
        Coverage(feed="vendor-table", stream="euleros:2.0-SP9"),
    ]


def test_rows_of_one_advisory_may_mend_different_vulnerabilities() -> None:
    found = advisories(
        said(FEED, table({}, {"package": "dash", "vulnerabilities": "CVE-2024-0003"}))
    )

    assert [(each.id, each.vulnerabilities) for each in found] == [
        ("EulerOS-SA-2024-1234", ("CVE-2024-0001", "CVE-2024-0002")),
        ("EulerOS-SA-2024-1234", ("CVE-2024-0003",)),
    ]


def test_an_advisory_may_mend_hundreds() -> None:
    names = [f"CVE-2024-{number:04}" for number in range(900)]
    (found,) = advisories(said(FEED, table({"vulnerabilities": " ".join(names)})))

    assert found.vulnerabilities == tuple(names)


def test_without_an_advisory_each_vulnerability_is_one() -> None:
    found = advisories(said(FEED, table({"advisory": ""}, {"advisory": "", "title": "Another"})))

    assert [(each.id, each.vulnerabilities) for each in found] == [
        ("CVE-2024-0001", ()),
        ("CVE-2024-0002", ()),
    ]


@pytest.mark.parametrize(
    "state",
    [
        *("not_fixed", "will_not_fix", "end_of_life"),
        *("deferred", "under_investigation", "not_affected"),
    ],
)
def test_without_a_fix_there_is_a_state(state: str) -> None:
    (found,) = advisories(said(FEED, table({"fixed_version": "", "state": state})))

    assert found.statements[0].state == state
    assert found.statements[0].ranges == ((("introduced", "0"),),)


def test_a_row_of_a_release_alone_says_that_the_table_speaks_for_it() -> None:
    text = "distribution,release,package,advisory\nHCE,2.0,,\n"

    assert said(FEED, text) == [Coverage(feed="vendor-table", stream="hce:2.0")]


@pytest.mark.parametrize(
    ("distribution", "release", "version"),
    [
        ("euleros", "2.0-SP12", "1-2"),
        ("kylin", "V10-SP2", "1-2"),
        ("uos", "20-1050-e", "1-2"),
        ("uos", "20-d", "1:2-3"),
        ("hce", "1.1", "1-2"),
        ("openeuler", "22.03-LTS-SP3", "1-2"),
        ("debian", "12", "1:2-3~a"),
        ("alpine", "3.18", "1.2.3-r0"),
    ],
)
def test_releases_are_written_as_streams_are(distribution: str, release: str, version: str) -> None:
    row = {"distribution": distribution, "release": release, "fixed_version": version}

    assert said(FEED, table(row))[-1] == Coverage(
        feed="vendor-table", stream=f"{distribution}:{release}"
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"distribution": "atlantis"}, "column distribution: the distribution 'atlantis'"),
        ({"release": "2.0 (SP9)"}, "column release: no release"),
        ({"release": "2.9.9"}, "column release: releases of euleros are written 2.0-SP9"),
        ({"release": ""}, "column release: no release"),
        ({"distribution": "kylin", "release": "v10"}, "column release: releases of kylin"),
        ({"distribution": "uos", "release": "20"}, "column release: releases of uos"),
        ({"distribution": "hce", "release": "2"}, "column release: releases of hce"),
        ({"package": ""}, "column package: it is empty"),
        ({"package": "a b"}, "column package: not the name of a package: 'a b'"),
        ({"name_of": "both"}, "column name_of: neither"),
        ({"advisory": "", "vulnerabilities": ""}, "column vulnerabilities: neither"),
        ({"vulnerabilities": "CVE-2024-0001,nothing!"}, "column vulnerabilities: not an id"),
        ({"advisory": "one two"}, "column advisory: not an id"),
        ({"fixed_version": "5 or so"}, "column fixed_version: it can't be compared"),
        ({"fixed_version": ""}, "column fixed_version: it is empty, and no state says why"),
        ({"fixed_version": "", "state": "fixed"}, "column fixed_version: it is empty"),
        ({"state": "not_affected"}, "column state: there is a fixed version"),
        ({"state": "mended"}, "column state: none of fixed, not_fixed"),
        ({"arch": "x86-64"}, "column arch: not known: x86-64; known are x86_64, aarch64"),
        ({"arch": "x86_64 PDP-11"}, "column arch: not an architecture such as x86_64: 'PDP-11'"),
        ({"severity": "9.8"}, "column severity: not a word"),
        ({"published": "31.05.2024"}, "column published: no date"),
        ({"url": "javascript:alert(1)"}, "column url: not an address"),
        ({"title": "x" * 1_500}, "column title: it is too long"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(row: dict[str, str], message: str) -> None:
    (found,) = errors(row)
    assert found.startswith(f"line 2, {message}")


def test_all_errors_of_a_row_are_named() -> None:
    assert [each.split(":")[0] for each in errors({"package": "", "url": "x", "state": "y"})] == [
        "line 2, column package",
        "line 2, column state",
        "line 2, column url",
    ]


def test_a_wrong_row_costs_only_itself() -> None:
    found = said(FEED, table({"package": "a b"}, {}))

    assert [each.record for each in refusals(found)] == ["line 2"]
    assert len(advisories(found)) == 1


@pytest.mark.parametrize("column", ["published", "url", "title"])
def test_rows_of_one_advisory_say_the_same_of_it(column: str) -> None:
    other = {"published": "2024-06-01", "url": "https://example.org/", "title": "Other"}[column]
    found = said(FEED, table({}, {column: other}))

    assert [each.message for each in refusals(found)] == [
        f"line 3, column {column}: EulerOS-SA-2024-1234 has another one in line 2"
    ]


def test_of_many_errors_the_rest_is_counted() -> None:
    found = refusals(said(FEED, table(*[{"package": "a b"}] * 500)))

    assert len(found) == 201
    assert found[-1] == Refused(
        feed="vendor-table", record="further rows", code="too_many", message="300 further errors"
    )


def test_comments_blank_lines_byte_order_marks_and_crlf_are_fine() -> None:
    text = "\ufeff# made by hand\r\n\r\n" + table({}).replace("\n", "\r\n") + ",,\r\n"

    assert len(advisories(said(FEED, text))) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("euleros,2.0-SP9", "2 cells, the table has 13 columns"),
        ('"euleros,2.0-SP9', "not readable as CSV"),
        ("x" * 200_000, "more than 100000 characters"),
    ],
)
def test_lines_that_are_no_rows_are_named(line: str, message: str) -> None:
    found = said(FEED, table({}) + line + "\n" + table({}).splitlines()[1] + "\n")

    (refused,) = refusals(found)
    assert refused.record == "line 3"
    assert message in refused.message


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("distribution,release,package,advisory,cve", "line 1: unknown columns: cve"),
        ("distribution,release,package,package", "line 1: a column twice"),
        ("distribution,release,advisory", "line 1: missing columns: package"),
        ("", "without its line of columns"),
    ],
)
def test_columns_are_checked_first(header: str, message: str) -> None:
    with pytest.raises(FeedUnreadable, match=message):
        list(FEED.read(document(header + "\n")))


def test_the_json_form_says_the_same() -> None:
    row = {**ROW, "vulnerabilities": ["CVE-2024-0001", "CVE-2024-0002"], "name_of": None}
    row["arch"] = ["x86_64", "aarch64"]

    assert said(FEED, as_json(row)) == said(FEED, table({}))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**ROW, "cve": "CVE-2024-0001"}, "row 1, column cve: there is no such column"),
        ({**ROW, "package": ["a"]}, "row 1, column package: it is no list"),
        ({**ROW, "package": 1}, "row 1, column distribution: not an object of texts"),
        ([], "row 1, column distribution: not an object of texts"),
        ({**ROW, "package": ""}, "row 1, column package: it is empty"),
    ],
)
def test_errors_of_the_json_form_name_their_row(row: Any, message: str) -> None:
    found = said(FEED, as_json(row, ROW))

    assert [each.message.startswith(message) for each in refusals(found)] == [True]
    assert len(advisories(found)) == 1


@pytest.mark.parametrize(
    "content",
    [
        b'{"vendor_table": 2, "rows": []}',
        b'{"vendor_table": 1}',
        b'{"vendor_table": 1, "rows": ' + b"[" * 10_000,
    ],
)
def test_json_that_is_no_table_is_unreadable(content: bytes) -> None:
    with pytest.raises(FeedUnreadable):
        said(FEED, content)


@pytest.mark.parametrize("content", [table({}), as_json(ROW)])
def test_more_rows_than_there_can_be_are_unreadable(
    content: str | dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.vendor_table.MAX_ROWS", 0)

    with pytest.raises(FeedUnreadable, match="more than 0 rows"):
        said(FEED, content)


def test_more_values_than_a_cell_can_have_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scantling_analyzers.advisories.feeds.vendor_columns.MAX_VALUES", 1)

    assert errors({"arch": ""}) == ["line 2, column vulnerabilities: more than 1 values"]


def test_text_of_strangers_is_escaped() -> None:
    (advisory,) = advisories(said(FEED, table({"title": "\x1b[31m"})))

    assert advisory.title == "\\x1b[31m"


@pytest.mark.parametrize(
    "head", [b"", b"a,b\n", b"cve,epss,percentile\n", b"{}", b"distribution\n"]
)
def test_other_tables_are_not_taken_for_one(head: bytes) -> None:
    assert not FEED.recognises("table.csv", head)
