"""What every metric of the registry has to hold: range, direction, identity, symmetry, and the damage that it says it sees."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from eval.metrics import clip, dino, dists, face_identity, lpips
from eval.metrics.catalogue import DOCS, written
from eval.metrics.metric import Metric, Sample, score
from eval.metrics.registry import METRICS, SET_METRICS, Metrics
from eval.runs.manifest import Told
from eval.suites.case import Truth
from pipelines.draft.engine import DraftEngine
from pipelines.engine import Output, unwatched
from pipelines.images import Bytes, Floats, Mask, alpha_of, composite, picture, pixels, to_bytes
from pipelines.sizes import Mode, Size
from pipelines.tasks import CreateFace
from pipelines.vision.people.body import Part
from pipelines.vision.rendering.scenes import Scene, render_scene

PLANTED = ("blur", "hue", "garment", "copy")
OPTIONAL = {"lpips", "dists", "clip_similarity", "dino_similarity", "face_identity", "text_similarity"}
"""Those that need something that tests don't have; they have tests of their own."""
SIZE = Size(320, 480)
SEEN = [metric for metric in METRICS.all if metric.name not in OPTIONAL]


@dataclass(frozen=True, slots=True)
class Shot:
    """A case with the right answer to it and wrong ones."""

    tool: str
    truth: Truth
    right: Output
    planted: Mapping[str, Output]

    def value(self, metric: Metric, output: Output | None = None) -> float:
        return metric.measure(Sample(output or self.right, self.truth, self.tool))


@cache
def scene() -> Scene:
    return render_scene(4243, SIZE, oversample=1)


def blurred(rgb: Bytes) -> Bytes:
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), 3), np.uint8)


def turned(rgb: Bytes) -> Bytes:
    """Hues a third of a circle on, and cloth without one gets one."""
    hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + 60) % 180
    hsv[..., 1] = np.maximum(hsv[..., 1], 70)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8)


def on_white(colour: Floats, alpha: Floats) -> Bytes:
    return to_bytes(composite(colour, alpha, np.ones_like(colour)))


def planted(right: Bytes, garment: Bytes, before: Bytes) -> dict[str, Output]:
    return {
        "blur": Output(picture(blurred(right))),
        "hue": Output(picture(turned(right))),
        "garment": Output(picture(garment)),
        "copy": Output(picture(before)),
    }


@cache
def try_on() -> Shot:
    """With a print on the product that the right answer shows, too."""
    one = scene()
    target, before, region = to_bytes(one.target), to_bytes(one.person), worn(one)
    product = to_bytes(one.product.rgb)
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    stamp(product, 230, 250, 80)
    stamp(target, int(columns.mean()), int(rows.mean()), 27)
    truth = Truth(
        target=target, before=before, region=region, away=~dilated(region, 31), joints=one.dressed.body.joints,
        product=product, product_alpha=one.product.alpha, words={"garment": "red"},
    )  # fmt: skip
    wrong = target.copy()
    wrong[region] = np.random.default_rng(0).integers(0, 255, (int(region.sum()), 3))
    return Shot("try-on", truth, Output(picture(target)), planted(target, wrong, before))


def stamp(rgb: Bytes, x: int, y: int, size: int) -> None:
    """Rings and bars that no cloth has, on a plain patch."""
    cv2.circle(rgb, (x, y), size // 2, (250, 250, 250), -1, cv2.LINE_AA)
    cv2.circle(rgb, (x, y), size // 3, (200, 20, 30), max(1, size // 8), cv2.LINE_AA)
    cv2.line(rgb, (x - size // 3, y - size // 4), (x + size // 3, y + size // 4), (20, 20, 120), max(1, size // 8), cv2.LINE_AA)


def worn(one: Scene) -> Mask:
    return np.asarray((one.figure.body.parts == Part.UPPER) | (one.dressed.body.parts == Part.UPPER))


def dilated(mask: Mask, side: int) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0)


@cache
def packshot() -> Shot:
    product = scene().product
    rgb = on_white(product.garment.colour, product.alpha)
    truth = Truth(product=to_bytes(product.garment.colour), product_alpha=product.alpha)
    flipped = np.ascontiguousarray(turned(rgb)[:, ::-1][: rgb.shape[0] // 2])
    return Shot("packshot", truth, Output(picture(rgb)), planted(rgb, flipped, rgb))


@cache
def product_to_model() -> Shot:
    own = scene()
    upper = own.dressed.body.parts == Part.UPPER
    target = to_bytes(own.target)
    wrong = np.where(np.isin(own.dressed.body.parts, (Part.UPPER, Part.LOWER))[..., None], np.uint8((250, 220, 20)), target)
    truth = Truth(product=target, product_alpha=upper.astype(np.float32))
    return Shot("product-to-model", truth, Output(picture(target)), planted(target, wrong, target))


@cache
def cut_out() -> Shot:
    own = scene().dressed
    target, before = on_white(own.rgb, own.alpha), to_bytes(scene().target)
    return Shot(
        "background-remove", Truth(target=target, alpha=own.alpha), Output(picture(own.rgb, own.alpha)),
        planted(target, target, before),
    )  # fmt: skip


@cache
def reframe() -> Shot:
    target = to_bytes(scene().target)
    away = np.zeros(target.shape[:2], np.bool_)
    away[:, 80:240] = True
    before = np.where(away[..., None], target, np.uint8(0))
    return Shot("reframe", Truth(before=before, away=away), Output(picture(target)), planted(target, target, before))


@cache
def portrait(prompt: str) -> Bytes:
    return pixels(DraftEngine().run(CreateFace(prompt=prompt, size=Size(400, 400), mode=Mode.FAST, seed=7), unwatched).image)


@cache
def face() -> Shot:
    words = {"skin": "tan", "hair": "black", "background": "grey"}
    right, other = (
        portrait("a man with tan skin and short black hair, front view"),
        portrait("a woman with fair skin and red bun, front view"),
    )
    return Shot("create-face", Truth(face=right, words=words), Output(picture(right)), planted(right, right, other))


def encoded(frames: list[Bytes]) -> bytes:
    """A lossless mp4."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264rgb", rate=24, options={"crf": "0"})
        stream.width, stream.height, stream.pix_fmt = frames[0].shape[1], frames[0].shape[0], "rgb24"
        for each in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(each, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


@cache
def video() -> Shot:
    still = to_bytes(scene().target)
    moved = [np.roll(still, 2 * step, axis=1) for step in range(8)]
    for each in moved:
        each[:40] = still[:40]
    rest = np.zeros(still.shape[:2], np.bool_)
    rest[:40] = True
    truth = Truth(before=still, end=moved[-1], rest=rest)
    films = {"copy": [still] * 8, "blur": [blurred(each) for each in moved]}
    wrong = {name: Output(picture(each[0]), video=encoded(each)) for name, each in films.items()}
    return Shot("image-to-video", truth, Output(picture(still), video=encoded(moved)), wrong)


SHOTS: tuple[Callable[[], Shot], ...] = (try_on, packshot, product_to_model, cut_out, reframe, face, video)


def shot_of(metric: Metric) -> Shot:
    """The first case that it applies to."""
    for made in SHOTS:
        shot = made()
        if metric.applies(Sample(shot.right, shot.truth, shot.tool)):
            return shot
    raise LookupError(f"no case of the test has what {metric.name} needs")


@pytest.mark.parametrize("metric", SEEN, ids=lambda each: each.name)
def test_the_right_answer_has_the_best_value_and_every_answer_is_in_range(metric: Metric) -> None:
    shot = shot_of(metric)
    right = shot.value(metric)
    low, high = metric.range
    assert low <= right <= high
    if metric.perfect is not None:
        assert right == pytest.approx(metric.perfect, abs=0.02 * metric.margin)
        assert metric.perfect == (high if metric.better == "higher" else low)
    slow = "torch" in metric.libraries  # reading a person takes a second
    for output in (shot.planted[name] for name in (metric.sees if slow else shot.planted)):
        found = score((metric,), Sample(output, shot.truth, shot.tool))
        assert all(low <= value <= high for value in found.values.values())


@pytest.mark.parametrize(
    ("metric", "damage"),
    [(metric, damage) for metric in SEEN for damage in sorted(metric.sees)],
    ids=lambda each: each if isinstance(each, str) else each.name,
)
def test_planted_damage_is_ranked_below_the_truth_by_more_than_the_margin(metric: Metric, damage: str) -> None:
    shot = shot_of(metric)
    assert metric.sign * (shot.value(metric) - shot.value(metric, shot.planted[damage])) > metric.margin


@pytest.mark.parametrize("metric", [each for each in SEEN if each.symmetric], ids=lambda each: each.name)
def test_output_and_right_answer_may_change_places(metric: Metric) -> None:
    shot = shot_of(metric)
    one, other = shot.planted["copy"].image, shot.right.image
    there = metric.measure(Sample(Output(one), answered(shot.truth, other), shot.tool))
    back = metric.measure(Sample(Output(other), answered(shot.truth, one), shot.tool))
    assert there == pytest.approx(back, rel=1e-4, abs=1e-5)


def answered(truth: Truth, image: Image.Image) -> Truth:
    """With another right answer."""
    if truth.alpha is None:
        return replace(truth, target=pixels(image))
    found = alpha_of(image)
    return replace(truth, target=pixels(image), alpha=np.ones_like(truth.alpha) if found is None else found)


@pytest.mark.parametrize("metric", METRICS.all, ids=lambda each: each.name)
def test_a_metric_says_what_a_report_needs(metric: Metric) -> None:
    assert metric.title
    assert metric.source
    assert metric.range[0] < metric.range[1]
    assert metric.margin > 0
    assert metric.sees <= set(PLANTED)
    assert metric.method
    assert metric.fingerprint().startswith(f"{metric.name}:")
    known = {name for shot in SHOTS for name in shot().truth.known()} | {"text"}
    assert metric.needs <= known
    told = Told.of(metric)
    assert told.described == metric.described()


def test_fingerprints_differ_and_change_with_the_method() -> None:
    prints = [each.fingerprint() for each in (*METRICS.all, *SET_METRICS)]
    assert len(set(prints)) == len(prints)
    metric = METRICS["ssim"]
    assert replace(metric, method={**metric.method, "window": "box"}).fingerprint() != metric.fingerprint()
    assert replace(metric, weights=lambda: "0123").fingerprint() != metric.fingerprint()


def test_the_list_of_metrics_is_read_without_torch() -> None:
    code = "import sys, eval.metrics.registry; print(*sorted({'torch', 'transformers', 'gradio', 'datasets'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []


def test_two_metrics_may_not_share_a_name() -> None:
    with pytest.raises(ValueError, match="share a name"):
        Metrics(METRICS["psnr"], METRICS["psnr"])


def test_a_metric_of_other_tools_or_of_other_words_is_no_part_of_a_case() -> None:
    shot = face()
    named = {metric.name for metric in METRICS.all if metric.applies(Sample(shot.right, shot.truth, shot.tool))}
    assert {"skin_asked", "hair_asked", "background_asked", "face_found", "face_likeness"} <= named
    assert not {"garment_asked", "silhouette_iou", "palette", "psnr"} & named
    assert "face_found" not in {
        metric.name for metric in METRICS.all if metric.applies(Sample(shot.right, shot.truth, "upscale"))
    }


def test_outputs_of_another_resolution_are_compared_in_the_frame_of_the_truth() -> None:
    shot = try_on()
    large = shot.right.image.resize((640, 960), Image.Resampling.BICUBIC)
    assert shot.value(METRICS["psnr"], Output(large)) > 35
    assert shot.value(METRICS["background_changed"], Output(large)) < 0.05
    odd = score((METRICS["psnr"],), Sample(Output(shot.right.image.resize((500, 500))), shot.truth, shot.tool))
    assert "another aspect ratio" in odd.unscored["psnr"]


def test_the_table_of_the_docs_is_that_of_the_registry() -> None:
    page = DOCS.read_text()
    assert written(page) == page, "run: python -m eval.metrics.catalogue"
    for net in (clip.NET, dino.NET, lpips.NET, dists.NET, face_identity.NET):
        assert f"`metrics/{net.name}` | {', '.join(f'`{each}`' for each in net.files)}" in page
