"""The run that counts for a risk type is the first one that was complete."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scantling_reporter.merge.runs import PageMark, ScanPages, Winner

RISKS = ("software", "file")


def pages_of(risk: str, run: str, offsets: list[int]) -> list[PageMark]:
    """Return the marks of a complete run whose pages stand at these offsets."""
    return [
        PageMark(risk=risk, run=run, page=page, pages=len(offsets), risks=RISKS, offset=offset)
        for page, offset in enumerate(offsets)
    ]


def test_a_scan_is_final_when_each_risk_type_has_a_complete_run() -> None:
    scan = ScanPages(pages_of("software", "a", [1, 2])[:1])
    assert not scan.final
    for mark in pages_of("file", "b", [3]):
        scan.add(mark)
    assert not scan.final
    scan.add(pages_of("software", "a", [1, 2])[1])
    assert scan.final


def test_pages_of_two_runs_never_make_one() -> None:
    first, second = pages_of("software", "a", [1, 5]), pages_of("software", "b", [2, 6])
    scan = ScanPages([first[0], second[1]])
    assert scan.winners() == {}


def test_a_second_attempt_that_names_fewer_risk_types_does_not_make_the_scan_final() -> None:
    first = PageMark(risk="file", run="a", page=0, pages=1, risks=RISKS, offset=1)
    scan = ScanPages([first])
    assert not scan.final
    scan.add(PageMark(risk="software", run="b", page=0, pages=1, risks=("software",), offset=2))
    assert scan.final


@given(st.data())
def test_any_order_with_repeats_names_the_run_that_was_complete_first(data: st.DataObject) -> None:
    runs = data.draw(st.integers(min_value=1, max_value=4))
    counts = [data.draw(st.integers(min_value=1, max_value=4)) for _ in range(runs)]
    offsets = data.draw(st.permutations(range(sum(counts))))
    marks: list[PageMark] = []
    ends: dict[str, int] = {}
    for number, count in enumerate(counts):
        taken = [offsets.pop() for _ in range(count)]
        ends[f"run-{number}"] = max(taken)
        marks += pages_of("software", f"run-{number}", taken)
    repeats = data.draw(st.lists(st.sampled_from(marks), max_size=5))
    scan = ScanPages(data.draw(st.permutations([*marks, *repeats])))
    first = min(ends, key=lambda run: ends[run])
    assert scan.winners()["software"] == Winner(
        risk="software", run=first, pages=counts[int(first[4:])], offset=ends[first]
    )
