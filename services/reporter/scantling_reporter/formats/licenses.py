"""Licences as the SBOM formats want them: expressions where they are some, else references."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any

from scantling_reporter.licenses import spdx_expression, spdx_id

_IDENTIFIER = re.compile(r"[^A-Za-z0-9.-]+")


def license_reference(text: str) -> str:
    """Return the ``LicenseRef-`` for a text that is no identifier (SPDX 2.3, 10.1)."""
    name = _IDENTIFIER.sub("-", text).strip("-.")[:60]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"LicenseRef-{name}-{digest}" if name else f"LicenseRef-{digest}"


@lru_cache(maxsize=4096)
def cyclonedx_licenses(licenses: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the ``licenses`` of a component: a list of licences, or one expression.

    The two can't stand beside each other, so that an expression beside a text that is none is
    a licence by name.
    """
    texts = [text for text in dict.fromkeys(licenses) if text.strip()]
    if any(spdx_id(text) is None for text in texts):
        known = [spdx_expression(text) for text in texts]
        if texts and all(known):
            return [{"expression": _joined([each for each in known if each])}]
    return [{"license": _license(text)} for text in texts]


@lru_cache(maxsize=4096)
def spdx_declared(licenses: tuple[str, ...]) -> str:
    """Return the licence expression of all of a package's licences together."""
    texts = dict.fromkeys(text for text in licenses if text.strip())
    return _joined([spdx_expression(text) or license_reference(text) for text in texts])


def _license(text: str) -> dict[str, str]:
    identifier = spdx_id(text)
    return {"id": identifier} if identifier else {"name": text}


def _joined(expressions: list[str]) -> str:
    different = list(dict.fromkeys(expressions))
    if len(different) == 1:
        return different[0]
    return " AND ".join(f"({each})" if " OR " in each else each for each in different)
