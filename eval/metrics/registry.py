"""Every metric, in the order of the reports' columns."""

from eval.metrics import (
    adherence,
    clip,
    delta_e,
    dino,
    dists,
    ends,
    face_identity,
    face_likeness,
    fid,
    flicker,
    fringe,
    garment_delta_e,
    kid,
    landmarks,
    logo,
    lpips,
    mattes,
    motion,
    motion_smoothness,
    ms_ssim,
    palette,
    person,
    psnr,
    reframed,
    silhouette,
    ssim,
    text,
    texture,
    unchanged,
    worn,
)
from eval.metrics.metric import Metric, SetMetric


class Metrics:
    """Metrics by name, in the order given."""

    def __init__(self, *metrics: Metric) -> None:
        names = [each.name for each in metrics]
        if len(set(names)) != len(names):
            raise ValueError(f"two metrics share a name: {', '.join(names)}")
        self.all = metrics

    def __getitem__(self, name: str) -> Metric:
        return next(each for each in self.all if each.name == name)

    def __contains__(self, name: str) -> bool:
        return any(each.name == name for each in self.all)


METRICS = Metrics(
    psnr.METRIC,
    ssim.METRIC,
    ms_ssim.METRIC,
    delta_e.METRIC,
    lpips.METRIC,
    dists.METRIC,
    clip.METRIC,
    dino.METRIC,
    garment_delta_e.MEDIAN,
    garment_delta_e.P95,
    garment_delta_e.COLOUR,
    texture.METRIC,
    logo.METRIC,
    text.METRIC,
    worn.METRIC,
    silhouette.SHAPE,
    silhouette.COLOUR,
    palette.METRIC,
    unchanged.DIFFERENCE,
    unchanged.CHANGED,
    reframed.KEPT,
    reframed.STEP,
    landmarks.ERROR,
    landmarks.PCK,
    face_likeness.METRIC,
    face_identity.METRIC,
    mattes.IOU,
    mattes.SAD,
    mattes.MSE,
    mattes.GRADIENT,
    mattes.CONNECTIVITY,
    fringe.METRIC,
    flicker.METRIC,
    motion_smoothness.METRIC,
    motion.METRIC,
    ends.FIRST,
    ends.LAST,
    person.PERSON,
    person.FACE,
    adherence.SKIN,
    adherence.HAIR,
    adherence.BACKGROUND,
    adherence.GARMENT,
)
SET_METRICS: tuple[SetMetric, ...] = (kid.DINO, kid.CLIP, fid.DINO, fid.CLIP)
"""Of all outputs of a setting together."""
