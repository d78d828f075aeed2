"""Reading a person from a cut-out: skin and hair by colour models, joints from the silhouette, one `Part` for each pixel.

Everything is measured in heads and shoulder widths with the proportions of Drillis and Contini (1966, "Body segment
parameters") as the prior; colour and outline move it to where this person is. Made for one person, upright, seen from
the front, down to the thighs or the feet; `Body.confidence` says how far a picture is from that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipelines.errors import PersonNotFound
from pipelines.images import Bytes, Floats, Mask
from pipelines.sizes import Mode
from pipelines.vision.faces import Face, find_faces, plausible_skin
from pipelines.vision.mattes.matting import Matte
from pipelines.vision.people.body import Body, Part, Point
from pipelines.vision.people.learned import read_learned
from pipelines.vision.people.limbs import Limbs, read_limbs
from pipelines.vision.people.trunk import Trunk, read_trunk
from pipelines.vision.people.view import Head, View, disk, reconstructed, shrunk

ADVICE = "Use a photograph of one person from the front, upright, with head, shoulders and hips in the picture."
WIDEST_HEAD = 4.0
"""Face widths that a head with its hair or hat has at most; a face on something wider is a print."""
SURE, SURE_WITH_FACE = 0.5, 0.3
"""Certainty of the net from which its reading counts, without and with a face on the silhouette."""
HAIR_REACH = 1.7
"""Heads below the chin that hair may hang."""


@dataclass(frozen=True, slots=True)
class _Effort:
    face: int
    """Long side in pixels at which the upper half of the silhouette is searched for a face."""
    fine: int
    """Long side of the person up to which labels follow the edges of the picture."""


_EFFORTS: Mapping[Mode, _Effort] = {
    Mode.FAST: _Effort(face=200, fine=320),
    Mode.BALANCED: _Effort(face=420, fine=1024),
    Mode.QUALITY: _Effort(face=420, fine=2048),
}


@dataclass(frozen=True, slots=True)
class _Colours:
    skin: Mask
    hair: Mask


def read_person(rgb: Bytes, matte: Matte, mode: Mode = Mode.BALANCED) -> Body:
    """Joints and parts of the one person in uint8 (h, w, 3), cut out by `matte`; `mode` says how closely it is looked.

    Raises `PersonNotFound` with advice where there is no head on shoulders, and where less than the shoulders is seen.
    """
    view = shrunk(rgb, matte.alpha)
    rows = np.flatnonzero(view.inside.any(axis=1))
    if rows.size < 40 or view.inside.mean() < 0.01:
        raise PersonNotFound(f"nobody stands out from the background of this picture. {ADVICE}")
    effort = _EFFORTS[mode]
    face = _face(rgb, view, effort.face)
    least = SURE if face is None else SURE_WITH_FACE
    learned = read_learned(rgb, matte.alpha, face and _scaled(face, 1 / view.scale), effort.fine, least)
    if learned is not None:
        doubt = 1.0 if face else 0.8
        return Body(matte.alpha, learned.parts, learned.joints, float(np.clip(learned.certainty * doubt, 0.05, 0.97)))
    return _measured(view, face, matte.alpha)


def _measured(view: View, face: Face | None, alpha: Floats) -> Body:
    """The person read by colour and outline alone."""
    head = _head(view, face)
    colours = _Colours(skin=(skin := _skin(view, head)), hair=_hair(view, head, skin))
    trunk = read_trunk(view, head, colours.skin, colours.hair)
    if trunk is None:
        raise PersonNotFound(f"too little of the person is in the picture: no shoulders were found. {ADVICE}")
    limbs = read_limbs(view, trunk, colours.skin, colours.hair)
    parts = _parts(view, head, colours, trunk, limbs)
    joints = {**trunk.joints(head), **limbs.joints}
    return Body(
        alpha=alpha,
        parts=_full_size(parts, alpha),
        joints={name: Point(at.x / view.scale, at.y / view.scale) for name, at in joints.items()},
        confidence=_confidence(view, head, trunk, limbs),
    )


def _head(view: View, face: Face | None) -> Head:
    head = _head_from_face(view, face) if face else _head_from_outline(view) or _cropped_head(view)
    if head is None:
        raise PersonNotFound(f"no head on shoulders was found in this picture. {ADVICE}")
    return head


def _face(rgb: Bytes, view: View, search_side: int) -> Face | None:
    """The surest face on the silhouette, looked for in its upper half so that small ones are large enough."""
    rows, columns = np.flatnonzero(view.inside.any(axis=1)), np.flatnonzero(view.inside.any(axis=0))
    top, bottom = rows[0], rows[0] + 0.6 * (rows[-1] - rows[0])
    margin = 0.04 * view.height
    box = [max(0, int(edge / view.scale)) for edge in (top - margin, bottom, columns[0] - margin, columns[-1] + margin)]
    crop = np.ascontiguousarray(rgb[box[0] : box[1], box[2] : box[3]])
    if min(crop.shape[:2]) < 48:
        return None
    for face in find_faces(crop, search_side):
        moved = Face((face.x + box[2]) * view.scale, (face.y + box[0]) * view.scale, face.side * view.scale,
                     face.tilt, face.votes, face.skin)  # fmt: skip
        around = view.run(moved.y, moved.x)
        if around and around.distance(moved.x) == 0 and around.width < WIDEST_HEAD * moved.side:
            return moved
    return None


def _scaled(face: Face, factor: float) -> Face:
    return replace(face, x=face.x * factor, y=face.y * factor, side=face.side * factor)


def _head_from_face(view: View, face: Face) -> Head:
    size = 1.32 * face.side
    chin = face.y + 0.52 * face.side
    column = view.inside[: int(chin), int(face.x)]
    reach = np.flatnonzero(column[::-1] == 0)
    top = chin - (reach[0] if reach.size else len(column))
    return Head(x=face.x, top=float(max(top, chin - 1.5 * size)), chin=chin, size=size, face=face)


def _head_from_outline(view: View) -> Head | None:
    """A head as a roundish run of rows that narrows to a neck and widens to shoulders; a mannequin's, or a face turned away."""
    rows = np.flatnonzero(view.inside.any(axis=1))
    top, height = int(rows[0]), int(rows[-1] - rows[0])
    start = float(np.flatnonzero(view.inside[min(top + height // 25, view.height - 1)]).mean())
    runs = [view.run(y, start) for y in range(top, top + int(0.45 * height))]
    widths = np.array([run.width if run else 0 for run in runs], dtype=float)
    if widths.size < 20 or (widths == 0).any() or top == 0:
        return None
    widths = cv2.GaussianBlur(widths[:, None], (1, 7), 2).ravel()
    first, last = int(0.045 * height), int(0.30 * height)
    neck = first + int(np.argmin(widths[first:last]))
    head, shoulders = widths[:neck].max(), widths[neck : int(neck * 2.2)].max()
    roundish = 0.5 < head / neck < 1.15
    if widths[neck] > 0.82 * head or shoulders < 1.7 * widths[neck] or shoulders < 1.35 * head or not roundish:
        return None
    size = 0.88 * neck
    return Head(x=start, top=float(top), chin=float(top + size), size=size, face=None)


def _cropped_head(view: View) -> Head | None:
    """A person whose head is cut off by the upper edge: a bare neck there that widens to shoulders."""
    near_top = view.inside[:3].any(axis=0)
    if not near_top.any():
        return None
    middle = float(np.flatnonzero(near_top).mean())
    neck = view.run(2, middle)
    if neck is None or neck.width > 0.4 * view.width:
        return None
    wide = view.run(min(view.height - 1, int(2.2 * neck.width)), middle)
    skin = plausible_skin(view.rgb)[: max(3, int(0.3 * neck.width)), neck.start : neck.end]
    if wide is None or wide.width < 1.9 * neck.width or skin.mean() < 0.6:
        return None
    size = 1.7 * neck.width
    return Head(x=middle, top=-size, chin=-0.05 * size, size=size, face=None)


@dataclass(frozen=True, slots=True)
class _Tone:
    """A colour as a Gaussian with independent channels in CIELAB."""

    mean: Floats
    spread: Floats

    @property
    def is_plastic(self) -> bool:
        """Whether it is a mannequin's rather than skin's."""
        return bool(np.hypot(*self.mean[1:]) < 8 and self.mean[0] > 55)

    def distance(self, lab: Floats) -> Floats:
        """Mahalanobis distance of each pixel of float32 (..., 3)."""
        return np.asarray(np.linalg.norm((lab - self.mean) / self.spread, axis=-1), dtype=np.float32)


def _tone(sample: Floats, least: tuple[float, float, float]) -> _Tone:
    """The main colour of float32 (n, 3), robust against a third of something else."""
    middle = np.median(sample, axis=0)
    core = sample[np.linalg.norm((sample - middle) / (14, 7, 8), axis=1) < 1.8]
    core = core if len(core) > 8 else sample
    return _Tone(core.mean(axis=0), np.maximum(core.std(axis=0), least))


def _face_tone(view: View, face: Face) -> _Tone:
    half, y = 0.3 * face.side, face.y + 0.08 * face.side
    sample = view.lab[int(y - half) : int(y + 1.2 * half), max(0, int(face.x - half)) : int(face.x + half)]
    return _tone(sample.reshape(-1, 3), (7, 3, 3.5))


def _blank_face_tone(view: View, head: Head) -> _Tone | None:
    """The tone of a head without a face that could be found: blurred, turned aside or a mannequin's. None where it is hair."""
    half = 0.2 * head.size
    rows = slice(max(0, int(head.chin - 0.5 * head.size)), max(1, int(head.chin - 0.1 * head.size)))
    columns = slice(max(0, int(head.x - half)), int(head.x + half))
    sample = view.lab[rows, columns].reshape(-1, 3)
    if len(sample) < 20:
        return None
    tone = _tone(sample, (7, 3, 3.5))
    alike = plausible_skin(np.ascontiguousarray(view.rgb[rows, columns])).mean() > 0.6
    return tone if alike or tone.is_plastic else None


def _skin(view: View, head: Head) -> Mask:
    """Skin as a Gaussian taken from the face, grown into its shaded parts; any tone of skin where there is none to take."""
    plausible = plausible_skin(view.rgb)
    tone = _face_tone(view, head.face) if head.face else _blank_face_tone(view, head)
    if tone is None:
        return _tidy(plausible & view.inside)
    spread = tone.spread * (2.0, 1.25, 1.25)
    if tone.is_plastic:  # grey cloth differs from a white mannequin in nothing but lightness
        spread[0] = 6.0
    away = (view.lab - tone.mean) / spread
    chroma = np.abs(away[..., 1:]).max(axis=2)
    sure = np.linalg.norm(away, axis=2) < 2.0
    shaded = plausible & (chroma < 2.4) & (away[..., 0] > -3.6) & (away[..., 0] < 2.4)
    grown = reconstructed(sure & view.inside, (sure | shaded) & view.inside)
    return _tidy(grown)


def _tidy(mask: Mask) -> Mask:
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, disk(2))
    return cv2.morphologyEx(opened, cv2.MORPH_CLOSE, disk(3)) > 0


def _hair(view: View, head: Head, skin: Mask) -> Mask:
    """Hair, or a hat: what on and beside the head looks more like its crown than like the face, and hangs together."""
    rows, columns = np.mgrid[: view.height, : view.width]
    beside = np.abs(columns - head.x)
    crown_end = max(head.top + 0.06 * head.size, head.chin - 0.86 * head.size)
    crown = view.inside & (rows < crown_end) & (rows >= head.top) & (beside < 0.28 * head.size)
    reach = (rows < head.chin + HAIR_REACH * head.size) & (beside < 0.95 * head.size)
    if head.face is None or crown.sum() < 12:
        return np.asarray(view.inside & ~skin & (rows < head.chin - 0.08 * head.size) & reach)
    hair, face = _tone(view.lab[crown], (7, 3, 4)), _face_tone(view, head.face)
    to_hair, to_face = hair.distance(view.lab), face.distance(view.lab)
    bald = float(np.linalg.norm((hair.mean - face.mean) * (0.5, 1, 1))) < 5
    inner = (beside / (0.34 * head.size)) ** 2 + ((rows - head.chin + 0.42 * head.size) / (0.40 * head.size)) ** 2 < 1
    on_head = view.inside & (rows < head.chin - 0.05 * head.size) & reach & ~inner & (~skin | (to_hair < to_face))
    alike = view.inside & reach & ~inner & (to_hair < 2.6) & (to_hair < 0.8 * to_face)
    if bald:
        return np.asarray(on_head & ~skin)
    found = reconstructed(crown, _tidy(on_head | alike) | crown)
    return np.asarray(found & ~inner)


def _parts(view: View, head: Head, colours: _Colours, trunk: Trunk, limbs: Limbs) -> Bytes:
    rows, columns = np.mgrid[: view.height, : view.width]
    parts = np.zeros(view.inside.shape, np.uint8)
    clothed = trunk.clothes
    parts[view.inside & colours.skin] = Part.TORSO
    parts[clothed.upper] = Part.UPPER
    parts[clothed.lower] = Part.LOWER
    parts[clothed.dress] = Part.DRESS
    for part, mask in limbs.bare.items():
        parts[mask] = part
    near = np.abs(columns - head.x) < 0.75 * head.size
    face = colours.skin & near & (rows < head.chin)
    neck = colours.skin & near & (rows >= head.chin) & (rows < trunk.shoulder_y + 0.06 * head.size)
    parts[neck] = Part.NECK
    parts[face] = Part.FACE
    parts[colours.hair] = Part.HAIR
    return _every_pixel_labelled(parts, view.inside)


def _every_pixel_labelled(parts: Bytes, inside: Mask) -> Bytes:
    """What is inside and has no label takes the nearest one; labels also run a little over the outline, for enlarging."""
    reach = cv2.dilate(inside.astype(np.uint8), disk(4)) > 0
    _, nearest = cv2.distanceTransformWithLabels((parts == 0).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    table = np.zeros(int(nearest.max()) + 1, np.uint8)
    table[nearest[parts > 0]] = parts[parts > 0]
    return np.where(reach, table[nearest], 0).astype(np.uint8)


def _full_size(parts: Bytes, alpha: Floats) -> Bytes:
    height, width = alpha.shape
    enlarged = cv2.resize(parts, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.where(alpha > 0.5, enlarged, 0).astype(np.uint8)


def _confidence(view: View, head: Head, trunk: Trunk, limbs: Limbs) -> float:
    """Doubts multiplied: no face, a slanted or odd shoulder line, no seam between upper and lower, sitting, arms not found."""
    doubts = [
        1.0 if head.face else 0.65,
        1.0 - min(0.6, 2.0 * max(0.0, abs(trunk.slant) - 0.12)),
        1.0 if 1.3 < trunk.width / head.size < 2.6 else 0.6,
        1.0 if trunk.clothes.seam_found else 0.75,
        0.5 if trunk.sits(view) else 1.0,
        1.0 if {"left_elbow", "right_elbow"} <= limbs.joints.keys() else 0.85,
    ]
    return float(np.clip(np.prod(doubts), 0.05, 0.97))
