"""Check items about how a container of the image runs; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scantling_analyzers.risks.setting.file_rules import FILE_RULES
from scantling_analyzers.risks.setting.image_user import is_number, judge_user
from scantling_analyzers.risks.setting.masked import is_secret
from scantling_analyzers.risks.setting.step_rules import STEP_RULES, judge_steps
from scantling_analyzers.risks.setting.verdict import (
    Verdict,
    failed,
    listed,
    not_applicable,
    passed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from scantling_analyzers.checks.models import ContainerExamined, ContainerRule
    from scantling_analyzers.risks.setting.accounts import Accounts
    from scantling_analyzers.risks.setting.container import Container
    from scantling_analyzers.risks.setting.system import System

_PRIVILEGED: Final = 1024
_SHELLS: Final = {"22", "23", "512", "513", "514", "2222"}
_ADMINISTRATION: Final = {"2375", "2376", "3389", "5900", "5901", "5985", "5986", "10250", "6443"}
_NUMBER: Final = re.compile(r"\d{1,5}")
_SENSITIVE: Final = frozenset(
    (*("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr", "/root", "/bin", "/sbin"),)
)
_SOCKET: Final = re.compile(r"/(?:docker|containerd|crio|podman)\S{0,16}\.sock$|^/var/lib/docker\b")
_SERVER: Final = re.compile(
    r"(?:^|[\s/;&\"'])(?:sshd|dropbear|telnetd|in\.telnetd)(?=$|[\s;&\"'])"
    r"|(?:\bservice\s{1,8}|/etc/init\.d/)(?:sshd?|dropbear)\s{1,8}(?:re)?start\b"
)
_SWITCHED_OFF: Final[Mapping[str, frozenset[str]]] = {
    "NODE_TLS_REJECT_UNAUTHORIZED": frozenset({"0"}),
    "PYTHONHTTPSVERIFY": frozenset({"0"}),
    "GIT_SSL_NO_VERIFY": frozenset({"1", "true", "yes"}),
    "CURL_INSECURE": frozenset({"1", "true"}),
    "GONOSUMCHECK": frozenset({"1"}),
    "GOINSECURE": frozenset({"*"}),
    "GONOSUMDB": frozenset({"*"}),
    "GOSUMDB": frozenset({"off"}),
    "NPM_CONFIG_STRICT_SSL": frozenset({"false"}),
    "npm_config_strict_ssl": frozenset({"false"}),
    "PERL_LWP_SSL_VERIFY_HOSTNAME": frozenset({"0"}),
    "ANSIBLE_HOST_KEY_CHECKING": frozenset({"false", "0"}),
    "SSL_VERIFY": frozenset({"false", "0", "no"}),
}
_PRELOADED: Final = ("LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH")
_UNSAFE_FOLDERS: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - what an image names
_DEBUGGING: Final[Mapping[str, frozenset[str]]] = {
    "FLASK_DEBUG": frozenset({"1", "true"}),
    "FLASK_ENV": frozenset({"development"}),
    "DJANGO_DEBUG": frozenset({"1", "true"}),
    "APP_DEBUG": frozenset({"1", "true"}),
    "RAILS_ENV": frozenset({"development"}),
    "ASPNETCORE_ENVIRONMENT": frozenset({"development"}),
    "NODE_OPTIONS": frozenset({"--inspect", "--inspect=0.0.0.0", "--inspect-brk"}),
}
_DEBUGGER: Final = re.compile(
    r"--inspect(?:-brk)?=0\.0\.0\.0|-agentlib:jdwp=|-Xrunjdwp:|\bdebugpy\b"
)
_PROXIES: Final = frozenset({"http_proxy", "https_proxy", "ftp_proxy", "all_proxy"})
_LATEST: Final = re.compile(r"^(?:[^@]*/)?[^:@/]+(?::latest)?$")


def judge_container(
    system: System, accounts: Accounts, container: Container, examined: ContainerExamined
) -> Verdict:
    """Judge one rule about the image's configuration."""
    rule = examined.rule
    if rule in STEP_RULES:
        return judge_steps(rule, container.history)
    if rule in FILE_RULES:
        return FILE_RULES[rule](system)
    if rule == "user_is_not_root":
        return judge_user(accounts, container)
    if rule == "user_exists":
        return _user_exists(accounts, container)
    return _RULES[rule](container)


def _user_exists(accounts: Accounts, container: Container) -> Verdict:
    user = container.user.partition(":")[0].strip()
    if not user or is_number(user):
        return not_applicable("the user is not named")
    if any(entry.name == user for entry in accounts.users):
        return passed(f"USER {container.user}")
    return failed(f"USER {container.user}: /etc/passwd has no such account")


def _health(container: Container) -> Verdict:
    if not container.healthcheck or container.healthcheck[0] == "NONE":
        return failed("HEALTHCHECK is not set")
    return passed(f"HEALTHCHECK {' '.join(container.healthcheck)}")


def _none(found: Iterator[str], well: str) -> Verdict:
    said = listed(found)
    return failed(said) if said else passed(well)


def _secrets(container: Container) -> Verdict:
    masked = (f"ENV {entry}" for entry in container.env if is_secret(entry))
    return _none(masked, "no variable sounds like a secret")


def _ports(container: Container) -> Iterator[tuple[str, str]]:
    for port in container.exposed_ports:
        number = port.partition("/")[0]
        for end in number.split("-"):
            if _NUMBER.fullmatch(end):
                yield end, port


def _privileged(container: Container) -> Verdict:
    low = (f"EXPOSE {port}" for end, port in _ports(container) if int(end) < _PRIVILEGED)
    return _none(low, "no port below 1024 is exposed")


def _exposed(numbers: set[str]) -> Callable[[Container], Verdict]:
    def rule(container: Container) -> Verdict:
        found = (f"EXPOSE {port}" for end, port in _ports(container) if end in numbers)
        return _none(found, "no such port is exposed")

    return rule


def _switched_off(container: Container) -> Verdict:
    found = (
        f"ENV {name}={value}"
        for name, values in _SWITCHED_OFF.items()
        if (value := container.variable(name)) is not None and value.lower() in values
    )
    return _none(found, "no variable switches verification off")


def _preloaded(container: Container) -> Verdict:
    def found() -> Iterator[str]:
        for name in _PRELOADED:
            value = container.variable(name)
            if value and (name != "LD_LIBRARY_PATH" or not all(map(_is_safe, value.split(":")))):
                yield f"ENV {name}={value}"

    return _none(found(), "no library is loaded before others")


def _path(container: Container) -> Verdict:
    value = container.variable("PATH")
    if value is None:
        return not_applicable("PATH is not set")
    unsafe = (
        f"PATH has {part or 'an empty entry'}" for part in value.split(":") if not _is_safe(part)
    )
    return _none(unsafe, f"PATH {value}")


def _is_safe(folder: str) -> bool:
    """Say whether a folder is named wholly, and not one that everybody writes to."""
    return folder.startswith("/") and not folder.rstrip("/").startswith(_UNSAFE_FOLDERS)


def _volumes(container: Container) -> Verdict:
    found = (
        f"VOLUME {volume}"
        for volume in container.volumes
        if (volume.rstrip("/") or "/") in _SENSITIVE or _SOCKET.search(volume)
    )
    return _none(found, "no volume stands at a sensitive path")


def _triggers(container: Container) -> Verdict:
    return _none((f"ONBUILD {each}" for each in container.on_build), "no triggers")


def _server(container: Container) -> Verdict:
    if _SERVER.search(container.command):
        return failed(f"it starts {container.command[:200]}")
    return passed("no remote shell is started")


def _working_dir(container: Container) -> Verdict:
    if container.working_dir and not container.working_dir.startswith("/"):
        return failed(f"WORKDIR {container.working_dir}")
    return passed(f"WORKDIR {container.working_dir or '/'}")


def _debugging(container: Container) -> Verdict:
    def found() -> Iterator[str]:
        for name, values in _DEBUGGING.items():
            value = container.variable(name)
            if value is not None and value.lower() in values:
                yield f"ENV {name}={value}"
        options = (e for e in container.env if _DEBUGGER.search(e))
        yield from (f"ENV {entry}" for entry in options)
        if _DEBUGGER.search(container.command):
            yield f"it starts {container.command[:200]}"

    return _none(found(), "nothing switches debugging on")


def _proxies(container: Container) -> Verdict:
    found = (
        f"ENV {entry}"
        for entry in container.env
        if entry.partition("=")[0].lower() in _PROXIES and "@" in entry
    )
    return _none(found, "no proxy with a password is set")


def _shell_form(container: Container) -> Verdict:
    words = container.entrypoint or container.cmd
    if not words:
        return not_applicable("nothing is started")
    if len(words) > 2 and words[0].rpartition("/")[2] in {"sh", "bash"} and words[1] == "-c":  # noqa: PLR2004 - a shell, -c, a line
        return failed(f"it starts {' '.join(words)[:200]}")
    return passed(f"it starts {' '.join(words)[:200]}")


def _secret_labels(container: Container) -> Verdict:
    found = (f"LABEL {entry}" for entry in container.labels if is_secret(entry))
    return _none(found, "no label sounds like a secret")


def _latest(container: Container) -> Verdict:
    if not container.base_name:
        return not_applicable("the image does not say what its base is")
    if _LATEST.match(container.base_name):
        return failed(f"its base is {container.base_name}")
    return passed(f"its base is {container.base_name}")


_RULES: Final[Mapping[ContainerRule, Callable[[Container], Verdict]]] = {
    "health_check": _health,
    "no_secrets_in_environment": _secrets,
    "no_secrets_in_labels": _secret_labels,
    "no_privileged_ports": _privileged,
    "no_remote_shell_ports": _exposed(_SHELLS),
    "no_remote_administration_ports": _exposed(_ADMINISTRATION),
    "no_verification_switched_off": _switched_off,
    "no_preloaded_libraries": _preloaded,
    "path_is_safe": _path,
    "no_sensitive_volumes": _volumes,
    "no_triggers": _triggers,
    "no_ssh_server_started": _server,
    "working_directory_is_absolute": _working_dir,
    "no_debugging_switched_on": _debugging,
    "no_proxy_credentials": _proxies,
    "no_shell_form": _shell_form,
    "base_is_not_latest": _latest,
}
