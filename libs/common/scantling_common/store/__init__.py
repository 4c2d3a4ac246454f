"""The store: port, adapters, typed repositories and the declared collections."""
