"""Light and mood: exposure, warmth, contrast, saturation, looks, black and white, film, and soft or dramatic light."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.draft.casting import Colour
from pipelines.draft.edits.canvas import Canvas, Step, graded, mixed, needed
from pipelines.draft.edits.phrases import Clause
from pipelines.draft.edits.relight import relit, softened
from pipelines.images import Floats, blurred, linear, srgb, to_bytes, to_float
from pipelines.vision.inpaint import grain_of, membrane

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True, slots=True)
class Look:
    """A grade: what is done to light and colour, pixel by pixel."""

    exposure: float = 0.0
    """Stops."""
    warmth: float = 0.0
    """-1 is as blue as shade, 1 as yellow as a lamp."""
    contrast: float = 0.0
    """Steepness of the curve around mid grey, added to 1."""
    saturation: float = 1.0
    lift: float = 0.0
    """Black becomes this grey."""
    shadows: Colour = (0.0, 0.0, 0.0)
    """Added to sRGB where it is dark."""
    highlights: Colour = (0.0, 0.0, 0.0)
    vignette: float = 0.0
    grain: float = 0.0
    shoulder: float = 0.0
    """0 to 1: how softly highlights run out."""

    def times(self, amount: float) -> "Look":
        """The same look, stronger or weaker."""
        return Look(
            exposure=self.exposure * amount,
            warmth=self.warmth * amount,
            contrast=self.contrast * amount,
            saturation=max(0.0, 1 + (self.saturation - 1) * amount) if self.saturation > 0 else 0.0,
            lift=self.lift * amount,
            shadows=_scaled(self.shadows, amount),
            highlights=_scaled(self.highlights, amount),
            vignette=self.vignette * amount,
            grain=self.grain * amount,
            shoulder=self.shoulder,
        )


def _scaled(tint: Colour, amount: float) -> Colour:
    return tint[0] * amount, tint[1] * amount, tint[2] * amount


LOOKS: Mapping[str, Look] = {
    "warm": Look(warmth=0.45), "cool": Look(warmth=-0.42),
    "brighter": Look(exposure=0.55, shoulder=0.8), "darker": Look(exposure=-0.65),
    "contrast": Look(contrast=0.32), "less contrast": Look(contrast=-0.25, lift=0.02),
    "saturate": Look(saturation=1.35), "desaturate": Look(saturation=0.45),
    "black and white": Look(saturation=0.0, contrast=0.14), "sepia": Look(saturation=0.0, contrast=0.05, lift=0.02,
        shadows=(0.035, 0.005, -0.03), highlights=(0.05, 0.0, -0.09)),
    "golden": Look(exposure=-0.05, warmth=0.6, contrast=0.08, saturation=1.06, highlights=(0.02, 0.0, -0.02), shoulder=0.4),
    "moody": Look(exposure=-0.6, warmth=-0.08, contrast=0.2, saturation=0.72, lift=0.025, shadows=(-0.01, 0.0, 0.02), vignette=0.4),
    "high key": Look(exposure=0.6, contrast=-0.14, saturation=0.92, lift=0.03, shoulder=1.0),
    "film": Look(warmth=0.14, contrast=0.1, saturation=0.86, lift=0.035, shadows=(-0.012, 0.006, 0.014),
        highlights=(0.022, 0.008, -0.018), vignette=0.16, grain=0.014, shoulder=0.7),
}  # fmt: skip
GRAIN_SIZE = 1 / 1600
"""Of the long side: the deviation of film's grain."""


def tone(step: Step, clause: Clause, effect: str) -> Canvas:
    """One of `LOOKS`, on all of the picture or on the clause's target."""
    canvas = step.canvas
    look = LOOKS[effect].times(
        clause.amount if clause.number is None or clause.unit not in ("%", "percent") else clause.number / 50
    )
    weight = canvas.within(clause.target)
    if effect in ("golden", "moody", "high key") and weight is None:
        canvas = _lit_from_a_side(step, effect, clause)
    noise = _grain(canvas, step) * np.float32(look.grain) if look.grain else None
    return canvas.changed(graded(canvas.rgb, lambda rows, at: _looked(rows, at, look, canvas, noise), weight))


def _lit_from_a_side(step: Step, effect: str, clause: Clause) -> Canvas:
    """A gentle glow from where the sun would be; chance decides the side."""
    if effect != "golden" or step.canvas.region is not None:
        return step.canvas
    height, width = step.canvas.rgb.shape[:2]
    side = -1.0 if "left" in clause.sides else 1.0 if "right" in clause.sides else float(step.generator.choice((-1.0, 1.0)))
    x = np.linspace(-1, 1, width, dtype=np.float32)[None] * side
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    near = np.exp(-((x - 1.1) ** 2 + (y + 0.7) ** 2) / 2.2)[..., None] * np.float32(min(1.3, clause.amount))
    glow = near * np.array([0.20, 0.10, 0.02], np.float32)
    out = graded(step.canvas.rgb, lambda rows, at: 1 - (1 - rows) * (1 - glow[at]))
    return replace(step.canvas, rgb=out)


def _looked(rgb: Floats, at: slice, look: Look, canvas: Canvas, noise: Floats | None) -> Floats:
    light = linear(rgb) * (warming(look.warmth) * np.float32(2**look.exposure))
    if look.shoulder:
        light = _rolled(light, look.shoulder)
    out = srgb(light)
    out = _curved(out, look.contrast) if look.contrast else out
    grey = (out @ LUMINANCE)[..., None]
    out = ((grey + (out - grey) * look.saturation) * (1 - look.lift) + look.lift).astype(np.float32)
    level = np.clip(grey, 0, 1)
    low, high = np.array(look.shadows, np.float32), np.array(look.highlights, np.float32)
    out = out + (1 - level) ** 2 * low + level**1.5 * high
    if look.vignette:
        out = out * _vignette(canvas, look.vignette)[at, :, None]
    if noise is not None:
        out = out + noise[at, :, None] * (1.25 - level)
    return cast(Floats, out.astype(np.float32))


def warming(warmth: float) -> NDArray[np.float32]:
    """(3,): factors in linear light, of unit luminance."""
    gains = np.array([1 + 0.20 * warmth, 1 + 0.015 * warmth, 1 - 0.30 * warmth], np.float32)
    return cast(NDArray[np.float32], gains / np.float32(gains @ LUMINANCE))


def _rolled(light: Floats, shoulder: float) -> Floats:
    """Highlights that run out softly instead of clipping."""
    knee = 1 - 0.45 * shoulder
    over = np.maximum(light - knee, 0)
    room = 1 - knee
    return np.where(
        light > knee, knee + room * (1 - np.exp(-over / max(room, 1e-3))) / (1 - np.exp(-1.0 / max(room, 1e-3) * 0.9)), light
    ).astype(np.float32)


def _curved(values: Floats, contrast: float) -> Floats:
    """A curve through black, mid grey and white whose slope at mid grey is 1 + `contrast`."""
    bend = contrast / 0.5
    return cast(Floats, values + np.float32(bend) * (values - 0.5) * values * (1 - values) * 2)


def _vignette(canvas: Canvas, depth: float) -> Floats:
    y = np.linspace(-1, 1, canvas.size.height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, canvas.size.width, dtype=np.float32)[None]
    return cast(Floats, 1 - np.float32(depth) * np.clip((x**2 + y**2) / 2, 0, 1) ** 1.3)


def _grain(canvas: Canvas, step: Step) -> Floats:
    noise = step.generator.standard_normal(canvas.rgb.shape[:2], dtype=np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), max(0.5, GRAIN_SIZE * max(noise.shape)))
    return cast(Floats, soft / np.float32(max(float(soft.std()), 1e-6)))


def soft_light(step: Step, clause: Clause, effect: str) -> Canvas:
    """Light as from a large softbox: deep shadows opened, hard highlights calmed."""
    canvas = step.canvas
    return canvas.changed(softened(canvas.rgb, 0.55 * min(1.5, clause.amount), canvas.within(clause.target)))


def dramatic(step: Step, clause: Clause, effect: str) -> Canvas:
    """A hard key light from one side on the subject's rounded form, the rest fallen off into shade."""
    canvas = step.canvas
    side = -1.0 if "left" in clause.sides else 1.0 if "right" in clause.sides else float(step.generator.choice((-1.0, 1.0)))
    rise = float(step.generator.uniform(0.25, 0.5))
    light = relit(canvas.rgb, canvas.reading.matte.alpha, (side * 0.85, rise, 0.45), min(1.4, clause.amount))
    return canvas.changed(light)


def matched(step: Step, clause: Clause, effect: str) -> Canvas:
    """Mean and spread of Lab as in the reference. Reinhard et al. 2001, "Color Transfer between Images"."""
    canvas = step.canvas
    if canvas.context is None:
        raise needed("colours are to be matched, but there is no reference", "add a picture as image_context")
    small = np.asarray(canvas.context.convert("RGB").resize((128, 128)), np.float32) / np.float32(255)
    wanted = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3)
    own = cv2.cvtColor(cv2.resize(canvas.rgb, (128, 128), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB).reshape(-1, 3)
    ratio = np.clip(wanted.std(axis=0) / np.maximum(own.std(axis=0), 1), 0.7, 1.35).astype(np.float32)
    shift = (wanted.mean(axis=0) - own.mean(axis=0)) * np.array([0.35, 0.6, 0.6], np.float32)

    def look(rows: Floats, at: slice) -> Floats:
        lab = cv2.cvtColor(rows, cv2.COLOR_RGB2LAB)
        lab = (lab - own.mean(axis=0)) * ratio + own.mean(axis=0) + shift
        return cast(Floats, cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2RGB))

    return canvas.changed(graded(canvas.rgb, look, canvas.within(clause.target)))


def detail(step: Step, clause: Clause, effect: str) -> Canvas:
    """Sharper or calmer."""
    canvas = step.canvas
    made: Callable[[Floats, float], Floats] = {"sharpen": sharpened, "denoise": calmed}[effect]
    after, weight = made(canvas.rgb, clause.amount), canvas.within(clause.target)
    return canvas.changed(after if weight is None else mixed(canvas.rgb, after, weight))


def blur(step: Step, clause: Clause, effect: str) -> Canvas:
    """Out of focus, in linear light; what stays sharp doesn't bleed into what is blurred."""
    canvas = step.canvas
    weight = canvas.within(clause.target)
    sigma = 0.011 * clause.amount * max(canvas.rgb.shape)
    if weight is None:
        return canvas.changed(srgb(blurred(linear(canvas.rgb), sigma)))
    known = (np.clip(weight * 1.02 - 0.01, 0, 1) ** 2).astype(np.float32)
    light = membrane(linear(canvas.rgb), known)
    soft = srgb(
        (blurred(light * known[..., None], sigma) / np.maximum(blurred(known, sigma), 0.02)[..., None]).astype(np.float32)
    )
    behind = srgb(light)
    soft += (behind - soft) * np.clip(1 - blurred(known, sigma) / 0.05, 0, 1)[..., None]
    # At the subject's outline its own colour lies over the blurred background.
    front = canvas.rgb if clause.target != "background" else canvas.reading.matte.foreground + (canvas.rgb - canvas.plain)
    return canvas.changed(mixed(np.clip(front, 0, 1).astype(np.float32), np.clip(soft, 0, 1), weight))


def sharpened(rgb: Floats, amount: float) -> Floats:
    """Unsharp masking of luminance at two widths, held to the range of the neighbourhood so that edges get no halos."""
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)
    unit = max(rgb.shape) / 1200
    fine, broad = grey - blurred(grey, max(0.7, 0.9 * unit)), grey - blurred(grey, max(1.4, 2.2 * unit))
    wanted = grey + np.float32(amount) * (0.9 * fine + 0.35 * broad)
    square = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(grey, square), cv2.dilate(grey, square)
    slack = 0.35 * (high - low) + 0.004
    held = np.clip(wanted, low - slack, high + slack)
    return np.clip(rgb + (held - grey)[..., None], 0, 1).astype(np.float32)


def calmed(rgb: Floats, amount: float) -> Floats:
    """Non-local means (Buades et al. 2005) at the strength of the picture's own noise."""
    deviation = grain_of(rgb, np.ones(rgb.shape[:2], np.bool_)) * 255
    strength = float(np.clip(1.1 * deviation + 1.5, 2, 12)) * amount
    return to_float(cv2.fastNlMeansDenoisingColored(to_bytes(rgb), None, strength, strength, 5, 15).astype(np.uint8))
