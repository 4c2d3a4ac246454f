"""Whether the advisories at hand are new enough for a job."""

from __future__ import annotations

import pytest

from scantling_analyzers.analysis.builds import Builds
from scantling_common.events.models import AdvisoriesUpdated
from scantling_common.events.topics import ADVISORIES_UPDATED
from tests.dispatcher.samples import NOW, delivered

ANNOUNCED = ("one", "two", "three")


async def builds(at_hand: str) -> Builds:
    made = Builds(lambda: at_hand)
    for sequence, build in enumerate(ANNOUNCED, 1):
        event = AdvisoriesUpdated.model_validate(
            {"project": "*", "build": build, "sequence": sequence, "announced_at": NOW / 1000}
        )
        await made.handle(delivered(ADVISORIES_UPDATED, event))
    return made


@pytest.mark.parametrize(
    ("at_hand", "at_least", "behind"),
    [
        ("two", "two", False),
        ("three", "two", False),
        ("one", "two", True),
        ("", "two", True),
        ("one", None, False),
        ("", None, False),
        ("one", "forgotten", False),
        ("not announced", "three", True),
    ],
)
async def test_a_job_waits_for_the_advisories_that_it_asks_for(
    at_hand: str, at_least: str | None, *, behind: bool
) -> None:
    assert (await builds(at_hand)).is_behind(at_least) is behind


async def test_pages_of_one_announcement_are_one_build() -> None:
    made = await builds("one")
    again = AdvisoriesUpdated.model_validate(
        {"project": "*", "build": "one", "sequence": 1, "announced_at": NOW / 1000, "page": 2}
    )
    await made.handle(delivered(ADVISORIES_UPDATED, again))

    assert made.is_behind("two")
