"""The metrics of all processes of this machine as one text, each sample with its process.

Format: the Prometheus text format, version 0.0.4. Families that several processes show are
put together, as the format asks for.
"""

from __future__ import annotations

import http.client
import logging
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

MAX_METRICS: Final = 16 * 1024 * 1024
_SECONDS: Final = 2.0
_LABEL: Final = "process"


def fetch_metrics(url: str) -> bytes:
    """Return the metrics of another process, nothing where it does not answer in 2 s."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        content = answer.read(MAX_METRICS)
    except (OSError, http.client.HTTPException) as error:
        logger.info("metrics not fetched", extra={"error": str(error)})
        return b""
    finally:
        connection.close()
    return content if answer.status == http.client.OK else b""


def joined(texts: Mapping[str, bytes]) -> bytes:
    """Return the texts of processes, by their names, as one; pure."""
    families: dict[str, tuple[list[str], list[str]]] = {}
    for process, text in texts.items():
        family = ""
        for line in text.decode("utf-8", "replace").splitlines():
            if line.startswith("# "):
                family = line.split(" ", 3)[2]
                comments, _ = families.setdefault(family, ([], []))
                if line not in comments:
                    comments.append(line)
            elif line:
                families.setdefault(family, ([], []))[1].append(_labelled(line, process))
    lines = [line for comments, samples in families.values() for line in (*comments, *samples)]
    return "".join(f"{line}\n" for line in lines).encode()


def _labelled(line: str, process: str) -> str:
    """Return a sample with one label more; label values may hold any character but a newline."""
    name, brace, rest = line.partition("{")
    if brace and " " not in name:
        return f'{name}{{{_LABEL}="{process}",{rest}'
    name, _, rest = line.partition(" ")
    return f'{name}{{{_LABEL}="{process}"}} {rest}'
