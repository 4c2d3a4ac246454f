"""All that the extractor stores, over one store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_analyzers.storage.bindings import BindingStore, ChainStore, IndexStore
from scantling_analyzers.storage.facts import FactStore
from scantling_analyzers.storage.leases import LayerLeases
from scantling_analyzers.storage.view import ViewStore

if TYPE_CHECKING:
    from scantling_common.clock import Clock
    from scantling_common.store.port import Store


class Shelves:
    """Bindings, indexes, facts, visibilities, chains and leases."""

    def __init__(self, store: Store, owner: str, clock: Clock) -> None:
        """Use a store, taking leases in the name of ``owner``, unique to the process."""
        self.bindings = BindingStore(store)
        self.indexes = IndexStore(store)
        self.facts = FactStore(store)
        self.views = ViewStore(store)
        self.chains = ChainStore(store)
        self.leases = LayerLeases(store, owner, clock)
