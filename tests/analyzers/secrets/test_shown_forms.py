"""What the engine finds in a build step is masked where the step is shown."""

from __future__ import annotations

import pytest

from scantling_analyzers.secrets.rules import packaged_rules
from scantling_common.telemetry.redaction import (
    redact_environment,
    redact_history,
    redact_mapping,
)
from tests.analyzers.secrets.engines import fast
from tests.analyzers.secrets.shown_forms import KEPT, REFRESH, forms
from tests.builders.secret_examples import expand

PIECE = 6
"""Characters of a value that must not be left."""

EXAMPLES = [
    pytest.param(text, id=f"{rule.id}-{number}")
    for rule in packaged_rules()
    if (rule.kind not in {"block", "table"} or rule.block == "wrapped") and not rule.path
    for number, text in enumerate(rule.examples)
]


def test_the_forms_are_those_of_the_rules() -> None:
    assert KEPT.read_bytes() == forms(), REFRESH


@pytest.mark.parametrize("example", EXAMPLES)
def test_nothing_that_is_found_in_a_step_is_left_of_it(example: str) -> None:
    step = f"RUN /bin/sh -c echo '{expand(example)}' > /etc/conf # buildkit"
    assert left(step, redact_history(step)) == []


@pytest.mark.parametrize("example", EXAMPLES[::7])
def test_nor_of_a_variable_or_a_label(example: str) -> None:
    entry = f"SETTINGS={expand(example)}"
    (shown,) = redact_environment([entry])
    assert left(entry, shown) == []
    name, _, value = entry.partition("=")
    assert left(entry, redact_mapping({name: value})[name]) == []


def test_a_label_whose_name_is_a_form_shows_no_value() -> None:
    name = "LS0tLS1CRUdJTi" + "aB3/" * 20
    assert redact_mapping({name: "x", "b": "y"}) == {name: "[redacted]", "b": "y"}


def left(text: str, shown: str) -> list[str]:
    """Return the rules whose values, or pieces of them, are still shown."""
    found = fast().search(text.encode(), path="Dockerfile").matches
    values = [(each.rule, each.value.reveal().decode("utf-8", "replace")) for each in found]
    return [
        rule
        for rule, value in values
        if any(value[at : at + PIECE] in shown for at in range(max(1, len(value) - PIECE + 1)))
    ]
