"""The base of every record: a typed document of one collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec

from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from scantling_common.store.port import Document


class DocumentVersionUnknown(ScantlingError):
    """A stored document has a version that this release does not read."""

    code = "document_version_unknown"


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A document with an id; ``rev`` is the store's, 0 before the record is inserted.

    Scalar fields are fields of the document. A field named ``body`` that is a Struct is packed
    (:mod:`scantling_common.bodies`). ``V`` is the document version, written as field ``v``: a
    release reads V and V - 1.
    """

    V: ClassVar[int] = 1

    id: str
    rev: int = 0

    @classmethod
    def upgrade(cls, document: Document) -> Document:
        """Return a document of version V - 1 as one of version V.

        Raises :class:`DocumentVersionUnknown` where the record says nothing of that version.
        """
        message = f"{cls.__name__} {document.get('id')!r} has version {document.get('v')!r}"
        hint = "finish the upgrade of the release before first"
        raise DocumentVersionUnknown(message, hint=hint)
