"""A picture that moves: its layers on a stage, what each does, the light over them, frame by frame."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.images import Bytes, Floats
from pipelines.sizes import Size
from pipelines.vision.motion.brief import Brief
from pipelines.vision.motion.camera import Path
from pipelines.vision.motion.grid import Grid, Motion
from pipelines.vision.motion.layers import Layer, Stage, Subject, camera_motion, staged
from pipelines.vision.motion.light import Light, light_of
from pipelines.vision.motion.sway import Sway, sway


@dataclass(frozen=True, slots=True)
class _Part:
    layer: Layer
    motion: Motion


@dataclass(frozen=True, slots=True)
class Scene:
    """`count` frames of one picture; each can be drawn by itself."""

    stage: Stage
    parts: tuple[_Part, ...]
    light: Light | None
    count: int

    def frame(self, number: int) -> Bytes:
        """uint8 (h, w, 4), opaque; the first one is the picture unless the camera starts closer."""
        grid, (behind, *before) = self.stage.grid, self.parts
        drawn = behind.layer.sheet.fetched(grid, behind.motion.at(number))
        for part in before:
            _lay(drawn, part, grid, part.motion.at(number))
        return self.light.on(drawn, number) if self.light is not None else drawn


def scene_of(rgb: Bytes, subject: Subject | None, brief: Brief, path: Path, rng: np.random.Generator) -> Scene:
    """Set uint8 (h, w, 3) in motion on the camera's path, as the brief says, with the chance of `rng` in phases and wind."""
    height, width = rgb.shape[:2]
    grid, count = Grid.over(Size(width, height)), len(path.closer)
    light = light_of(brief, subject is not None and subject.body is None, count, rng)
    own = sway(subject, brief, grid, count, rng) if subject is not None else None
    stage = staged(rgb, subject, grid, own.reach if own is not None else None, rng)
    return Scene(stage, tuple(_parts(stage, path, own)), light, count)


def _parts(stage: Stage, path: Path, own: Sway | None) -> Iterator[_Part]:
    """The camera moves every layer; a subject moves by itself but for what hangs, which the foremost layer has."""
    last = len(stage.layers) - 1
    for index, layer in enumerate(stage.layers):
        motion = camera_motion(layer, stage, path)
        if own is not None and (index or not last):
            motion = motion.plus(own.whole)
        if own is not None and index == last:
            motion = motion.plus(own.hung)
        yield _Part(layer, motion)


def _lay(drawn: Bytes, part: _Part, grid: Grid, displacement: Floats) -> None:
    """Put a layer over what is drawn, where it covers anything."""
    sheet = part.layer.sheet
    box = sheet.covered(grid, displacement)
    if box is None:
        return
    paint = sheet.fetched(grid, displacement, box)
    through = cv2.merge([cv2.bitwise_not(cv2.extractChannel(paint, 3))] * 4)
    below = drawn[box.part]
    drawn[box.part] = cv2.add(cv2.multiply(below, through, scale=1 / 255), paint)
