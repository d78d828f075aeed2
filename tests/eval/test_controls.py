"""Planted degradations, and metrics that don't notice them."""

from dataclasses import replace

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from eval.controls import COPY, PERFECT, Flag, Planted, eroded, flags, perfect_of, planted, recoloured, smeared, striped
from eval.metrics.frames import frames_of
from eval.runs.manifest import Manifest, Told
from eval.runs.results import Results
from eval.runs.row import Row
from eval.suites.case import Case, Truth
from pipelines.engine import Output
from pipelines.images import Bytes, alpha_of, picture, pixels
from pipelines.sizes import Size
from pipelines.vision.motion.encode import encode
from tests.eval.drawn import Drawn, drawn, grid
from workbench.tools.registry import TOOLS

REGION = np.zeros((128, 96), bool)
REGION[44:110, 24:72] = True


def case(tool: str, **truth: object) -> Case:
    return Case(id=f"{tool}-0000", tool=tool, kind="drawn", pictures={"image": (drawn(0),)}, truth=Truth(**truth))  # type: ignore[arg-type]


def by_way(found: tuple[Planted, ...]) -> dict[str, Output]:
    return {each.way: each.output for each in found}


def lab(rgb: Bytes) -> np.ndarray:
    return np.asarray(rgb2lab(rgb))


def test_more_is_more() -> None:
    made = by_way(planted(Drawn().case("try-on-0001"), TOOLS["try-on"], lambda: None))
    target = pixels(made[PERFECT].image).astype(float)
    away = {way: float(np.abs(pixels(output.image) - target).mean()) for way, output in made.items()}
    assert away[PERFECT] == 0 < away["blur"] < away["blur more"]
    assert 0 < away["hue"] < away["hue more"]
    assert set(made) == {PERFECT, "blur", "blur more", "hue", "hue more", "garment", COPY}


def test_a_shifted_hue_is_seen_and_stays_in_its_region() -> None:
    rgb = pixels(drawn(0))
    found = recoloured(rgb, 12, REGION)
    assert (found[~REGION] == rgb[~REGION]).all()
    differences = deltaE_ciede2000(lab(rgb), lab(found))[REGION]
    assert np.median(differences) > 3
    grey = np.full((8, 8, 3), 128, np.uint8)
    assert (recoloured(grey, 12) != grey).any()


def test_a_wrong_garment_keeps_light_and_shade_and_little_else() -> None:
    rgb = pixels(drawn(1))
    found = striped(rgb, REGION)
    assert (found[~REGION] == rgb[~REGION]).all()
    assert np.abs(lab(found)[REGION][:, 0] - lab(rgb)[REGION][:, 0]).mean() < 6
    assert np.median(deltaE_ciede2000(lab(rgb), lab(found))[REGION]) > 15
    assert len(np.unique(found[REGION], axis=0)) > 1


def test_blur_keeps_the_mean() -> None:
    rgb = pixels(drawn(1))
    assert smeared(rgb, 4).mean() == pytest.approx(rgb.mean(), abs=1)


def test_a_copy_is_what_was_given_in_the_frame() -> None:
    given = case("upscale", target=np.zeros((256, 192, 3), np.uint8))
    copy = by_way(planted(given, TOOLS["upscale"], lambda: None))[COPY].image
    assert copy.size == (192, 256)
    assert np.abs(np.asarray(copy.resize((96, 128)), float) - pixels(drawn(0))).mean() < 6


def test_cut_outs_are_spoilt_at_their_matte() -> None:
    alpha = np.zeros((128, 96), np.float32)
    alpha[40:100, 20:70] = 1
    made = by_way(
        planted(case("background-remove", before=pixels(drawn(0)), alpha=alpha), TOOLS["background-remove"], lambda: None)
    )
    mattes = {way: alpha_of(output.image) for way, output in made.items()}
    assert np.array_equal(mattes[PERFECT], alpha)
    assert mattes["erode"].sum() < alpha.sum()
    assert ((mattes["blur"] > 0.05) & (mattes["blur"] < 0.95)).any()
    assert mattes[COPY] is None
    assert (pixels(made[COPY].image) == pixels(drawn(0))).all()


def test_a_cut_out_on_white_comes_back_as_it_was() -> None:
    alpha = np.linspace(0, 1, 96, dtype=np.float32)[None].repeat(128, axis=0)
    alpha[:, :8] = 0
    on_white = pixels(picture(pixels(drawn(0)), alpha))
    perfect = perfect_of(case("background-remove", target=on_white, alpha=alpha))
    assert perfect is not None
    assert np.abs(pixels(perfect.image).astype(int) - on_white.astype(int)).max() <= 2


def test_erosion_goes_inwards_by_its_width() -> None:
    alpha = np.zeros((21, 21), np.float32)
    alpha[5:16, 5:16] = 1
    assert eroded(alpha, 2).sum() == 49


def test_without_a_target_the_first_output_stands_for_it() -> None:
    given = case("reframe", before=pixels(drawn(0)))
    assert perfect_of(given) is None
    assert planted(given, TOOLS["reframe"], lambda: None) == ()
    made = by_way(planted(given, TOOLS["reframe"], lambda: Output(drawn(2))))
    assert (pixels(made[PERFECT].image) == pixels(drawn(2))).all()
    assert "garment" not in made


def test_a_video_freezes_blurs_and_shifts() -> None:
    size = Size(96, 128)
    moving = [np.dstack([np.roll(pixels(drawn(0)), step, axis=1), np.full((128, 96), 255, np.uint8)]) for step in range(4)]
    video = Output(picture(moving[0][..., :3]), video=encode(moving, size))
    made = by_way(planted(case("image-to-video", before=pixels(drawn(0))), TOOLS["image-to-video"], lambda: video))
    assert set(made) == {PERFECT, "blur", "hue", COPY}
    frozen = frames_of(made[COPY].video or b"")
    assert len(frozen) == 4
    assert all(np.abs(each.astype(int) - frozen[0].astype(int)).mean() < 1 for each in frozen)
    assert np.abs(frames_of(made["hue"].video or b"")[1].astype(int) - moving[1][..., :3].astype(int)).mean() > 2


def told(name: str, better: str, *sees: str) -> Told:
    return Told(
        name=name, title=name, group="picture", better=better, range=(0, 100), margin=1, digits=1, source="", fingerprint=name,
        described={}, sees=sees,
    )  # type: ignore[arg-type]  # fmt: skip


def results(scores: dict[str, dict[str, list[float]]], *metrics: Told) -> Results:
    """Of controls whose scores are given by way, metric and case."""
    manifest = Manifest(id="", made="", suite=Drawn().card, grid=grid(), metrics=metrics)
    blank = Row(
        cell="", way="", suite="drawn", suite_version="1", tool="edit", case="", kind="", engine="", mode="", resolution="",
        seed=0, status="done",
    )  # fmt: skip
    rows = [
        replace(blank, way=way, case=str(number), scores={name: values[number] for name, values in by_metric.items()})
        for way, by_metric in scores.items()
        for number in range(4)
    ]
    return Results(manifest, tuple(rows))


def test_a_metric_that_sees_what_it_has_to_is_not_flagged() -> None:
    scores = {PERFECT: {"psnr": [90.0] * 4, "delta": [0.0] * 4}, "hue": {"psnr": [30.0] * 4, "delta": [9.0] * 4}}
    assert flags(results(scores, told("psnr", "higher", "hue"), told("delta", "lower", "hue"))) == ()


def test_a_metric_that_is_blind_is_flagged_with_what_it_missed() -> None:
    scores = {
        PERFECT: {"blind": [5.0] * 4},
        "blur": {"blind": [4.0, 5.0, 5.0, 6.0]},
        "blur more": {"blind": [1.0] * 4},
        COPY: {"blind": [9.0] * 4},
    }
    found = flags(results(scores, told("blind", "higher", "blur")))
    assert found == (Flag("edit", "blind", PERFECT, "blur", 4, 0.25, 0.0),)
    assert found[0].text.startswith("ranks “blur” below “perfect” in 1 of 4 cases only")


def test_more_of_a_degradation_has_to_be_worse_than_less() -> None:
    scores = {PERFECT: {"m": [5.0] * 4}, "blur": {"m": [3.0] * 4}, "blur more": {"m": [4.0] * 4}}
    assert flags(results(scores, told("m", "higher", "blur"))) == (Flag("edit", "m", "blur", "blur more", 4, 0.0, -1.0),)


def test_unscored_controls_are_no_evidence() -> None:
    scores = {PERFECT: {"m": [5.0] * 4}, "blur": {}}
    assert flags(results(scores, told("m", "higher", "blur"))) == ()
