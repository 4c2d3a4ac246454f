"""Groups of the local bus: members, who reads what, committed offsets.

A partition is claimed in two steps: a rebalance says who is *wanted* as its reader; the *owner*
lets go when it has committed what is finished, and only then does the wanted one take it. A dead
owner's partitions are loose at once. Whoever changes a group raises its version, which is what
members watch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from scantling_common.bus.local_assignment import assign

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping


class Member(msgspec.Struct, frozen=True):
    """A consumer in a group; ``bell`` is its process', ``instance`` its static name or empty."""

    id: str
    group: str
    instance: str
    bell: str
    topics: tuple[str, ...]


class Claim(msgspec.Struct, frozen=True):
    """Who reads a queue, and who should."""

    queue: int
    owner: str | None
    wanted: str | None


def join(connection: sqlite3.Connection, member: Member) -> None:
    """Enter a group; a member of the same static name is thrown out."""
    if member.instance:
        old = connection.execute(
            "SELECT id FROM members WHERE grp = ? AND instance = ?",
            (member.group, member.instance),
        ).fetchall()
        _remove(connection, [row[0] for row in old])
    connection.execute(
        "INSERT INTO members (id, grp, instance, bell, topics) VALUES (?, ?, ?, ?, ?)",
        (member.id, member.group, member.instance, member.bell, " ".join(member.topics)),
    )
    _rebalance(connection, member.group)


def leave(connection: sqlite3.Connection, member: Member) -> None:
    """Leave a group; its partitions go to the others."""
    _remove(connection, [member.id])
    _rebalance(connection, member.group)


def dead(
    connection: sqlite3.Connection, alive: Callable[[str, str], bool]
) -> list[tuple[str, str]]:
    """Return id and group of the members of which ``alive(bell, id)`` says no."""
    rows = connection.execute("SELECT id, grp, bell FROM members").fetchall()
    return [(id_, group) for id_, group, bell in rows if not alive(bell, id_)]


def bury(connection: sqlite3.Connection, alive: Callable[[str, str], bool]) -> None:
    """Take dead members out of their groups."""
    gone = dead(connection, alive)
    _remove(connection, [id_ for id_, _ in gone])
    for group in sorted({group for _, group in gone}):
        _rebalance(connection, group)


def claims(connection: sqlite3.Connection, member: Member) -> tuple[bool, list[Claim]]:
    """Return whether a member is still in its group, and the claims that concern it."""
    known = connection.execute("SELECT 1 FROM members WHERE id = ?", (member.id,)).fetchone()
    rows = connection.execute(
        "SELECT queue, owner, wanted FROM claims WHERE grp = ? AND (owner = ? OR wanted = ?)",
        (member.group, member.id, member.id),
    )
    return known is not None, [Claim(*row) for row in rows]


def replaced(connection: sqlite3.Connection, member: Member) -> bool:
    """Tell whether another member has this one's static name."""
    row = connection.execute(
        "SELECT 1 FROM members WHERE grp = ? AND instance = ? AND id <> ?",
        (member.group, member.instance, member.id),
    ).fetchone()
    return bool(member.instance) and row is not None


def release(connection: sqlite3.Connection, member: Member, queues: Iterable[int]) -> None:
    """Let go of queues, so that those who are wanted can take them."""
    connection.executemany(
        "UPDATE claims SET owner = NULL WHERE grp = ? AND queue = ? AND owner = ?",
        [(member.group, queue, member.id) for queue in queues],
    )
    _raise_version(connection, member.group)


def take(connection: sqlite3.Connection, member: Member, queues: Iterable[int]) -> dict[int, int]:
    """Become the owner of queues that are loose; return where to read on in each."""
    taken: dict[int, int] = {}
    for queue in queues:
        changed = connection.execute(
            "UPDATE claims SET owner = ? WHERE grp = ? AND queue = ? AND wanted = ?"
            " AND (owner IS NULL OR owner = ?)",
            (member.id, member.group, queue, member.id, member.id),
        )
        if changed.rowcount:
            row = connection.execute(
                "SELECT next FROM committed WHERE grp = ? AND queue = ?", (member.group, queue)
            ).fetchone()
            taken[queue] = row[0] if row else 0
    return taken


def commit(connection: sqlite3.Connection, member: Member, offsets: Mapping[int, int]) -> None:
    """Commit offsets of the queues that the member owns; those of others are forfeited."""
    connection.executemany(
        "INSERT INTO committed (grp, queue, next) SELECT grp, queue, ? FROM claims"
        " WHERE grp = ? AND queue = ? AND owner = ?"
        " ON CONFLICT (grp, queue) DO UPDATE SET next = excluded.next",
        [(offset, member.group, queue, member.id) for queue, offset in offsets.items()],
    )


def committed(connection: sqlite3.Connection, group: str, queues: Iterable[int]) -> dict[int, int]:
    """Return the committed offsets of queues; 0 where there is none."""
    found = dict(connection.execute("SELECT queue, next FROM committed WHERE grp = ?", (group,)))
    return {queue: found.get(queue, 0) for queue in queues}


def _remove(connection: sqlite3.Connection, members: Iterable[str]) -> None:
    for id_ in members:
        connection.execute("DELETE FROM members WHERE id = ?", (id_,))
        connection.execute("UPDATE claims SET owner = NULL WHERE owner = ?", (id_,))


def _rebalance(connection: sqlite3.Connection, group: str) -> None:
    members = connection.execute(
        "SELECT id, topics FROM members WHERE grp = ? ORDER BY instance, id", (group,)
    ).fetchall()
    wanted = dict(
        connection.execute(
            "SELECT queue, wanted FROM claims WHERE grp = ? AND wanted IS NOT NULL", (group,)
        )
    )
    topics: dict[str, list[str]] = {}
    for id_, names in members:
        for name in names.split():
            topics.setdefault(name, []).append(id_)
    assigned: dict[int, str] = {}
    for name, subscribers in topics.items():
        rows = connection.execute("SELECT id FROM queues WHERE topic = ? ORDER BY id", (name,))
        assigned |= assign([row[0] for row in rows], subscribers, wanted)
    connection.execute("UPDATE claims SET wanted = NULL WHERE grp = ?", (group,))
    connection.executemany(
        "INSERT INTO claims (grp, queue, owner, wanted) VALUES (?, ?, NULL, ?)"
        " ON CONFLICT (grp, queue) DO UPDATE SET wanted = excluded.wanted",
        [(group, queue, member) for queue, member in assigned.items()],
    )
    _raise_version(connection, group)


def _raise_version(connection: sqlite3.Connection, group: str) -> None:
    connection.execute(
        "INSERT INTO groups (name, version) VALUES (?, 1)"
        " ON CONFLICT (name) DO UPDATE SET version = version + 1",
        (group,),
    )
