"""From check items and an image to a verdict each; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from scantling_analyzers.checks.models import (
    AccountsExamined,
    AptExamined,
    AptSourceExamined,
    ContainerExamined,
    ElsewhereExamined,
    LineExamined,
    MaskExamined,
    ModeExamined,
    PackageExamined,
    PamModuleExamined,
    PamOptionExamined,
    PathExamined,
    SettingExamined,
    SshdExamined,
    SudoExamined,
)
from scantling_analyzers.risks.setting.account_rules import judge_accounts
from scantling_analyzers.risks.setting.accounts import Accounts
from scantling_analyzers.risks.setting.apt import Apt, judge_apt, judge_apt_source
from scantling_analyzers.risks.setting.container import Container, container_of
from scantling_analyzers.risks.setting.container_rules import judge_container
from scantling_analyzers.risks.setting.keys import judge_setting
from scantling_analyzers.risks.setting.lines import (
    judge_line,
    judge_mask,
    judge_package,
    judge_path,
)
from scantling_analyzers.risks.setting.modes import judge_mode
from scantling_analyzers.risks.setting.pam import judge_module, judge_option
from scantling_analyzers.risks.setting.pam_stack import Stacks
from scantling_analyzers.risks.setting.sshd import Sshd, judge_sshd
from scantling_analyzers.risks.setting.sudo_rules import judge_sudo
from scantling_analyzers.risks.setting.sudoers import Sudoers
from scantling_analyzers.risks.setting.system import System
from scantling_analyzers.risks.setting.verdict import Unreadable, Verdict, not_applicable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scantling_analyzers.checks.models import Item, Reason
    from scantling_analyzers.contract import ImageContent

REASONS: Final[Mapping[Reason, str]] = {
    "kernel": "kernel parameters and modules are those of the host: a container has none",
    "service": "which services run is told by a running system, not by an image",
    "partition": "partitions and mounts are made when a container is started",
    "boot": "an image has no boot loader",
    "audit": "auditing and logging daemons run on the host",
    "runtime": "how a container is started is not in the image",
    "build": "how an image is built and signed is not in the image",
}
"""Why an item is not applicable to any image."""


class Looked(NamedTuple):
    """An image, looked at once for all items."""

    system: System
    accounts: Accounts
    stacks: Stacks
    sshd: Sshd
    sudoers: Sudoers
    apt: Apt
    container: Container


def look_at(image: ImageContent) -> Looked:
    """Return an image as items look at it."""
    system = System(image)
    return Looked(
        system,
        Accounts(system),
        Stacks(system),
        Sshd(system),
        Sudoers(system),
        Apt(system),
        container_of(image),
    )


def judge(item: Item, looked: Looked) -> Verdict:
    """Return the verdict of one item; *unknown* where a file that it needs can't be read."""
    if item.only_with and not any(map(looked.system.has, item.only_with)):
        return not_applicable(f"{' and '.join(item.only_with)} not installed")
    try:
        return _judged(item, looked)
    except Unreadable as error:
        return Verdict("unknown", f"/{error.path} can't be read", error.path)


def _judged(item: Item, looked: Looked) -> Verdict:
    examined = item.examine
    match examined:
        case ElsewhereExamined():
            return not_applicable(REASONS[examined.reason])
        case AccountsExamined() | ContainerExamined() | ModeExamined():
            return _judged_people(looked, examined)
        case PamModuleExamined() | SudoExamined() | AptExamined() | AptSourceExamined():
            return _judged_program(looked, examined)
        case SettingExamined() | SshdExamined() | PamOptionExamined():
            return _judged_value(item, looked, examined)
        case _:
            return _judged_entry(looked.system, examined)


def _judged_value(
    item: Item, looked: Looked, examined: SettingExamined | SshdExamined | PamOptionExamined
) -> Verdict:
    expect = item.expect
    assert expect is not None  # noqa: S101 - items are checked when they are loaded
    match examined:
        case SettingExamined():
            return judge_setting(looked.system, examined, expect)
        case SshdExamined():
            return judge_sshd(looked.sshd, examined, expect)
        case PamOptionExamined():
            return judge_option(looked.system, looked.stacks, examined, expect)


def _judged_program(
    looked: Looked,
    examined: PamModuleExamined | SudoExamined | AptExamined | AptSourceExamined,
) -> Verdict:
    match examined:
        case PamModuleExamined():
            return judge_module(looked.stacks, examined)
        case SudoExamined():
            return judge_sudo(looked.system, looked.sudoers, examined)
        case AptExamined():
            return judge_apt(looked.apt, examined)
        case AptSourceExamined():
            return judge_apt_source(looked.apt, examined)


def _judged_people(
    looked: Looked, examined: AccountsExamined | ContainerExamined | ModeExamined
) -> Verdict:
    """Judge what asks for the names of accounts and groups."""
    match examined:
        case AccountsExamined():
            return judge_accounts(looked.system, looked.accounts, examined)
        case ContainerExamined():
            return judge_container(looked.system, looked.accounts, looked.container, examined)
        case ModeExamined():
            return judge_mode(looked.system, looked.accounts, examined)


def _judged_entry(
    system: System, examined: LineExamined | MaskExamined | PathExamined | PackageExamined
) -> Verdict:
    match examined:
        case LineExamined():
            return judge_line(system, examined)
        case MaskExamined():
            return judge_mask(system, examined)
        case PathExamined():
            return judge_path(system, examined)
        case PackageExamined():
            return judge_package(system, examined)
