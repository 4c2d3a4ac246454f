"""What refers to a manifest (OCI distribution specification 1.1, listing referrers)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.images.digests import parse_digest
from scantling_common.images.errors import NotFound
from scantling_common.images.media_types import OCI_INDEX
from scantling_common.images.sources.answers import read_bounded
from scantling_common.images.sources.place import api, pull

if TYPE_CHECKING:
    from scantling_common.images.digests import Digest
    from scantling_common.images.sources.transport import Transport


async def referrers(transport: Transport, repository: str, digest: Digest) -> bytes | None:
    """Return the index of the manifests whose subject is a digest, as far as one answer lists.

    None where the registry does not know the question: then the tag ``sha256-HEX`` shows the
    index, if there is one (the same, referrers tag schema). What comes back has no digest to
    verify it by: it is a hint, and everything that it names is verified.
    """
    url = api(repository, f"referrers/{parse_digest(digest)}")
    try:
        async with transport.request(
            "GET", url, scope=pull(repository), headers={"Accept": OCI_INDEX}
        ) as response:
            return await read_bounded(response, transport.endpoint.limits.document_bytes)
    except NotFound:
        return None
