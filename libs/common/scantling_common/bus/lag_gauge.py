"""Measures how far a consumer is behind: the metric ``consumer_lag``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scantling_common.bus.commits import Commits
    from scantling_common.bus.feed import Feed
    from scantling_common.bus.port import Subscription
    from scantling_common.telemetry.metrics import Metrics


class LagGauge:
    """The events of each topic that are not finished, in the partitions assigned here.

    The lag of the group is the sum over its members. Without a group nothing is measured.
    """

    def __init__(
        self, subscription: Subscription, feed: Feed, commits: Commits, metrics: Metrics
    ) -> None:
        self._group = subscription.group
        self._topics = [topic.name for topic in subscription.topics]
        self._feed = feed
        self._commits = commits
        self._metrics = metrics

    async def measure(self) -> None:
        """Set the gauge of each topic. May raise ``BusUnavailable``."""
        if self._group is None:
            return
        behind: dict[str, int] = dict.fromkeys(self._topics, 0)
        for place, end in (await self._feed.ends()).items():
            if await self._feed.position(place) is None:
                return  # just assigned: where its group stands is not known yet
            behind[place.topic] += max(0, end - await self._commits.reached(place))
        for topic, lag in behind.items():
            self._metrics.set("consumer_lag", lag, group=self._group, topic=topic)
