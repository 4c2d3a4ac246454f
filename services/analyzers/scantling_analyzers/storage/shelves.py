"""All that the extractor stores, over one store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.storage.bindings import BindingStore, ChainStore, IndexStore
from scantling_analyzers.storage.facts import FactStore
from scantling_analyzers.storage.leases import LayerLeases, Leases, OwnLeases
from scantling_analyzers.storage.view import ViewStore

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.store.port import Store


class Shelves:
    """Bindings, indexes, facts, visibilities, chains and leases."""

    def __init__(self, store: Store, owner: str | None, clock: Clock) -> None:
        """Use a store, taking leases in the name of ``owner``, unique to the process.

        None takes no lease: the host is a single process that shares its work with no other.
        """
        self.bindings = BindingStore(store)
        self.indexes = IndexStore(store)
        self.facts = FactStore(store)
        self.views = ViewStore(store)
        self.chains = ChainStore(store)
        self.leases: Leases = OwnLeases() if owner is None else LayerLeases(store, owner, clock)
