"""What a prompt asks of a picture of a mannequin: the figure, its pose and framing, the backdrop and the light."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pipelines.vision.rendering.figure import Build, Finish, Framing, Hair, Pose, Sex

Colour = tuple[float, float, float]
Choice = TypeVar("Choice", bound=str)

SEXES: Mapping[Sex, str] = {
    "woman": r"wom[ae]n|female|lady|ladies|girls?|she|her",
    "man": r"m[ae]n|male|guys?|gentlem[ae]n|boys?|he|him|his",
    "neutral": r"neutral|unisex|androgynous",
}
BUILDS: Mapping[Build, str] = {
    "plus": r"plus[- ]?size[d]?|plus|heavy|large build|full[- ]figured",
    "curvy": r"curvy|curvaceous|hourglass",
    "athletic": r"athletic|muscular|fit|sporty|toned",
    "slim": r"slim|slender|skinny|thin|petite|lean",
    "average": r"average build|regular build",
}
FINISHES: Mapping[Finish, str] = {
    "fair": r"(fair|pale|porcelain|ivory)[- ]?(skin(ned)?|complexion|tone)",
    "light": r"(light|white|caucasian|east asian|asian|european)[- ](skin(ned)?|complexion|model|wom[ae]n|m[ae]n|female|male)",
    "tan": r"(tan|tanned|olive|medium|latina?|hispanic|mediterranean|middle eastern|turkish)[- ](skin(ned)?|complexion|model|wom[ae]n|m[ae]n|female|male)",
    "brown": r"(brown|indian|south asian)[- ](skin(ned)?|complexion|model|wom[ae]n|m[ae]n|female|male)",
    "dark": r"(dark|deep|black|ebony|african)[- ](skin(ned)?|complexion|model|wom[ae]n|m[ae]n|female|male)",
    "black": r"black (glossy |matte |store |shop )?(mannequin|dummy)",
    "grey": r"gr[ae]y (glossy |matte |store |shop )?(mannequin|dummy)",
    "white": r"white (glossy |matte |store |shop )?(mannequin|dummy)",
}
POSES: Mapping[Pose, str] = {
    "hand_on_hip": r"hands? on (the |her |his |their )?(hips?|waist)",
    "contrapposto": r"contrapposto|casual pose|leaning|dynamic|weight on one leg|walking",
    "relaxed": r"relaxed|standing straight|straight pose|front pose|neutral pose",
}
FRAMINGS: Mapping[Framing, str] = {
    "full_body": r"full[- ](body|length|figure)|head to toe",
    "three_quarter": r"three[- ]quarters?|3/4|knees? up|mid[- ]thigh",
    "upper_body": r"upper[- ]body|half[- ]body|waist[- ]up|close[- ]?up|bust|torso|portrait",
}
HAIRS: Mapping[Hair, str] = {
    "none": r"bald|no hair",
    "bun": r"bun|updo|hair up",
    "bob": r"bob|shoulder[- ]length hair",
    "long": r"long (\w+ )?hair",
    "crop": r"short (\w+ )?hair|crop(ped)? hair|buzz ?cut",
}
HAIR_COLOURS: Mapping[str, Colour] = {
    "blond": (0.72, 0.56, 0.34), "red": (0.50, 0.22, 0.11), "ginger": (0.55, 0.27, 0.12), "grey": (0.55, 0.55, 0.55),
    "brown": (0.25, 0.16, 0.10), "black": (0.07, 0.06, 0.06),
}  # fmt: skip
COLOURS: Mapping[str, Colour] = {
    "off-white": (0.94, 0.93, 0.90), "light grey": (0.86, 0.86, 0.86), "dark grey": (0.34, 0.34, 0.35), "light blue": (0.75, 0.83, 0.90),
    "navy": (0.16, 0.20, 0.32), "white": (0.955, 0.955, 0.955), "grey": (0.70, 0.70, 0.70), "black": (0.13, 0.13, 0.13),
    "beige": (0.87, 0.81, 0.72), "cream": (0.94, 0.90, 0.81), "sand": (0.83, 0.75, 0.63), "brown": (0.48, 0.36, 0.27),
    "terracotta": (0.74, 0.45, 0.33), "red": (0.72, 0.22, 0.20), "pink": (0.92, 0.74, 0.75), "peach": (0.95, 0.79, 0.68),
    "orange": (0.90, 0.56, 0.28), "yellow": (0.93, 0.82, 0.45), "olive": (0.50, 0.51, 0.36), "sage": (0.70, 0.75, 0.66),
    "mint": (0.76, 0.88, 0.80), "green": (0.42, 0.58, 0.45), "teal": (0.27, 0.50, 0.52), "blue": (0.45, 0.60, 0.78),
    "lavender": (0.79, 0.75, 0.87), "purple": (0.49, 0.38, 0.60),
}  # fmt: skip
"""sRGB of paper in these colours; longer names come before the shorter ones that they contain."""
PLACES = r"(seamless |studio |paper |plain |solid )*(backdrop|background|studio|wall)"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the words of a prompt fix; None is free."""

    sex: Sex | None = None
    build: Build | None = None
    finish: Finish | None = None
    pose: Pose | None = None
    framing: Framing | None = None
    hair: Hair | None = None
    hair_colour: Colour | None = None
    backdrop: Colour | None = None
    warmth: float = 0.0
    """-1 to 1, as of `Light`."""
    hardness: float = 0.0
    """-1 is a very soft light, 1 a hard one."""


def wishes_of(prompt: str) -> Wishes:
    """Read a prompt; words that aren't known are passed over."""
    text = re.sub(r"\s+", " ", prompt.lower().replace("gray", "grey"))
    return Wishes(
        sex=first(SEXES, text),
        build=first(BUILDS, text),
        finish=first(FINISHES, text),
        pose=first(POSES, text),
        framing=first(FRAMINGS, text),
        hair=first(HAIRS, text),
        hair_colour=next((colour for name, colour in HAIR_COLOURS.items() if re.search(rf"\b{name}e? (\w+ )?hair", text)), None),
        backdrop=_backdrop(text),
        warmth=_balance(text, r"warm|golden|sunset|sunny|tungsten", r"cool|cold|blueish|overcast|daylight"),
        hardness=_balance(
            text, r"hard light|dramatic|moody|contrast|spotlight", r"soft light|softbox|diffuse[d]?|even light|flat light"
        ),
    )


def product_words(prompt: str) -> str:
    """What a prompt calls the product: the words after "this", "these" or "the product"; the rest describes the picture."""
    named = re.search(r"\b(?:this|these|the product(?: is)?)\b((?:\W+\w+){1,4})", prompt.lower())
    return named.group(1).strip() if named else ""


def first(table: Mapping[Choice, str], text: str) -> Choice | None:
    """The first choice of a table whose words are in a text."""
    return next((choice for choice, words in table.items() if re.search(rf"\b({words})\b", text)), None)


def _backdrop(text: str) -> Colour | None:
    for name, colour in COLOURS.items():
        if re.search(rf"\b{name} {PLACES}\b|\b{PLACES} (in|of) {name}\b", text):
            return colour
    return None


def _balance(text: str, more: str, less: str) -> float:
    return float(bool(re.search(rf"\b({more})\b", text))) - float(bool(re.search(rf"\b({less})\b", text)))


def chosen(wish: Choice | None, otherwise: Sequence[Choice], at: int) -> Choice:
    """The wish, else one of several by number."""
    return wish if wish is not None else otherwise[at % len(otherwise)]
