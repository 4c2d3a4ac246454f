"""Expressions are compiled at their first use, and all that redaction has can be."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from scantling_common.telemetry import command_secrets, redaction, secret_forms
from scantling_common.telemetry.expression import Expression

if TYPE_CHECKING:
    from types import ModuleType

COUNTING = """\
import re

compiled = []
compile_ = re.compile
re.compile = lambda *given: compiled.append(given) or compile_(*given)
from scantling_common.telemetry.redaction import redact_text

assert redact_text("") == "" and not compiled, compiled
assert redact_text("PASSWORD=a") == "PASSWORD=[redacted]" and compiled
"""


def expressions(value: object) -> list[Expression]:
    """Return the expressions of a constant: one, or those in tuples and dictionaries."""
    if isinstance(value, Expression):
        return [value]
    items = value.values() if isinstance(value, dict) else value
    return (
        [each for item in items for each in expressions(item)]
        if isinstance(items, Iterable) and not isinstance(items, str)
        else []
    )


def test_an_expression_is_compiled_once_and_has_its_flags() -> None:
    expression = Expression("a+", re.IGNORECASE)
    assert expression.compiled.match("AA")
    assert expression.compiled is expression.compiled


def test_what_is_no_expression_is_found_at_its_first_use() -> None:
    with pytest.raises(re.error):
        _ = Expression("(").compiled


@pytest.mark.parametrize(
    ("module", "least"), [(redaction, 9), (command_secrets, 25), (secret_forms, 5)]
)
def test_all_expressions_of_redaction_can_be_compiled(module: ModuleType, least: int) -> None:
    constants = {name: value for name, value in vars(module).items() if name.isupper()}
    found = expressions(constants)
    assert len(found) >= least
    assert all(each.compiled for each in found)


def test_nothing_is_compiled_before_there_is_text() -> None:
    subprocess.run([sys.executable, "-c", COUNTING], check=True)
