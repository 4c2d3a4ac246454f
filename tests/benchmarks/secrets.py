"""How fast texts are searched for secrets, on one core: ``python -m tests.benchmarks.secrets``.

Beside it the floors: reading the texts and hashing them. The texts are those that this machine has
(sources of Python, documentation, headers, configuration; or the folders given as arguments), and
one that is made of random settings without and with secrets. Time of the processor is counted.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Unreadable
from scantling_analyzers.secrets.engine import default_engine
from scantling_analyzers.secrets.rules import packaged_rules
from scantling_analyzers.secrets.text import text_problem
from tests.builders.secret_examples import Randomness, expand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FOLDERS: Final = ("/usr/lib/python3", "/usr/share/doc", "/usr/share/perl", "/usr/include", "/etc")
MAX_FILE: Final = 20 * 1024 * 1024
MAX_TOTAL: Final = 64 * 1024 * 1024
ROUNDS: Final = 3

Text = tuple[str, bytes]


def main() -> None:
    """Print megabytes a second of each set of texts."""
    engine = default_engine()
    list(engine.find(b"x"))
    list(engine.find(b"x", path="x.py"))
    print(f"{'texts':24} {'files':>6} {'MB':>6} {'hash':>6} {'search':>7} MB/s {'found':>7}")
    for name, texts in _sets():
        size = sum(len(data) for _, data in texts)
        if not size:
            print(f"{name:24} none here")
            continue
        floor = _fastest(lambda: [hashlib.sha256(data).digest() for _, data in texts])  # noqa: B023 - called at once
        spent = _fastest(lambda: _search(texts))  # noqa: B023 - as above
        print(
            f"{name:24} {len(texts):6} {size / 1e6:6.1f} {size / floor / 1e6:6.0f}"
            f" {size / spent / 1e6:7.0f}      {_search(texts):7}"
        )


def _search(texts: Iterable[Text]) -> int:
    engine = default_engine()
    found = 0
    for path, data in texts:
        try:
            for _ in engine.find(data, path=path):
                found += 1
        except Unreadable:
            found += 1
    return found


def _sets() -> Iterator[tuple[str, list[Text]]]:
    for folder in sys.argv[1:] or FOLDERS:
        yield folder, list(_texts(Path(folder)))
    yield "settings without secrets", [("srv/app.conf", _settings(secrets=False))]
    yield "settings with secrets", [("srv/app.conf", _settings(secrets=True))]


def _texts(folder: Path) -> Iterator[Text]:
    total = 0
    for file in sorted(folder.rglob("*")):
        try:
            if not file.is_file() or file.is_symlink() or file.stat().st_size > MAX_FILE:
                continue
            data = file.read_bytes()
        except OSError:
            continue
        if text_problem(data, str(file)) is None:
            total += len(data)
            yield str(file), data
        if total > MAX_TOTAL:
            return


def _settings(*, secrets: bool) -> bytes:
    source = Randomness("settings")
    names = ("host", "port", "log_level", "timeout", "retries", "path", "cache_size", "theme")
    lines = [
        f"{names[source.number(len(names))]}_{source.number(99)} = {source.text('abcdefgh', 12)}"
        for _ in range(50_000)
    ]
    if secrets:
        examples = [text for rule in packaged_rules() for text in rule.examples]
        for text in examples[:500]:
            lines.insert(source.number(len(lines)), expand(text))
    return "\n".join(lines).encode()


def _fastest(run: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = process_time()
        run()
        times.append(process_time() - begun)
    return max(min(times), 1e-9)


if __name__ == "__main__":
    main()
