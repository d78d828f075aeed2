"""The frames of a video."""

from io import BytesIO

import numpy as np

from pipelines.images import Bytes


def frames_of(video: bytes) -> list[Bytes]:
    """Every frame of an mp4, uint8 (h, w, 3) each."""
    import av

    with av.open(BytesIO(video), "r") as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8) for frame in container.decode(video=0)]
