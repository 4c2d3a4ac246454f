"""What the attribute ``security.capability`` of a file grants (linux/capability.h)."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

NAMES: Final = (
    "cap_chown",
    "cap_dac_override",
    "cap_dac_read_search",
    "cap_fowner",
    "cap_fsetid",
    "cap_kill",
    "cap_setgid",
    "cap_setuid",
    "cap_setpcap",
    "cap_linux_immutable",
    "cap_net_bind_service",
    "cap_net_broadcast",
    "cap_net_admin",
    "cap_net_raw",
    "cap_ipc_lock",
    "cap_ipc_owner",
    "cap_sys_module",
    "cap_sys_rawio",
    "cap_sys_chroot",
    "cap_sys_ptrace",
    "cap_sys_pacct",
    "cap_sys_admin",
    "cap_sys_boot",
    "cap_sys_nice",
    "cap_sys_resource",
    "cap_sys_time",
    "cap_sys_tty_config",
    "cap_mknod",
    "cap_lease",
    "cap_audit_write",
    "cap_audit_control",
    "cap_setfcap",
    "cap_mac_override",
    "cap_mac_admin",
    "cap_syslog",
    "cap_wake_alarm",
    "cap_block_suspend",
    "cap_audit_read",
    "cap_perfmon",
    "cap_bpf",
    "cap_checkpoint_restore",
)
"""The name of each bit, lowest first."""

_EFFECTIVE: Final = 0x000001
_REVISION: Final = 0xFF000000
_FORMS: Final = {
    0x01000000: (1, struct.Struct("<III")),
    0x02000000: (2, struct.Struct("<IIIII")),
    0x03000000: (3, struct.Struct("<IIIIII")),
}
"""By VFS_CAP_REVISION: magic, then permitted and inheritable of 32 bits each, then a user."""


class FileCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    """The capabilities of a file, in the order of their bits; one without a name is ``cap_N``.

    ``effective`` is the bit that makes them effective at once when the file is executed;
    ``root_uid`` the root user of the namespace that they are valid in, 0 for the first one.
    """

    revision: int
    permitted: tuple[str, ...]
    inheritable: tuple[str, ...]
    effective: bool
    root_uid: int = 0


def decode_capabilities(raw: bytes) -> FileCapabilities | None:
    """Return what an attribute says, None where the kernel would refuse it."""
    magic = int.from_bytes(raw[:4], "little")
    revision, form = _FORMS.get(magic & _REVISION, (0, None))
    if form is None or len(raw) != form.size:
        return None
    _, *words = form.unpack(raw)
    root_uid = words.pop() if revision == 3 else 0  # noqa: PLR2004 - the revision with a user
    permitted = sum(word << 32 * n for n, word in enumerate(words[::2]))
    inheritable = sum(word << 32 * n for n, word in enumerate(words[1::2]))
    return FileCapabilities(
        revision=revision,
        permitted=_names(permitted),
        inheritable=_names(inheritable),
        effective=bool(magic & _EFFECTIVE),
        root_uid=root_uid,
    )


def _names(bits: int) -> tuple[str, ...]:
    return tuple(
        NAMES[bit] if bit < len(NAMES) else f"cap_{bit}"
        for bit in range(bits.bit_length())
        if bits >> bit & 1
    )
