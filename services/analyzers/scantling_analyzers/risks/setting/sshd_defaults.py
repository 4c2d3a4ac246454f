"""What the OpenSSH server does where its configuration says nothing, by version; pure.

The values are those of sshd_config(5) of each release. Distributions change few of them by patches
(Red Hat 7 keeps old algorithms; it and 8, and SUSE up to 15, let root in with a password); what
else they set is in the configuration that they ship.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Version = tuple[int, int]
Patched = Literal["", "red-hat", "suse"]
"""Whose patches change defaults."""

OLDEST: Final[Version] = (6, 6)
NEWEST: Final[Version] = (10, 0)
_RED_HAT_8: Final[Version] = (7, 8)
"""The first version without the patch that keeps old algorithms."""
_CAREFUL: Final[dict[str, Version]] = {"red-hat": (8, 7), "suse": (10, 0)}
"""The first version without the patch that lets root in: of Red Hat 9, and of SUSE 16."""
_CAREFUL_UPSTREAM: Final[Version] = (7, 0)
_VERSION: Final = re.compile(r"(?:\d{1,9}:)?(\d{1,4})\.(\d{1,4})")

_PLAIN: Final = {
    "addressfamily": "any",
    "allowagentforwarding": "yes",
    "allowstreamlocalforwarding": "yes",
    "allowtcpforwarding": "yes",
    "banner": "none",
    "clientalivecountmax": "3",
    "clientaliveinterval": "0",
    "disableforwarding": "no",
    "gatewayports": "no",
    "gssapiauthentication": "no",
    "gssapikeyexchange": "no",
    "hostbasedauthentication": "no",
    "ignorerhosts": "yes",
    "ignoreuserknownhosts": "no",
    "kbdinteractiveauthentication": "yes",
    "kerberosauthentication": "no",
    "logingracetime": "120",
    "loglevel": "INFO",
    "maxauthtries": "6",
    "maxsessions": "10",
    "maxstartups": "10:30:100",
    "passwordauthentication": "yes",
    "permitemptypasswords": "no",
    "permittunnel": "no",
    "permituserenvironment": "no",
    "printlastlog": "yes",
    "protocol": "2",
    "pubkeyauthentication": "yes",
    "rekeylimit": "default none",
    "rhostsrsaauthentication": "no",
    "strictmodes": "yes",
    "syslogfacility": "AUTH",
    "tcpkeepalive": "yes",
    "usepam": "no",
    "useprivilegeseparation": "sandbox",
    "x11forwarding": "no",
    "x11uselocalhost": "yes",
}
_CTR: Final = "chacha20-poly1305@openssh.com aes128-ctr aes192-ctr aes256-ctr"
_GCM: Final = "aes128-gcm@openssh.com aes256-gcm@openssh.com"
_OLD_CIPHERS: Final = "arcfour256 arcfour128 aes128-cbc 3des-cbc blowfish-cbc cast128-cbc"
_RED_HAT_7: Final = "aes128-cbc aes192-cbc aes256-cbc blowfish-cbc cast128-cbc 3des-cbc"
_ETM: Final = (
    "umac-64-etm@openssh.com umac-128-etm@openssh.com hmac-sha2-256-etm@openssh.com "
    "hmac-sha2-512-etm@openssh.com hmac-sha1-etm@openssh.com"
)
_MACS: Final = "umac-64@openssh.com umac-128@openssh.com hmac-sha2-256 hmac-sha2-512 hmac-sha1"
_OLD_MACS: Final = "hmac-md5-etm@openssh.com hmac-md5 hmac-ripemd160 hmac-sha1-96 hmac-md5-96"
_CURVES: Final = (
    "curve25519-sha256 curve25519-sha256@libssh.org ecdh-sha2-nistp256 ecdh-sha2-nistp384 "
    "ecdh-sha2-nistp521"
)
_KEX: Final = f"{_CURVES} diffie-hellman-group-exchange-sha256"
_NEW_KEX: Final = (
    f"{_KEX} diffie-hellman-group16-sha512 diffie-hellman-group18-sha512 "
    "diffie-hellman-group14-sha256"
)
_CURVE_KEYS: Final = (
    "ssh-ed25519{0} ecdsa-sha2-nistp256{0} ecdsa-sha2-nistp384{0} ecdsa-sha2-nistp521{0}"
)
_SECURITY_KEYS: Final = "sk-ssh-ed25519{1}@openssh.com sk-ecdsa-sha2-nistp256{1}@openssh.com"
_CERTIFICATE: Final = "-cert-v01@openssh.com"


def version_of(text: str) -> Version | None:
    """Return major and minor of the version of a package, ``1:9.2p1-2+deb12u2``; None if none."""
    match = _VERSION.match(text)
    return (int(match[1]), int(match[2])) if match else None


def default_of(keyword: str, version: Version, patched_by: Patched) -> str | None:
    """Return the value of an option that is not set; None where that is not known."""
    match keyword:
        case "permitrootlogin":
            careful = version >= _CAREFUL.get(patched_by, _CAREFUL_UPSTREAM)
            value = "prohibit-password" if careful else "yes"
        case "ciphers":
            value = _ciphers(version, patched_by)
        case "macs":
            old = _OLD_MACS if version < (6, 7) else ""
            value = ",".join(f"{_ETM} {_MACS} {old}".split())
        case "kexalgorithms":
            value = ",".join(_kex(version, patched_by).split())
        case "hostkeyalgorithms" | "pubkeyacceptedalgorithms":
            value = ",".join(f"{_keys(version, _CERTIFICATE)} {_keys(version)}".split())
        case "usedns":
            value = "no" if version >= (6, 8) else "yes"
        case _:
            return _PLAIN.get(keyword)
    return value


def _ciphers(version: Version, patched_by: Patched) -> str:
    old = _OLD_CIPHERS if version < (6, 7) else ""
    if patched_by == "red-hat" and version < _RED_HAT_8:
        old = f"{old} {_RED_HAT_7}"
    return ",".join(f"{_CTR} {_GCM} {old}".split())


def _kex(version: Version, patched_by: Patched) -> str:
    if version < (6, 7) or (patched_by == "red-hat" and version < _RED_HAT_8):
        return (
            f"{_NEW_KEX if version >= (7, 3) else _KEX} diffie-hellman-group-exchange-sha1 "
            "diffie-hellman-group14-sha1 diffie-hellman-group1-sha1"
        )
    if version < (7, 3):
        return f"{_KEX} diffie-hellman-group14-sha1"
    if version < (8, 2):
        return f"{_NEW_KEX} diffie-hellman-group14-sha1"
    if version < (8, 9):
        return _NEW_KEX
    hybrid = "sntrup761x25519-sha512@openssh.com"
    if version < (9, 9):
        return f"{hybrid} {_NEW_KEX}"
    hybrid = f"mlkem768x25519-sha256 sntrup761x25519-sha512 {hybrid}"
    return f"{hybrid} {_NEW_KEX if version < (10, 0) else _CURVES}"


def _keys(version: Version, suffix: str = "") -> str:
    """Return which signatures are made and taken, those of certificates by their suffix."""
    of_rsa = version >= ((7, 8) if suffix else (7, 2))
    found = (
        (_CURVE_KEYS, True),
        (_SECURITY_KEYS, version >= (8, 2)),
        ("rsa-sha2-512{0} rsa-sha2-256{0}", of_rsa),
        ("ssh-rsa{0}", version < (8, 8)),
        ("ssh-dss{0}", version < (7, 0)),
    )
    text = " ".join(names for names, is_there in found if is_there)
    return text.format(suffix, suffix.removesuffix("@openssh.com"))
