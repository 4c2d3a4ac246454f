"""What stands beside images is no image; what a runtime would start is one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from scantling_common.images.digests import Digest
from scantling_common.images.limits import DocumentLimits
from scantling_common.images.sources.endpoint import Endpoint
from scantling_sync.contents import Contents
from scantling_sync.registries.distribution import DistributionRegistry
from tests.builders.image import (
    OCI_INDEX,
    OCI_MANIFEST,
    BuiltImage,
    artifacts,
    attestation_entry,
    descriptor,
    image,
    index,
    platform_index,
    sha256,
)

if TYPE_CHECKING:
    from tests.sync.scripted import ScriptedRegistry
    from tests.sync.world import World

ONE = image({"n": b"1"})
TWO = image({"n": b"2"}, architecture="arm64")


async def test_artifacts_have_no_placement_and_no_error(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "v1", ONE)
    for number, artifact in enumerate(artifacts(ONE).values()):
        scripted.put("app", f"other-{number}", artifact)
    hexadecimal = ONE.digest.removeprefix("sha256:")
    for suffix, what in ((".sig", "signature"), (".att", "attestation"), (".sbom", "SBOM")):
        scripted.put("app", f"sha256-{hexadecimal}{suffix}", artifacts(ONE)[what])
    # No tool makes this one: it is looked at.
    scripted.put("app", f"sha256-{hexadecimal}.latest", ONE)
    await world.add_registry(scripted.host)

    tags = [("app", f"sha256-{hexadecimal}.latest"), ("app", "v1")]
    assert sorted(await world.placed()) == [(*tag, "linux/amd64") for tag in tags]
    (task,) = await world.tasks()
    assert (task.state, task.images_new) == ("done", 1)


async def test_artifacts_inside_an_index_are_not_counted(
    world: World, scripted: ScriptedRegistry
) -> None:
    kinds = artifacts(ONE).values()
    scripted.put("app", "", ONE)
    for built in kinds:
        scripted.put("app", "", built)
    gone = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    entries = [
        descriptor(ONE.manifest, OCI_MANIFEST, platform=ONE.platform),
        attestation_entry(ONE),
        *(descriptor(kind.manifest, OCI_MANIFEST, artifactType="application/x") for kind in kinds),
        descriptor(TWO.manifest, OCI_MANIFEST, **gone),
    ]
    scripted.put_index("app", "v1", index(entries))
    await world.add_registry(scripted.host)

    assert list(await world.placed()) == [("app", "v1", "linux/amd64")]
    assert (await world.tasks())[0].state == "done"


async def test_an_image_can_not_hide_behind_what_it_calls_itself(
    world: World, scripted: ScriptedRegistry
) -> None:
    document = json.loads(ONE.manifest) | {"artifactType": "application/spdx+json"}
    typed = json.dumps(document).encode()
    scripted.put("app", "", ONE)
    scripted.manifests["app", sha256(typed)] = (typed, OCI_MANIFEST)
    scripted.tags["app"]["typed"] = sha256(typed)
    scripted.put("app", "", TWO)
    said = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    entry = descriptor(TWO.manifest, OCI_MANIFEST, platform=TWO.platform, **said)
    scripted.put_index("app", "annotated", index([entry]))
    await world.add_registry(scripted.host)

    assert set(await world.placed()) == {
        ("app", "typed", "linux/amd64"),
        ("app", "annotated", "linux/arm64"),
    }


async def test_an_index_that_is_named_again_and_again_is_read_once(
    world: World, scripted: ScriptedRegistry
) -> None:
    scripted.put("app", "", ONE)
    made = [platform_index(ONE)]
    for _ in range(2):
        made.append(index([descriptor(made[-1], OCI_INDEX)] * 200))
    for data in made:
        scripted.manifests["app", sha256(data)] = (data, OCI_INDEX)
    scripted.tags["app"]["v1"] = sha256(made[-1])
    await world.add_registry(scripted.host)

    assert list(await world.placed()) == [("app", "v1", "linux/amd64")]
    assert scripted.count("GET", "/manifests/") == len(made) + 1


@pytest.mark.parametrize(
    ("limits", "limit"),
    [
        (DocumentLimits(nesting=1), "nested"),
        (DocumentLimits(manifests=2), "manifests"),
        (DocumentLimits(document_bytes=100), "bytes"),
    ],
)
async def test_an_index_over_a_limit_is_listed_as_what_can_not_be_read(
    world: World, scripted: ScriptedRegistry, limits: DocumentLimits, limit: str
) -> None:
    def entry(built: BuiltImage) -> dict[str, object]:
        scripted.put("app", "", built)
        return descriptor(built.manifest, OCI_MANIFEST, platform=built.platform)

    inner = index([entry(ONE), entry(TWO)])
    outer = index([descriptor(inner, OCI_INDEX)])
    top = index([descriptor(outer, OCI_INDEX)])
    for data in (inner, outer, top):
        scripted.put_index("app", "v1", data)
    endpoint = Endpoint(host=scripted.host, plain_http=True, allow_private=True, limits=limits)
    kind = DistributionRegistry(endpoint)
    await kind.open()
    try:
        contents = Contents(world.store, world.clock, limits)
        found = await contents.read(kind, "default", "app", Digest(sha256(top)))
    finally:
        await kind.close()

    (listed,) = found.images
    assert listed.unsupported.startswith("manifest_too_large: ")
    assert limit in listed.unsupported
