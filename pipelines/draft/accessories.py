"""Hats, bags and shoes on a rendered mannequin: placed as on a person of a photograph."""

from dataclasses import dataclass, replace

import numpy as np

from pipelines.errors import UnsupportedTask
from pipelines.sizes import Size
from pipelines.vision.garments.accessories import Placed, put_on_bag, put_on_hat
from pipelines.vision.garments.fit import Layer, scaled
from pipelines.vision.garments.garment import Garment
from pipelines.vision.garments.shoes import put_on_shoes
from pipelines.vision.people.body import Body
from pipelines.vision.rendering.render import Rendered


@dataclass(frozen=True, slots=True)
class Accessory:
    """A product that keeps the shape of its picture."""

    product: Garment


def carried(accessory: Accessory, body: Rendered, canvas: Size) -> Layer:
    """The accessory where it is worn, on a canvas of the body's aspect; `UnsupportedTask` where that isn't in the picture."""
    try:
        placed = _placed(accessory.product, scaled(body.body, canvas))
    except UnsupportedTask as error:
        raise UnsupportedTask(
            f"this framing doesn't show where the product belongs; ask for a full body picture ({error})"
        ) from error
    alpha = placed.layer.alpha * (1 - placed.front)
    return replace(placed.layer, alpha=np.asarray(alpha, dtype=np.float32))


def _placed(product: Garment, body: Body) -> Placed:
    if product.category == "hat":
        return put_on_hat(product, body)
    return put_on_shoes(product, body) if product.category == "shoes" else put_on_bag(product, body, "hand", "left")
