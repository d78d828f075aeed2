"""Arms, hands and legs of a silhouette whose trunk is known."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.images import Floats, Mask
from pipelines.vision.people.body import Part, Point
from pipelines.vision.people.trunk import CROTCH, Trunk
from pipelines.vision.people.view import View, disk, largest_piece, pieces, runs

ELBOW, WRIST = 0.72, 1.28
"""Along the arm from the shoulder, in shoulder widths. Drillis and Contini 1966."""
KNEE, ANKLE = 2.14, 3.12
"""Below the shoulder line in shoulder widths."""
FOOT = 0.17
"""Height of the ankles over the lowest point of the feet, in shoulder widths."""
ARM, HAND, LEG = 0, 1, 2
PARTS = {
    "left": (Part.LEFT_ARM, Part.LEFT_HAND, Part.LEFT_LEG),
    "right": (Part.RIGHT_ARM, Part.RIGHT_HAND, Part.RIGHT_LEG),
}


@dataclass(frozen=True, slots=True)
class Limbs:
    """Masks of bare limbs, in painting order, and the joints found on them; left and right are the person's own."""

    bare: Mapping[Part, Mask]
    joints: Mapping[str, Point]


@dataclass(frozen=True, slots=True)
class _Arm:
    zone: Mask
    distance: Floats
    """Along the arm from the shoulder in shoulder widths; infinite elsewhere."""
    shoulder: Point
    unit: float

    def joint(self, at: float) -> Point | None:
        """The middle of the limb at a distance; None where the arm doesn't reach so far or is hidden."""
        ring = np.abs(self.distance - at) < 0.05
        if ring.sum() < 6 or not (self.distance[np.isfinite(self.distance)] > at + 0.06).any():
            return None
        rows, columns = np.nonzero(largest_piece(ring))
        found = Point(float(np.median(columns)) + 0.5, float(np.median(rows)) + 0.5)
        straight = float(np.hypot(found.x - self.shoulder.x, found.y - self.shoulder.y)) / self.unit
        return found if straight > 0.6 * at else None  # no arm is bent so far at the elbow and seen from the front


def read_limbs(view: View, trunk: Trunk, skin: Mask, hair: Mask) -> Limbs:
    """Arms and hands beside and before the trunk, bare legs below the clothes, shoes below those."""
    bare: dict[Part, Mask] = {}
    joints: dict[str, Point] = {}
    legs = _bare_legs(view, trunk, skin)
    for name, side in (("left", 1), ("right", -1)):
        arm = _arm(view, trunk, skin & ~legs, hair, side)
        hand = arm.distance > WRIST - 0.02
        limb = _stout(arm.zone & skin, 0.022 * trunk.width)
        bare[PARTS[name][ARM]] = limb & ~hand
        bare[PARTS[name][HAND]] = arm.zone & skin & hand
        bare[PARTS[name][LEG]] = legs & _on_side(view, trunk, side)
        for joint, at in (("elbow", ELBOW), ("wrist", WRIST)):
            if (point := arm.joint(at)) is not None:
                joints[f"{name}_{joint}"] = point
    joints.update(_leg_joints(view, trunk))
    bare[Part.SHOES] = _shoes(view, trunk, skin)
    return Limbs(bare, joints)


def _stout(mask: Mask, radius: float) -> Mask:
    """What of a mask is as broad as a limb; specks of skin colour on cloth beside an arm are not."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disk(max(1, round(radius)))) > 0
    kept = pieces(opened, 0.12)
    return np.any(kept, axis=0) if kept else opened


def _on_side(view: View, trunk: Trunk, side: int) -> Mask:
    middle = trunk.crotch.x if trunk.crotch else (trunk.left_side[-1] + trunk.right_side[-1]) / 2
    return np.broadcast_to((np.arange(view.width) - middle) * side > 0, view.inside.shape)


def _arm(view: View, trunk: Trunk, skin: Mask, hair: Mask, side: int) -> _Arm:
    """All that lies outward of shoulder, armpit and the torso's side, and the skin that crosses before the trunk."""
    beside = _beside_trunk(view, trunk, side) & view.inside & ~hair
    hanging = _touching(skin & _below_chest(view, trunk) & _on_side(view, trunk, side), beside, 0.012 * trunk.width**2)
    zone = beside | hanging
    shoulder = trunk.right if side > 0 else trunk.left
    seeds = zone & (np.hypot(*_offsets(view, shoulder)) < 0.16 * trunk.width)
    return _Arm(zone, _distance_along(zone, seeds, trunk.width), shoulder, trunk.width)


def _offsets(view: View, origin: Point) -> Floats:
    rows, columns = np.mgrid[: view.height, : view.width]
    return np.stack([columns + 0.5 - origin.x, rows + 0.5 - origin.y]).astype(np.float32)


def _beside_trunk(view: View, trunk: Trunk, side: int) -> Mask:
    shoulder, armpit, path = (
        (trunk.right, trunk.armpit_right, trunk.right_side) if side > 0 else (trunk.left, trunk.armpit_left, trunk.left_side)
    )
    rows = np.arange(view.height)
    seam_top = shoulder.x - side * 0.10 * trunk.width
    above = np.interp(rows, (shoulder.y, armpit.y), (seam_top, armpit.x))
    last = trunk.first_row + len(path) - 1
    # Below the crotch only what hangs clear of the hips can be arm.
    hip = trunk.side(path, last) + side * np.maximum(0, rows - last) * 0.12
    along = np.interp(rows, trunk.first_row + np.arange(len(path)), path)
    limit = np.where(rows < armpit.y, above, np.where(rows <= last, along, hip))
    columns = np.arange(view.width)
    reach = trunk.shoulder_y + (CROTCH + 0.55) * trunk.width
    outward = (columns[None] - limit[:, None]) * side > 0
    return outward & (rows[:, None] > shoulder.y - 0.06 * trunk.width) & (rows[:, None] < reach)


def _below_chest(view: View, trunk: Trunk) -> Mask:
    return np.broadcast_to(np.arange(view.height)[:, None] > trunk.shoulder_y + 0.5 * trunk.width, view.inside.shape)


def _touching(mask: Mask, zone: Mask, least: float) -> Mask:
    """Pieces of `mask` with at least `least` pixels that touch `zone`."""
    near = cv2.dilate(zone.astype(np.uint8), disk(3)) > 0
    kept = [piece for piece in pieces(mask) if piece.sum() >= least and (piece & near).any()]
    return np.any(kept, axis=0) if kept else np.zeros_like(mask)


def _distance_along(zone: Mask, seeds: Mask, width: float) -> Floats:
    from skimage.graph import MCP_Geometric

    if not seeds.any():
        return np.full(zone.shape, np.inf, np.float32)
    costs = np.where(zone, 1.0, np.inf)
    found, _ = MCP_Geometric(costs).find_costs(list(zip(*np.nonzero(seeds), strict=True)))
    return np.asarray(found / width + 0.08, dtype=np.float32)


def _bare_legs(view: View, trunk: Trunk, skin: Mask) -> Mask:
    """Skin in large pieces below the hips and under the trunk."""
    rows, columns = np.mgrid[: view.height, : view.width]
    low = rows > trunk.shoulder_y + (CROTCH + 0.1) * trunk.width
    middle = (trunk.left_side[-1] + trunk.right_side[-1]) / 2
    under = np.abs(columns - middle) < 0.55 * trunk.width
    tall = [p for p in pieces(skin & low & under, 0.1) if np.ptp(np.flatnonzero(p.any(axis=1))) > 0.35 * trunk.width]
    return np.any(tall, axis=0) if tall else np.zeros_like(skin)


def _leg_joints(view: View, trunk: Trunk) -> Mapping[str, Point]:
    found: dict[str, Point] = {}
    if trunk.crotch is None:
        return found
    foot = np.flatnonzero(view.inside.any(axis=1))[-1]
    ends = foot - FOOT * trunk.width if foot < view.height - 3 else np.inf
    for name, at, part in (("knee", KNEE, 0.45), ("ankle", ANKLE, 1.0)):
        lowest = trunk.crotch.y + part * (ends - trunk.crotch.y)
        row = int(min(trunk.shoulder_y + at * trunk.width, lowest))
        if row >= view.height - 1:
            continue
        legs = [run for run in runs(view.inside[row]) if run.width > 0.08 * trunk.width]
        right = [run for run in legs if run.middle < trunk.crotch.x]
        left = [run for run in legs if run.middle > trunk.crotch.x]
        if right and left and abs(left[0].middle - right[-1].middle) < 1.2 * trunk.width:
            found[f"right_{name}"] = Point(right[-1].middle, row + 0.5)
            found[f"left_{name}"] = Point(left[0].middle, row + 0.5)
    return found


def _shoes(view: View, trunk: Trunk, skin: Mask) -> Mask:
    """What isn't skin below the ankles, where the feet are in the picture."""
    row = trunk.shoulder_y + (ANKLE + 0.06) * trunk.width
    low = np.broadcast_to(np.arange(view.height)[:, None] > row, skin.shape)
    return view.inside & ~skin & low
