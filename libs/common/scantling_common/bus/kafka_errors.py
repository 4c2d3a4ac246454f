"""What aiokafka raises, in the words of the port."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiokafka import errors

from scantling_common.bus.port import BusUnavailable, EventTooLarge, Fenced

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOO_LARGE = (errors.MessageSizeTooLargeError, errors.RecordTooLargeError)
_FENCED = (
    errors.ProducerFenced,
    errors.InvalidProducerEpoch,
    errors.InvalidProducerIdMapping,
    errors.TransactionCoordinatorFenced,
)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Raise the port's errors for Kafka's; ``doing`` says what was tried."""
    try:
        yield
    except _TOO_LARGE as error:
        raise EventTooLarge(f"{doing}: the broker refuses the size") from error
    except _FENCED as error:
        raise Fenced(f"{doing}: another producer has taken over") from error
    except (errors.KafkaError, OSError, TimeoutError) as error:
        raise BusUnavailable(
            f"{doing}: {type(error).__name__}", hint="look at the brokers and at SCANTLING_KAFKA"
        ) from error
