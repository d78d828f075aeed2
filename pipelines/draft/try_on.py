"""Try-On without a generator: the product's own pixels, cut, warped and lit onto the person. A draft of the real thing.

Everything outside the garment, what it uncovers and its soft shadow stays as it was, to the last bit.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image

from pipelines.engine import Output, Progress
from pipelines.errors import GarmentNotFound, PersonNotFound, SubjectNotFound, UnsupportedTask
from pipelines.images import Bytes, Floats, Mask, picture, pixels, to_bytes, to_float
from pipelines.sizes import Mode, Size
from pipelines.tasks import TryOn
from pipelines.vision.garments.drape import Frame, complete, frame_of
from pipelines.vision.garments.fit import Dressed, Layer, dress, scaled
from pipelines.vision.garments.folds import contact_shadow, old_light, roundness
from pipelines.vision.garments.garment import Garment, read_garment
from pipelines.vision.garments.undress import Undressed, undress
from pipelines.vision.inpaint import grain_of, guided, with_grain
from pipelines.vision.mattes.matting import Matte, matte_of
from pipelines.vision.people.body import Body, Part, Point
from pipelines.vision.people.person import read_person
from pipelines.vision.people.view import disk, gauss
from pipelines.vision.upsample import enlarge

STEPS = 5
DRAFT = "Draft: the product's own pixels are fitted to the person; nothing is generated, so folds and hidden parts are approximations."
SEED = "The seed changes only the fine grain of this picture."
UNSURE = 0.5
FITTING_SIDE = 512
"""Long side in pixels of the first fitting, which tells what may change."""
MARGIN = 0.22
"""Around that in shoulder widths: for shadows, and for the skin and background that are carried inward."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the geometry can do of the prompt."""

    tucked: bool
    rolled: bool

    @classmethod
    def of(cls, prompt: str) -> "_Wish":
        words = prompt.lower()
        return cls(tucked="tuck" in words and "untuck" not in words, rolled="roll" in words and "sleeve" in words)


@dataclass(frozen=True, slots=True)
class _Box:
    """A part of a picture, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> Size:
        return Size(self.right - self.left, self.bottom - self.top)

    @property
    def part(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True, slots=True)
class _Scene:
    """The part of the photograph that may change, at the output's size, and who is in it."""

    photo: Floats
    body: Body
    frame: Frame
    worn: Mask
    """What the new garment replaces."""


def run(task: TryOn, progress: Progress) -> Output:
    """The person of `task.model_image` in the garment of `task.product_image`, exactly `task.size`.

    Raises `PersonNotFound`, `GarmentNotFound` and `UnsupportedTask`, each with advice.
    """
    progress(0, STEPS, "Reading the person")
    body = _person(task.model_image, task.mode)
    progress(1, STEPS, "Reading the garment")
    garment = _garment(task.product_image, task.prompt, task.mode)
    progress(2, STEPS, "Preparing the photograph")
    photo = enlarge(to_float(pixels(task.model_image)), task.size)
    image = to_bytes(photo)
    placed = complete(scaled(body, task.size))
    box = _touched(placed, garment, task.size)
    scene = _scene(photo, placed, garment, box)
    del photo
    progress(3, STEPS, "Fitting the garment")
    wish = _Wish.of(task.prompt)
    dressed = _as_wished(dress(garment, scene.body, box.size), scene, wish)
    progress(4, STEPS, "Lighting and blending")
    image[box.part] = _composed(scene, garment, dressed, np.random.default_rng(task.seed))
    progress(STEPS, STEPS)
    details = {
        "category": garment.category,
        "sleeves": garment.sleeves,
        "person_confidence": round(body.confidence, 3),
        "garment_confidence": round(garment.confidence, 3),
        "jacobian_min": round(dressed.whole.jacobian_min, 4),
    }
    return Output(picture(image), _notes(task, body, garment), details)


def _person(image: Image.Image, mode: Mode) -> Body:
    try:
        matte = matte_of(image, mode)
    except SubjectNotFound as error:
        raise PersonNotFound(f"nobody can be told from the background of the model picture: {error}") from error
    body = read_person(pixels(image), matte)
    if not {"left_armpit", "right_armpit"} <= body.joints.keys():
        raise PersonNotFound("the model picture ends above the chest. Use one that shows the person down to the hips at least.")
    return body


def _garment(image: Image.Image, prompt: str, mode: Mode) -> Garment:
    try:
        matte: Matte = matte_of(image, mode)
    except SubjectNotFound as error:
        raise GarmentNotFound(f"the product can't be told from its background: {error}") from error
    garment = read_garment(pixels(image), matte, prompt)
    if garment.category in ("shoes", "bag", "hat", "other"):
        raise UnsupportedTask(
            f"the draft engine fits tops, outerwear, dresses, skirts and trousers; this looks like {garment.category!r}. "
            "If it isn't, name the garment in the prompt, for example 'shirt'; else use an engine that generates pictures."
        )
    return garment


def _touched(body: Body, garment: Garment, size: Size) -> _Box:
    """All that may change in a picture of `size`, from a fitting in small, and what the change takes its colours from."""
    scale = min(1.0, FITTING_SIDE / max(size.width, size.height))
    small = Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))
    fitted = dress(garment, body, small).whole.alpha > 0
    old = cv2.resize(_replaced(body, garment).astype(np.uint8), (small.width, small.height), interpolation=cv2.INTER_NEAREST)
    rows, columns = np.nonzero(fitted | (old > 0))
    frame = frame_of(body)
    groups = [frame.shoulders, frame.hips] if garment.category == "bottom" else [frame.shoulders, frame.hips, frame.elbows]
    marks = [at for group in groups for at in group.values()]
    xs = np.concatenate([columns / scale, [at.x for at in marks]])
    ys = np.concatenate([rows / scale, [at.y for at in marks], [frame.neck.y]])
    margin = MARGIN * frame.width
    return _Box(
        max(0, int(xs.min() - margin)), max(0, int(ys.min() - margin)),
        min(size.width, int(xs.max() + margin)), min(size.height, int(ys.max() + margin)),
    )  # fmt: skip


def _scene(photo: Floats, body: Body, garment: Garment, box: _Box) -> _Scene:
    part = replace(
        body,
        alpha=body.alpha[box.part],
        parts=np.ascontiguousarray(body.parts[box.part]),
        joints={name: Point(at.x - box.left, at.y - box.top) for name, at in body.joints.items()},
    )
    return _Scene(np.ascontiguousarray(photo[box.part]), part, frame_of(part), _replaced(part, garment))


def _replaced(body: Body, garment: Garment) -> Mask:
    """What comes off: the piece of the same place. Of a dress only what is above the new hem matters; the rest is covered or
    stays as a skirt.
    """
    if garment.category == "bottom":
        return np.asarray(body.parts == Part.LOWER)
    return np.isin(body.parts, (Part.UPPER, Part.DRESS))


def _as_wished(dressed: Dressed, scene: _Scene, wish: _Wish) -> Dressed:
    frame = scene.frame
    rows, columns = np.mgrid[: scene.photo.shape[0], : scene.photo.shape[1]].astype(np.float32)
    if wish.tucked:
        waist = (frame.waists["left"].y + frame.waists["right"].y) / 2 + 0.12 * frame.width
        kept = np.clip((waist - rows) / 2, 0, 1).astype(np.float32)
        dressed = replace(dressed, torso=replace(dressed.torso, alpha=dressed.torso.alpha * kept))
    if wish.rolled:
        sleeves = dressed.sleeves.alpha.copy()
        for side in ("left", "right"):
            elbow, wrist = frame.elbows[side], frame.wrists[side]
            along = np.array([wrist.x - elbow.x, wrist.y - elbow.y]) / max(1.0, np.hypot(wrist.x - elbow.x, wrist.y - elbow.y))
            beyond = (columns - elbow.x) * along[0] + (rows - elbow.y) * along[1] - 0.12 * frame.width
            near = np.hypot(columns - elbow.x, rows - elbow.y) < 0.9 * frame.width
            sleeves = np.where(near, sleeves * np.clip(0.5 - beyond / 2, 0, 1), sleeves)
        dressed = replace(dressed, sleeves=replace(dressed.sleeves, alpha=sleeves.astype(np.float32)))
    return dressed


def _composed(scene: _Scene, garment: Garment, dressed: Dressed, rng: np.random.Generator) -> Bytes:
    """uint8 (h, w, 3): base, torso, bare arms, sleeves, hair; each over the one before."""
    photo, width = scene.photo, scene.frame.width
    base = undress(photo, scene.body, scene.frame, scene.worn & (dressed.whole.alpha < 0.995), rng)
    shade = old_light(photo, scene.worn, width)
    grain = max(0.0, grain_of(photo, scene.worn) - 0.7 * grain_of(dressed.whole.colour, dressed.whole.alpha > 0.95))
    torso = _lit(dressed.torso, shade, width, grain, rng)
    sleeves = _lit(dressed.sleeves, shade, width, grain, rng)
    whole = dressed.whole.alpha
    shadow = 1 - (1 - contact_shadow(whole, width)) * np.clip(base.figure, 0, 1)
    out = base.colour * shadow[..., None]
    out = _over(out, torso)
    arms = _arms_in_front(scene, base)
    out += (base.colour * shadow[..., None] - out) * arms[..., None]
    out *= (1 - (1 - contact_shadow(dressed.sleeves.alpha, width, 0.22)) * whole)[..., None]
    out = _over(out, sleeves)
    hair = _hair(scene)
    out += (photo - out) * hair[..., None]
    touched = (np.maximum(base.changed, whole) > 1 / 512) | (shadow < 1 - 1 / 512)
    return np.where(touched[..., None], to_bytes(out), to_bytes(photo))


def _lit(layer: Layer, shade: Floats, width: float, grain: float, rng: np.random.Generator) -> Layer:
    light = shade * roundness(layer.alpha, width)
    return replace(layer, colour=with_grain(np.clip(layer.colour * light[..., None], 0, 1), grain, rng))


def _over(below: Floats, layer: Layer) -> Floats:
    return (below + (layer.colour - below) * layer.alpha[..., None]).astype(np.float32)


def _arms_in_front(scene: _Scene, base: Undressed) -> Floats:
    """Bare arms and hands below the armpits, which lie before the torso's cloth."""
    frame, parts = scene.frame, scene.body.parts
    arms = np.isin(parts, [Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_HAND, Part.RIGHT_HAND]).astype(np.float32)
    start = (frame.armpits["left"].y + frame.armpits["right"].y) / 2 + 0.10 * frame.width
    rows = np.arange(parts.shape[0], dtype=np.float32)[:, None]
    below = np.clip((rows - start) / (0.08 * frame.width), 0, 1)
    soft = guided(gauss(arms, 0.006 * frame.width), scene.photo, max(2, round(0.012 * frame.width)), 4e-4)
    return np.asarray(soft * below * scene.body.alpha, dtype=np.float32)


def _hair(scene: _Scene) -> Floats:
    """How much of each pixel is hair, with strands by the guided filter."""
    width = scene.frame.width
    hair = (scene.body.parts == Part.HAIR).astype(np.float32)
    strands = guided(gauss(hair, 0.004 * width), scene.photo, max(2, round(0.02 * width)), 3e-4)
    near = cv2.dilate(hair, disk(max(2, round(0.03 * width))))
    return np.asarray(np.clip(1.3 * strands - 0.12, 0, 1) * near * scene.body.alpha, dtype=np.float32)


def _notes(task: TryOn, body: Body, garment: Garment) -> tuple[str, ...]:
    notes = [DRAFT, SEED]
    if body.confidence < UNSURE:
        notes.append("The pose was hard to read; a person standing upright and facing the camera gives a better fit.")
    if garment.confidence < UNSURE:
        notes.append(
            "The garment's outline was hard to read; a flat or ghost-mannequin picture from the front gives a better fit."
        )
    if garment.category == "dress" and (body.parts == Part.LOWER).any():
        notes.append("What the person wears below the hem of the dress stays as it was.")
    wish, words = _Wish.of(task.prompt), task.prompt.lower()
    if wish.tucked:
        notes.append("Tucked in: the garment ends at the waist.")
    if wish.rolled:
        notes.append("Sleeves rolled up: they end below the elbow, without a cuff.")
    if "open" in words:
        notes.append("The draft engine can't open a garment that is closed in its picture.")
    return tuple(notes)
