"""Trying passwords: in a process of its own, which can be ended and keeps nothing to itself."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

import pytest

from scantling_analyzers.passwords import library, process
from scantling_analyzers.passwords.prober import answers
from scantling_analyzers.passwords.process import tried
from scantling_analyzers.passwords.schemes import recognise
from scantling_analyzers.passwords.stopping import Stopper, current_stopper, in_thread
from scantling_analyzers.passwords.trials import FOUND, NONE, UNSUPPORTED, Answer, Order, Trial
from tests.analyzers.passwords.test_schemes import OF_LIBRARY
from tests.builders.accounts import hashed, with_setting

if TYPE_CHECKING:
    from collections.abc import Sequence

SLOW = b"$2b$31$" + b"a" * 22 + b"b" * 31
"""A hash of which one try takes a day: nothing but the end of the process ends it."""


def trial(hash_: bytes, own: Sequence[bytes] = (), shared: int = 0) -> Trial:
    known = recognise(hash_)
    return Trial(hash_, known.scheme.name if known else "", tuple(own), shared)


def here(trials: Sequence[Trial], shared: Sequence[bytes] = ()) -> list[Answer]:
    """Return the answers that the process would give, without one."""
    return list(answers(Order(tuple(shared), tuple(trials), 0, 0)))


@pytest.mark.parametrize(("prefix", "name"), OF_LIBRARY)
def test_the_password_of_every_scheme_is_found(prefix: bytes, name: str) -> None:
    costs = {"sunmd5": 5000, "sha1": 5000, "bcrypt": 4, "scrypt": 6, "yescrypt": 1}
    cost = {**costs, "sm3-yescrypt": 1}.get(name, 0)
    hash_ = hashed(b"correct", prefix, cost)

    (found, none) = here([trial(hash_, [b"", b"wrong", b"correct"]), trial(hash_, [b"wrong"])])

    assert (found.state, found.password, found.tried) == (FOUND, 2, 3)
    assert (none.state, none.tried) == (NONE, 1)


SHA512 = (
    b"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOf"
    b"aS35inz1"
)
PUBLISHED = [
    # The specification of the SHA schemes, and the test suites of crypt_blowfish and scrypt.
    (b"Hello world!", SHA512),
    (b"Hello world!", b"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
    (b"U*U", b"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    (
        b"pleaseletmein",
        b"$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D",
    ),
    (b"password", b"$3$$8846f7eaee8fb117ad06bdd830b7586c"),
    # As libxcrypt 4.5.2 makes them.
    (b"Hello world!", b"$sm3$saltstring$6RCuSuWbADZmLALkvsvtcYYzhrw3xxpuDcqwdPIWxTD"),
    (b"Hello world!", b"$sm3y$j75$saltsaltsalt$PXr5DgdLYiM7wAkRRV11VYMikkyE7lTeCSF1gycy3BB"),
]


@pytest.mark.parametrize(("password", "hash_"), PUBLISHED)
def test_published_hashes_are_those_of_their_passwords(password: bytes, hash_: bytes) -> None:
    hashed(b"x", hash_[: hash_.index(b"$", 1) + 1])

    (answer,) = here([trial(hash_, [password + b"x", password])])

    assert (answer.state, answer.password) == (FOUND, 1)


BIG: Final = b"abEsSWf5WzReglLfbPD2GiLg24EGpKa0tQ2z/KSxTT5agE"
"""Of bigcrypt: the first 13 characters are the hash of DES for the first eight of the password."""


def test_a_long_password_of_bigcrypt_is_found_and_of_no_other_length_there_is_a_try() -> None:
    with_setting(b"x" * 20, BIG)
    own = [b"", b"averyver", b"averyveryverylongpassworda", b"averyveryverylongpassword"]

    found, none = here([trial(BIG, own), trial(BIG, own[:2])])

    assert trial(BIG).scheme == "bigcrypt"
    assert (found.state, found.password) == (FOUND, 3)
    assert (none.state, none.tried) == (NONE, 2)


def test_a_library_that_takes_bigcrypt_for_des_is_told_as_without_it() -> None:
    class OfDes:
        def crypt_r(self, *_: object) -> bytes:
            return BIG[:13]

    des = library.Library.__new__(library.Library)
    des._crypt, des._data = OfDes().crypt_r, b""  # type: ignore[assignment]  # a stand-in
    assert des.fits(b"averyveryverylongpassword", BIG) is None


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl here")
@pytest.mark.parametrize("scheme", ["-1", "-5", "-6", "-apr1"])
@pytest.mark.parametrize("password", ["a", "correct horse battery staple", "ü" * 30])
def test_what_openssl_makes_is_found(scheme: str, password: str) -> None:
    command = ["openssl", "passwd", scheme, "-salt", "saltsalt", password]
    made = subprocess.run(command, capture_output=True, check=True).stdout.strip()

    (answer,) = here([trial(made, [b"wrong", password.encode()])])

    assert answer.state == FOUND


def test_what_the_library_lacks_is_said() -> None:
    (answer,) = here([trial(b"$sm3$salt$" + b"a" * 43, [b"x"])])
    if answer.state != UNSUPPORTED:
        pytest.skip("the library here has sm3")

    (answer,) = here([Trial(b"$6$salt$" + b"a" * 86, "no-such", (b"x",))])
    assert answer.state == NONE


def test_without_a_library_no_hash_of_it_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_NAMES", ("no-such-library.so.9",))

    answered = here([trial(hashed(b"x", b"$6$"), [b"x"]), trial(b"*" + b"0" * 40, [b"x"])])

    assert [each.state for each in answered] == [UNSUPPORTED, NONE]


def test_shared_passwords_are_tried_after_an_account_s_own_as_far_as_is_said() -> None:
    hash_ = hashed(b"second", b"$1$")
    shared = (b"first", b"second", b"third")

    found = here([trial(hash_, [b"own"], 2), trial(hash_, [b"own"], 1)], shared)

    assert found == [Answer(0, FOUND, 2, 3), Answer(1, NONE, -1, 2)]


def test_a_password_with_a_zero_byte_fits_nothing() -> None:
    (answer,) = here([trial(hashed(b"x", b"$1$"), [b"x\0y"])])

    assert answer.state == NONE


@pytest.mark.parametrize("long", [b"x" * 512, "\U0001f511".encode() * 128, b"x" * 4096])
def test_a_password_longer_than_any_ends_no_search(long: bytes) -> None:
    (answer,) = here([trial(hashed(b"x", b"$6$"), [b"x" * 511, long, b"x"])])

    assert (answer.state, answer.password) == (FOUND, 2)


def test_another_process_answers() -> None:
    hash_ = hashed(b"correct", b"$6$")

    found = tried([trial(hash_, [b"wrong"], 1), trial(hash_, [])], [b"correct"], seconds=30)

    assert found == [Answer(0, FOUND, 1, 2), Answer(1, NONE, -1, 0)]
    assert tried([], [b"x"], seconds=30) == []


def test_it_is_ended_when_its_time_is_over_and_what_it_said_before_counts() -> None:
    begun = time.monotonic()

    found = tried([trial(hashed(b"x", b"$1$"), [b"x"]), trial(SLOW, [b"x"])], [], seconds=2)

    assert found == [Answer(0, FOUND, 0, 1)]
    assert time.monotonic() - begun < 20


def test_its_memory_is_bounded() -> None:
    large = hashed(b"x", b"$y$", 7)

    (answer,) = tried([trial(large, [b"x"])], [], seconds=30, memory=48 * 1024**2)

    assert answer.state == UNSUPPORTED


def test_neither_hash_nor_password_is_an_argument_or_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CANARY", "canary")
    seen: list[tuple[object, dict[str, object]]] = []
    real = subprocess.Popen

    def remembered(command: object, **given: object) -> object:
        seen.append((command, given))
        return real(command, **given)  # type: ignore[call-overload]  # as it was called

    monkeypatch.setattr(subprocess, "Popen", remembered)

    tried([trial(hashed(b"canary", b"$1$"), [b"canary"])], [], seconds=30)

    ((command, given),) = seen
    assert command == [sys.executable, "-I", "-m", process.MODULE]
    assert given["env"] == {}
    assert given["stderr"] == subprocess.DEVNULL


async def test_who_waits_no_more_ends_the_process() -> None:
    began = threading.Event()
    ended = threading.Event()

    def work() -> list[Answer]:
        began.set()
        try:
            return tried([trial(SLOW, [b"x"])], [], seconds=100)
        finally:
            ended.set()

    task = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(began.wait, 10)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ended.wait, 10)


async def test_work_in_a_thread_has_a_stopper_of_its_own() -> None:
    first, second = await asyncio.gather(in_thread(current_stopper), in_thread(current_stopper))

    assert first is not second
    assert current_stopper() is not current_stopper()


async def test_what_was_stopped_starts_nothing() -> None:
    def work() -> list[Answer]:
        current_stopper().stop()
        return tried([trial(SLOW, [b"x"])], [], seconds=100)

    assert await in_thread(work) == []


def test_a_process_that_is_started_too_late_is_ended_at_once() -> None:
    stopper = Stopper()
    stopper.stop()
    sleeping = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])

    with stopper.watching(sleeping):
        assert sleeping.wait(10) != 0
