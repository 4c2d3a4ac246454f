"""The root of the error tree.

Every error that a user or an operator can meet descends from :class:`ScantlingError`::

    ScantlingError                 code, message, hint
    ├── images.errors.*            references, manifests, sources
    ├── layers.errors.*            blobs, archives, limits
    ├── bus.errors.*               topics, delivery
    ├── store.errors.*             documents, indexes
    └── (each service's errors.py)

``code`` is stable: documents, dashboards and clients may depend on it. The message says what
happened and to what, the hint says what to do next.
"""

from __future__ import annotations

from typing import ClassVar


class ScantlingError(Exception):
    """Something went wrong that Scantling can name."""

    code: ClassVar[str] = "internal"

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        """Make the error; without a message the class' docstring is the message."""
        self.message = message or (type(self).__doc__ or self.code).strip().splitlines()[0]
        self.hint = hint
        super().__init__(self.message)

    def __str__(self) -> str:
        """Return the message, followed by the hint where there is one."""
        return f"{self.message} ({self.hint})" if self.hint else self.message
