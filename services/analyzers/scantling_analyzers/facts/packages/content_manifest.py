"""Content manifests of Red Hat's images: the repositories that their packages came from.

One JSON document an image build, in a folder of its own; the advisories of Red Hat hold for
repositories, which rpm's database doesn't name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import ContentSets
from scantling_analyzers.facts.reading import value, whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.facts.models import AnyFact, LocatedError

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
"""A manifest may list every package of the image beside its repositories."""
MAX_SETS: Final = 10_000

_LABELS: Final = "/labels.json"


class _Manifest(msgspec.Struct):
    content_sets: list[str] | None = None


class ContentManifestReader(Reader):
    """Reads the manifests in both their places, but not the labels beside them."""

    name = "content-manifest"
    version = 1
    patterns: tuple[str, ...] = (
        "root/buildinfo/content_manifests/*.json",
        "usr/share/buildinfo/*.json",
    )

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        """Yield the content sets of one manifest; one without any says nothing."""
        path = file.text_path
        if path.endswith(_LABELS):
            return
        sets = content_sets(whole(file, MAX_FILE_BYTES))
        if sets:
            yield ContentSets(path=path, sets=sets)


def content_sets(content: bytes) -> tuple[str, ...]:
    """Return the names, each once, in their order.

    Raises :class:`Unreadable` (``malformed``, ``too_many``, ``too_large``).
    """
    try:
        found = msgspec.json.decode(content, type=_Manifest).content_sets or []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable("the content manifest is no JSON of its form", code="malformed") from error
    if len(found) > MAX_SETS:
        raise Unreadable(f"more than {MAX_SETS} content sets", code="too_many")
    names = dict.fromkeys(
        value(name.encode("utf-8", "surrogatepass"), "a content set") for name in found
    )
    return tuple(name for name in names if name)
