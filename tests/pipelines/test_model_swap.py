"""Model Swap on rendered figures whose parts are known: garment and background to the bit, tones, seeds, words."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image

from pipelines.draft import model_swap
from pipelines.draft.identity import EYES, HAIRS, SKINS, Seen, eye_colour, identity
from pipelines.engine import Output, unwatched
from pipelines.errors import PersonNotFound
from pipelines.images import Mask, picture, resized, size_of, to_float
from pipelines.sizes import Mode, Size
from pipelines.tasks import ModelSwap
from pipelines.vision.mattes.matting import Matte
from pipelines.vision.people.body import Part
from pipelines.vision.portrait.lab import Lab, lab_of, tone_of
from tests.pipelines.portraits import Look, head
from tests.pipelines.wardrobe import Person, person

BLUE_EYED = Look(skin=(120, 82, 62), hair=(24, 18, 16), lips=(130, 66, 64), iris=(70, 110, 150))
LIGHT = Lab(76, 12, 16)


@dataclass(frozen=True)
class Scene:
    """A paper figure with a drawn head: what it shows is known to the pixel."""

    image: Image.Image
    person: Person
    clothes: Mask
    outside: Mask


@cache
def scene() -> Scene:
    figure = person()
    rgb = figure.rgb.copy()
    parts = figure.body.parts
    clothes = cv2.erode(np.isin(parts, (Part.UPPER, Part.LOWER, Part.DRESS, Part.SHOES)).astype(np.uint8), np.ones((3, 3))) > 0
    outside = cv2.erode((figure.matte.alpha == 0).astype(np.uint8), np.ones((3, 3))) > 0
    return Scene(picture(rgb), figure, clothes, outside)


def _swap(monkeypatch: pytest.MonkeyPatch, **changes: object) -> Output:
    at = scene()

    def known(image: Image.Image, mode: Mode) -> Matte:
        whole = at.person.matte
        size = size_of(image)
        return Matte(resized(whole.alpha, size), resized(whole.foreground, size), 1.0)

    monkeypatch.setattr(model_swap, "matte_of", known)
    values = {"model_image": at.image, "size": size_of(at.image), "mode": Mode.FAST, "seed": 1}
    return model_swap.run(ModelSwap(**{**values, **changes}), unwatched)  # type: ignore[arg-type]


def _differs(made: Output) -> Mask:
    return np.asarray((np.asarray(made.image) != np.asarray(scene().image)).any(axis=2))


@pytest.mark.parametrize("mode", list(Mode))
def test_clothes_and_background_stay_to_the_bit(monkeypatch: pytest.MonkeyPatch, mode: Mode) -> None:
    made = _swap(monkeypatch, prompt="dark skin", mode=mode)
    changed = _differs(made)
    assert changed.any()
    assert not (changed & scene().outside).any()
    assert (changed & scene().clothes).sum() / scene().clothes.sum() < 0.002
    assert made.details["changed_outside"] == 0
    assert made.details["changed_pixels"] == changed.sum()


@pytest.mark.parametrize(("prompt", "finish"), [("dark skin", "dark"), ("brown skin", "brown"), ("model with tan skin", "tan")])
def test_skin_takes_the_tone_of_the_words(monkeypatch: pytest.MonkeyPatch, prompt: str, finish: str) -> None:
    made = _swap(monkeypatch, prompt=prompt)
    arms = np.isin(scene().person.body.parts, (Part.LEFT_ARM, Part.RIGHT_ARM)) & _differs(made)
    tone = tone_of(lab_of(to_float(np.asarray(made.image))), arms)
    assert tone is not None
    assert tone.distance(SKINS[finish]) < 9  # type: ignore[index]


def test_another_seed_is_another_person_and_the_same_one_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, again = (np.asarray(_swap(monkeypatch, seed=seed).image).astype(int) for seed in (1, 2, 1))
    assert np.array_equal(first, again)
    arms = np.isin(scene().person.body.parts, (Part.LEFT_ARM, Part.RIGHT_ARM))
    assert np.abs(first - second)[arms].mean() > 1


def test_shade_stays_shade(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _swap(monkeypatch, prompt="brown skin")
    arms = cv2.erode(np.isin(scene().person.body.parts, (Part.LEFT_ARM,)).astype(np.uint8), np.ones((9, 9))) > 0
    before, after = (lab_of(to_float(np.asarray(each)))[..., 0][arms] for each in (scene().image, made.image))
    if before.std() > 0.5:
        assert np.corrcoef(before, after)[0, 1] > 0.8


def test_the_output_has_the_size_of_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    size = Size(scene().image.width * 2, scene().image.height * 2)
    assert size_of(_swap(monkeypatch, size=size).image) == size


def test_it_says_what_it_did_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = _swap(monkeypatch).notes
    assert notes[0].startswith("Draft")
    assert any("No face could be made out" in note for note in notes)


def test_a_reference_without_a_face_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PersonNotFound, match="face_reference"):
        _swap(monkeypatch, face_reference=Image.new("RGB", (200, 200), (200, 180, 170)))


def test_skin_follows_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _swap(monkeypatch, face_reference=picture(head(BLUE_EYED).rgb))
    assert float(made.details["skin_light"]) < float(made.details["skin_light_before"]) - 15


def test_an_empty_picture_shows_nobody() -> None:
    task = ModelSwap(model_image=Image.new("RGB", (300, 300), "white"), size=Size(300, 300), mode=Mode.FAST, seed=1)
    with pytest.raises(PersonNotFound, match="model_image"):
        model_swap.run(task, unwatched)


def _identity(prompt: str, seed: int = 1, face: Seen | None = None, seen: Seen | None = None):  # type: ignore[no-untyped-def]
    return identity(prompt, seen or Seen(LIGHT, HAIRS[2]), face, np.random.default_rng(seed))


def test_words_come_before_the_reference_and_the_seed() -> None:
    face = Seen(Lab(70, 10, 12), HAIRS[0])
    assert _identity("dark skin", face=face).skin == SKINS["dark"]
    assert _identity("", face=face).skin == face.skin
    assert _identity("", face=face).hair == face.hair


@pytest.mark.parametrize("seed", range(12))
def test_by_chance_the_person_differs_visibly_and_is_of_the_same_kind(seed: int) -> None:
    made = _identity("", seed)
    assert 3 < made.skin.distance(LIGHT) < 10
    assert made.hair is not None
    assert made.hair.distance(HAIRS[2]) > 5


def test_dark_skin_gets_dark_hair_by_chance() -> None:
    seen = Seen(SKINS["dark"], HAIRS[0])
    assert all((_identity("", seed, seen=seen).hair or HAIRS[0]).light < 20 for seed in range(8))


def test_nothing_is_lightened_beyond_what_noise_allows() -> None:
    seen = Seen(SKINS["dark"], HAIRS[0])
    made = _identity("fair skin, blond hair", seen=seen)
    assert made.skin.light <= seen.skin.light + 15
    assert made.hair is not None
    assert made.hair.light <= HAIRS[0].light + 26


def test_bald_people_stay_bald() -> None:
    assert _identity("red hair", seen=Seen(LIGHT, None)).hair is None


@pytest.mark.parametrize("name", sorted(EYES))
def test_eyes_are_named(name: str) -> None:
    assert eye_colour(f"a woman with {name} eyes") == EYES[name]


def test_a_blue_dress_is_no_eye_colour() -> None:
    assert eye_colour("in a blue dress, eyes closed") is None
