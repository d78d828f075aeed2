"""Structural similarity. Wang et al. 2004, Image quality assessment."""

from functools import partial

from pipelines.images import Bytes, Mask


def ssim(shown: Bytes, truth: Bytes, mask: Mask | None = None) -> float:
    """-1 to 1, 1 for equal pictures: mean over the channels of uint8 (h, w, 3), within `mask` (h, w) where one is given.

    Gaussian windows of deviation 1.5 as in the paper; both sides are at least 11 pixels.

    >>> import numpy as np
    >>> picture = np.random.default_rng(0).integers(0, 255, (16, 16, 3)).astype(np.uint8)
    >>> round(ssim(picture, picture), 6)
    1.0
    """
    from skimage.metrics import structural_similarity

    measured = partial(
        structural_similarity, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    if mask is None:
        return float(measured(shown, truth))
    return float(measured(shown, truth, full=True)[1][mask].mean())
