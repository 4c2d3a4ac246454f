"""The file that sets limits: TOML 1.0 with the tables ``[layer]`` and ``[archive]``."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final, get_type_hints

import msgspec

from scantling_analyzers.limits import DEFAULT_LIMITS, Limits
from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST: Final = 1024 * 1024


class LimitsInvalid(ScantlingError):
    """The file of limits can't be used."""

    code = "limits_invalid"


def read_limits(file: Path | None) -> Limits:
    """Return the limits that a file sets, the others as they are by default.

    None sets none. Raises :class:`LimitsInvalid`, which names the file and the key.
    """
    if file is None:
        return DEFAULT_LIMITS
    try:
        with file.open("rb") as opened:
            content = opened.read(LONGEST + 1)
    except OSError as error:
        raise LimitsInvalid(f"{file} can't be read: {error.strerror or error}") from error
    if len(content) > LONGEST:
        raise LimitsInvalid(f"{file} has over {LONGEST:,} bytes")
    try:
        return parse_limits(content.decode())
    except UnicodeDecodeError as error:
        raise LimitsInvalid(f"{file} is not UTF-8") from error
    except LimitsInvalid as error:
        raise LimitsInvalid(f"{file}: {error.message}", hint=error.hint) from error


def parse_limits(text: str) -> Limits:
    """Return the limits that a TOML document sets; raises :class:`LimitsInvalid`."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LimitsInvalid(f"it is no TOML: {error}") from error
    tables = _types(Limits)
    changed = {}
    for name, given in document.items():
        if name not in tables:
            raise LimitsInvalid(f"there is no table [{name}]", hint=_there_are(tables))
        if not isinstance(given, dict):
            raise LimitsInvalid(f"{name} is not a table", hint=f"begin it with a line [{name}]")
        table = getattr(DEFAULT_LIMITS, name)
        values = {key: _value(name, key, value, tables[name]) for key, value in given.items()}
        changed[name] = msgspec.structs.replace(table, **values)
    return msgspec.structs.replace(DEFAULT_LIMITS, **changed)


def limits_table() -> str:
    """Return the Markdown table of all limits."""
    lines = ["| table | limit | default | unit | bounds |", "|---|---|---|---|---|"]
    for table, kind in _types(Limits).items():
        for key, default, meta in _fields(kind):
            unit = (meta.extra or {})["unit"]
            lines.append(f"| `[{table}]` | `{key}` | `{default}` | {unit} | {meta.description} |")
    return "\n".join(lines) + "\n"


def _fields(kind: Any) -> Iterator[tuple[str, object, msgspec.Meta]]:
    defaults = kind()
    for key, type_ in _types(kind).items():
        yield key, getattr(defaults, key), type_.__metadata__[0]


def _value(table: str, key: str, value: object, kind: Any) -> int | float:
    types = _types(kind)
    if key not in types:
        raise LimitsInvalid(f"[{table}] has no limit {key!r}", hint=_there_are(types))
    try:
        number: int | float = msgspec.convert(value, types[key])
    except msgspec.ValidationError as error:
        message = f"{key} in [{table}] can't be {value!r:.50}: {error}"
        raise LimitsInvalid(message, hint=f"by default it is {getattr(kind(), key)}") from error
    return number


def _types(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _there_are(names: dict[str, Any]) -> str:
    return f"there are: {', '.join(names)}"
