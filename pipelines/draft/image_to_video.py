"""Image to Video: a picture in motion, by its camera, its light, and what hangs free in the air."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from PIL import Image

from pipelines.engine import Output, Progress, unwatched
from pipelines.errors import PersonNotFound, SubjectNotFound, UnsupportedTask
from pipelines.images import Bytes, pixels, resized, size_of, to_bytes, to_float
from pipelines.sizes import Mode, Size
from pipelines.tasks import ImageToVideo, Reframe
from pipelines.vision import upsample
from pipelines.vision.mattes.matting import matte_of
from pipelines.vision.motion.brief import Brief, read_brief
from pipelines.vision.motion.camera import FPS, camera, eased, there_and_back
from pipelines.vision.motion.dissolve import Dissolve, passing
from pipelines.vision.motion.encode import encode
from pipelines.vision.motion.grid import Grid, Sheet
from pipelines.vision.motion.layers import Layer, Stage, Subject, camera_motion
from pipelines.vision.motion.morph import Followed, Morph, follow
from pipelines.vision.motion.scene import Scene, scene_of
from pipelines.vision.people.person import read_person

_SURE = 0.7
"""Confidence of a matte from which a subject is cut out of its background."""
_KNOWN = 0.25
"""Confidence of a reading from which a person's parts are believed."""
_READING = 0.3
"""Share of the progress that reading the pictures takes."""
_PREVIEW_EVERY = 8
_PREVIEW_SIDE = 640
_SAME_RATIO = 0.02


class _Clip(Protocol):
    def frame(self, number: int) -> Bytes: ...


@dataclass(frozen=True, slots=True)
class _Planned:
    """A clip to be drawn, and what is to be said of it."""

    clip: _Clip
    subject: Subject | None
    notes: tuple[str, ...]
    transition: str = "none"


class _Reading:
    """Progress of what comes before the first frame, in steps of which `total` are the whole clip's."""

    def __init__(self, progress: Progress, frames: int, notes: int) -> None:
        self._progress = progress
        self._each = round(frames * _READING / (1 - _READING)) // notes
        self._count = 0
        self.done = self._each * notes
        self.total = self.done + frames

    def __call__(self, note: str) -> None:
        self._progress(min(self._count * self._each, self.done), self.total, note)
        self._count += 1


def run(task: ImageToVideo, progress: Progress) -> Output:
    """A clip of exactly `task.size` and `task.duration`, 24 frames a second, as H.264 mp4, with its first frame as the picture.

    The same seed gives the same frames, another one other phases, sides and wind. Raises UnsupportedTask for an odd size.
    """
    if task.size.width % 2 or task.size.height % 2:
        raise UnsupportedTask(f"a video needs even sides; {task.size} has an odd one")
    count = FPS * task.duration
    reading = _Reading(progress, count, 5 if task.end_image is None else 11)
    brief, rng = read_brief(task.prompt), np.random.default_rng(task.seed)
    planned = _one(task, brief, count, rng, reading) if task.end_image is None else _two(task, brief, count, rng, reading)
    poster = planned.clip.frame(0)
    data = encode(_drawn(planned.clip, count, reading, progress), task.size)
    image = _image(poster)
    progress(reading.total, reading.total, "done", image)
    return Output(image, _notes(task, brief, planned), _details(brief, planned, count), data)


def _drawn(clip: _Clip, count: int, reading: _Reading, progress: Progress) -> Iterator[Bytes]:
    """Frame by frame; whoever cancels is heard between two of them."""
    for number in range(count):
        frame = clip.frame(number)
        preview = _image(_reduced(frame)) if number % _PREVIEW_EVERY == 0 else None
        progress(reading.done + number, reading.total, f"drawing frame {number + 1} of {count}", preview)
        yield frame


def _one(task: ImageToVideo, brief: Brief, count: int, rng: np.random.Generator, reading: _Reading) -> _Planned:
    rgb = _fitted(task.image, task.size)
    subject = _subject(rgb, task, reading)
    reading("setting the stage")
    scene = scene_of(rgb, subject, brief, camera(brief, count, rng), rng)
    notes = () if "out" not in brief.moves or brief.loop else (
        "The camera draws back: the clip starts close and ends with your whole picture, since nothing is invented around it.",
    )  # fmt: skip
    return _Planned(scene, subject, notes)


def _two(task: ImageToVideo, brief: Brief, count: int, rng: np.random.Generator, reading: _Reading) -> _Planned:
    assert task.end_image is not None  # noqa: S101 - for the type checker
    rgb = _fitted(task.image, task.size)
    reading("fitting the end image")
    end, notes = _end(task.end_image, task)
    reading("comparing the two pictures")
    found = follow(rgb, end, Grid.over(task.size))
    if found.likeness.enough:
        notes += ("The two pictures are alike: one is bent into the other.",)
        return _Planned(_morph(rgb, end, found, brief, count, rng), None, notes, "morph")
    subject = _subject(rgb, task, reading)
    other = _subject(end, task, reading)
    reading("setting the stage")
    path, calm = there_and_back(brief, count, rng), replace(brief, light="none", loop=False)
    scenes = [scene_of(each, who, calm, path, rng) for each, who in ((rgb, subject), (end, other))]
    notes += ("The two pictures differ too much to be bent into one another: a soft edge of light brings the second one.",)
    return _Planned(_dissolve(scenes[0], scenes[1], count, rng), subject, notes, "dissolve")


def _morph(first: Bytes, last: Bytes, found: Followed, brief: Brief, count: int, rng: np.random.Generator) -> Morph:
    height, width = first.shape[:2]
    grid = Grid.over(Size(width, height))
    one, two = (Sheet.of(_opaque(each)) for each in (first, last))
    flat = Layer(one, np.ones(grid.shape, np.float32))
    path = there_and_back(brief, count, rng)
    motion = camera_motion(flat, Stage(grid, (flat,), ((width - 1) / 2, (height - 1) / 2)), path)
    return Morph(one, two, found.flow, grid, eased(count), motion)


def _dissolve(first: Scene, last: Scene, count: int, rng: np.random.Generator) -> Dissolve:
    side = 0.0 if rng.random() < 0.5 else np.pi
    still = replace(first, light=None), replace(last, light=None)
    return Dissolve(*still, angle=float(rng.uniform(0.2, 0.6)) + side, shares=passing(count, FPS))


def _subject(rgb: Bytes, task: ImageToVideo, watch: _Reading) -> Subject | None:
    """What stands out in the picture, and who it is; None where nothing does."""
    mode = Mode.FAST if min(task.size.width, task.size.height) <= 480 else Mode.BALANCED
    try:
        found = matte_of(Image.fromarray(rgb), mode, watch)
    except SubjectNotFound:
        return None
    watch("reading the person")
    try:
        body = read_person(rgb, found)
    except PersonNotFound:
        body = None
    return Subject(found, body if body is not None and body.confidence >= _KNOWN else None, found.confidence >= _SURE)


def _fitted(image: Image.Image, size: Size) -> Bytes:
    """The whole picture at the frame's size, whose ratio is its own within a rounding; what is transparent becomes white."""
    rgb = pixels(image)
    if size.width <= rgb.shape[1]:
        return resized(rgb, size)
    if min(size.width, size.height) < 1080 or size.width < 1.1 * rgb.shape[1]:
        return to_bytes(upsample.enlarge(to_float(rgb), size))
    from pipelines.draft import superres

    return to_bytes(superres.enlarge(to_float(rgb), size))


def _end(image: Image.Image, task: ImageToVideo) -> tuple[Bytes, tuple[str, ...]]:
    """The end image at the frame's size and ratio."""
    own = size_of(image)
    if abs(own.ratio / task.size.ratio - 1) <= _SAME_RATIO:
        return _fitted(image, task.size), ()
    from pipelines.draft import reframe

    made = reframe.run(Reframe(image=image, size=task.size, mode=Mode.BALANCED, seed=task.seed), unwatched)
    return pixels(made.image), (f"The end image was reframed from {own} to the video's format.",)


def _opaque(rgb: Bytes) -> Bytes:
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


def _image(rgba: Bytes) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(rgba[..., :3]))


def _reduced(rgba: Bytes) -> Bytes:
    scale = min(1.0, _PREVIEW_SIDE / max(rgba.shape[:2]))
    return np.asarray(cv2.resize(rgba, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _notes(task: ImageToVideo, brief: Brief, planned: _Planned) -> tuple[str, ...]:
    subject = planned.subject
    notes = ["A draft: the picture itself is moved by camera, cloth, hair and light; nothing new is imagined in it."]
    notes += planned.notes
    if brief.acting:
        notes.append("Nobody acts in a draft: a person breathes and sways, but does not walk, turn or gesture.")
    elif not brief.understood:
        notes.append(f"None of “{_short(task.prompt)}” is a motion that a draft knows; camera, wind, light and loop are.")
    if subject is not None and not subject.sure:
        notes.append("The outline of the subject is uncertain here, so its depth fades softly into the background.")
    if "A" in task.image.getbands():
        notes.append("What is transparent in the picture is white: a video has no transparency.")
    return tuple(notes)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _details(brief: Brief, planned: _Planned, count: int) -> dict[str, str | int | float]:
    subject = planned.subject
    return {
        "frames": count,
        "frames_per_second": FPS,
        "camera": " ".join(sorted(brief.moves)) or "push-in",
        "wind": brief.wind,
        "light": brief.light,
        "loop": str(brief.loop).lower(),
        "transition": planned.transition,
        "subject": "none" if subject is None else "product" if subject.body is None else "person",
        "confidence": round(subject.matte.confidence, 3) if subject is not None else 0.0,
    }
