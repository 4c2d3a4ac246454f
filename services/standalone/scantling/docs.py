"""``python -m scantling.docs``: write the generated documents again, or ``--check`` them."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from scantling.reference.check_items import check_items
from scantling.reference.command_line import command_line
from scantling.reference.error_codes import error_codes
from scantling.reference.http_api import openapi
from scantling.reference.metrics import metrics
from scantling.reference.settings import settings
from scantling.reference.software_list import software_list
from scantling.reference.unchecked_paths import unchecked_paths
from scantling_common.events.documents import generate as generate_events
from scantling_reporter.report_schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

DIRECTORY: Final = Path("docs/reference")
EVENTS: Final = "events"


def generate(directory: Path) -> list[Path]:
    """Write all documents into a directory; return their paths below it."""
    texts = {
        "cli.md": command_line(),
        "settings.md": settings(),
        "metrics.md": metrics(),
        "errors.md": error_codes(),
        "disallowed-software.md": software_list(),
        "checks.md": check_items(),
        "unchecked-paths.md": unchecked_paths(),
        "report.schema.json": _json(json_schema()),
        "openapi.json": _json(asyncio.run(openapi())),
    }
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8")
    events = generate_events(directory / EVENTS)
    return sorted([*map(Path, texts), *(path.relative_to(directory) for path in events)])


def drift(directory: Path) -> list[str]:
    """Return which documents in a directory are not what the code generates."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        expected = generate(fresh)
        differing = [
            str(path)
            for path in expected
            if not (directory / path).is_file()
            or (directory / path).read_bytes() != (fresh / path).read_bytes()
        ]
    there = {path.relative_to(directory) for path in (directory / EVENTS).rglob("*.json")}
    return sorted([*differing, *map(str, there - set(expected))])


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check; return 1 where a check finds something."""
    parser = argparse.ArgumentParser(prog="scantling.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, and say what differs")
    parser.add_argument("--directory", type=Path, default=DIRECTORY)
    arguments = parser.parse_args(argv)
    if not arguments.check:
        generate(arguments.directory)
        return 0
    differing = drift(arguments.directory)
    for path in differing:
        sys.stderr.write(f"{arguments.directory / path} is not what `make docs` writes\n")
    return 1 if differing else 0


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
