"""The work item that has readers look at the configuration of an image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from scantling_analyzers.contract import ReadsConfiguration, Unreadable
from scantling_analyzers.facts.models import FactSet, FileFacts, LocatedError
from scantling_common import bodies
from scantling_common.images.digests import parse_digest, verify_digest
from scantling_common.images.documents import check_size, parse_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scantling_analyzers.contract import Reader
    from scantling_analyzers.fact_seal import FactSeal
    from scantling_analyzers.facts.models import AnyFact
    from scantling_common.images.documents import ConfigDocument

FACTS: Final = "facts"
"""The name of the file that comes out."""
MAX_FACTS: Final = 10_000
"""How many facts one reader may find in one configuration."""


class ConfigurationWork(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Verify the config of that digest at (path, offset, size), and run the named readers.

    ``output`` is a directory of its own.
    """

    path: str
    offset: int
    size: int
    digest: str
    readers: tuple[str, ...]
    output: str


class ConfigurationDone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What was found is in the file ``facts``: msgpack of the packed fact sets by reader."""


def read_configuration(
    work: ConfigurationWork, catalogue: Sequence[Reader], seal: FactSeal
) -> ConfigurationDone:
    """Do the work. Raises what is wrong with the config as a document, and ``OSError``."""
    check_size(work.size, "config")
    with Path(work.path).open("rb") as blob:
        blob.seek(work.offset)
        data = blob.read(work.size)
    verify_digest(data, parse_digest(work.digest), "the config")
    config = parse_config(data)
    chosen = [reader for reader in catalogue if reader.name in work.readers]
    packed = {reader.name: bodies.pack(_found(reader, config, seal)) for reader in chosen}
    (Path(work.output) / FACTS).write_bytes(msgspec.msgpack.encode(packed))
    return ConfigurationDone()


def _found(reader: Reader, config: ConfigDocument, seal: FactSeal) -> FactSet:
    """Run one reader; nothing that the configuration holds escapes as an exception."""
    facts: list[AnyFact] = []
    errors: list[LocatedError] = []
    try:
        if isinstance(reader, ReadsConfiguration):
            for item in reader.read_configuration(config, seal):
                if isinstance(item, LocatedError):
                    errors.append(item)
                elif len(facts) >= MAX_FACTS:
                    errors.append(_error("too_many", f"more than {MAX_FACTS} facts"))
                    break
                else:
                    facts.append(item)
    except Unreadable as error:
        errors.append(_error(error.reason, error.message))
    except MemoryError:
        errors.append(_error("out_of_memory", "reading it takes too much memory"))
    except Exception as error:  # noqa: BLE001  # each reader fails alone
        errors.append(_error("reader_failed", f"{reader.name}: {type(error).__name__}"))
    files = (FileFacts(path="", facts=tuple(facts), errors=tuple(errors)),)
    return FactSet(reader=reader.name, version=reader.version, files=files)


def _error(code: str, message: str) -> LocatedError:
    return LocatedError(path="", code=code, message=f"the configuration of the image: {message}")
