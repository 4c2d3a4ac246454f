"""A process of its own: logs, tracing, the event loop, and what is said when it ends badly."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from scantling import __version__
from scantling_common.errors import ScantlingError
from scantling_common.telemetry.logs import configure_logs
from scantling_common.telemetry.setup import set_up

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from scantling_common.settings import ServiceSettings

logger = logging.getLogger(__name__)

FAILED = 1
"""The status of a process that a supervisor should start again."""


def run_process(
    service: str,
    settings: ServiceSettings,
    main: Callable[[], Coroutine[Any, Any, None]],
) -> int:
    """Run ``main`` until it ends, and return the exit status: 0 where it was asked to end."""
    configure_logs(service, level=settings.log_level, form=settings.log_form)
    tracing = set_up(service, settings, version=__version__)
    try:
        asyncio.run(main())
    except ScantlingError as error:
        logger.error(  # noqa: TRY400  # it is an end that has a name, not a defect
            "process ends", extra={"code": error.code, "error": str(error)}
        )
        return FAILED
    except Exception:
        logger.exception("process ends")
        return FAILED
    finally:
        tracing.stop()
    return 0
