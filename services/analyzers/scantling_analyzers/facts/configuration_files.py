"""The reader of configuration files that check items look at: their lines, without secrets.

Which of the entries that it names may be read or changed by whom is told by the visibility of the
image, for every kind of entry: see :class:`~scantling_analyzers.facts.models.Place`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.contract import Reader
from scantling_analyzers.facts.account_lines import PASSWORD_IN, account_line
from scantling_analyzers.facts.apt_configuration import apt_statements
from scantling_analyzers.facts.models import ConfigurationFile, ConfigurationLine, LocatedError
from scantling_analyzers.facts.reading import whole_text
from scantling_common.layers.escape import escape
from scantling_common.telemetry.redaction import redact_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scantling_analyzers.contract import LayerFile

MAX_BYTES: Final = 1024 * 1024
"""The largest configuration file that is read."""
MAX_ACCOUNT_BYTES: Final = 16 * 1024 * 1024
"""The largest file of accounts."""
MAX_LINES: Final = 100_000
MAX_LINE_BYTES: Final = 4096
"""The longest line."""

PATTERNS: Final = (
    *("etc/ssh/sshd_config", "etc/ssh/sshd_config.d/*"),
    *("usr/etc/ssh/sshd_config", "usr/etc/ssh/sshd_config.d/*"),
    # What links in the folder above lead to: no more than that, since keys stand there, too.
    *("etc/ssh/*.conf", "etc/ssh/*/*.conf", "**/sshd_config", "**/sshd*.conf"),
    *("etc/crypto-policies/back-ends/opensshserver.config",),
    *("usr/share/crypto-policies/*/opensshserver.txt",),
    *("etc/login.defs", "etc/login.defs.d/*.defs", "etc/default/useradd"),
    *("usr/etc/login.defs", "usr/etc/login.defs.d/*.defs", "usr/etc/default/useradd"),
    *("etc/pam.d/*", "usr/lib/pam.d/*", "usr/etc/pam.d/*", "etc/authselect/*"),
    *("etc/security/*.conf", "etc/security/*.conf.d/*.conf", "etc/security/limits.d/*.conf"),
    *("usr/etc/security/*.conf", "usr/etc/security/*.conf.d/*.conf"),
    *PASSWORD_IN,
    *("etc/sudoers", "etc/sudoers.*", "etc/sudoers.d/*"),
    *("usr/etc/sudoers", "usr/etc/sudoers.d/*"),
    *("etc/profile", "etc/profile.d/*.sh", "etc/bashrc", "etc/bash.bashrc"),
    *("etc/issue", "etc/issue.net", "etc/motd", "usr/lib/issue"),
    *("etc/hosts.equiv", "etc/securetty", "etc/shells", "etc/exports"),
    *("etc/yum.conf", "etc/dnf/dnf.conf", "etc/yum.repos.d/*.repo"),
    *("etc/apt/apt.conf", "etc/apt/apt.conf.d/*", "etc/apt/sources.list"),
    *("etc/apt/sources.list.d/*.list", "etc/apt/sources.list.d/*.sources"),
    *("etc/apk/repositories", "etc/zypp/zypp.conf", "etc/zypp/repos.d/*.repo"),
    *("etc/inetd.conf", "etc/xinetd.d/*", "etc/vsftpd.conf", "etc/vsftpd/vsftpd.conf"),
)
"""The files whose lines check items look at."""

PLACES: Final = (
    *("etc/passwd", "etc/passwd-", "etc/shadow", "etc/shadow-"),
    *("etc/group", "etc/group-", "etc/gshadow", "etc/gshadow-"),
    *("etc/opasswd", "etc/security/opasswd"),
    *("etc/ssh", "etc/ssh/sshd_config", "etc/ssh/sshd_config.d", "etc/ssh/sshd_config.d/*"),
    *("etc/ssh/ssh_host_*_key", "etc/ssh/ssh_host_*_key.pub"),
    *("usr/sbin/sshd", "usr/bin/sshd", "sbin/sshd"),
    *("etc/sudoers", "etc/sudoers.d", "etc/sudoers.d/*"),
    *("etc/crontab", "etc/cron.hourly", "etc/cron.daily", "etc/cron.weekly"),
    *("etc/cron.monthly", "etc/cron.d", "etc/cron.d/*", "var/spool/cron", "var/spool/cron/*"),
    *("etc/crontabs", "etc/crontabs/*", "var/spool/cron/crontabs/*"),
    *("etc/cron.allow", "etc/cron.deny", "etc/at.allow", "etc/at.deny"),
    *("etc/issue", "etc/issue.net", "etc/motd", "etc/hosts.equiv", "etc/shosts.equiv"),
    *("etc/profile", "etc/profile.d/*.sh", "etc/bashrc", "etc/bash.bashrc", "etc/shells"),
    *("etc/login.defs", "etc/pam.d", "etc/pam.d/*", "etc/security", "etc/security/*"),
    *("etc/authselect/*", "etc/crypto-policies/back-ends/opensshserver.config"),
    *("etc/ld.so.preload", "etc/ld.so.conf", "etc/hosts.allow", "etc/hosts.deny", "etc/exports"),
    *("etc/apt/trusted.gpg", "etc/apk/repositories", "etc/securetty"),
    *("etc", "bin", "sbin", "lib", "lib64", "usr", "usr/bin", "usr/sbin", "usr/lib"),
    *("usr/local/bin", "usr/local/sbin"),
    *("tmp", "var/tmp", "var/log", "var/log/*", "root", "home", "home/*", "opt", "srv"),
    *(
        f"{home}/{name}"
        for home in ("root", "home/*")
        for name in (
            *(".ssh", ".ssh/authorized_keys", ".ssh/authorized_keys2", ".rhosts", ".shosts"),
            *(".netrc", ".forward", ".bash_history", ".ash_history", ".zsh_history"),
            *(".mysql_history", ".psql_history", ".python_history", ".rediscli_history"),
            *(".profile", ".bashrc", ".bash_profile", ".ssh/id_*"),
        )
    ),
    *("run/docker.sock", "var/run/docker.sock"),
)
"""The entries whose mode and owner check items look at, links to the files above among them."""

_WITH_COMMENTS: Final = ("etc/issue", "etc/issue.net", "etc/motd", "usr/lib/issue")
"""Files in which ``#`` begins no comment."""
_INCLUDE: Final = re.compile(rb"[#@]include")
_SUDOERS: Final = re.compile(r"\A(?:usr/)?etc/sudoers(?:\.|\Z)")
_NUMBERED: Final = re.compile(rb"#-?\d")
"""How a rule of sudoers(5) for the number of a user begins."""
_NAMING: Final = re.compile(
    r"(\A(?:User|Runas|Host|Cmnd|Cmd)_Alias\s{1,64}\w{1,64}\s{0,64}="
    r"|:\s{0,64}[A-Z][A-Z0-9_]{0,64}\s{0,64}=|\b(?:NO)?PASSWD\s{0,64}:|\ADefaults\b.*)"
)
"""Words of sudoers(5) that only sound as if what follows were a secret."""
_OPTIONAL: Final = re.compile(r"-(?=(?:auth|account|password|session)\s)", re.IGNORECASE)
"""What begins a line of pam.d(5) for a module that may be missing: it is no option of a command."""
_APT: Final = re.compile(r"\Aetc/apt/apt\.conf(?:\.d/([^/]*))?\Z")
_APT_TAKES: Final = re.compile(r"(?!\.)(?:[\w:-]+|[\w:.-]+\.conf)", re.ASCII)
"""Which files of its folder apt reads."""
_DEB822: Final = re.compile(r"\Aetc/apt/sources\.list\.d/[^/]*\.sources\Z")
"""Where an empty line ends a stanza, and one that begins with a blank goes on with a field."""
_SSHD: Final = re.compile(r"sshd_config(?:\.d/[^/]*)?|\Aetc/ssh/|sshd[^/]*\.conf\Z")
_ASSIGNED: Final = re.compile(r"(\w{1,64})\s{0,64}=\s{0,64}(.*)")


class ConfigurationReader(Reader):
    """Keeps what configuration files say that check items look at."""

    name = "configuration"
    version = 7
    patterns = PATTERNS
    places = PLACES

    def read(self, file: LayerFile) -> Iterator[ConfigurationFile | LocatedError]:
        """Yield the lines; what is too long, or beyond how many are read, is an error.

        Raises :class:`~scantling_analyzers.contract.Unreadable` (``too_large``, ``not_text``).
        """
        path = file.text_path
        content = whole_text(file, MAX_ACCOUNT_BYTES if path in PASSWORD_IN else MAX_BYTES)
        if apt := _APT.match(path):
            is_read = apt[1] is None or _APT_TAKES.fullmatch(apt[1])
            yield _of_apt(path, content if is_read else b"")
            return
        rows = content.split(b"\n")
        if len(rows) > MAX_LINES + 1:
            message = f"more than {MAX_LINES} lines, the further ones were not read"
            yield LocatedError(path=path, code="too_many", message=message)
            rows = rows[:MAX_LINES]
        kept = []
        for number, raw in enumerate(rows, start=1):
            # A tab separates as a blank does; as a control character it would be escaped.
            row = raw.replace(b"\t", b" ")
            row = row.rstrip() if _DEB822.match(path) else row.strip()
            if not _is_kept(row, path):
                continue
            if len(row) > MAX_LINE_BYTES:
                message = f"line {number} has {len(row)} bytes, {MAX_LINE_BYTES} are read"
                yield LocatedError(path=path, code="too_large", message=message)
                continue
            kept.append(ConfigurationLine(number, _text(row, path)))
        yield ConfigurationFile(path=path, lines=tuple(kept))


def _of_apt(path: str, content: bytes) -> ConfigurationFile:
    """Return statements in the place of lines. Raises Unreadable where apt gives up."""
    said = apt_statements(content.split(b"\n"))
    lines = (ConfigurationLine(number, redact_text(escape(each))) for number, each in said)
    return ConfigurationFile(path=path, lines=tuple(lines))


def _is_kept(row: bytes, path: str) -> bool:
    if not row:
        return _DEB822.match(path) is not None
    if not row.startswith(b"#") or path in _WITH_COMMENTS or _INCLUDE.match(row):
        return True
    return bool(_NUMBERED.match(row) and _SUDOERS.match(path))


def _text(row: bytes, path: str) -> str:
    if path in PASSWORD_IN:
        return account_line(row, path)
    text = escape(row)
    if _SUDOERS.match(path):
        parts = _NAMING.split(text)
        return "".join(part if odd % 2 else redact_text(part) for odd, part in enumerate(parts))
    if _SSHD.search(path) and (assigned := _ASSIGNED.fullmatch(text)):
        # sshd_config(5) allows both; a value after "=" would be taken for that of a secret.
        text = f"{assigned[1]} {assigned[2]}"
    if _OPTIONAL.match(text):
        return f"-{redact_text(text[1:])}"
    return redact_text(text)
