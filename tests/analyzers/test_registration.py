"""Adding a reader or an analyzer is one folder and one line; nothing is forgotten."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import scantling_analyzers.facts as facts_package
import scantling_analyzers.risks as risks_package
from scantling_analyzers.contract import kind_of
from scantling_analyzers.extraction.readers import readers_for
from scantling_analyzers.facts.catalogue import READERS
from scantling_analyzers.risks.catalogue import ANALYZERS, PLACES
from scantling_common.risks import ALWAYS, RISKS


def classes_with(package: object, *attributes: str) -> set[type]:
    """Return the classes that modules of a package define and that have these attributes."""
    found: set[type] = set()
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):  # type: ignore[attr-defined]  # a package
        loaded = importlib.import_module(module.name)
        found.update(
            each
            for _, each in inspect.getmembers(loaded, inspect.isclass)
            if each.__module__ == module.name and all(hasattr(each, name) for name in attributes)
        )
    return found


def test_every_reader_is_in_the_catalogue() -> None:
    assert classes_with(facts_package, "patterns", "read", "version") == {type(r) for r in READERS}


def test_every_analyzer_is_in_the_catalogue() -> None:
    assert classes_with(risks_package, "analyze", "readers") == {type(a) for a in ANALYZERS}


def test_names_are_unique_and_known() -> None:
    assert len({reader.name for reader in READERS}) == len(READERS)
    assert [analyzer.risk for analyzer in ANALYZERS] == list(PLACES)
    assert {analyzer.risk for analyzer in ANALYZERS} <= set(RISKS)
    assert set(ALWAYS) <= {analyzer.risk for analyzer in ANALYZERS}


def test_every_reader_that_an_analyzer_names_exists() -> None:
    known = {kind_of(reader.name) for reader in READERS} | {"files"}
    assert {name for analyzer in ANALYZERS for name in analyzer.readers} <= known


def test_every_reader_is_wanted_by_some_analyzer() -> None:
    wanted = readers_for(RISKS, READERS)
    assert {reader.name: reader.version for reader in READERS} | {"files": 3} == wanted
