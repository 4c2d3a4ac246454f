"""The forms that are masked where a configuration is shown: write them from the rules.

``python -m tests.analyzers.secrets.shown_forms``
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import scantling_common.telemetry
from scantling_analyzers.secrets.rules import packaged_rules
from scantling_common.telemetry.secret_forms import DATA, Form, Forms, Joint

KEPT: Final = Path(scantling_common.telemetry.__file__).with_name(DATA)
REFRESH: Final = "run `python -m tests.analyzers.secrets.shown_forms`"

BLOCKS: Final = (
    Form(
        ("kty",),
        r"""["']\\?(?:d|k|p|q|d[pq]|qi)\\{0,2}["']\s{0,8}:\s{0,8}\\{0,2}["'](?P<value>[\w\-]{16,4096})""",
    ),
    Form(("akia", "asia"), r"(?<![A-Za-z0-9+/])(?P<value>[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])"),
    Form(("private-lines",), r"Private-Lines:(?P<value>[^\x00]{1,32768}?)(?:Private-MAC|\Z)"),
    Form(
        ("ssh2 encrypted",),
        r"BEGIN SSH2 ENCRYPTED PRIVATE KEY(?P<value>[^\x00]{1,32768}?)(?:---- END|\Z)",
    ),
    Form(("insert into",), r"(?i:\bvalues)\s{0,8}(?P<value>\([^;]{1,32768})"),
)
"""Secrets over several lines, which the engine finds by more than a pattern."""


def forms() -> bytes:
    """Return the forms as they are kept."""
    rules = [rule for rule in packaged_rules() if not rule.path]
    told = [
        Form(rule.keywords, rule.pattern)
        for rule in rules
        if rule.has_value and (rule.kind in {"token", "assignment"} or rule.block == "wrapped")
    ]
    joints = [
        Joint(rule.pattern, rule.before)
        for rule in rules
        if rule.kind == "assignment" and not rule.has_value
    ]
    (names,) = {rule.stem for rule in rules if rule.id == "assigned-value"}
    known = Forms(forms=(*told, *BLOCKS), names=names, joints=tuple(joints))
    return json.dumps(known, ensure_ascii=False, indent=0).encode() + b"\n"


if __name__ == "__main__":
    KEPT.write_bytes(forms())
