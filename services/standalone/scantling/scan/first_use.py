"""The advisory database of this machine, fetched when a scan needs it and it is missing or old.

Only from an OCI registry that ``SCANTLING_ADVISORIES_FROM`` names: the feeds themselves are
gigabytes from some forty hosts, which no scan may wait for.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Final

from scantling.advisories.place import advisories_file
from scantling_common.errors import ScantlingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scantling_common.clock import Clock

FROM: Final = "SCANTLING_ADVISORIES_FROM"
PLAIN_HTTP: Final = "SCANTLING_ADVISORIES_PLAIN_HTTP"
DAY_MS: Final = 24 * 3600 * 1000
_TRUE: Final = frozenset({"1", "true", "yes", "on"})


def fetch_if_due(clock: Clock, environment: Mapping[str, str] = os.environ) -> None:
    """Fetch the database where one is named and ours is missing, or older than a day.

    A failure is said on standard error, and the scan goes on with what there is.
    """
    reference, file = environment.get(FROM, ""), advisories_file(None)
    if not reference or not _is_due(file, clock.now_ms()):
        return
    # Nobody else needs a registry's client here.
    from scantling.advisories.remote import pull  # noqa: PLC0415  # as said
    from scantling.scan.access import Access  # noqa: PLC0415  # as above

    plain_http = environment.get(PLAIN_HTTP, "").lower() in _TRUE
    try:
        asyncio.run(pull(reference, Access(plain_http=plain_http), file))
        now = clock.now_ms() / 1000
        os.utime(file, (now, now))
    except (ScantlingError, OSError) as error:
        kept = "the old ones are used" if file.exists() else "there are none"
        # The arguments of a scan are about the registry of the image.
        said = str(error).replace("--plain-http", f"{PLAIN_HTTP}=true")
        sys.stderr.write(f"scantling: the advisories can't be fetched, {kept}: {said}\n")


def _is_due(file: Path, now_ms: int) -> bool:
    try:
        return now_ms - file.stat().st_mtime * 1000 > DAY_MS
    except OSError:
        return True
