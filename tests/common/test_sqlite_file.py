"""One process that closes a database cleanly costs another one nothing, whatever dies then."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scantling_common.bus.local_schema import connect
from scantling_common.sqlite_file import make_file
from scantling_common.store.sqlite_connection import Connector

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    Connect = Callable[[Path], sqlite3.Connection]

WRITER = """
import sys
from pathlib import Path
from tests.common.test_sqlite_file import CONNECT
connect = CONNECT[sys.argv[1]]
first = connect(Path(sys.argv[2]))
first.execute("CREATE TABLE t (n INTEGER)")
second = connect(Path(sys.argv[2]))
for line in sys.stdin:
    first.execute("INSERT INTO t VALUES (?)", (int(line),))
    print("written", flush=True)
"""
CONNECT: dict[str, Connect] = {
    "store": lambda path: Connector(path, "full").open(write=True),
    "bus": connect,
}


@pytest.mark.parametrize("kind", CONNECT)
def test_what_was_written_after_another_one_closed_survives_a_kill(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "data.db"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, kind, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        for number in (1, 2):
            writer.stdin.write(f"{number}\n")
            writer.stdin.flush()
            assert writer.stdout.readline() == "written\n"
            # The last connection of all would take the log away; this one is not.
            other = CONNECT[kind](path)
            assert other.execute("SELECT max(n) FROM t").fetchone() == (number,)
            other.close()
        writer.send_signal(signal.SIGKILL)

    left = CONNECT[kind](path)
    assert left.execute("SELECT n FROM t ORDER BY n").fetchall() == [(1,), (2,)]
    left.close()


def test_a_file_is_its_owner_s_and_made_once(tmp_path: Path) -> None:
    path = tmp_path / "folder/data.db"
    make_file(path)
    path.write_bytes(b"content")
    make_file(path)
    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
