"""Readers that look at the configuration of images, in tests; and one that does not."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader, Unreadable
from scantling_analyzers.facts.models import LocatedError, Package
from tests.analyzers.extraction.readers import EveryFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scantling_analyzers.contract import LayerFile
    from scantling_analyzers.fact_seal import FactSeal
    from scantling_analyzers.facts.models import AnyFact
    from scantling_common.images.documents import ConfigDocument


class Variables(Reader):
    """Tells the variables of a configuration, and does what one of them says."""

    name = "variables@1"
    version = 3
    patterns: tuple[str, ...] = ()

    def read(self, file: LayerFile) -> Iterable[AnyFact | LocatedError]:
        del file
        return ()

    def read_configuration(
        self, config: ConfigDocument, seal: FactSeal
    ) -> Iterable[AnyFact | LocatedError]:
        for text in (config.config and config.config.env) or ():
            yield Package(path="", name=text, version=seal.fingerprint(b"x")[:4], type="generic")
            if text == "crash":
                os.kill(os.getpid(), 11)
            if text == "hang":
                time.sleep(3600)
            if text == "raise":
                raise ZeroDivisionError
            if text == "grow":
                bytearray(1 << 42)
            if text == "error":
                yield LocatedError(path="", code="malformed", message="it is wrong")
            if text == "refuse":
                message = "it is not what it should be"
                raise Unreadable(message, code="malformed")


READERS: Final[tuple[Reader, ...]] = (Variables(), EveryFile())
NAME: Final = f"{__name__}:READERS"
