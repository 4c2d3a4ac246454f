"""Which image of a project contains which package: the rows behind the search by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scantling_common.records.reporter import (
    INVENTORY,
    Head,
    HeadRisk,
    InventoryRow,
    inventory_id,
)
from scantling_common.store.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scantling_common.outcomes import PackageEntry
    from scantling_common.store.port import Store
    from scantling_reporter.archive import Archive


class Inventory:
    """Keeps the rows of an image equal to the packages of its head; none while it is hidden."""

    def __init__(self, store: Store, archive: Archive) -> None:
        """Work on a store."""
        self.rows = Repository(store, INVENTORY, InventoryRow)
        self._archive = archive

    async def update(self, head: Head) -> None:
        """Take the rows from the head's generation before to this one; idempotent."""
        body = head.body
        before = await self._rows(head, body.previous, hidden=body.previous_hidden)
        after = await self._rows(head, body.risks, hidden=head.hidden)
        gone = [self.rows.deleting(id_) for id_ in sorted(before.keys() - after.keys())]
        new = [self.rows.inserting(after[id_]) for id_ in sorted(after.keys() - before.keys())]
        other = [
            self.rows.setting(id_, {"owner": after[id_].owner})
            for id_ in sorted(after.keys() & before.keys())
            if after[id_].owner != before[id_].owner
        ]
        await self.rows.bulk([*gone, *new, *other])

    async def _rows(
        self, head: Head, risks: Mapping[str, HeadRisk], *, hidden: bool
    ) -> dict[str, InventoryRow]:
        held = risks.get("software")
        if hidden or held is None:
            return {}
        outcome = await self._archive.held(head.project, head.image, "software", held)
        return inventory_rows(head.project, head.image, outcome.packages)


def inventory_rows(
    project: str, image: str, packages: Iterable[PackageEntry]
) -> dict[str, InventoryRow]:
    """Return the rows of packages by id; two files of one package and version are one row.

    It is a part of a package of the system only where each of its files is.
    """
    rows: dict[str, InventoryRow] = {}
    for package in packages:
        row = inventory_row(project, image, package)
        known = rows.get(row.id)
        if known is None or (known.owner and not row.owner):
            rows[row.id] = row
    return rows


def inventory_row(project: str, image: str, package: PackageEntry) -> InventoryRow:
    """Return the row of a package."""
    return InventoryRow(
        id=inventory_id(project, image, package.type, package.name, package.version),
        project=project,
        image=image,
        name=package.name,
        search=package.name.lower(),
        short=short_name(package.name),
        version=package.version,
        type=package.type,
        purl=package.purl,
        owner=package.owner,
    )


def short_name(name: str) -> str:
    """Return the last part of a package's name in lower case: what people search for."""
    return name.replace(":", "/").rpartition("/")[2].lower()
