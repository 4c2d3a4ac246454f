"""On what an image is built: what is proven, what is claimed, and how much of it is base."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scantling_analyzers.analysis.origin import with_origin
from scantling_analyzers.attestations.models import Material
from scantling_analyzers.contract import ImageContent, KnownBase, NewerBase, Settings
from scantling_analyzers.inventory.bases import BASE_DIGEST, BASE_NAME, base_layers, proper_bases
from scantling_analyzers.risks.baseimage.analyzer import MAX_CLAIMS, BaseImageAnalyzer
from scantling_common.images.digests import digest_of
from scantling_common.outcomes import BaseImage, BaseReport, Finding, NewerImage, Outcome
from tests.analyzers.risks.content import IMAGE, content

if TYPE_CHECKING:
    from scantling_common.risks import Risk

INDEX = digest_of(b"index")
NOON = 1_764_244_800_000


def base(
    name: str,
    layers: int,
    *,
    references: tuple[str, ...] = (),
    moved: tuple[tuple[str, str], ...] = (),
    indexes: tuple[str, ...] = (),
) -> KnownBase:
    """Return a known base; ``moved`` are its former names and what they show now."""
    return KnownBase(
        digest=digest_of(name.encode()),
        chain_id=digest_of(f"chain {layers}".encode()),
        layers=layers,
        references=references,
        indexes=indexes,
        newer=tuple(
            NewerBase(reference=reference, digest=digest_of(now.encode()), moved_at=NOON)
            for reference, now in moved
        ),
    )


ITSELF = KnownBase(digest=IMAGE, chain_id=digest_of(b"chain 3"), layers=3)
OTHER_BUILD = base("other build", 3, references=("r/app:2",))


def report(image: ImageContent, *approved: str) -> BaseReport:
    """Return what is reported of an image; with ``approved`` there is a list."""
    lists = {"approved-bases": approved} if approved else {}
    outcome = BaseImageAnalyzer().analyze(image, Settings(lists=lists))
    assert outcome.base is not None
    return outcome.base


def names(bases: tuple[BaseImage, ...]) -> list[str]:
    return [next(iter(each.references), each.digest) for each in bases]


def test_the_base_of_the_base_comes_after_the_base() -> None:
    image = content(
        layers=3,
        bases=(
            base("debian", 1, references=("r/debian:12",)),
            base("python", 2, references=("r/python:3",)),
        ),
    )
    found = report(image)

    assert names(found.bases) == ["r/python:3", "r/debian:12"]
    assert {each.confidence for each in found.bases} == {"proven"}
    assert found.layers == base_layers(image) == 2


def test_two_bases_of_the_same_layers_are_both_told() -> None:
    image = content(
        layers=2, bases=(base("a", 1, references=("r/a:1",)), base("b", 1, references=("r/b:1",)))
    )

    assert sorted(names(report(image).bases)) == ["r/a:1", "r/b:1"]


def test_an_image_is_not_its_own_base() -> None:
    image = content(layers=3, bases=(ITSELF,))

    assert report(image) == BaseReport()
    assert base_layers(image) == 0


def test_another_build_of_the_same_layers_is_no_base() -> None:
    image = content(layers=3, bases=(ITSELF, OTHER_BUILD))

    assert report(image).bases == ()
    assert base_layers(image) == 0


@pytest.mark.parametrize(
    "claim",
    [
        {BASE_DIGEST: OTHER_BUILD.digest},
        {BASE_NAME: "r/app:2"},
        {BASE_NAME: "elsewhere/mirror:1", BASE_DIGEST: OTHER_BUILD.digest},
    ],
)
def test_an_image_that_only_adds_settings_names_its_base(claim: dict[str, str]) -> None:
    image = content(layers=3, bases=(ITSELF, OTHER_BUILD), annotations=claim)
    (found,) = report(image).bases

    assert (found.digest, found.confidence) == (OTHER_BUILD.digest, "proven")
    assert found.named_by == ("annotation",)
    assert base_layers(image) == 3


def test_an_approved_image_of_the_same_layers_is_shown_because_it_satisfies_the_list() -> None:
    found = report(content(layers=3, bases=(ITSELF, OTHER_BUILD)), "r/app:2")

    assert [(each.digest, each.approved) for each in found.bases] == [(OTHER_BUILD.digest, True)]
    assert found.layers == 0


def test_a_digest_that_lies_is_a_claim_whatever_name_it_wears() -> None:
    known = base("debian", 1, references=("r/debian:12",))
    lie = {BASE_NAME: "r/debian:12", BASE_DIGEST: digest_of(b"another")}
    found = report(content(layers=3, bases=(known,), annotations=lie), "r/golden/*")

    assert [(each.matched_by, each.confidence) for each in found.bases] == [
        ("layers", "proven"),
        ("annotation", "claimed"),
    ]
    assert found.bases[0].named_by == ()


def test_a_claim_never_satisfies_the_list() -> None:
    image = content(layers=2, annotations={BASE_NAME: "r/debian:12"})
    outcome = BaseImageAnalyzer().analyze(
        image, Settings(lists={"approved-bases": ("r/debian:12",)})
    )

    assert [finding.id for finding in outcome.findings] == ["base-image-not-approved"]
    assert outcome.base is not None
    assert not outcome.base.bases[0].approved


def test_the_index_of_a_base_names_it() -> None:
    known = base("debian", 1, indexes=(INDEX,))
    (found,) = report(content(bases=(known,), annotations={BASE_DIGEST: INDEX})).bases

    assert found.named_by == ("annotation",)


def test_a_label_stands_for_an_annotation_that_is_not_there() -> None:
    found = report(content(labels={BASE_NAME: "r/debian:12"}))

    assert names(found.bases) == ["r/debian:12"]


def test_provenance_confirms_what_is_proven_and_says_nothing_more_there() -> None:
    known = base("debian", 1, references=("r/debian:12",))
    materials = (
        Material("r/debian:12", known.digest),
        Material("r/golang:1.22", digest_of(b"builder")),
    )
    (found,) = report(content(bases=(known,), provenance=materials)).bases

    assert found.named_by == ("provenance",)


def test_without_proof_provenance_is_shown_as_a_claim() -> None:
    materials = tuple(Material(f"r/m{n}", digest_of(b"%d" % n)) for n in range(MAX_CLAIMS + 5))
    found = report(content(provenance=materials))

    assert len(found.bases) == MAX_CLAIMS
    assert {(each.matched_by, each.confidence) for each in found.bases} == {
        ("provenance", "claimed")
    }
    assert found.layers == 0


def test_a_base_whose_tag_moved_on_is_to_be_rebuilt_on() -> None:
    known = base("old", 1, moved=(("r/debian:12", "new"),))
    found = report(content(layers=2, bases=(known,)))

    hint = NewerImage(
        reference="r/debian:12", digest=digest_of(b"new"), since="2025-11-27T12:00:00Z"
    )
    assert found.rebuild_on == (hint,)
    assert found.bases[0].newer == (hint,)


def test_a_name_that_moved_on_approves_no_longer_and_the_finding_says_so() -> None:
    known = base("old", 1, moved=(("r/debian:12", "new"),))
    outcome = BaseImageAnalyzer().analyze(
        content(layers=2, bases=(known,)), Settings(lists={"approved-bases": ("r/debian:12",)})
    )

    (finding,) = outcome.findings
    assert "what was r/debian:12 until 2025-11-27T12:00:00Z" in finding.description


def test_the_finding_stays_the_same_when_the_tag_of_the_base_moves() -> None:
    def fingerprint(known: KnownBase) -> str:
        settings = Settings(lists={"approved-bases": ("x/y",)})
        outcome = BaseImageAnalyzer().analyze(content(bases=(known,)), settings)
        return outcome.findings[0].fingerprint

    now = base("old", 1, references=("r/debian:12",))
    assert fingerprint(now) == fingerprint(base("old", 1, moved=(("r/debian:12", "new"),)))


def test_an_image_that_is_built_on_the_newer_one_already_has_no_hint() -> None:
    old = base("old", 1, moved=(("r/debian:12", "new"),))
    new = base("new", 2, references=("r/debian:12",))

    assert report(content(layers=3, bases=(old, new))).rebuild_on == ()


def test_the_hint_is_for_the_nearest_base_only() -> None:
    debian = base("old debian", 1, moved=(("r/debian:12", "new debian"),))
    python = base("python", 2, references=("r/python:3",))
    found = report(content(layers=3, bases=(debian, python)))

    assert found.rebuild_on == ()
    assert [bool(each.newer) for each in found.bases] == [False, True]


def test_the_image_that_took_over_a_tag_is_no_base_to_rebuild_on() -> None:
    old = base("old", 2, moved=(("r/app:1", "image"),))

    assert report(content(layers=3, bases=(old,))).rebuild_on == ()


def finding(layer: str, risk: Risk = "secret") -> Finding:
    return Finding(
        id="x", fingerprint="f", risk=risk, severity="low", title="A finding", layer=layer
    )


def test_findings_say_whether_the_base_brought_them() -> None:
    image = content(layers=3, bases=(base("debian", 2),))
    layers = [layer.diff_id for layer in image.layers]
    outcome = Outcome(
        risk="secret", status="complete", findings=(*map(finding, layers), finding(""))
    )

    marked = with_origin(outcome, image).findings
    assert [each.in_base for each in marked] == [True, True, False, False]


def test_without_a_base_no_finding_is_of_the_base() -> None:
    image = content(layers=1)
    outcome = Outcome(
        risk="secret", status="complete", findings=(finding(image.layers[0].diff_id),)
    )

    assert with_origin(outcome, image) == outcome


def test_that_the_base_is_not_approved_is_the_images_own_finding() -> None:
    image = content(layers=2, bases=(base("debian", 1),))
    outcome = BaseImageAnalyzer().analyze(image, Settings(lists={"approved-bases": ()}))

    assert not with_origin(outcome, image).findings[0].in_base


def test_an_image_without_layers_has_no_base() -> None:
    assert proper_bases(content(layers=0)) == ()
