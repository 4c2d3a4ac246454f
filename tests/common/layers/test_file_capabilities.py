"""The attribute ``security.capability``, decoded."""

from __future__ import annotations

import struct

import pytest

from scantling_common.layers.file_capabilities import NAMES, decode_capabilities


def attribute(revision: int, *words: int, effective: bool = False) -> bytes:
    return struct.pack(f"<I{len(words)}I", revision << 24 | effective, *words)


def test_the_usual_form_has_two_words_of_each() -> None:
    found = decode_capabilities(attribute(2, 1 << 13, 1 << 0, 1 << 7, 0, effective=True))

    assert found is not None
    assert found.revision == 2
    assert found.permitted == ("cap_net_raw", "cap_bpf")
    assert found.inheritable == ("cap_chown",)
    assert found.effective


def test_the_first_form_has_one_word_of_each() -> None:
    found = decode_capabilities(attribute(1, 1 << 10, 1 << 31))

    assert found is not None
    assert (found.permitted, found.inheritable) == (("cap_net_bind_service",), ("cap_setfcap",))
    assert not found.effective


def test_the_third_form_names_the_root_user_of_a_namespace() -> None:
    found = decode_capabilities(attribute(3, 1 << 21, 0, 0, 0, 100_000))

    assert found is not None
    assert (found.permitted, found.root_uid) == (("cap_sys_admin",), 100_000)


def test_a_bit_without_a_name_has_its_number() -> None:
    found = decode_capabilities(attribute(2, 0, 0, 1 << (41 - 32), 0))

    assert found is not None
    assert found.permitted == ("cap_41",)


def test_names_are_those_of_capability_h() -> None:
    assert (len(NAMES), NAMES[0], NAMES[25], NAMES[40]) == (
        41,
        "cap_chown",
        "cap_sys_time",
        "cap_checkpoint_restore",
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\2",
        attribute(0, 1, 0, 0, 0),
        attribute(4, 1, 0, 0, 0),
        attribute(2, 1, 0),
        attribute(2, 1, 0, 0, 0) + b"\0",
        attribute(3, 1, 0, 0, 0),
        attribute(1, 1, 0, 0, 0),
    ],
)
def test_what_the_kernel_refuses_is_not_guessed_at(raw: bytes) -> None:
    assert decode_capabilities(raw) is None
