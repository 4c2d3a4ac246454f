"""Who may import whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.house.sources import SERVICES, STANDALONE, is_within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.house.sources import Import, Module

FACTS: Final = "scantling_analyzers.facts"
FACT_MODELS: Final = "scantling_analyzers.facts.models"
RISKS: Final = "scantling_analyzers.risks"
CONTRACT: Final = "scantling_analyzers.contract"
ADAPTERS: Final = {
    "motor": "scantling_common.store.mongodb",
    "pymongo": "scantling_common.store.mongodb",
    "bson": "scantling_common.store.mongodb",
    "aiokafka": "scantling_common.bus.kafka",
}
"""Drivers, and the beginning of the names of the only modules that may know them."""
BEYOND_ANALYZERS: Final = (
    "scantling_analyzers.extraction",
    "scantling_analyzers.storage",
    "scantling_analyzers.service",
    "scantling_common.store",
    "scantling_common.bus",
    "scantling_common.images",
    "scantling_common.layers",
)
"""What an analyzer must not see: layers, registries, the store, the bus."""
BEYOND_CONTRACT: Final = (
    RISKS,
    "scantling_analyzers.extraction",
    "scantling_analyzers.storage",
    "scantling_analyzers.service",
)


def members_that_meet(modules: Iterable[Module]) -> Iterator[str]:
    """Find imports of a service by ``common`` or another service, or of the command by any."""
    for module in modules:
        if module.package == STANDALONE:
            continue
        others = [*(name for name in SERVICES if name != module.package), STANDALONE]
        for found in module.imports:
            for other in others:
                if found.within(other):
                    yield f"{module.at(found.line)} {module.package} imports {other}"


def services_that_the_command_lacks(modules: Iterable[Module]) -> Iterator[str]:
    """Find services that the command does not import: it could not run them."""
    imports = [
        found for module in modules if module.package == STANDALONE for found in module.imports
    ]
    for service in SERVICES:
        if not any(found.within(service) for found in imports):
            yield f"{STANDALONE} does not import {service}"


def drivers_outside_their_adapter(modules: Iterable[Module]) -> Iterator[str]:
    """Find imports of a driver outside its adapter."""
    for module in modules:
        for found in module.imports:
            for driver, adapter in ADAPTERS.items():
                if found.within(driver) and not module.name.startswith(adapter):
                    yield f"{module.at(found.line)} {driver} belongs into {adapter}"


def analyzers_that_see_too_much(modules: Iterable[Module]) -> Iterator[str]:
    """Find analyzers that import another one, a reader, layers, the bus or the store."""
    modules = list(modules)
    packages = {
        ".".join(module.name.split(".")[:3])
        for module in modules
        if is_within(module.name, RISKS) and module.name.count(".") > RISKS.count(".") + 1
    }
    for module in modules:
        own = ".".join(module.name.split(".")[:3])
        if own not in packages:
            continue
        for found in module.imports:
            forbidden = [*(packages - {own}), *BEYOND_ANALYZERS]
            yield from (
                f"{module.at(found.line)} the analyzer {own} imports {name}"
                for name in forbidden
                if found.within(name)
            )
            if _is_reader(found):
                yield f"{module.at(found.line)} the analyzer {own} imports {found.target}"


def contract_that_knows_an_implementation(modules: Iterable[Module]) -> Iterator[str]:
    """Find imports of readers, analyzers, or what runs them, by ``contract.py``."""
    for module in modules:
        if module.name != CONTRACT:
            continue
        for found in module.imports:
            if _is_reader(found) or any(found.within(name) for name in BEYOND_CONTRACT):
                yield f"{module.at(found.line)} the contract imports {found.target}"


def _is_reader(found: Import) -> bool:
    return found.within(FACTS) and not found.within(FACT_MODELS)
