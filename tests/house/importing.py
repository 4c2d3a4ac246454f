"""Run as a program: imports the modules it is given and prints, as JSON, what that did.

An audit hook (PEP 578) sees each socket, process and file opened for writing; threads are seen
where they start, since not every supported Python has an event for that. What the
distributions of others do while they are imported is theirs: they are imported first, unheard.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading

EFFECTS = {
    "os.fork": "forks",
    "os.mkdir": "makes a folder",
    "os.remove": "removes a file",
    "os.rename": "renames a file",
    "os.system": "runs a command",
    "socket.__new__": "makes a socket",
    "socket.bind": "binds a socket",
    "socket.connect": "connects a socket",
    "sqlite3.connect": "opens a database",
    "subprocess.Popen": "starts a process",
}


def effect_of(event: str, arguments: tuple[object, ...]) -> str | None:
    """Say what an audit event did to the world outside the process, if it did."""
    if event != "open":
        return EFFECTS.get(event)
    path, mode = arguments[0], arguments[1]
    # The compiler's cache is written for every module that is imported.
    if isinstance(mode, str) and set(mode) & set("wax+") and "__pycache__" not in str(path):
        return f"writes {path}"
    return None


def main(first: list[str], modules: list[str]) -> dict[str, list[str]]:
    """Import ``first`` unheard, then each of ``modules``; return the effects by module."""
    current = ""
    effects: dict[str, list[str]] = {}
    start = threading.Thread.start

    def note(effect: str | None) -> None:
        if current and effect:
            effects.setdefault(current, []).append(effect)

    def start_heard(thread: threading.Thread) -> None:
        note("starts a thread")
        start(thread)

    for name in first:
        importlib.import_module(name)
    setattr(threading.Thread, "start", start_heard)  # noqa: B010  # mypy knows no such method type
    sys.addaudithook(lambda event, arguments: note(effect_of(event, arguments)))
    for name in modules:
        current = name
        importlib.import_module(name)
    current = ""
    return effects


if __name__ == "__main__":
    request = json.load(sys.stdin)
    sys.path[:0] = request["path"]
    made = main(request["first"], request["modules"])
    json.dump({"effects": made, "loaded": sorted(sys.modules)}, sys.stdout)
