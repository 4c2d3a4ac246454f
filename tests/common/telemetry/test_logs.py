"""Structured logs."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from scantling_common.telemetry.logs import (
    MAX_FIELDS,
    MAX_ITEMS,
    MAX_STACK,
    MAX_VALUE,
    configure_logs,
)
from scantling_common.telemetry.setup import build_tracing

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("scantling.test")


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture(autouse=True)
def previous_logs() -> Iterator[None]:
    """Put back what was set up before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    text = stream.getvalue()
    assert text.isascii()
    return [json.loads(line) for line in text.splitlines()]


def test_a_record_is_one_json_line_with_its_fields(stream: io.StringIO) -> None:
    configure_logs("sync", stream=stream)

    logger.info("delivery stored", extra={"registry": "r1", "size": 3, "ok": True, "none": None})
    logger.debug("not shown")

    (entry,) = entries(stream)
    assert entry.pop("time").endswith("Z")
    assert entry == {
        "level": "info",
        "service": "sync",
        "logger": "scantling.test",
        "message": "delivery stored",
        "registry": "r1",
        "size": 3,
        "ok": True,
        "none": None,
    }


def test_values_are_bounded_redacted_and_escaped(stream: io.StringIO) -> None:
    configure_logs("sync", stream=stream)
    extra = {
        "long": "x" * 5000,
        "evil": "\x1b[31m\u202e\n{}\udc80",
        "header": "Authorization: Bearer abcdefghijkl",
        "password": "hunter2",
        "url": "https://u:hunter2@h.example/",
        "number": float("nan"),
        "name": "kept",
        "level": "kept too",
        "thing": ["a"],
    }
    del extra["name"]

    logger.warning("odd", extra=extra)

    (entry,) = entries(stream)
    assert len(entry["long"]) < MAX_VALUE + 50
    assert "3976 characters cut" in entry["long"]
    assert "\x1b" not in stream.getvalue()
    assert "hunter2" not in stream.getvalue()
    assert "abcdefghijkl" not in stream.getvalue()
    assert entry["url"] == "https://[redacted]@h.example/"
    assert entry["number"] == "nan"
    assert (entry["level"], entry["field.level"]) == ("warning", "kept too")
    assert entry["thing"] == ["a"]


def test_a_list_is_a_list_of_bounded_values(stream: io.StringIO) -> None:
    configure_logs("sync", form="json", stream=stream)
    logging.getLogger("t").info("lists", extra={"risks": ["file", 1], "many": ("x" * 2000,) * 30})

    line = json.loads(stream.getvalue())

    assert line["risks"] == ["file", 1]
    assert len(line["many"]) == MAX_ITEMS + 1
    assert line["many"][-1] == "… (10 more)"
    assert len(line["many"][0]) < MAX_VALUE + 50


def test_no_more_fields_than_are_allowed(stream: io.StringIO) -> None:
    configure_logs("sync", stream=stream)

    logger.info("many", extra={f"f{number}": number for number in range(100)})

    (entry,) = entries(stream)
    assert entry["fields_left_out"] == 60
    assert (
        len([name for name in entry if name.startswith("f") and name[1:].isdigit()]) == MAX_FIELDS
    )


@pytest.mark.parametrize("form", ["json", "human"])
def test_an_error_comes_with_its_bounded_stack(stream: io.StringIO, form: Any) -> None:
    configure_logs("sync", stream=stream, form=form)

    try:
        dict[str, str]()["\x1b]0;x\x07 PASSWORD=hunter2 " + "x" * 50_000]
    except KeyError:
        logger.exception("failed")

    text = stream.getvalue()
    assert "KeyError" in text
    assert "Traceback" in text
    assert "hunter2" not in text
    assert "\x1b" not in text
    assert len(text) < MAX_STACK + 1000


def test_people_read_one_line(stream: io.StringIO) -> None:
    configure_logs("sync", stream=stream, form="human", level="DEBUG")

    logger.debug("delivery stored", extra={"registry": "r 1", "size": 3, "evil": "a\u202eb\x07"})

    line = stream.getvalue()
    assert line[8:] == (' debug   delivery stored  registry="r 1" size=3 evil=a\\u202eb\\x07\n')


def test_the_form_follows_the_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        configure_logs("sync", stream=stream)
        logger.info("hello")

    assert not terminal.getvalue().startswith("{")
    assert pipe.getvalue().startswith("{")


def test_standard_error_is_where_logs_go(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("sync")
    logger.info("hello")

    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err)["message"] == "hello"


def test_a_record_names_its_trace(stream: io.StringIO) -> None:
    configure_logs("sync", stream=stream)
    tracing = build_tracing("sync", in_memory=True)

    with tracing.provider.get_tracer("t").start_as_current_span("work") as span:
        logger.info("inside")
    logger.info("outside")

    inside, outside = entries(stream)
    assert inside["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    assert len(inside["span_id"]) == 16
    assert "trace_id" not in outside
    tracing.stop()


def test_logs_need_no_tracing(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry.trace")
    configure_logs("scan", stream=stream)

    logger.info("hello")

    assert "trace_id" not in entries(stream)[0]


async def test_a_request_that_is_no_http_leaves_no_stack_in_the_log(stream: io.StringIO) -> None:
    configure_logs("test", stream=stream, form="json")
    runner = web.AppRunner(web.Application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n")
        assert b" 400 " in await reader.readline()
        writer.close()
        await writer.wait_closed()
    finally:
        await runner.cleanup()
    assert "Traceback" not in stream.getvalue()
