"""How many passwords a second are tried of each scheme: ``python -m tests.benchmarks.passwords``.

One core, what the process does without its start; beside it what a try is planned to cost, which
should be of the same order, and how long an image takes whose accounts have good passwords.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from _pytest.outcomes import Skipped

from scantling_analyzers.contract import Settings
from scantling_analyzers.facts.accounts.reader import AccountReader
from scantling_analyzers.passwords.prober import answers
from scantling_analyzers.passwords.schemes import recognise
from scantling_analyzers.passwords.trials import Order, Trial
from scantling_analyzers.risks.setting.passwords.judgement import judge
from tests.analyzers.facts.files import SEAL, read
from tests.analyzers.risks.content import content
from tests.builders.accounts import hashed, passwd, shadow

if TYPE_CHECKING:
    from scantling_analyzers.passwords.schemes import Recognised

SECONDS: Final = 0.5
"""How long each scheme is tried, roughly."""
PREFIXES: Final = (
    *(b"", b"_", b"$1$", b"$3$", b"$md5", b"$sha1", b"$5$", b"$6$"),
    *(b"$2b$", b"$7$", b"$y$", b"$gy$"),
)
OTHERS: Final = (
    b"$apr1$saltsalt$" + b"a" * 22,
    b"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
    b"*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19",
    b"73616c74$1000$" + b"a" * 40,
)
ACCOUNTS: Final = ((b"$6$", 1), (b"$y$", 1), (b"$6$", 20), (b"$y$", 20))
"""Images: the scheme, and how many accounts have a good password of it."""


def main() -> None:
    """Print tries a second, and seconds an image."""
    print(f"{'scheme':14} {'tries/s':>10} {'µs a try':>10} {'planned µs':>11}  parameters")
    for hash_ in (*_of_library(), *OTHERS):
        known = recognise(hash_)
        assert known is not None
        each = _microseconds(hash_, known)
        said = known.cost.said
        print(
            f"{known.scheme.name:14} {1e6 / each:10,.0f} {each:10,.1f}"
            f" {known.cost.microseconds:11,.1f}  {said}"
        )
    for prefix, accounts in ACCOUNTS:
        users = [passwd(f"u{n}") for n in range(accounts)]
        lines = [shadow(f"u{n}", hashed(b"Xk3#9dlw0qz%d" % n, prefix)) for n in range(accounts)]
        files = {"etc/passwd": b"".join(users), "etc/shadow": b"".join(lines)}
        facts = [
            (fact, 0, None)
            for path, data in files.items()
            for fact in read(AccountReader(), data, path).facts
        ]
        begun = time.monotonic()
        judged = judge(content(*facts), Settings(), SEAL)
        seconds = time.monotonic() - begun
        print(
            f"{accounts} good passwords of {prefix.decode()}: {seconds:.1f} s; {judged.counts.said}"
        )


def _of_library() -> list[bytes]:
    found = []
    for prefix in PREFIXES:
        try:
            found.append(hashed(b"password", prefix))
        except Skipped as missing:
            print(missing)
    return found


def _microseconds(hash_: bytes, known: Recognised) -> float:
    count = max(2, int(SECONDS * 1e6 / known.cost.microseconds))
    passwords = tuple(b"wrong %d" % number for number in range(count))
    order = Order((), (Trial(hash_, known.scheme.name, passwords),), 0, 0)
    begun = time.process_time()
    list(answers(order))
    return (time.process_time() - begun) / count * 1e6


if __name__ == "__main__":
    main()
