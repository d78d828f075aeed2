"""Values of all outputs of a setting together: made from the stored pictures, missing for a reason, shown in the report."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eval.errors import Unscored
from eval.metrics.metric import SetMetric
from eval.reports.content import sets_table
from eval.reports.write import write_reports
from eval.runs import sets
from eval.runs.results import load
from eval.runs.run import run
from eval.runs.shown import input_path, keep, target_path
from eval.suites.case import Case, Truth
from pipelines.images import Bytes, Floats
from tests.eval.drawn import GRID, setup

LOOKS: list[int] = []


def brightness(rgb: Bytes) -> Floats:
    LOOKS.append(1)
    return np.asarray([rgb.mean() / 255], np.float32)


def apart(one: Floats, other: Floats) -> float:
    if len(one) < 2:
        raise Unscored("two pictures are needed")
    return float(abs(one.mean() - other.mean()))


METRIC = SetMetric(
    name="brightness_apart",
    title="brightness apart",
    group="set",
    better="lower",
    range=(0.0, 1.0),
    margin=0.01,
    source="this test",
    features=brightness,
    distance=apart,
)
ABSENT = replace(METRIC, name="absent", title="absent", missing=lambda: "bring the weights")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    run(replace(setup(), set_metrics=(METRIC, ABSENT)), GRID, folder)
    return folder


def test_a_run_measures_its_sets_or_says_what_is_missing(folder: Path) -> None:
    found = load(folder).sets
    by_metric = {name: [each for each in found if each.metric == name] for name in ("brightness_apart", "absent")}
    assert by_metric["brightness_apart"]
    assert all(each.value is not None and 0 <= each.value < 0.2 for each in by_metric["brightness_apart"])
    assert {each.unscored for each in by_metric["absent"]} == {"bring the weights"}
    assert len(by_metric["absent"]) == len(by_metric["brightness_apart"])


def test_features_of_a_picture_are_made_once(folder: Path) -> None:
    rows = [row for row in load(folder).made() if row.done]
    LOOKS.clear()
    sets.set_scores(rows, folder, [METRIC])
    assert len(LOOKS) == len({row.picture for row in rows}) + len({row.case for row in rows})


def test_too_few_pictures_are_no_value_but_a_reason(folder: Path) -> None:
    one = next(load(folder).made())
    (found,) = sets.set_scores([one], folder, [METRIC])
    assert (found.value, found.unscored) == (None, "two pictures are needed")


def test_the_report_tells_values_and_what_is_missing(folder: Path) -> None:
    results = load(folder)
    table = sets_table(results).markdown()
    assert table.count("| brightness apart |") == len([each for each in results.sets if each.value is not None])
    assert table.count("bring the weights") == 1
    written = write_reports(results, folder)
    assert "bring the weights" in written.page.read_text()
    assert "## Sets of outputs" in written.text.read_text()


def test_scores_survive_their_file(tmp_path: Path) -> None:
    kept = (
        sets.SetScore(tool="edit", engine="draft", mode="fast", resolution="1k", metric="a", value=0.5),
        sets.SetScore(tool="edit", engine="draft", mode="fast", resolution="1k", metric="b", unscored="why"),
    )
    sets.write(kept, tmp_path)
    assert sets.read(tmp_path) == kept
    assert sets.read(tmp_path / "elsewhere") == ()


def test_input_and_right_answer_are_kept_once(tmp_path: Path) -> None:
    picture = Image.new("RGB", (12, 8), "red")
    case = Case(
        id="one", tool="edit", kind="", pictures={"image": (picture,)}, truth=Truth(target=np.zeros((8, 12, 3), np.uint8))
    )
    keep(case, tmp_path)
    with Image.open(input_path(tmp_path, "one")) as kept:
        assert kept.size == (12, 8)
    before = target_path(tmp_path, "one").stat().st_mtime_ns
    keep(case, tmp_path)
    assert target_path(tmp_path, "one").stat().st_mtime_ns == before
    keep(replace(case, id="two", pictures={}, truth=Truth()), tmp_path)
    assert not input_path(tmp_path, "two").exists()
    assert not target_path(tmp_path, "two").exists()
