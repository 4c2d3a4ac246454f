"""Whether an image can be analysed from stored facts alone, without its registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_common.records.sync import Image
    from scantling_dispatcher.repositories import Repositories


async def needs_registry(
    repositories: Repositories, project: str, image: Image, readers: Mapping[str, int] | None
) -> bool:
    """Tell whether some layer of an image must be fetched.

    It need not where the project has a binding of every blob and each reader's facts of every
    layer are stored; unknown readers, and facts that could not be had before, mean that it may.
    Asked for images of limited registries only; one layer after another, and the first that
    lacks something ends it.
    """
    if readers is None:
        return True
    blobs = list(dict.fromkeys(layer.digest for layer in image.body.layers))
    bindings = await repositories.bindings.get_many([f"{project}/{blob}" for blob in blobs])
    if len(bindings) < len(blobs):
        return True
    for diff_id in dict.fromkeys(binding.diff_id for binding in bindings):
        roots = [f"{diff_id}/{name}/{version}/0" for name, version in sorted(readers.items())]
        stored = await repositories.facts.get_many(roots)
        if len(stored) < len(roots) or any(
            root.status != "read" or root.retry_at for root in stored
        ):
            return True
    return False
