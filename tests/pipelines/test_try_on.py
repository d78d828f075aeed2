"""Try-On on paper people: what changes, what must not, and what is refused."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image

from pipelines.draft.try_on import run
from pipelines.engine import Output, unwatched
from pipelines.errors import Cancelled, GarmentNotFound, PersonNotFound, UnsupportedTask
from pipelines.sizes import Mode, Size
from pipelines.tasks import TryOn
from pipelines.vision.people.body import Part
from tests.pipelines.wardrobe import Flat, Person, long_sleeved, person, tank, tee, trousers

SIZE = Size(420, 640)


def _model(figure: Person) -> Image.Image:
    """With its own exact transparency, so that no test here hangs on matting."""
    alpha = (figure.matte.alpha * 255).round().astype(np.uint8)
    return Image.fromarray(np.dstack([figure.rgb, alpha]))


def _product(piece: Flat) -> Image.Image:
    colour = (piece.matte.foreground * 255).round().astype(np.uint8)
    return Image.fromarray(np.dstack([colour, (piece.matte.alpha * 255).round().astype(np.uint8)]))


@cache
def _task(top: tuple[int, int, int] = (60, 90, 150), sleeves: bool = False) -> TryOn:
    model = _model(person(top=top, sleeves=sleeves))
    return TryOn(model_image=model, product_image=_product(tee()), size=SIZE, mode=Mode.BALANCED, seed=3)


@cache
def _result(top: tuple[int, int, int] = (60, 90, 150), sleeves: bool = False) -> Output:
    return run(_task(top, sleeves), unwatched)


def _source(task: TryOn) -> np.ndarray:
    canvas = Image.new("RGBA", task.model_image.size, (255, 255, 255, 255))
    canvas.alpha_composite(task.model_image)
    return np.asarray(canvas.convert("RGB"))


def _pixels(output: Output) -> np.ndarray:
    return np.asarray(output.image)


def test_the_output_has_exactly_the_size_asked_for() -> None:
    for size in (Size(630, 960), Size(208, 320)):
        assert run(replace(_task(), size=size), unwatched).image.size == (size.width, size.height)


def test_pixels_away_from_the_garment_are_untouched() -> None:
    before, after = _source(_task()), _pixels(_result())
    changed = (before != after).any(axis=2)
    figure = person().body
    assert not changed[np.isin(figure.parts, (Part.FACE,))].any()
    assert not changed[:130].any()
    assert not changed[430:].any()
    assert not changed[:, :60].any()
    assert changed.mean() > 0.05


def test_the_chest_wears_the_new_garment() -> None:
    chest = _pixels(_result())[200:260, 180:240].reshape(-1, 3).astype(float)
    red, green, blue = np.median(chest, axis=0)
    assert green > 1.5 * red
    assert green > 1.2 * blue


@pytest.mark.parametrize("top", [(250, 40, 200), (60, 90, 150)])
def test_no_ghost_of_the_old_garment_stays(top: tuple[int, int, int]) -> None:
    """Wherever the old colour was, above the waist, something else is."""
    after = _pixels(_result(top, True)).astype(float)
    worn = cv2.erode((person(top=top, sleeves=True).body.parts == Part.UPPER).astype(np.uint8), np.ones((3, 3))) > 0
    alike = np.abs(after - top).sum(axis=2) < 45
    assert (alike & worn).sum() < 0.01 * worn.sum()


def test_sleeves_that_were_wider_give_way_to_skin_or_background() -> None:
    task = replace(_task((250, 40, 200), True), product_image=_product(tank()))
    after = _pixels(run(task, unwatched)).astype(float)
    arms = person().body.parts == Part.LEFT_ARM
    upper_arm = arms & (np.arange(640)[:, None] > 200) & (np.arange(640)[:, None] < 235)
    red, green, blue = np.median(after[upper_arm], axis=0)
    assert red > green > blue
    assert green > 90  # skin, not the old magenta


def test_it_beats_pasting_the_product_over_the_chest() -> None:
    """By how much of the shirt's place, torso and sleeves, shows the shirt."""
    source, after = _source(_task()), _pixels(_result())
    place = cv2.erode((person(sleeves=True).body.parts == Part.UPPER).astype(np.uint8), np.ones((5, 5))) > 0
    place &= (np.arange(640)[:, None] > 195) & (np.arange(640)[:, None] < 290)
    pasted = source.copy()
    small = np.asarray(_product(tee()).resize((180, 180)))
    alpha = small[..., 3:] / 255
    pasted[150:330, 120:300] = small[..., :3] * alpha + pasted[150:330, 120:300] * (1 - alpha)
    ours, theirs = ((np.argmax(each[place], axis=1) == 1).mean() for each in (after, pasted))
    assert ours > 0.9
    assert ours > theirs


def test_folds_of_the_old_garment_shade_the_new_one_but_its_print_does_not() -> None:
    figure = person(sleeves=True)
    folded, printed = figure.rgb.astype(float), figure.rgb.copy()
    worn = figure.body.parts == Part.UPPER
    waves = 1 + 0.25 * np.sin(np.arange(420) / 9)[None, :, None]
    folded = np.where(worn[..., None], np.clip(folded * waves, 0, 255), folded).round().astype(np.uint8)
    printed[205:250, 180:240] = (255, 255, 255)
    plain, with_folds, with_print = (
        _pixels(run(replace(_task(), model_image=_model(replace(figure, rgb=rgb))), unwatched)).astype(float)[205:250, 185:235]
        for rgb in (figure.rgb, folded, printed)
    )
    assert np.abs(with_folds - plain).mean() > 2
    assert np.abs(with_print - plain).mean() < 0.5 * np.abs(with_folds - plain).mean()


def test_the_seed_changes_only_the_grain() -> None:
    first, again = _pixels(_result()), _pixels(run(_task(), unwatched))
    assert np.array_equal(first, again)
    other = _pixels(run(replace(_task(), seed=4), unwatched)).astype(int)
    assert np.abs(other - first).mean() < 2


def test_tucked_in_ends_at_the_waist() -> None:
    task = replace(_task(), product_image=_product(tee(hem=390)))
    loose, tucked = (run(replace(task, prompt=prompt), unwatched) for prompt in ("", "tucked in"))
    below = np.s_[325:345, 190:230]
    before = _source(task)[below].astype(int)
    assert np.abs(_pixels(tucked)[below].astype(int) - before).mean() < 6
    assert np.abs(_pixels(loose)[below].astype(int) - before).mean() > 15
    assert any("Tucked in" in note for note in tucked.notes)


def test_rolled_sleeves_bare_the_forearm() -> None:
    task = replace(_task(), product_image=_product(long_sleeved()))
    wrists = (person().body.parts == Part.LEFT_ARM) & (np.arange(640)[:, None] > 285)
    down, rolled = (
        _pixels(run(replace(task, prompt=prompt), unwatched))[wrists].astype(float) for prompt in ("", "sleeves rolled up")
    )
    assert np.median(rolled[:, 0]) > np.median(down[:, 0]) + 60


def test_trousers_change_the_legs_and_not_the_chest() -> None:
    task = replace(_task(), product_image=_product(trousers()))
    changed = (_pixels(run(task, unwatched)) != _source(task)).any(axis=2)
    assert not changed[:260].any()
    assert changed[380:480, 170:190].mean() > 0.9


def test_the_notes_say_that_it_is_a_draft_and_what_it_could_not_do() -> None:
    notes = " ".join(run(replace(_task(), prompt="shirt, worn open"), unwatched).notes)
    assert "Draft" in notes
    assert "seed" in notes
    assert "Not opened" in notes


def test_a_product_as_the_model_is_refused() -> None:
    with pytest.raises(PersonNotFound, match="one person"):
        run(replace(_task(), model_image=_product(tee())), unwatched)


def test_an_empty_product_is_refused() -> None:
    with pytest.raises(GarmentNotFound, match="product"):
        run(replace(_task(), product_image=Image.new("RGBA", (200, 200))), unwatched)


def test_shoes_are_refused_where_no_feet_are_in_the_picture() -> None:
    with pytest.raises(UnsupportedTask, match="from head to feet"):
        half = _task().model_image.crop((0, 0, 420, 440))
        run(replace(_task(), model_image=half, size=Size(420, 440), prompt="the shoes"), unwatched)


def test_rolled_sleeves_end_in_a_cuff_that_is_broader_than_the_sleeve() -> None:
    task = replace(_task(), product_image=_product(long_sleeved()))
    plain, rolled = (run(replace(task, prompt=prompt), unwatched) for prompt in ("", "sleeves rolled up"))
    assert any("with a cuff" in note for note in rolled.notes)
    elbow = person().body.joints["right_elbow"]
    beside = np.s_[int(elbow.y) - 4 : int(elbow.y) + 8, : int(elbow.x)]
    widths = [(_pixels(each)[beside] != _source(task)[beside]).any(axis=2).sum(axis=1).max() for each in (plain, rolled)]
    assert widths[1] > widths[0]


def test_short_sleeves_are_not_rolled_and_a_note_says_so() -> None:
    notes = " ".join(run(replace(_task(), prompt="shirt, sleeves rolled up"), unwatched).notes)
    assert "not rolled up" in notes


def test_given_landmarks_win_over_the_ones_found() -> None:
    high = {"hem_left": (0.3, 0.6), "hem_right": (0.7, 0.6)}
    found, given = (run(replace(_task(), landmarks=each), unwatched) for each in (None, high))
    assert not np.array_equal(_pixels(found), _pixels(given))
    assert any("2 landmarks" in note for note in given.notes)


def test_cancelling_stops_between_steps() -> None:
    def cancel(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        if step == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(_task(), cancel)
