"""A photographer's studio for height fields: normals, occlusion, soft shadows and the light that a surface returns.

Light is linear; directions are (x to the right, y up, z towards the viewer).
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats

Direction = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """A large key light, its opposite fill, and two strip lights from behind."""

    key: Direction = (-0.52, 0.56, 0.65)
    key_power: float = 0.86
    fill_power: float = 0.13
    ambient: float = 0.25
    rim_power: float = 0.16
    warmth: float = 0.0
    """-1 is a cool, 1 a warm light."""
    softness: float = 0.30
    """0 is a hard light; 1 wraps all around."""

    @property
    def tint(self) -> NDArray[np.float32]:
        """(3,): the light's colour, of unit luminance."""
        colour = np.array([1 + 0.10 * self.warmth, 1.0, 1 - 0.13 * self.warmth], np.float32)
        return cast(NDArray[np.float32], colour / np.float32(colour @ np.array([0.2126, 0.7152, 0.0722], np.float32)))


@dataclass(frozen=True, slots=True)
class Surface:
    """How a material returns light."""

    gloss: float = 0.0
    """Strength of the reflected softboxes: 0 is matte cloth, 1 lacquer."""
    sheen: float = 0.0
    """Brightening towards the outline, as of velvet or skin."""
    bleed: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Light that comes back out of the shaded side by colour, as in skin."""


@dataclass(frozen=True, slots=True)
class Shading:
    """What the light does on a surface of (h, w) pixels."""

    normals: Floats
    """float32 (h, w, 3), unit length."""
    diffuse: Floats
    """float32 (h, w): linear light that white matte material would return; about 1 where it faces the key light."""
    occlusion: Floats
    """float32 (h, w) in [0, 1]; 1 is open."""


def normals_of(height: Floats) -> Floats:
    """float32 (h, w, 3), unit length, of a height field in pixels."""
    east = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    south = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    length = np.sqrt(east * east + south * south + 1)
    return cast(Floats, np.dstack([-east / length, south / length, 1 / length]))


def shaded(height: Floats, light: Light, unit: float) -> Shading:
    """Light on a height field in pixels; `unit` is the size of the things on it in pixels, such as a body height."""
    smooth = cv2.GaussianBlur(height, (0, 0), max(0.6, unit * 0.0010))
    normals = normals_of(cast(Floats, smooth))
    occlusion = occluded(height, unit)
    key = np.array(light.key, np.float32) / np.float32(np.linalg.norm(light.key))
    facing = normals @ key
    wrap = light.softness
    lit = np.clip((facing + wrap) / (1 + wrap), 0, 1) ** 1.25
    fill = np.clip(normals @ np.array([0.78, 0.10, 0.62], np.float32), 0, 1)
    dome = 0.62 + 0.38 * normals[..., 1] * 0.7 + 0.10 * normals[..., 2]
    edge = (1 - normals[..., 2]) ** 3 * np.clip(0.25 + np.abs(normals[..., 0]), 0, 1)
    total = light.key_power * lit * shadowed(height, light.key, unit) + light.fill_power * fill
    total = total + (light.ambient * dome + light.rim_power * edge) * occlusion
    return Shading(normals, cast(Floats, total.astype(np.float32)), occlusion)


def occluded(height: Floats, unit: float) -> Floats:
    """float32 (h, w) in [0, 1]: how much of the sky each point sees, from how far it lies under its surroundings."""
    floor = -0.06 * unit
    ground = np.maximum(height, np.float32(floor))
    closed = np.zeros_like(ground)
    for radius, weight in ((0.006, 0.9), (0.015, 0.8), (0.035, 0.6)):
        around = _wide_blur(ground, radius * unit)
        closed += np.float32(weight) * np.clip((around - ground) / (radius * unit) - 0.08, 0, 1.2)
    return cast(Floats, np.clip(1 - 0.62 * closed, 0.12, 1).astype(np.float32))


def shadowed(height: Floats, towards: Direction, unit: float) -> Floats:
    """float32 (h, w) in [0, 1]: 1 where nothing stands between a point and the light; soft, by marching over the field."""
    step = max(1, round(unit / 500))
    small = cv2.resize(height, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA) / np.float32(step)
    x, y, z = towards
    flat = max(float(np.hypot(x, y)), 1e-6)
    dx, dy, rise = x / flat, -y / flat, z / flat
    lit = np.ones_like(small)
    for reach in np.geomspace(3, max(8.0, 0.11 * unit / step), 14):
        shift = np.array([[1, 0, -dx * reach], [0, 1, -dy * reach]], np.float32)
        blocker = cv2.warpAffine(small, shift, (small.shape[1], small.shape[0]), borderValue=-1e4)
        over = (blocker - small - rise * reach) / (0.32 * reach + 1)
        lit = np.minimum(lit, np.clip(0.5 - over, 0, 1))
    soft = cv2.GaussianBlur(lit, (0, 0), max(0.8, 0.0022 * unit / step))
    return cast(Floats, cv2.resize(soft, (height.shape[1], height.shape[0]), interpolation=cv2.INTER_LINEAR))


def reflected(normals: Floats, sharpness: float = 1.0) -> Floats:
    """float32 (h, w): the studio's softboxes mirrored in a surface, 0 to about 1, with Fresnel's rise at the outline."""
    x, y, z = normals[..., 0], normals[..., 1], normals[..., 2]
    azimuth = np.degrees(np.arctan2(2 * z * x, 2 * z * z - 1))
    elevation = np.degrees(np.arcsin(np.clip(2 * z * y, -1, 1)))
    boxes = 1.0 * _box(azimuth, elevation, (-78, -30), (8, 66), 13 / sharpness)
    boxes += 0.55 * _box(azimuth, elevation, (62, 88), (-25, 55), 11 / sharpness)
    boxes += 0.20 * _box(azimuth, elevation, (-180, 180), (72, 90), 16 / sharpness)
    fresnel = 0.30 + 0.70 * (1 - np.clip(z, 0, 1)) ** 4
    return cast(Floats, (boxes * fresnel).astype(np.float32))


def _box(azimuth: Floats, elevation: Floats, wide: tuple[float, float], high: tuple[float, float], blur: float) -> Floats:
    def inside(value: Floats, low: float, top: float) -> Floats:
        rise = 1 / (1 + np.exp(np.clip((low - value) / blur * 2.6, -40, 40)))
        return cast(Floats, rise / (1 + np.exp(np.clip((value - top) / blur * 2.6, -40, 40))))

    return inside(azimuth, *wide) * inside(elevation, *high)


def lit(albedo: Floats, shading: Shading, light: Light, surface: Surface) -> Floats:
    """Linear light (h, w, 3) returned by a surface of linear `albedo`."""
    diffuse = shading.diffuse[..., None]
    bleed = np.array(surface.bleed, np.float32) * np.clip(0.85 - diffuse, 0, 1) * shading.occlusion[..., None]
    colour = albedo * (diffuse * light.tint + bleed)
    if surface.sheen:
        edge = (1 - shading.normals[..., 2]) ** 2.2 * shading.occlusion
        colour = colour + surface.sheen * edge[..., None] * (albedo * 0.7 + 0.06)
    if surface.gloss:
        mirror = reflected(shading.normals) * shading.occlusion
        colour = colour + surface.gloss * mirror[..., None] * light.tint
    return cast(Floats, colour.astype(np.float32))


def _wide_blur(values: Floats, sigma: float) -> Floats:
    """A Gaussian of large sigma at the price of a small one."""
    step = max(1, int(sigma / 3))
    size = (max(1, values.shape[1] // step), max(1, values.shape[0] // step))
    small = cv2.GaussianBlur(cv2.resize(values, size, interpolation=cv2.INTER_AREA), (0, 0), max(0.5, sigma / step))
    return cast(Floats, cv2.resize(small, (values.shape[1], values.shape[0]), interpolation=cv2.INTER_LINEAR))
