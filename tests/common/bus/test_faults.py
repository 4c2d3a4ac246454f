"""Fault points are recorded, crash where told, and leave a dead process dead."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scantling_common.faults import (
    KILLED,
    VARIABLE,
    FaultPlan,
    FaultyBus,
    FaultyProducer,
    FaultyStore,
    SimulatedCrash,
)
from scantling_common.store.port import Collection, Delete, Index, Insert, Range
from scantling_common.store.sqlite import SqliteStore
from tests.common.bus.samples import outgoing, topic
from tests.common.bus.test_chaos import Sink

THINGS = Collection("things", "sync", (Index("name", ("name",)),))


def test_a_plan_without_a_point_only_records() -> None:
    plan = FaultPlan()
    for _ in range(3):
        plan.checkpoint("a")
    assert plan.passed == {"a": 3}
    assert not plan.crashed


def test_a_plan_crashes_at_the_passing_it_was_told_and_stays_dead() -> None:
    plan = FaultPlan("a", 2)
    plan.checkpoint("a")
    plan.checkpoint("b")
    with pytest.raises(SimulatedCrash):
        plan.checkpoint("a")
    with pytest.raises(SimulatedCrash):
        plan.checkpoint("b")
    assert plan.passed == {"a": 2, "b": 1}


def test_nothing_that_handles_errors_handles_a_crash() -> None:
    assert not issubclass(SimulatedCrash, Exception)


@pytest.mark.parametrize(("asked", "status"), [("b#2", KILLED), ("a", KILLED), ("b#3", 0), ("", 0)])
def test_a_process_dies_where_its_environment_says(asked: str, status: int) -> None:
    script = (
        "import os\n"
        "from scantling_common.faults import FaultPlan\n"
        "plan = FaultPlan.from_environment(os.environ) or FaultPlan()\n"
        "for point in 'bab':\n"
        "    plan.checkpoint(point)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], env={VARIABLE: asked}, check=False)
    assert done.returncode == status


async def test_every_send_is_two_points_and_a_transaction_is_one_send() -> None:
    one, two = topic(), topic()
    events = [outgoing(one, "k", 1), outgoing(one, "k", 2), outgoing(two, "k", 3)]
    for atomic, times in ((False, 2), (True, 1)):
        plan, sink = FaultPlan(), Sink()
        await FaultyProducer(sink, plan, atomic=atomic).send_all(events)
        assert plan.passed[f"bus.send:{one.name}:before"] == times
        assert plan.passed[f"bus.send:{one.name}:after"] == times
        assert plan.passed[f"bus.send:{two.name}:after"] == 1
        assert [each.id for each in sink.sent] == ["k-1", "k-2", "k-3"]


async def test_a_crash_between_two_sends_leaves_the_first() -> None:
    made, sink = topic(), Sink()
    plan = FaultPlan(f"bus.send:{made.name}:after")
    with pytest.raises(SimulatedCrash):
        await FaultyProducer(sink, plan, atomic=False).send_all(
            [outgoing(made, "k", 1), outgoing(made, "k", 2)]
        )
    assert [each.id for each in sink.sent] == ["k-1"]


async def test_every_write_of_a_store_is_a_point_and_no_read_is() -> None:
    plan, inner = FaultPlan(), SqliteStore(":memory:")
    store = FaultyStore(inner, plan)
    await store.ensure([THINGS])
    await store.insert(THINGS, {"id": "a", "name": "x"})
    await store.replace(THINGS, {"id": "a", "name": "y"}, rev=1)
    await store.set_fields(THINGS, "a", {"name": "z"})
    await store.claim(THINGS, Range(index="name", prefix=("z",)), {"name": "claimed"})
    answers = await store.bulk(
        THINGS, [Insert({"id": name, "name": name}) for name in "bcd"] + [Delete("nobody")]
    )
    assert answers == [True, True, True, False]
    assert await store.delete(THINGS, "b")
    writes = ("insert", "replace", "set_fields", "claim", "bulk", "delete")
    expected = {f"store.{verb}:things:{when}" for verb in writes for when in ("before", "after")}
    assert set(plan.passed) == expected | {"store.bulk:things:halfway"}
    before = plan.passed.total()
    assert await store.get(THINGS, "a")
    assert await store.get_many(THINGS, ["a"])
    assert await store.page(THINGS, Range(index="name"), limit=10)
    assert plan.passed.total() == before
    await store.close()


async def test_a_crash_in_the_middle_of_a_bulk_leaves_its_first_half() -> None:
    plan, inner = FaultPlan("store.bulk:things:halfway"), SqliteStore(":memory:")
    await inner.ensure([THINGS])
    with pytest.raises(SimulatedCrash):
        await FaultyStore(inner, plan).bulk(
            THINGS, [Insert({"id": name, "name": name}) for name in "abcd"]
        )
    kept = await inner.page(THINGS, Range(index="name"), limit=10)
    assert [each["id"] for each in kept] == ["a", "b"]
    await inner.close()


def test_the_wrappers_are_a_bus_and_a_store() -> None:
    for name in ("ensure_topics", "producer", "consume", "lag", "close"):
        assert callable(getattr(FaultyBus, name))
