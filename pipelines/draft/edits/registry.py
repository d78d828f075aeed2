"""Every kind of edit, and which one a clause asks for. A new kind is a new module and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipelines.draft.edits import background, frame, recolour, remove, shadows, tone
from pipelines.draft.edits.canvas import Canvas, Step
from pipelines.draft.edits.phrases import Clause

Apply = Callable[[Step, Clause, str], Canvas]


@dataclass(frozen=True, slots=True)
class Edit:
    """One kind of edit; `applied` gets the effect's name."""

    name: str
    applied: Apply
    effects: tuple[str, ...] = ()
    """The effects of the lexicon that ask for it; empty where the clause's other parts do."""
    varies: str = ""
    """What the seed changes; empty where nothing does."""


BACKGROUND = Edit("background", background.background, varies="the light, the grain and the crop of the new background")
RECOLOUR = Edit("recolour", recolour.recolour)
REMOVE = Edit("remove", remove.remove, varies="what fills the marked region")
EDITS: tuple[Edit, ...] = (
    BACKGROUND,
    RECOLOUR,
    REMOVE,
    Edit("cut-out", background.transparent, ("transparent",)),
    Edit("iron", remove.iron, ("iron",)),
    Edit("light", tone.tone, tuple(name for name in tone.LOOKS if name not in ("film", "golden"))),
    Edit("film look", tone.tone, ("film",), varies="the grain"),
    Edit("golden hour", tone.tone, ("golden",), varies="the side of the sun"),
    Edit("soft light", tone.soft_light, ("soft light",)),
    Edit("dramatic light", tone.dramatic, ("dramatic",), varies="the direction of the light"),
    Edit("match", tone.matched, ("match",)),
    Edit("detail", tone.detail, ("sharpen", "denoise")),
    Edit("blur", tone.blur, ("blur",)),
    Edit("shadow", shadows.add_shadow, ("add shadow",), varies="the direction of the shadow"),
    Edit("no shadow", shadows.remove_shadow, ("remove shadow",)),
    Edit("zoom in", frame.zoom_in, ("zoom in",)),
    Edit("zoom out", frame.zoom_out, ("zoom out",), varies="what is made around the picture"),
    Edit("crop", frame.body_crop, ("upper body", "portrait", "lower body")),
    Edit("centre", frame.centred, ("centre",)),
    Edit("straighten", frame.straighten, ("straighten",)),
    Edit("rotate", frame.rotate, ("rotate",)),
    Edit("flip", frame.flip, ("flip", "upside down")),
)
BY_EFFECT: Mapping[str, Edit] = {effect: edit for edit in EDITS for effect in edit.effects}
ABLE = (
    "another background (a colour, a gradient, marble, concrete, wood, plaster, linen, a studio, or the place in an image_context), "
    "blurring or darkening it, light and mood (warm, cool, golden hour, moody, high key, soft, dramatic, black and white, film), "
    "another colour of a garment or of hair, removing what is marked, shadows, zoom, crop, rotate, straighten, sharpen and denoise"
)
_PICTURE_WIDE = {"", "picture", "marked", "defect", "subject"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One edit that a clause asks for."""

    edit: Edit
    clause: Clause
    effect: str = ""


def asked(clause: Clause, has_context: bool, has_region: bool) -> tuple[Asked, ...]:
    """The edits of a clause, in the order in which they make sense: frame or background first, then light."""
    found = [Asked(BY_EFFECT[effect], clause, effect) for effect in dict.fromkeys(clause.effects)]
    if has_context and ("place" in clause.beyond or "place" in clause.verbs):
        return (Asked(BACKGROUND, clause), *found)
    if _wants_background(clause, has_context):
        return (Asked(BACKGROUND, clause), *found)
    named = clause.target not in ("", "picture", "subject") or "change" in clause.verbs or has_region
    if clause.colours and not clause.effects and named:
        return (Asked(RECOLOUR, clause), *found)
    if "remove" in clause.verbs and not found and clause.target != "background":
        return (Asked(REMOVE, clause),)
    return tuple(found)


def _wants_background(clause: Clause, has_context: bool) -> bool:
    if clause.surface or clause.scene or clause.gradient:
        return clause.target in _PICTURE_WIDE | {"background"} or bool(clause.gradient) or bool(clause.verbs & {"place"})
    if clause.target == "background":
        return bool(clause.colours) or (has_context and not clause.effects)
    return bool(clause.colours) and "place" in clause.verbs
