"""Dead-letter topics: where events go that no handler can handle, with the reason."""

from __future__ import annotations

import hashlib
from typing import Final

from scantling_common.events.models import DeadLetter
from scantling_common.events.topics import DAY, Topic

KEPT: Final = 30 * DAY
"""How long a dead letter is kept, in seconds."""


def dead_letters_of(topic: Topic) -> Topic:
    """Return the dead-letter topic of a topic."""
    return Topic(
        name=topic.dead,
        model=DeadLetter,
        key=topic.key,
        describes=f"Events of {topic.name} that were rejected, as they were, with the reason.",
        writers=topic.readers,
        readers=("outside",),
        partitions=1,
        retention=KEPT,
        dead_letters=False,
    )


def dead_letter_id(topic: str, partition: int, offset: int) -> str:
    """Return the CloudEvents id of a dead letter: the same event rejected twice has one id."""
    return hashlib.sha256(f"{topic}/{partition}/{offset}".encode()).hexdigest()
