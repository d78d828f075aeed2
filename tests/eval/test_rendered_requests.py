"""The rendered requests: every tool takes them, truth fits them, people and garments recur, and no edit goes without a new version."""

import doctest
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from eval.errors import BadSuite
from eval.suites.case import Case
from eval.suites.registry import suite_of
from eval.suites.rendered.case import FIRST_SEED
from eval.suites.rendered.registry import SUITES
from eval.suites.rendered.requests import cast
from eval.suites.rendered.requests.cast import COUNT, FIRST, PEOPLE, frame, pairing
from eval.suites.rendered.requests.create import CAST
from eval.suites.rendered.suite import VERSION, Rendered
from pipelines.images import pixels, size_of
from pipelines.sizes import Mode, Tier
from workbench.tools.base import Facts, Tool
from workbench.tools.registry import TOOLS

RECORD = Path(__file__).parent / "rendered_requests.json"
SMALL = Rendered(shrink=4)
IDS = [case_id for tool in SMALL.tools for case_id in SMALL.ids(tool)[:2]]
CHANGED = (
    "a rendered request changed: raise VERSION in eval/suites/rendered/suite.py, then run this file to write the record anew"
)
SAME_SIZE = ("background-remove", "face-swap", "upscale", "image-to-video")
"""Tools whose output follows from the picture given, not from a resolution."""
NEEDS = {
    "product-to-model": {"product", "product_alpha", "words"},
    "try-on": {"target", "before", "region", "away", "joints", "product", "product_alpha"},
    "packshot": {"product", "product_alpha", "words"},
    "model-swap": {"target", "before", "region", "away", "joints", "words"},
    "create-model": {"words"},
    "create-face": {"words"},
    "edit": {"target", "before", "region", "away"},
    "reframe": {"target", "region"},
    "background-remove": {"alpha", "target", "before"},
    "face-swap": {"before", "away", "face"},
    "upscale": {"target"},
    "image-to-video": {"before"},
}


@cache
def drawn(case_id: str) -> Case:
    return SMALL.case(case_id)


def values_of(tool: Tool, case: Case, resolution: str) -> dict[str, Any]:
    """The request as somebody would send it, references in the place of pictures."""
    many = {name for name, schema in tool.properties().items() if schema.get("type") == "array"}
    references = {name: ["a"] * len(given) if name in many else "a" for name, given in case.pictures.items()}
    chosen = {"resolution": resolution} if "resolution" in tool.properties() else {}
    return {**chosen, **case.values, **references}


def test_there_is_a_case_for_every_tool_and_at_least_24_of_each() -> None:
    assert SMALL.tools == tuple(tool.name for tool in TOOLS)
    assert all(len(SMALL.ids(tool)) >= 24 for tool in SMALL.tools)
    everything = [case_id for tool in SMALL.tools for case_id in SMALL.ids(tool)]
    assert len(set(everything)) == len(everything)


def test_no_table_draws_a_seed_of_the_requests() -> None:
    assert all(suite.count < FIRST - FIRST_SEED for suite in SUITES)


@pytest.mark.parametrize("case_id", IDS)
def test_every_tool_takes_its_requests(case_id: str) -> None:
    case = drawn(case_id)
    tool = TOOLS[case.tool]
    request = tool.parse(values_of(tool, case, "720p" if tool.media == "video" else "1k"))
    sizes = {name: tuple(size_of(each) for each in given) for name, given in case.pictures.items()}
    decided = tool.decide(tool, request, Facts(sizes))
    task = tool.build(request, case.pictures, decided, 1)
    assert isinstance(task, tool.task)
    assert decided.size is not None
    if case.tool not in SAME_SIZE:
        assert decided.size in (frame("2:3"), frame("1:1"), frame("4:3"))
    if case.truth.frame is not None:
        assert decided.size.ratio == pytest.approx(case.truth.frame.ratio, rel=0.02)


@pytest.mark.parametrize("case_id", IDS)
def test_truth_is_known_where_it_can_be_and_lies_in_one_frame(case_id: str) -> None:
    case = drawn(case_id)
    truth, size = case.truth, case.truth.frame
    assert truth.known() >= NEEDS[case.tool]
    for name in ("target", "before", "alpha", "region", "away", "rest", "end"):
        found = getattr(truth, name)
        assert found is None or (size is not None and found.shape[:2] == (size.height, size.width))
    for name in ("region", "away", "rest"):
        found = getattr(truth, name)
        assert found is None or (found.dtype == np.bool_ and found.any())
    assert truth.product_alpha is None or truth.product_alpha.shape == (truth.product[..., 0].shape)  # type: ignore[index]


@pytest.mark.parametrize("case_id", [each for each in IDS if each.startswith(("try-on", "model-swap", "edit"))])
def test_the_right_answer_leaves_alone_what_may_not_change_and_changes_the_region(case_id: str) -> None:
    truth = drawn(case_id).truth
    assert truth.target is not None
    assert truth.before is not None
    assert truth.region is not None
    assert truth.away is not None
    assert not (truth.region & truth.away).any()
    changed = np.abs(truth.target.astype(int) - truth.before).max(axis=2)
    assert not changed[truth.away].any()
    assert changed[truth.region].mean() > 5
    assert truth.away.mean() > 0.05


@pytest.mark.parametrize("case_id", [each for each in IDS if each.endswith("0000")])
def test_equal_ids_give_equal_pixels_and_others_don_t(case_id: str) -> None:
    again, other = SMALL.case(case_id), drawn(f"{case_id[:-1]}1")
    assert seen(again) == seen(drawn(case_id)) != seen(other)


def seen(case: Case) -> list[object]:
    return [dict(case.values), *(pixels(each).tobytes() for given in case.pictures.values() for each in given)]


def test_a_garment_looks_the_same_on_every_person() -> None:
    first, second = drawn("try-on-0000").truth.product, SMALL.case("try-on-0008").truth.product
    assert first is not None
    assert np.array_equal(first, second)


def test_the_examples_of_pairings_and_frames_hold() -> None:
    found = doctest.testmod(cast)
    assert (found.failed, found.attempted) == (0, 2)


def test_people_and_garments_recur_and_no_pair_does() -> None:
    pairs = [pairing(number) for number in range(COUNT)]
    assert len(set(pairs)) == COUNT
    assert set(Counter(pair.garment for pair in pairs).values()) == {3}
    assert set(Counter(pair.person for pair in pairs).values()) == {COUNT // PEOPLE}


def test_the_cast_has_every_skin_and_every_colour_of_hair_and_nobody_twice() -> None:
    assert len(set(CAST)) == len(CAST)
    assert len({each.skin for each in CAST}) == len({each.hair for each in CAST}) == 5


def test_a_full_size_frame_is_the_size_of_a_1k_output() -> None:
    case = Rendered().case("model-swap-0003")
    assert case.truth.frame == frame("2:3")
    decided = TOOLS["model-swap"].decide(
        TOOLS["model-swap"],
        TOOLS["model-swap"].parse(values_of(TOOLS["model-swap"], case, "1k") | {"generation_mode": "fast"}),
        Facts({"model_image": (size_of(case.pictures["model_image"][0]),)}),
    )
    assert (decided.size, decided.resolution, decided.mode) == (case.truth.frame, Tier.K1, Mode.FAST)


@pytest.mark.parametrize("case_id", ["try-on-9999", "try-on", "sewing-0001", ""])
def test_an_id_or_tool_that_is_unknown_is_told_with_what_there_is(case_id: str) -> None:
    with pytest.raises(BadSuite, match=r"there are try-on-0000 to try-on-0023|it has product-to-model"):
        SMALL.case(case_id)


def test_the_card_tells_a_shrunk_suite_from_the_whole() -> None:
    whole, small = Rendered().card, SMALL.card
    assert (whole.name, small.name, whole.version) == ("rendered", "rendered-4", VERSION)
    assert whole.licence == "Apache-2.0"
    assert suite_of(" rendered ").card == whole


def test_no_request_changes_without_a_new_version() -> None:
    kept = json.loads(RECORD.read_text())
    assert kept["version"] == VERSION, CHANGED
    assert kept["cases"].keys() == set(IDS), CHANGED
    for case_id, told in kept["cases"].items():
        now = recorded(drawn(case_id))
        assert {**now, "looks": None} == {**told, "looks": None}, f"{case_id}: {CHANGED}"
        assert now["looks"].keys() == told["looks"].keys(), f"{case_id}: {CHANGED}"
        for name, look in told["looks"].items():
            assert np.allclose(now["looks"][name], look, atol=2), f"{case_id}, {name}: {CHANGED}"


def recorded(case: Case) -> dict[str, Any]:
    """Words as they are; pictures as means of four quarters and a spread, which no other processor's rounding moves by 2 of 255."""
    looks = {f"{name}-{at}": look(pixels(each)) for name, given in case.pictures.items() for at, each in enumerate(given)}
    for name in sorted(each for each in case.truth.known() - {"joints", "text"} if not each.startswith("words")):
        looks[name] = look(getattr(case.truth, name))
    joints = {name: [round(at.x), round(at.y)] for name, at in (case.truth.joints or {}).items()}
    looks |= {name: list(map(float, at)) for name, at in joints.items()}
    words = dict(case.truth.words or {})
    return {"kind": case.kind, "values": dict(case.values), "words": words, "clusters": dict(case.clusters), "looks": looks}


def look(values: Any) -> list[float]:
    scaled = values.astype(np.float32) * (1 if values.dtype == np.uint8 else 255)
    quarters = cv2.resize(scaled, (2, 2), interpolation=cv2.INTER_AREA)
    return [round(float(each), 1) for each in (*quarters.reshape(-1), scaled.std())]


if __name__ == "__main__":
    found = {case_id: recorded(drawn(case_id)) for case_id in IDS}
    RECORD.write_text(json.dumps({"version": VERSION, "cases": found}, indent=1, sort_keys=True) + "\n")
