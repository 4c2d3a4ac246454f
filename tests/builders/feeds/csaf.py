"""CSAF 2.0 documents as Red Hat, SUSE and openEuler publish them."""

from __future__ import annotations

from typing import Any, Final

RED_HAT: Final = "https://www.redhat.com"
SUSE: Final = "https://www.suse.com/"
OPENEULER: Final = "https://www.openeuler.org"

RHEL_8: Final = ("AppStream-8.8.0.Z.MAIN.EUS", "cpe:/a:redhat:enterprise_linux:8::appstream")
"""A product by id and CPE name."""


def product(
    id_: str, *, name: str = "", cpe: str = "", purl: str = "", category: str = "product_version"
) -> dict[str, Any]:
    """Make a branch that is a product."""
    helper = {key: value for key, value in (("cpe", cpe), ("purl", purl)) if value}
    full: dict[str, Any] = {"name": name or id_, "product_id": id_}
    if helper:
        full["product_identification_helper"] = helper
    return {"category": category, "name": name or id_, "product": full}


def within(category: str, name: str, *branches: dict[str, Any]) -> dict[str, Any]:
    """Make a branch around others."""
    return {"category": category, "name": name, "branches": list(branches)}


def part_of(part: str, whole: str, id_: str = "") -> dict[str, Any]:
    """Make the relationship by which a product is a part of another one."""
    return {
        "category": "default_component_of",
        "full_product_name": {
            "name": f"{part} as a component of {whole}",
            "product_id": id_ or f"{whole}:{part}",
        },
        "product_reference": part,
        "relates_to_product_reference": whole,
    }


def vulnerability(cve: str = "CVE-2023-0001", /, **fields: Any) -> dict[str, Any]:
    """Make a vulnerability; statuses are given by ``fixed=[…]`` and the like."""
    statuses = {
        *("fixed", "first_fixed", "recommended", "known_affected", "first_affected"),
        *("last_affected", "known_not_affected", "under_investigation"),
    }
    made: dict[str, Any] = {"cve": cve} if cve else {}
    made["product_status"] = {key: fields.pop(key) for key in list(fields) if key in statuses}
    return {**made, **fields}


def csaf(
    *vulnerabilities: dict[str, Any],
    branches: list[dict[str, Any]] | None = None,
    relationships: list[dict[str, Any]] | None = None,
    publisher: str = RED_HAT,
    id_: str = "CVE-2023-0001",
    category: str = "csaf_vex",
    title: str = "foo: a flaw",
    severity: str = "Moderate",
    **document: Any,
) -> dict[str, Any]:
    """Make a document."""
    return {
        "document": {
            "aggregate_severity": {"namespace": "https://vendor.example/", "text": severity},
            "category": category,
            "csaf_version": "2.0",
            "lang": "en",
            "publisher": {"category": "vendor", "name": "A vendor", "namespace": publisher},
            "title": title,
            "tracking": {
                "current_release_date": "2025-08-13T15:14:45+00:00",
                "id": id_,
                "initial_release_date": "2024-03-05T08:00:00+08:00",
                "status": "final",
                "version": "3",
            },
            **document,
        },
        "product_tree": {"branches": branches or [], "relationships": relationships or []},
        "vulnerabilities": list(vulnerabilities),
    }


def red_hat(
    *packages: tuple[str, str],
    platform: tuple[str, str] = RHEL_8,
    **statuses: Any,
) -> dict[str, Any]:
    """Make Red Hat's document of one CVE: packages by id and package URL, in one product.

    The statuses name the packages; they are put into the product.
    """
    whole, cpe = platform
    lists = {
        key: [f"{whole}:{each}" for each in value] if isinstance(value, list) else value
        for key, value in statuses.items()
        if key not in {"remediations", "threats", "scores"}
    }
    for key in ("remediations", "threats", "scores"):
        if key in statuses:
            lists[key] = [
                {
                    **each,
                    **{
                        ids: [f"{whole}:{name}" for name in each[ids]]
                        for ids in ("product_ids", "products")
                        if ids in each
                    },
                }
                for each in statuses[key]
            ]
    return csaf(
        vulnerability(**lists),
        branches=[
            within(
                "vendor",
                "Red Hat",
                within("product_family", "RHEL", product(whole, cpe=cpe, category="product_name")),
                within(
                    "architecture",
                    "x86_64",
                    *(product(id_, purl=purl) for id_, purl in packages),
                ),
            )
        ],
        relationships=[part_of(id_, whole) for id_, _ in packages],
    )
