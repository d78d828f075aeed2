"""How alike two vectors point."""

import numpy as np

from pipelines.images import Floats


def cosine(one: Floats, other: Floats) -> float:
    """-1 to 1 of two vectors (d,); 0 where one is zero.

    >>> cosine(np.array([1, 0], np.float32), np.array([2, 0], np.float32))
    1.0
    """
    lengths = float(np.linalg.norm(one.astype(np.float64)) * np.linalg.norm(other.astype(np.float64)))
    return min(1.0, max(-1.0, float(one.astype(np.float64) @ other.astype(np.float64)) / lengths)) if lengths else 0.0
