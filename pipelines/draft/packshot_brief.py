"""What a packshot's prompt asks for, read word by word: presentation, surface, light."""

import re
from dataclasses import dataclass
from typing import Literal, TypeVar

from PIL import ImageColor

from pipelines.vision.rendering.surfaces import MATERIALS, Colour, Material

Presentation = Literal["ghost mannequin", "flat lay", "hanger", "floating"]
Illumination = Literal["soft", "window", "hard"]

_PRESENTATIONS: dict[Presentation, str] = {
    "hanger": r"\b(on[- ]?(a[- ])?(\w+[- ])?hanger|hanger|hanging|hung)\b",
    "flat lay": r"\b(flat[- ]?lay|laid flat|lying|laydown|lay[- ]down|top[- ]down|from above|overhead)\b",
    "floating": r"\b(float\w*|levitat\w*|suspended|mid[- ]air)\b",
    "ghost mannequin": r"\b(ghost|invisible|mannequin)\b",
}
_ILLUMINATIONS: dict[Illumination, str] = {
    "window": r"\b(window|blinds?|dappled|sunlit|daylight)\b",
    "hard": r"\b(hard|harsh|direct|strong|dramatic|flash|crisp shadow\w*|sun(light|shine)?)\b",
    "soft": r"\b(soft|diffuse\w*|overcast|gentle|even)\b",
}
_MATERIALS: dict[Material, str] = {
    "marble": r"\bmarble\b",
    "concrete": r"\b(concrete|cement|stone)\b",
    "wood": r"\b(wood\w*|oak|walnut|timber|planks?|table ?top)\b",
    "plaster": r"\b(plaster|stucco|limewash\w*|textured wall)\b",
    "linen": r"\b(linen|fabric|cloth) (background|surface|backdrop)\b",
}
_WOODEN_HANGER = r"\bwood\w*[- ](\w+[- ])?(?=hangers?\b)|(?<=hanger )(made )?(of|in) wood\b"
_PRODUCTS = (
    r"\b(tops?|tees?|t-?shirts?|shirts?|blouses?|sweaters?|jumpers?|hoodies?|jackets?|coats?|dress(es)?|skirts?|shorts|jeans"
    r"|trousers|pants|leggings|bottoms|shoes?|sneakers?|boots?|heels|bags?|hats?|caps?|scar(f|ves)|belts?|garments?|products?"
    r"|clothes|clothing|outfit|vests?|tank|jersey|cardigan)\b"
)
_OWN_COLOURS: dict[str, Colour] = {
    "light grey": (0.925, 0.925, 0.93), "pale grey": (0.925, 0.925, 0.93), "dark grey": (0.33, 0.33, 0.34),
    "grey": (0.84, 0.84, 0.845), "off white": (0.972, 0.965, 0.95), "white": (1.0, 1.0, 1.0), "cream": (0.965, 0.945, 0.895),
    "beige": (0.905, 0.86, 0.79), "sand": (0.88, 0.82, 0.72), "taupe": (0.72, 0.66, 0.6), "blush": (0.95, 0.86, 0.84),
    "pink": (0.96, 0.82, 0.84), "sage": (0.76, 0.8, 0.72), "mint": (0.83, 0.93, 0.87), "light blue": (0.83, 0.89, 0.95),
    "pastel blue": (0.83, 0.89, 0.95), "terracotta": (0.8, 0.5, 0.38), "black": (0.07, 0.07, 0.075),
    "charcoal": (0.2, 0.2, 0.21), "navy": (0.12, 0.16, 0.29), "lavender": (0.88, 0.85, 0.95), "yellow": (0.97, 0.88, 0.55),
}  # fmt: skip
"""Colours of paper backdrops rather than of the web."""
_Choice = TypeVar("_Choice", bound=str)
_PLACE = r"(?:background|backdrop|surface|wall|floor|paper|table|board|seamless)"


@dataclass(frozen=True, slots=True)
class Brief:
    """A packshot as ordered."""

    presentation: Presentation = "ghost mannequin"
    material: Material = "plain"
    colour: Colour | None = None
    """sRGB in [0, 1]; None is the material's own."""
    light: Illumination = "soft"
    unread: bool = False
    """Whether there was a prompt of which nothing was understood."""

    @property
    def described(self) -> str:
        """In words, for the details of an output."""
        return f"{self.presentation}, {self.material}, {self.light} light"


def read_brief(prompt: str) -> Brief:
    """The brief in a prompt; what the prompt doesn't say is the default: a ghost mannequin on white in soft light."""
    text = prompt.lower().replace("gray", "grey")
    presentation = _first(_PRESENTATIONS, text)
    material = _first(_MATERIALS, re.sub(_WOODEN_HANGER, "", text))
    light = _first(_ILLUMINATIONS, text)
    colour = _colour(text, material)
    unread = bool(text.strip()) and not (presentation or material or light or colour or re.search(_PRODUCTS, text))
    chosen = material or "plain"
    return Brief(presentation or "ghost mannequin", chosen, colour, light or "soft", unread)


def _first(patterns: dict[_Choice, str], text: str) -> _Choice | None:
    return next((choice for choice, pattern in patterns.items() if re.search(pattern, text)), None)


def _colour(text: str, material: Material | None) -> Colour | None:
    """A hex colour anywhere; a named one only where it is said of the background, since the garment has colours too."""
    found = re.search(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b", text)
    if found:
        return _unit(found.group())
    word = r"((?:light |pale |dark |pastel |off[- ])?[a-z]+)"
    nouns = "|".join([_PLACE, *(name for name in MATERIALS if name != "plain")])
    for match in re.finditer(
        rf"(?=\b{word}[ -]+(?:{nouns})\b)|(?=\b(?:on|against|over) (?:an? |pure |clean |solid |plain )*{word}\b)", text
    ):
        named = _named((match.group(1) or match.group(2)).replace("-", " "))
        if named is not None:
            return named
    return None


def _named(words: str) -> Colour | None:
    for name in (words, words.split()[-1]):
        if name in _OWN_COLOURS:
            return _OWN_COLOURS[name]
    try:
        return _unit(words.replace(" ", ""))
    except ValueError:
        return None


def _unit(name: str) -> Colour:
    red, green, blue = ImageColor.getrgb(name)[:3]
    return red / 255, green / 255, blue / 255
