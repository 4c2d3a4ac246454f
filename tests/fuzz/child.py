"""The process that fuzzes one target, named by the environment; its arguments are libFuzzer's."""

from __future__ import annotations

import os
import sys

import atheris

from tests.fuzz.runs import TARGET

INSTRUMENTED = ["scantling_analyzers", "scantling_common", "tests.fuzz.targets"]


def main() -> None:
    """Instrument everything that parses, then fuzz until time is up or something is found."""
    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzz.targets import defect, targets  # noqa: PLC0415  # it must be instrumented

    name = os.environ[TARGET]
    atheris.Setup(sys.argv, defect if name == "defect" else targets()[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
