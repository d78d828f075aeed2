"""Which number stands for a tool's quality: the first of its list that a run scored, and the others as guards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.errors import BadRun
from eval.runs.manifest import Told
from eval.runs.results import Results
from eval.runs.row import Row

ENOUGH = 0.5
"""Share of a tool's outputs that must have a value before a metric is taken by itself."""

PREFERENCES: Mapping[str, tuple[str, ...]] = {
    "product-to-model": ("garment_delta_e", "palette", "product_colour", "texture", "logo_similarity", "person_found", "pose_error"),
    "try-on": (
        "garment_delta_e", "texture", "garment_colour", "worn_iou", "background_delta_e", "pose_error", "logo_similarity", "palette", "psnr",
    ),
    "packshot": ("garment_delta_e", "product_colour", "silhouette_iou", "texture", "palette", "fringe_delta_e", "psnr"),
    "model-swap": ("skin_asked", "hair_asked", "face_likeness", "source_kept", "background_delta_e", "pose_error"),
    "create-model": ("skin_asked", "hair_asked", "garment_asked", "background_asked", "person_found", "face_found", "pose_error"),
    "create-face": ("skin_asked", "hair_asked", "background_asked", "face_found"),
    "edit": ("background_asked", "garment_asked", "psnr", "delta_e", "ssim", "background_delta_e", "source_kept"),
    "reframe": ("join_step", "delta_e", "psnr", "source_kept", "ssim"),
    "background-remove": ("matte_sad", "matte_iou", "matte_mse", "matte_gradient", "matte_connectivity", "fringe_delta_e"),
    "face-swap": ("face_likeness", "face_identity", "skin_asked", "source_kept", "background_delta_e"),
    "upscale": ("psnr", "ssim", "ms_ssim", "lpips"),
    "image-to-video": ("motion_smoothness", "flicker", "first_frame", "last_frame", "motion"),
}  # fmt: skip
"""Tool to metrics, the one that says most of what it is for first; names that a run doesn't have are passed over."""


@dataclass(frozen=True, slots=True)
class Quality:
    """The metric that a tool is judged by, and those that it may not lose by."""

    primary: Told
    guards: tuple[Told, ...]

    @property
    def all(self) -> tuple[Told, ...]:
        """The primary one first."""
        return (self.primary, *self.guards)


def quality_of(results: Results, tool: str, asked: str | None = None) -> Quality | None:
    """What stands for a tool's quality in a run; None where nothing was scored.

    `asked` names the metric instead. Raises BadRun where the run doesn't have it.
    """
    rows = [row for row in results.made() if row.tool == tool and row.done]
    scored = [told for told in results.manifest.metrics if any(told.name in row.scores for row in rows)]
    if asked is not None:
        results.manifest.metric(asked)
    ordered = _ordered(scored, PREFERENCES.get(tool, ()))
    primary = next((told for told in ordered if told.name == asked), None) if asked else _first(ordered, rows)
    if primary is None:
        return None
    named = [told for told in ordered if told.name in PREFERENCES.get(tool, ()) and told != primary]
    return Quality(primary, tuple(named))


def _ordered(scored: Sequence[Told], wanted: Sequence[str]) -> list[Told]:
    return sorted(scored, key=lambda told: wanted.index(told.name) if told.name in wanted else len(wanted))


def _first(ordered: Sequence[Told], rows: Sequence[Row]) -> Told | None:
    often = [told for told in ordered if sum(told.name in row.scores for row in rows) >= ENOUGH * len(rows)]
    return next(iter(often or ordered), None)


def check_metric(results: Results, name: str) -> Told:
    """A metric that was scored at least once; raises BadRun that says which ones were."""
    told = results.manifest.metric(name)
    if not any(name in row.scores for row in results.made()):
        there = sorted({each for row in results.made() for each in row.scores})
        raise BadRun(f"nothing was scored by {name!r} in this run; choose one of {', '.join(there) or 'none'}")
    return told
