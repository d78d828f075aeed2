"""A drawn head on a rendered body: hair before and behind the shoulders, and the shadow that the head throws on the neck."""

from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Values, linear, resized, srgb
from pipelines.sizes import Size
from pipelines.vision.people.body import Part, Point
from pipelines.vision.rendering import figure as figures
from pipelines.vision.rendering.figure import Figure
from pipelines.vision.rendering.hairstyles import CUTS
from pipelines.vision.rendering.head import BODY_HEADS, Place, Portrayed, RenderedHead, render_head
from pipelines.vision.rendering.light import Light
from pipelines.vision.rendering.relief import View
from pipelines.vision.rendering.render import Rendered

BEAUTY = Light(key=(-0.42, 0.52, 0.78), key_power=0.74, fill_power=0.24, ambient=0.36, rim_power=0.10, softness=0.55)
"""A large soft light near the camera, as for a face."""
CHIN_DROP = 0.010
"""How much lower a drawn head sits than a mannequin's, in body heights."""
_ASIDE, _ABOVE = 0.95, 1.0
"""How far hair reaches from the middle of the head, in heads."""


def placed(spec: Figure, view: View, age: float = 30.0) -> Place:
    """Where the head of a figure is in a view of it; a child's is larger for the same body."""
    x, chin, _ = figures.skeleton(spec).head
    heads = BODY_HEADS * float(np.interp(age, (8, 17), (1.16, 1.0)))
    middle = view.point(x, chin - CHIN_DROP + heads / 2)
    return Place(middle.x, middle.y, heads * view.scale)


def enlarged(rendered: Rendered, size: Size) -> Rendered:
    """A rendered figure of a larger size, for details that deserve more pixels than it has."""
    factor = size.height / rendered.alpha.shape[0]
    if factor == 1:
        return rendered
    own = rendered.body
    alpha = np.clip((resized(rendered.alpha, size) - 0.5) * min(factor, 1.8) + 0.5, 0, 1).astype(np.float32)
    parts = cv2.resize(own.parts, (size.width, size.height), interpolation=cv2.INTER_NEAREST_EXACT)
    joints = {name: replace(at, x=at.x * factor, y=at.y * factor) for name, at in own.joints.items()}
    body = replace(own, alpha=alpha, parts=np.where(alpha > 0.5, parts, 0).astype(np.uint8), joints=joints)
    normals, shade, height = (
        cast(Floats, cv2.resize(each, (size.width, size.height), interpolation=cv2.INTER_LINEAR))
        for each in (rendered.normals, rendered.shade, rendered.height)
    )
    rgb = np.clip(resized(rendered.rgb, size), 0, 1)
    return Rendered(rgb, alpha, body, normals, shade, height * np.float32(factor), rendered.view.zoomed(factor))


def head_on(
    rendered: Rendered, spec: Figure, who: Portrayed, light: Light = BEAUTY, oversample: int = 2, detail: float = 1.0
) -> Rendered:
    """The figure, rendered `headless`, with a head: its labels are FACE and HAIR, its landmarks are among the joints.

    `oversample` is rows and columns of the head's own render for one of the picture; `detail` in [0, 1] is for single hairs.
    """
    place, window = placed(spec, rendered.view, who.face.age), _window(rendered, spec, who)
    if window.empty:
        return rendered
    size = Size(window.right - window.left, window.bottom - window.top)
    own = Place(place.x - window.left, place.y - window.top, place.unit)
    head = render_head(who, own, size, light, oversample, detail)
    shade = _shadow(head, place.unit, light)
    at = window.index
    cover = _covered(rendered, at, head, shade)
    front = head.alpha * (1 - head.behind) > 0.5
    alpha = _pasted(rendered.alpha, at, cover.alpha)
    body = replace(
        rendered.body, alpha=alpha, parts=_pasted(rendered.body.parts, at, cover.parts), joints=_joints(rendered, head, window)
    )
    nearer = np.where(front, np.maximum(head.height, rendered.height[at] + 1), rendered.height[at])
    return replace(
        rendered, rgb=_pasted(rendered.rgb, at, cover.rgb), alpha=alpha, body=body,
        shade=_pasted(rendered.shade, at, cast(Floats, rendered.shade[at] * shade)),
        height=_pasted(rendered.height, at, nearer.astype(np.float32)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Window:
    top: int
    bottom: int
    left: int
    right: int

    @property
    def index(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def empty(self) -> bool:
        return self.bottom <= self.top or self.right <= self.left


def _pasted(values: Values, at: tuple[slice, slice], patch: Values) -> Values:
    made = values.copy()
    made[at] = patch
    return made


def _joints(rendered: Rendered, head: RenderedHead, window: _Window) -> dict[str, Point]:
    """The body's joints with the landmarks of the face, those inside the picture."""
    moved = {name: Point(mark.x + window.left, mark.y + window.top) for name, mark in head.landmarks.items()}
    height, width = rendered.alpha.shape
    everything = {**rendered.body.joints, **moved}
    return {name: mark for name, mark in everything.items() if 0 <= mark.x < width and 0 <= mark.y < height}


def _window(rendered: Rendered, spec: Figure, who: Portrayed) -> _Window:
    """What of the picture the head and its hair can reach."""
    place = placed(spec, rendered.view, who.face.age)
    style = who.face.hairdo.style
    lowest = min((end for _, end in CUTS[style].end), default=-0.5) if style != "bald" else -0.5
    reach = max(1.0, 0.18 - min(lowest, -1.05 if style == "ponytail" else 0.0))
    height, width = rendered.alpha.shape
    return _Window(
        max(0, int(place.y - _ABOVE * place.unit)), min(height, int(place.y + reach * place.unit) + 2),
        max(0, int(place.x - _ASIDE * place.unit)), min(width, int(place.x + _ASIDE * place.unit) + 2),
    )  # fmt: skip


def _shadow(head: RenderedHead, unit: float, light: Light) -> Floats:
    """Light that the head leaves on neck and shoulders."""
    away = np.array([-light.key[0], light.key[1]]) / max(light.key[2], 0.3)
    front = head.alpha * (1 - head.behind)
    left = np.ones_like(front)
    for reach, blur, depth in ((0.07, 0.030, 0.34), (0.16, 0.075, 0.30)):
        shift = np.array([[1, 0, away[0] * reach * unit], [0, 1, away[1] * reach * unit]], np.float32)
        moved = cv2.warpAffine(front, shift, (front.shape[1], front.shape[0]), flags=cv2.INTER_LINEAR)
        left *= 1 - np.float32(depth * (1 - 0.4 * light.softness)) * cv2.GaussianBlur(moved, (0, 0), max(0.5, blur * unit))
    return cast(Floats, left.astype(np.float32))


@dataclass(frozen=True, slots=True)
class _Covered:
    rgb: Floats
    alpha: Floats
    parts: Bytes


def _covered(rendered: Rendered, at: tuple[slice, slice], head: RenderedHead, shade: Floats) -> _Covered:
    """Hair behind the body, the body in the head's shadow, then the head and what hangs before the body."""
    body, own = linear(np.clip(rendered.rgb[at], 0, 1)), linear(head.rgb)
    warm = np.array([1.0, 1.12, 1.16], np.float32)
    body = body * shade[..., None] ** warm
    under, over = head.alpha * head.behind, head.alpha * (1 - head.behind)
    cover = rendered.alpha[at]
    hidden = np.minimum(under / np.maximum(1 - over, 1e-3), 1) * (1 - cover)
    alpha = cover + hidden
    colour = body * cover[..., None] + own * hidden[..., None]
    colour = own * over[..., None] + colour * (1 - over)[..., None]
    alpha = over + alpha * (1 - over)
    parts = np.where(over > 0.5, head.parts, rendered.body.parts[at])
    parts = np.where((hidden > 0.5) & (over <= 0.5), np.uint8(Part.HAIR), parts)
    rgb = srgb(np.clip(colour / np.maximum(alpha, 1e-4)[..., None], 0, 1))
    return _Covered(rgb, alpha.astype(np.float32), parts.astype(np.uint8))
