"""What a layer contains: the facts that readers produce and analyzers judge.

Readers and analyzers meet here and nowhere else. A fact says what stands in one file of one
layer; whether that file is visible in an image is the image's visibility, not the fact's.
All text is escaped by :mod:`scantling_common.layers.escape` before it becomes part of a fact.
"""

from __future__ import annotations

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """One statement about one file of a layer.

    ``path`` is the escaped path, without a leading slash, of the file that the fact was read
    from; content of a nested archive is addressed as ``outer.war!/WEB-INF/lib/inner.jar``.
    """

    path: str


class Distribution(Fact, frozen=True, kw_only=True, tag="distribution", omit_defaults=True):
    """The operating system release, from an os-release file (os-release(5))."""

    id: str
    version_id: str = ""
    name: str = ""
    pretty_name: str = ""
    id_like: tuple[str, ...] = ()
    version_codename: str = ""
    cpe_name: str = ""
    variant_id: str = ""
    fields: dict[str, str] = {}


class Package(Fact, frozen=True, kw_only=True, tag="package", omit_defaults=True):
    """One installed package.

    ``type`` is the package URL type except for ``apk``, ``deb`` and ``rpm``, where the
    namespace of the package URL is the distribution, which only the image knows: ``name`` is
    what the ecosystem writes (``group:artifact`` for Maven, ``@scope/name`` for npm) and the
    package URL is computed by the ``software`` analyzer. ``version`` is complete, epoch
    included as ``epoch:version-release`` where the ecosystem has one.
    """

    name: str
    version: str
    type: str
    arch: str = ""
    source_name: str = ""
    source_version: str = ""
    licenses: tuple[str, ...] = ()
    module: str = ""
    maintainer: str = ""
    found_by: str = ""


class LocatedError(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader could not read: where, a stable code, and a sentence for people."""

    path: str
    code: str
    message: str


AnyFact = Distribution | Package


class FileFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one reader found in one file of a layer, whose escaped path is ``path``.

    The visibility of that file decides over all of it. An empty path stands for the layer.
    """

    path: str
    facts: tuple[AnyFact, ...] = ()
    errors: tuple[LocatedError, ...] = ()


class FactSet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one reader found in one layer, errors included."""

    reader: str
    version: int
    files: tuple[FileFacts, ...] = ()
