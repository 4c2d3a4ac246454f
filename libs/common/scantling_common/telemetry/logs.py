"""Structured logs: a constant message and fields, as JSON lines or for people.

Every value is bounded, redacted and escaped: what images, registries and clients send can end up
in a field. The trace is that of the current span.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

from scantling_common.telemetry.redaction import is_secret_name, redact_text

if TYPE_CHECKING:
    from collections.abc import Mapping

Form = Literal["auto", "json", "human"]

MAX_VALUE: Final = 1024
"""The longest value in characters; what is cut is marked."""

MAX_STACK: Final = 8192
MAX_FIELDS: Final = 40
MAX_ITEMS: Final = 20
"""How much of a list is logged."""

_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line, in ASCII."""

    def __init__(self, service: str) -> None:
        """Log for a service."""
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        entry: dict[str, object] = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": bounded(record.getMessage()),
            **_trace(),
        }
        fields = fields_of(record)
        entry.update(
            {(f"field.{name}" if name in entry else name): fields[name] for name in fields}
        )
        if record.exc_info and record.exc_info[1] is not None:
            entry["error"] = type(record.exc_info[1]).__name__
            entry["stack"] = bounded(self.formatException(record.exc_info), MAX_STACK)
        return json.dumps(entry, ensure_ascii=True, allow_nan=False, default=str)


class HumanFormatter(logging.Formatter):
    """One readable line; a stack follows on its own lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        fields = " ".join(f"{name}={_shown(value)}" for name, value in fields_of(record).items())
        message = _escaped(bounded(record.getMessage()))
        line = f"{clock} {record.levelname.lower():7} {message}  {fields}".rstrip()
        if record.exc_info and record.exc_info[1] is not None:
            stack = bounded(self.formatException(record.exc_info), MAX_STACK)
            line += "\n" + "\n".join(f"  {_escaped(part)}" for part in stack.splitlines())
        return line


def configure_logs(
    service: str, *, level: str = "INFO", form: Form = "auto", stream: TextIO | None = None
) -> None:
    """Send all logs of the process to a stream (standard error), replacing what was set up."""
    target = stream or sys.stderr
    human = form == "human" or (form == "auto" and target.isatty())
    handler = logging.StreamHandler(target)
    handler.setFormatter(HumanFormatter() if human else JsonFormatter(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("aiokafka", "pymongo", "asyncio", "faust", "mode"):
        logging.getLogger(noisy).setLevel(max(root.level, logging.WARNING))
    logging.getLogger("aiohttp.server").addFilter(is_ours)
    logging.captureWarnings(capture=True)


def is_ours(record: logging.LogRecord) -> bool:
    """Say whether a record of the HTTP server is about the product.

    A request that is no HTTP is answered with 400; to log each with its stack would let anybody
    fill the log.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not type(error).__module__.startswith("aiohttp.http_exceptions")


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """Return the extra fields of a record: at most 40, bounded, redacted."""
    extra = [name for name in vars(record) if name not in _OWN]
    fields = {name: _value(name, vars(record)[name]) for name in extra[:MAX_FIELDS]}
    if len(extra) > MAX_FIELDS:
        fields["fields_left_out"] = len(extra) - MAX_FIELDS
    return fields


def bounded(text: str, limit: int = MAX_VALUE) -> str:
    """Return text without secrets, cut to ``limit`` characters."""
    cut = len(text) - limit
    return redact_text(text if cut <= 0 else f"{text[:limit]}… ({cut} characters cut)")


def _value(name: str, value: Any) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)  # noqa: PLR0124
    if is_secret_name(name):
        return bounded(f"{name}={value}").partition("=")[2]
    if isinstance(value, list | tuple):
        shown = [_value(name, each) for each in value[:MAX_ITEMS]]
        more = len(value) - MAX_ITEMS
        return [*shown, f"… ({more} more)"] if more > 0 else shown
    return bounded(value if isinstance(value, str) else str(value))


def _shown(value: object) -> str:
    text = _escaped(",".join(map(str, value)) if isinstance(value, list) else str(value))
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text


def _escaped(text: str) -> str:
    """Return text whose control, bidirectional and lone surrogate characters are visible."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def _time(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"


def _trace() -> Mapping[str, str]:
    """Return trace and span id, where tracing was imported at all: the scan path never does."""
    tracing = sys.modules.get("opentelemetry.trace")
    if tracing is None:
        return {}
    context = tracing.get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}
