"""A Python distribution that conda installed is told from one that pip put beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.extraction.imageview import owned_by
from scantling_analyzers.facts.models import FactSet, FileFacts
from scantling_analyzers.facts.packages.conda import CondaReader
from scantling_analyzers.facts.packages.python import PythonReader
from tests.analyzers.facts.files import read
from tests.builders import python_package, runtime_package

if TYPE_CHECKING:
    from scantling_analyzers.contract import Reader

RECORD = "opt/conda/conda-meta/numpy-1.26.0-py312_0.json"
PLACE = "lib/python3.12/site-packages/{}-1.dist-info/METADATA"


def fact_set(reader: Reader, contents: dict[str, bytes]) -> FactSet:
    files = (
        FileFacts(path=path, facts=tuple(read(reader, content, path).facts))
        for path, content in contents.items()
    )
    return FactSet(reader=reader.name, version=reader.version, files=tuple(files))


def test_the_owner_is_the_package_of_conda_s() -> None:
    by_conda, by_pip = (f"opt/conda/{PLACE.format(name)}" for name in ("numpy", "flask"))
    sets = [
        fact_set(
            CondaReader(),
            {RECORD: runtime_package.conda_record("numpy", "1.26.0", [PLACE.format("numpy")])},
        ),
        fact_set(
            PythonReader(),
            {
                by_conda: python_package.metadata("numpy", "1"),
                by_pip: python_package.metadata("flask", "1"),
            },
        ),
    ]
    wanted = {(0, by_conda.encode()), (0, by_pip.encode())}
    assert owned_by([sets], wanted, ()) == {(0, by_conda.encode()): "conda:numpy"}
