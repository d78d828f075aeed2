"""Labels of a small window brought to the resolution of its picture: likelier by colour, and with edges where the picture has them.

Fast guided filtering (He and Sun 2015) fits each label's probability as a linear function of colour around every pixel of the
window, and the coefficients, which are smooth, are what is enlarged: boundaries then follow the picture. Statistics are taken over
the person only, so that the background has no say.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Floats, Mask, to_float
from pipelines.vision.faces import Face
from pipelines.vision.people.body import Part

RADIUS = 4
"""Of the guided filter, in pixels of the net's window."""
EPSILON = 1e-3
CLEAR = 0.8
"""Probability from which a pixel tells what colour its part has."""
LEAST_CLEAR = 16
"""Such pixels that a colour can be taken from."""
LEAST_SPREAD = (36.0, 12.0, 12.0)
"""Variance in CIELAB that every colour has at least, for light and shade."""
MOST_DOUBT, TRUST = 10.0, 0.5
"""How far, in nats, colour alone can speak against a part, and the weight of its word."""
UNTHINKABLE = 0.03
"""Probability below which no colour brings a part back."""
LEAST_PIECE = 0.0015
"""Of the picture's area that a piece of one part has at least; smaller ones belong to what is around them."""
LEAK = 0.3
"""By how much background must be likelier than any part where the matte says that there is none: it may have leaked."""
UNLIKE_SKIN, UNLIKE_HUE, LEAST_CHROMA = 18.0, 0.35, 6.0
"""Differences of chromaticity in CIELAB and of its hue in radians that shade and blush don't explain; greys have no hue."""
TOUCHED, CLOTH_LIKE = 0.3, 2.0
"""Share of a limb's outline that lies on a garment, and how much nearer than to skin its colour is, for it to be of that garment."""
LIMB_SIDE = 512
"""Long side in pixels down to which pixels are passed over where limbs are told from cloth."""
SURE_SKIN = (Part.FACE, Part.NECK, Part.LEFT_HAND, Part.RIGHT_HAND)
LIMBS = (Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_LEG, Part.RIGHT_LEG)
GARMENTS = (Part.UPPER, Part.LOWER, Part.DRESS)
SKIN = (
    Part.FACE, Part.NECK, Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_HAND, Part.RIGHT_HAND, Part.TORSO, Part.LEFT_LEG, Part.RIGHT_LEG,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """What the net looked at: `scale` pixels of it to one of the picture, from (left, top) of the picture."""

    scale: float
    left: float
    top: float
    rgb: Floats
    alpha: Floats


def with_face(parts: Floats, window: Window, face: Face | None) -> Floats:
    """The same probabilities with those of face skin raised where the face finder saw one."""
    if face is None:
        return parts
    rows, columns = np.mgrid[: parts.shape[0], : parts.shape[1]] + 0.5
    side = face.side * window.scale
    x, y = (face.x - window.left) * window.scale, (face.y - window.top) * window.scale
    core = ((columns - x) / (0.36 * side)) ** 2 + ((rows - y) / (0.42 * side)) ** 2 < 1
    core &= ~np.isin(parts.argmax(axis=2), (Part.LEFT_HAND, Part.RIGHT_HAND, Part.LEFT_ARM, Part.RIGHT_ARM))
    raised = parts.copy()
    raised[core] *= np.float32(0.3)
    raised[core, Part.FACE] += np.float32(0.7)
    return raised


def weighed(parts: Floats, window: Window) -> Floats:
    """The same probabilities, each part's weighed by how well a pixel's colour fits what is surely of that part.

    Gaussians in CIELAB; Rother, Kolmogorov and Blake 2004 use mixtures of them in the same role.
    """
    lab = cast(Floats, cv2.cvtColor(window.rgb, cv2.COLOR_RGB2LAB))
    inside = window.alpha > 0.9
    clear = {part: (parts[..., part] > CLEAR) & inside for part in Part}
    known = [part for part in Part if clear[part].sum() >= LEAST_CLEAR]
    if not known:
        return parts
    fits = np.repeat(_fit(lab, lab[inside])[..., None], len(Part), axis=2)  # of unknown parts: any colour of the person
    for part in known:
        fits[..., part] = _fit(lab, lab[clear[part]])
    if skin := [part for part in known if part in SKIN]:
        # Skin has one colour, so that colour can't tell a neck from a face.
        fits[..., SKIN] = fits[..., skin].max(axis=2, keepdims=True)
    fits = np.clip(fits - fits.max(axis=2, keepdims=True), -MOST_DOUBT, 0)
    made = np.where(parts < UNTHINKABLE, np.float32(0), parts) * np.exp(TRUST * fits)
    return np.asarray(made / np.maximum(made.sum(axis=2, keepdims=True), 1e-6), np.float32)


def _fit(lab: Floats, sample: Floats) -> Floats:
    """float32 (h, w): log density of colours (h, w, 3) under the Gaussian of a sample (n, 3), but for a constant."""
    spread = np.cov(sample.T) + np.diag(LEAST_SPREAD)
    away = lab - sample.mean(axis=0)
    distance = np.einsum("hwi,ij,hwj->hw", away, np.linalg.inv(spread), away)
    return np.asarray(-0.5 * (distance + np.log(np.linalg.det(spread))), np.float32)


def one_outfit(parts: Floats) -> Floats:
    """A dress, or a garment above and one below: whichever more of the picture speaks for, everywhere."""
    made = parts.copy()
    upper, lower, dress = parts[..., Part.UPPER], parts[..., Part.LOWER], parts[..., Part.DRESS]
    if dress.sum() > lower.sum():
        made[..., Part.DRESS] += lower
        made[..., Part.LOWER] = 0
    else:
        share = upper / np.maximum(upper + lower, np.float32(1e-6))
        made[..., Part.UPPER] += dress * share
        made[..., Part.LOWER] += dress * (1 - share)
        made[..., Part.DRESS] = 0
    return made


def followed(rgb: Bytes, alpha: Floats, parts: Floats, window: Window, side: int) -> Bytes:
    """Labels of the whole picture: the likeliest part of each pixel inside, its boundaries along the picture's edges, which
    are followed in a person of at most `side` pixels; of larger ones the labels are enlarged."""
    inside = alpha > 0.5
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    tall, wide = rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    fine = min(1.0, side / max(tall, wide))
    size = (max(1, round(wide * fine)), max(1, round(tall * fine)))
    colour = to_float(cv2.resize(rgb[box], size, interpolation=cv2.INTER_AREA).astype(np.uint8))
    to_window = np.array([[wide / size[0] * window.scale, 0, (columns[0] + 0.5 * wide / size[0] - window.left) * window.scale - 0.5],
                          [0, tall / size[1] * window.scale, (rows[0] + 0.5 * tall / size[1] - window.top) * window.scale - 0.5]])  # fmt: skip
    labels = _swept(_likeliest(colour, parts, window, to_window))
    found = np.zeros(alpha.shape, np.uint8)
    found[box] = cv2.resize(labels, (int(wide), int(tall)), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.where(inside, found, 0).astype(np.uint8)


def _likeliest(colour: Floats, parts: Floats, window: Window, to_window: Floats) -> Bytes:
    """uint8 like `colour`: the part whose enlarged probability is largest."""
    lines = _Lines(window.rgb, window.alpha)
    best = np.full(colour.shape[:2], -np.inf, np.float32)
    labels = np.zeros(colour.shape[:2], np.uint8)
    for part in Part:
        if parts[..., part].max() < 0.3:
            continue
        slopes = lines.fitted(parts[..., part])
        wide = cv2.warpAffine(slopes, to_window, colour.shape[1::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                              borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
        chance = wide[..., 3] + (wide[..., :3] * colour).sum(axis=2)
        if part == Part.BACKGROUND:  # in a cut-out, it must be likelier than a mere majority
            chance = chance - np.float32(LEAK)
        labels[chance > best] = part
        best = np.maximum(best, chance)
    return labels


def _swept(labels: Bytes) -> Bytes:
    """The labels with each small piece given to the nearest part that is not one."""
    small = np.zeros(labels.shape, np.uint8)
    for part in np.unique(labels):
        _, pieces, figures, _ = cv2.connectedComponentsWithStats((labels == part).astype(np.uint8))
        tiny = np.flatnonzero(figures[:, cv2.CC_STAT_AREA] < LEAST_PIECE * labels.size)
        small[np.isin(pieces, tiny[tiny > 0])] = 1
    if not small.any() or small.all():
        return labels
    _, nearest = cv2.distanceTransformWithLabels(small, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    table = np.zeros(int(nearest.max()) + 1, np.uint8)
    table[nearest[small == 0]] = labels[small == 0]
    return np.asarray(table[nearest], np.uint8)


class _Lines:
    """Linear functions of colour that fit values around each pixel of a window, over the person only."""

    def __init__(self, rgb: Floats, alpha: Floats) -> None:
        self.rgb, self.weight = rgb, (alpha + np.float32(1e-3))[..., None]
        self.total = _box(self.weight)
        self.mean = self._averaged(rgb)
        products = self._averaged((rgb[..., :, None] * rgb[..., None, :]).reshape(*alpha.shape, 9))
        spread = products.reshape(*alpha.shape, 3, 3) - self.mean[..., :, None] * self.mean[..., None, :]
        self.inverse = np.linalg.inv(spread + EPSILON * np.eye(3, dtype=np.float32)).astype(np.float32)

    def _averaged(self, values: Floats) -> Floats:
        return (_box(values * self.weight) / self.total).astype(np.float32)

    def fitted(self, values: Floats) -> Floats:
        """float32 (h, w, 4): three slopes and a constant for float32 (h, w)."""
        mean = self._averaged(values[..., None])
        shared = self._averaged(self.rgb * values[..., None]) - self.mean * mean
        slopes = np.einsum("hwij,hwj->hwi", self.inverse, shared)
        constant = mean[..., 0] - (slopes * self.mean).sum(axis=2)
        return self._averaged(np.dstack([slopes, constant]).astype(np.float32))


def _box(values: Floats) -> Floats:
    side = 2 * RADIUS + 1
    found = cv2.boxFilter(values, -1, (side, side), borderType=cv2.BORDER_REPLICATE)
    return (found if found.ndim == 3 else found[..., None]).astype(np.float32)


def clothed(rgb: Bytes, parts: Bytes) -> Bytes:
    """The labels with what was taken for bare skin but hasn't its colour as the garment that it belongs to."""
    return _covered_limbs(rgb, _covered_trunk(rgb, parts))


def _covered_trunk(rgb: Bytes, parts: Bytes) -> Bytes:
    """A bare trunk is an upper garment where its chromaticity is not that of the rest of the skin."""
    skin = np.isin(parts, [int(part) for part in SKIN if part != Part.TORSO])
    bare = parts == Part.TORSO
    if not bare.any() or skin.sum() < LEAST_CLEAR:
        return parts
    own = np.median(cv2.cvtColor(to_float(rgb[skin][None]), cv2.COLOR_RGB2LAB)[0, :, 1:], axis=0)
    near = _around(bare)
    made = parts.copy()
    made[near] = _told(rgb[near], parts[near], own)
    return made


def _around(mask: Mask, margin: int = 16) -> tuple[slice, slice]:
    """Rows and columns that hold a mask and what a blur sees around it."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def _told(rgb: Bytes, parts: Bytes, own: NDArray[np.floating]) -> Bytes:
    """The labels with what is no skin of the chromaticity `own`, (2,), put into the upper garment."""
    bare = parts == Part.TORSO
    plane = cv2.cvtColor(to_float(rgb), cv2.COLOR_RGB2LAB)[..., 1:]
    hue = np.abs(np.arctan2(plane[..., 1], plane[..., 0]) - np.arctan2(own[1], own[0]))
    turned = (np.minimum(hue, 2 * np.pi - hue) > UNLIKE_HUE) & (np.hypot(plane[..., 0], plane[..., 1]) > LEAST_CHROMA)
    unlike = turned | (np.linalg.norm(plane - own, axis=2) > UNLIKE_SKIN)
    other = cv2.GaussianBlur(unlike.astype(np.float32), (0, 0), 2.0) > 0.5
    return np.where(bare & other, np.uint8(Part.UPPER), parts).astype(np.uint8)


def _covered_limbs(rgb: Bytes, parts: Bytes) -> Bytes:
    """A piece of arm or leg is of the garment that it touches where its colour is nearer to that than to face, neck and hands."""
    step = max(1, max(parts.shape) // LIMB_SIDE)
    seen = np.ascontiguousarray(parts[::step, ::step])
    sure = np.isin(seen, SURE_SKIN)
    if sure.sum() < LEAST_CLEAR:
        return parts
    plane = cv2.cvtColor(to_float(np.ascontiguousarray(rgb[::step, ::step])), cv2.COLOR_RGB2LAB)[..., 1:].astype(np.float32)
    skin = np.median(plane[sure], axis=0)
    told = seen.copy()
    for limb in LIMBS:
        count, pieces = cv2.connectedComponents((seen == limb).astype(np.uint8))
        for number in range(1, count):
            piece = pieces == number
            if (garment := _cloth_of(piece, seen, plane, skin)) is not None:
                told[piece] = garment
    if np.array_equal(told, seen):
        return parts
    told, seen = (np.kron(each, np.ones((step, step), np.uint8))[: parts.shape[0], : parts.shape[1]] for each in (told, seen))
    return np.where((told != seen) & np.isin(parts, LIMBS), told, parts).astype(np.uint8)


def _cloth_of(piece: Mask, parts: Bytes, plane: NDArray[np.floating], skin: NDArray[np.floating]) -> Part | None:
    """The garment around a piece of a limb whose chromaticity in `plane`, (h, w, 2), it has rather than that of `skin`, (2,)."""
    around = parts[(cv2.dilate(piece.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~piece]
    own = np.median(plane[piece], axis=0)
    for garment in GARMENTS:
        if np.count_nonzero(around == garment) > TOUCHED * around.size:
            cloth = np.median(plane[parts == garment], axis=0)
            if CLOTH_LIKE * np.linalg.norm(own - cloth) < np.linalg.norm(own - skin):
                return garment
    return None
