"""XML of feeds is read as a stream, and what is hostile in it is refused."""

from __future__ import annotations

import io
import time
import tracemalloc
from typing import IO, TYPE_CHECKING

import pytest

from scantling_analyzers.advisories.feeds import hardened_xml
from scantling_analyzers.advisories.feeds.contract import FeedUnreadable
from scantling_analyzers.advisories.feeds.hardened_xml import Element, records

if TYPE_CHECKING:
    from collections.abc import Iterator


class Endless(io.RawIOBase):
    """Gives pieces one after the other, without ever having them all."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        pieces = [self._left]
        while sum(map(len, pieces)) < size and (piece := next(self._pieces, b"")):
            pieces.append(piece)
        self._left = b"".join(pieces)
        given, self._left = self._left[:size], self._left[size:]
        return given


def read(text: str | bytes, *names: str) -> list[Element]:
    data = text.encode() if isinstance(text, str) else text
    return list(records(io.BytesIO(data), names or ("r",)))


def test_records_are_given_with_all_that_is_in_them() -> None:
    (one, two) = read('<a x="1"><r id="1">t<b c="d"> u </b>v</r><i><r id="2"/></i></a>')

    assert (one.get("id"), one.text, one.said("b"), one.get("none")) == ("1", "tv", "u", "")
    assert [each.get("c") for each in one.every("b")] == ["d"]
    assert (two.get("id"), two.find("b"), two.children) == ("2", None, [])


def test_a_record_in_a_record_is_a_part_of_it() -> None:
    (outer,) = read("<a><r><r><r/></r></r></a>")

    assert [each.name for each in outer.walk()] == ["r", "r", "r"]


def test_prefixes_of_names_do_not_matter() -> None:
    assert read('<x:a xmlns:x="urn:x"><x:r><x:b>1</x:b></x:r></x:a>')[0].said("b") == "1"


def test_a_path_of_names_leads_to_all_that_is_there() -> None:
    (record,) = read("<r><a><b>1</b></a><a><b>2</b><c>3</c></a></r>")

    assert [each.text for each in record.every("a", "b")] == ["1", "2"]
    assert record.said("a", "none") == ""


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://registry.example/x">%x;]><a/>',
    ],
)
def test_a_document_type_is_refused(text: str) -> None:
    with pytest.raises(FeedUnreadable, match="document type"):
        read(text)


def test_what_is_not_wanted_is_left_out_of_records() -> None:
    text = b"<a><r><b>1</b><x><b>2</b><r/></x><c>3</c></r><x><r/></x></a>"

    first, second = records(io.BytesIO(text), ("r",), without=("x",))

    assert [each.name for each in first.children] == ["b", "c"]
    assert (first.cut, second.children) == (False, [])


def test_reading_ends_with_the_element_that_is_named() -> None:
    text = b"<a><l><r/></l><r/>" + b" " * 100_000 + b"<l><broken"

    assert len(list(records(io.BytesIO(text), ("r",), last="l"))) == 2


@pytest.mark.parametrize("text", ["", "<a>", "<a></b>", "<a>&x;</a>", "<a x='1' x='2'/>", "{}"])
def test_what_is_no_xml_is_refused(text: str) -> None:
    with pytest.raises(FeedUnreadable, match="no XML"):
        read(text)


@pytest.mark.parametrize("encoding", ["no-such", "utf-7", "shift_jis", "idna"])
def test_an_encoding_that_is_none_for_xml_is_refused(encoding: str) -> None:
    with pytest.raises(FeedUnreadable, match="no XML"):
        read(f'<?xml version="1.0" encoding="{encoding}"?><a/>')


def test_what_was_read_before_a_fault_is_given() -> None:
    found = records(io.BytesIO(b"<a>" + b"<r/>" * 50_000 + b"<b></a>"), ("r",))

    assert next(found).name == "r"
    with pytest.raises(FeedUnreadable):
        list(found)


def test_elements_nested_ten_thousand_deep_are_refused() -> None:
    with pytest.raises(FeedUnreadable, match="nested"):
        read("<r>" * 10_000 + "</r>" * 10_000)


def test_too_many_elements_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardened_xml, "MAX_ELEMENTS", 1000)

    with pytest.raises(FeedUnreadable, match="1000 elements"):
        read("<a>" + "<b/>" * 1000 + "</a>")


def test_too_many_attributes_are_refused() -> None:
    with pytest.raises(FeedUnreadable, match="attributes"):
        read("<a " + " ".join(f'x{n}="1"' for n in range(100)) + "/>")


def test_a_tag_that_never_ends_is_refused_before_it_is_held() -> None:
    pieces = iter([b'<a x="', *[b"y" * 100_000] * 1_000_000])

    with pytest.raises(FeedUnreadable, match="a tag or a comment"):
        list(records(Endless(pieces), ("r",)))  # type: ignore[arg-type]  # as much as is used of a file


def test_a_record_of_a_million_elements_is_cut_and_says_so() -> None:
    (record, small) = read("<a><r>" + "<b/>" * 1_000_000 + "</r><r><b/></r></a>")

    assert record.cut
    assert len(record.children) == hardened_xml.MAX_RECORD
    assert (small.cut, len(small.children)) == (False, 1)


def test_a_record_of_huge_texts_is_cut_and_says_so() -> None:
    (record,) = read("<r>" + f"<b>{'x' * 1_000_000}</b>" * 30 + "</r>")

    assert record.cut
    assert {len(each.text) for each in record.every("b")} == {hardened_xml.MAX_TEXT}


def test_text_that_is_longer_than_any_is_shortened() -> None:
    (record,) = read(f"<r>{'x' * 200_000}</r>")

    assert (len(record.text), record.cut) == (hardened_xml.MAX_TEXT, False)


def test_memory_does_not_grow_with_the_document() -> None:
    piece = b"<r><b>" + b"x" * 1000 + b"</b><c d='e'/></r>"

    def peak(count: int) -> int:
        stream: IO[bytes] = Endless(iter([b"<a>", *[piece] * count, b"</a>"]))  # type: ignore[assignment]  # as much as is used
        tracemalloc.start()
        for _ in records(stream, ("r",)):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10)

    assert peak(5_000) < peak(500) + 500_000


def test_a_document_of_many_records_is_read_in_linear_time() -> None:
    text = b"<a>" + b'<r id="1"><b>text</b><c d="e"/></r>' * 100_000 + b"</a>"
    began = time.process_time()

    assert sum(1 for _ in records(io.BytesIO(text), ("r",))) == 100_000
    assert time.process_time() - began < 30
