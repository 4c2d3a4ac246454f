"""What a check item and a baseline are: the one schema of the files in ``data``.

An item says what it examines (one of the examinations, by ``kind``) and, for values, what is
expected. It belongs to one baseline: *os* stands for that of the image's distribution.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from scantling_analyzers.checks.expectation import Expectation
from scantling_common.risks import Severity

BaselineKind = Literal["os", "ssh", "password-policy", "docker-image"]
OS: Final = "os"

Facility = Literal["auth", "account", "password", "session"]
"""The types of rules of PAM, see pam.d(5)."""

AccountRule = Literal[
    "only_root_has_uid_0",
    "only_root_has_gid_0",
    "only_root_group_is_0",
    "no_empty_passwords",
    "all_shadowed",
    "no_duplicate_uids",
    "no_duplicate_gids",
    "no_duplicate_users",
    "no_duplicate_groups",
    "no_legacy_entries",
    "system_accounts_have_no_shell",
    "accounts_without_shell_are_locked",
    "primary_groups_exist",
    "shadow_group_is_empty",
    "no_group_passwords",
    "strong_hashes",
    "maximum_age",
    "minimum_age",
    "warning_age",
    "inactive_lock",
    "lines_are_whole",
    "root_home",
    "user_homes_exist",
    "user_homes_are_private",
    "user_homes_are_owned",
    "shells_are_known",
]
"""What can be asked of the accounts of an image."""

ContainerRule = Literal[
    "user_is_not_root",
    "user_exists",
    "health_check",
    "no_secrets_in_environment",
    "no_secrets_in_history",
    "no_secrets_in_labels",
    "no_privileged_ports",
    "no_remote_shell_ports",
    "no_remote_administration_ports",
    "no_setuid_files",
    "no_file_capabilities",
    "copy_instead_of_add",
    "update_not_alone",
    "no_sudo",
    "no_unverified_downloads",
    "no_unauthenticated_packages",
    "no_piped_scripts",
    "no_open_modes",
    "no_verification_switched_off",
    "no_preloaded_libraries",
    "path_is_safe",
    "no_sensitive_volumes",
    "no_triggers",
    "no_ssh_server_started",
    "working_directory_is_absolute",
    "no_world_writable_files",
    "no_open_directories",
    "no_devices",
    "base_is_not_latest",
    "no_debugging_switched_on",
    "no_proxy_credentials",
    "no_shell_form",
    "no_upgraded_distribution",
    "program_is_not_writable",
]
"""What can be asked of an image's configuration and history, and of all its files."""

SudoRule = Literal[
    "asks_for_a_password",
    "authenticates",
    "uses_a_terminal",
    "logs_to_a_file",
    "names_who_may",
    "asks_for_own_password",
    "asks_again",
    "cleans_the_environment",
]
"""What can be asked of the rules of sudo."""

Reason = Literal["kernel", "service", "partition", "boot", "audit", "runtime", "build"]
"""Why an image can't tell."""


class Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a file; what it does not know is a mistake."""


class SettingExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="setting"):
    """The value of a key, in files of which a later one overrides an earlier one.

    ``files`` are globs, in the order in which the program reads them; of a glob's files the last
    one by name overrides. ``section`` is that of an ini file. ``unset`` is what holds where no
    file sets it; without it that is a failure. Without any of the files the item is not
    applicable.
    """

    files: tuple[str, ...]
    key: str
    section: str = ""
    unset: str | None = None


class SshdExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="sshd"):
    """An option of the OpenSSH server, as sshd_config(5) reads it; the key in any case.

    Where it is not set, the first of ``or_options`` that is stands for it.
    """

    option: str
    or_options: tuple[str, ...] = ()


class PamOptionExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="pam-option"):
    """What a module of the stack goes by: its argument, else its file, else its default.

    ``modules`` are alternatives. ``file`` is which files it reads and ``key`` what it is called
    there (the option's name where empty). ``flags`` are arguments without a value: the value is
    the one that is there. ``defaults`` are by module; a flag's default is ``no``. ``or_option``
    does as well where it is a flag, or ``or_at_least`` or more.
    """

    facility: Facility
    modules: tuple[str, ...]
    option: str = ""
    flags: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    key: str = ""
    defaults: dict[str, str] = {}
    service: str = ""
    or_option: str = ""
    or_at_least: int = 0


class PamModuleExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="pam-module"):
    """Whether one of the modules is in effect in the stack; of one service, or of all."""

    facility: Facility
    modules: tuple[str, ...]
    wanted: bool = True
    service: str = ""
    argument: str = ""


class ModeExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="mode"):
    """The permissions and owners of what stands at paths; links are followed.

    ``most`` is the most that the mode may have, in octal. ``groups`` are names; ``owned`` whether
    uid 0 must own it. What is not there is not applicable.
    """

    paths: tuple[str, ...]
    most: str = "7777"
    owned: bool = True
    groups: tuple[str, ...] = ("root",)
    sticky: bool = False


class PathExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="path"):
    """Whether anything stands at paths: ``wanted`` any of them, or none."""

    paths: tuple[str, ...]
    wanted: bool


class PackageExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="package"):
    """Whether a package of the system is installed: ``wanted`` any of them, or none."""

    names: tuple[str, ...]
    wanted: bool = False


class LineExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="line"):
    """Whether a line of files matches a pattern: ``wanted`` any, or none.

    ``unless`` is a pattern of lines that don't count. Without any of the files the item is what
    ``without_files`` says.
    """

    files: tuple[str, ...]
    pattern: str
    wanted: bool
    unless: str = ""
    without_files: Literal["not_applicable", "passed"] = "not_applicable"


class AptExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="apt"):
    """Switches in the configuration of apt: one that is set must be ``wanted``.

    ``options`` are globs over names with their scopes; what is not set is as it is wanted.
    """

    options: tuple[str, ...]
    wanted: bool


class AptSourceExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="apt-source"):
    """Switches of the sources of apt, as deb822 names them: one that is set must be ``wanted``."""

    options: tuple[str, ...]
    wanted: bool


class MaskExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="mask"):
    """The umask that profiles set: the last one of each file must take ``least`` away."""

    files: tuple[str, ...]
    least: str


class AccountsExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="accounts"):
    """A rule about all accounts; ``limit`` is the number of days where it needs one."""

    rule: AccountRule
    limit: int = 0


class SudoExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="sudo"):
    """A rule about sudoers(5); ``says`` is what is expected, in words."""

    rule: SudoRule
    says: str


class ContainerExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="container"):
    """A rule about the image's configuration."""

    rule: ContainerRule


class ElsewhereExamined(Struct, frozen=True, kw_only=True, tag_field="kind", tag="elsewhere"):
    """What only a running system, its host or its builder can tell: never judged."""

    reason: Reason


Examined = (
    SettingExamined
    | SshdExamined
    | PamOptionExamined
    | PamModuleExamined
    | ModeExamined
    | PathExamined
    | PackageExamined
    | LineExamined
    | AptExamined
    | AptSourceExamined
    | MaskExamined
    | AccountsExamined
    | SudoExamined
    | ContainerExamined
    | ElsewhereExamined
)


class Item(Struct, frozen=True, kw_only=True):
    """One check item.

    ``applies`` are ids or groups of the baselines of distributions; empty for all images.
    ``only_with`` are packages, or absolute paths, of which the image must have one.
    """

    id: str
    title: str
    description: str
    rationale: str
    remedy: str
    severity: Severity
    baseline: BaselineKind
    examine: Examined
    expect: Expectation | None = None
    applies: tuple[str, ...] = ()
    only_with: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


class Release(Struct, frozen=True, kw_only=True):
    """Releases of a distribution: its id (os-release(5)), and versions from and up to, both in."""

    id: str
    at_least: str = ""
    at_most: str = ""


class Baseline(Struct, frozen=True, kw_only=True):
    """The items for a distribution, or about one subject."""

    id: str
    title: str
    releases: tuple[Release, ...] = ()
    groups: tuple[str, ...] = ()
