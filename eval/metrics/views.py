"""What a network is shown of a picture, declared so that two numbers can be told apart by it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from pipelines.images import Bytes, Floats, picture


@dataclass(frozen=True, slots=True)
class View:
    """The shorter side resized by Pillow's bicubic filter, the middle cropped to a square, each channel normalised."""

    shorter: int
    crop: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def of(self, rgb: Bytes) -> Floats:
        """float32 (3, crop, crop) of uint8 (h, w, 3).

        >>> CLIP_VIEW.of(np.zeros((300, 200, 3), np.uint8)).shape
        (3, 224, 224)
        """
        image = picture(rgb)
        scale = self.shorter / min(image.size)
        width, height = (max(self.crop, int(side * scale)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BICUBIC)
        left, top = (width - self.crop) // 2, (height - self.crop) // 2
        values = np.asarray(image.crop((left, top, left + self.crop, top + self.crop)), dtype=np.float32) / 255
        normal = (values - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(normal.transpose(2, 0, 1), dtype=np.float32)

    def told(self) -> Mapping[str, str]:
        """For a metric's method."""
        return {
            "resize": f"Pillow bicubic, shorter side {self.shorter}, middle {self.crop} x {self.crop}",
            "mean": ", ".join(map(str, self.mean)),
            "std": ", ".join(map(str, self.std)),
        }


CLIP_VIEW = View(224, 224, (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
DINO_VIEW = View(256, 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
