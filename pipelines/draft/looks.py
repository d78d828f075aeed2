"""What a prompt says of a person's looks: face, hair, expression, angle, clothes and place, in the words of fashion briefs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

import numpy as np

from pipelines.draft.casting import COLOURS, SEXES, first
from pipelines.vision.rendering import palette
from pipelines.vision.rendering.figure import Framing, Sex
from pipelines.vision.rendering.likeness import (
    Angle,
    Beard,
    Expression,
    Face,
    Glasses,
    Hairdo,
    Shape,
    Style,
    Texture,
    drawn,
    greying,
)
from pipelines.vision.rendering.palette import Colour, mixed
from pipelines.vision.rendering.textile import Pattern, Textile
from pipelines.vision.rendering.wear import GarmentSpec, Kind

Setting = Literal["daylight", "arch", "terrace", "concrete", "plaster", "brick"]

AGES: Mapping[str, float] = {
    r"toddler|young child|little (girl|boy)|kid": 8, r"older child|child(ren)?|preteen": 11, r"teen(ager|age|aged)?": 16,
    r"young adult|college[- ]age|youthful|young": 23, r"middle[- ]aged?|mature": 50, r"older adult|older (wom[ae]n|m[ae]n)": 65,
    r"senior|elderly|old(er)?": 72, r"adult": 31,
}  # fmt: skip
_TENS = {
    "teens": 16,
    "twenties": 25,
    "thirties": 35,
    "forties": 45,
    "fifties": 55,
    "sixties": 65,
    "seventies": 75,
    "eighties": 82,
}
_PART = {"early": -3.0, "mid": 0.0, "late": 3.0}
SKINS: Mapping[str, str] = {
    "porcelain": r"porcelain|alabaster|very (fair|pale|light)", "espresso": r"espresso|very dark|ebony|darkest",
    "deep": r"deep( brown)?|dark( brown)?|black", "caramel": r"caramel|medium brown|golden brown|honey", "tan": r"tan(ned)?|bronzed?|light brown",
    "olive": r"(light )?olive|medium", "beige": r"beige|light medium|golden|wheatish", "brown": r"brown",
    "fair": r"fair|pale|ivory|rosy", "light": r"light|white",
}  # fmt: skip
_SKIN_END = r"(?:[- ](?:warm|cool|neutral|smooth|glowing|clear|natural|even))*[- ](?:skin(?:ned|tone)?|complexion|tone)"
REGIONS: Mapping[str, str] = {
    "northern": r"scandinavian|swedish|norwegian|danish|finnish|icelandic|nordic|northern european|irish|scottish|dutch",
    "southeast asian": r"thai|vietnamese|filipin[oa]|indonesian|malay(sian)?|cambodian|southeast asian",
    "south asian": r"south asian|indian|pakistani|bangladeshi|sri lankan|nepal(i|ese)",
    "east asian": r"east asian|chinese|japanese|korean|mongolian|taiwanese|asian",
    "mediterranean": r"mediterranean|italian|spanish|greek|portuguese|southern european",
    "middle eastern": r"middle eastern|turkish|arab(ic)?|persian|iranian|lebanese|israeli|egyptian|moroccan|north african",
    "latin": r"latin[oax]?|latin american|hispanic|mexican|brazilian|colombian|argentin(e|ian)|cuban",
    "african": r"african[- ]american|afro[- ]american|african|kenyan|nigerian|sudanese|ethiopian|ghanaian|senegalese|somali|black (?=wom[ae]n|m[ae]n|model|person|girl|boy|lady|guy|male|female)|caribbean|jamaican",
    "european": r"european|german|french|british|english|polish|russian|ukrainian|american|caucasian|white (?=wom[ae]n|m[ae]n|model|person|girl|boy|lady|guy|male|female)",
}  # fmt: skip
HAIR_COLOURS: Mapping[str, str] = {
    "platinum": r"platinum( blonde?)?|ash blonde?|light blonde?", "strawberry": r"strawberry( blonde?)?",
    "honey": r"honey( blonde?| brown)?|dark blonde?|dirty blonde?|light brown|caramel|golden brown", "blond": r"(golden )?blonde?",
    "auburn": r"auburn|mahogany|burgundy", "red": r"red(head(ed)?)?|ginger|copper", "chestnut": r"chestnut|medium brown|warm brown",
    "dark brown": r"dark brown|brunette|espresso|dark", "brown": r"brown", "black": r"(jet )?black|raven",
    "silver": r"silver|salt[- ]and[- ]pepper", "grey": r"gr[ae]y|graying|greying", "white": r"white",
}  # fmt: skip
_HAIR = r"(?:hair(?:ed)?|bob|lob|pixie|buns?|ponytail|curls|waves|afro|coils|crop|fringe|bangs|buzz ?cut|locks|chignon|topknot|braids?|updo|fade)"
EYES: Mapping[str, str] = {
    "dark brown": r"dark( brown)?|black", "hazel": r"hazel", "amber": r"amber|golden", "blue": r"(light |deep |bright )?blue",
    "green": r"(light |deep |bright )?green", "grey": r"gr[ae]y", "brown": r"(warm |light )?brown",
}  # fmt: skip
_STYLES: Mapping[Style, str] = {
    "bald": r"bald|shaved head|clean[- ]shaven head|no hair|hairless", "buzz": r"buzz ?cut|buzzed|shaved sides|crew cut",
    "afro": r"afro(?![- ]american)|natural hair", "pixie": r"pixie",
    "low bun": r"low bun|chignon|bun at the nape|low (pony ?tail|knot)", "bun": r"(top|high|messy|sleek|tight)? ?buns?|top ?knot|up ?do|hair up",
    "ponytail": r"pony ?tail", "quiff": r"quiff|pompadour|undercut|fade", "slicked": r"slick(ed)?([- ]back)?|combed back|swept back|pulled back",
    "side part": r"side[- ]part(ed|ing)?|parted (on|to) the side", "bob": r"bob|chin[- ]length", "lob": r"lob|shoulder[- ]length|medium[- ]length",
}  # fmt: skip
_TEXTURES: Mapping[Texture, str] = {
    "coily": r"coil(y|s)|kinky|4c", "curly": r"curl(y|s)|ringlets", "wavy": r"wav(y|es)|tousled|beachy", "straight": r"straight|sleek",
}  # fmt: skip
_BEARDS: Mapping[Beard, str] = {
    "none": r"clean[- ]shaven|no beard|beardless|without (a )?beard", "stubble": r"stubble|five o'?clock|unshaven|scruff",
    "moustache": r"mou?stache", "full": r"(full|long|thick|bushy|big) beard", "short": r"(short|trimmed|neat|light|groomed)? ?beard(ed)?|goatee",
}  # fmt: skip
_GLASSES: Mapping[Glasses, str] = {
    "sun": r"sun ?glasses|shades", "round": r"round(ed)? (\w+ )?(glasses|spectacles|frames)",
    "square": r"(eye)?glasses|spectacles|bespectacled|eyewear",
}  # fmt: skip
_SHAPES: Mapping[Shape, str] = {
    "round": r"round(ed)? face|full face|chubby|round cheeks", "square": r"square (face|jaw)|angular face|strong jaw(line)?|chiseled|chiselled",
    "heart": r"heart[- ]shaped?( face)?|pointed chin|delicate (chin|face)", "long": r"(long|oblong|narrow|slender) face", "oval": r"oval( face|[- ]shaped)?",
}  # fmt: skip
_TRAITS: tuple[tuple[str, str, float], ...] = (
    (r"(strong|defined|sharp|wide|prominent) jaw(line)?", "jaw", 1.07), (r"(soft|delicate|narrow) jaw(line)?", "jaw", 0.94),
    (r"(high|sharp|defined|prominent) cheek ?bones", "cheekbones", 1.9), (r"(full|plump|big) lips", "lips", 1.30),
    (r"thin lips", "lips", 0.74), (r"(wide|broad|big|large) nose", "nose_width", 1.22), (r"(narrow|slim|thin|small|button) nose", "nose_width", 0.84),
    (r"long nose", "nose_length", 1.14), (r"(short|button|small) nose", "nose_length", 0.90), (r"(thick|bold|bushy|full|strong) (eye)?brows", "brow_weight", 1.45),
    (r"thin (eye)?brows", "brow_weight", 0.70), (r"arched (eye)?brows", "brow_arch", 1.9), (r"(straight|flat) (eye)?brows", "brow_arch", 0.3),
    (r"(big|large|wide)( \w+)? eyes", "eye_size", 1.12), (r"(small|deep[- ]set)( \w+)? eyes", "eye_size", 0.90),
    (r"(almond|cat)([- ]shaped)?( \w+)? eyes", "eye_tilt", 9.0), (r"(round|doe)( \w+)? eyes", "eye_opening", 1.16),
    (r"(narrow|hooded|monolid)( \w+)? eyes", "eye_opening", 0.84), (r"wide[- ]set( \w+)? eyes", "eye_spacing", 1.07),
    (r"close[- ]set( \w+)? eyes", "eye_spacing", 0.94), (r"wide (mouth|smile)", "mouth_width", 1.10), (r"small mouth", "mouth_width", 0.92),
)  # fmt: skip
"""Words, the field of `Face` that they set, and to what."""
_EXPRESSIONS: tuple[tuple[str, Expression], ...] = (
    (r"laugh(ing|s)?|big smile|broad smile|grin(ning)?|beaming|toothy|wide smile|joyful", Expression(0.95, 0.75, 0.15)),
    (r"(slight|soft|subtle|gentle|faint|small|closed[- ]mouth|hint of a) (\w+ )?smile|half[- ]smile", Expression(0.42)),
    (r"smil(e|ing|es)(?! lines)|happy|cheerful|friendly|warm expression|approachable|welcoming", Expression(0.66, 0.0, 0.08)),
    (r"serious|earnest|stern|fierce|intense|focused|determined|editorial", Expression(-0.30, 0.0, -0.45, 0.94)),
    (r"sad|melanchol(y|ic)|pensive|thoughtful", Expression(-0.45, 0.0, 0.25, 0.90, 0.25)),
    (r"surprised|astonished|amazed", Expression(0.0, 0.45, 1.0, 1.14)),
    (r"eyes closed|closed eyes|asleep|sleeping|serene", Expression(0.25, 0.0, 0.1, 0.0)),
    (r"sultry|dreamy|sleepy|relaxed eyes", Expression(0.12, 0.0, 0.0, 0.78)),
    (r"confident|composed|poised", Expression(0.20, 0.0, -0.12, 0.97)),
    (r"neutral|calm|natural expression|relaxed|soft expression", Expression(0.10)),
)  # fmt: skip
SETTINGS: Mapping[Setting, str] = {
    "concrete": r"concrete|cement|brutalist", "brick": r"bricks?|industrial", "plaster": r"(plaster|stucco|limewash(ed)?) (wall|background|backdrop)",
    "terrace": r"terrace|outdoors?|outside|sunset|dusk|golden hour|hills?|mountains?|landscape|balcony|rooftop|nature|park|garden|beach",
    "arch": r"arch(es|way)?|clay set|adobe|niche|villa|desert",
    "daylight": r"window|living room|bedroom|interior|loft|apartment|indoors?|room|gallery|home|house|cafe|café|hotel|kitchen|office",
}  # fmt: skip
_CLOTHES: Mapping[Kind, str] = {
    "dress": r"dress|gown|jumpsuit", "jacket": r"jacket|blazer|coat|suit|tuxedo|cardigan|trench", "sweater": r"sweater|jumper|knit(wear)?|hoodie|sweatshirt|pullover|turtleneck|long[- ]sleeved? (t-?shirt|tee|top)",
    "tank": r"tank( top)?|camisole|vest|sleeveless top|singlet", "t-shirt": r"t-? ?shirts?|tee|crew ?neck", "shirt": r"(button[- ](down|up) )?shirt|blouse|oxford",
    "skirt": r"skirt", "shorts": r"shorts", "trousers": r"trousers|pants|jeans|chinos|leggings|slacks|joggers|denims?",
}  # fmt: skip
_PATTERNS: Mapping[Pattern, str] = {
    "stripes": r"strip(ed?|es|y)", "check": r"check(ed|ered)?|plaid|tartan|gingham", "dots": r"dotted|polka[- ]dots?|spotted", "floral": r"floral|flower(ed|y)?",
    "knit": r"knit(ted)?|cable|ribbed|wool(len)?|chunky",
}  # fmt: skip
CLOTH_COLOURS: Mapping[str, Colour] = {
    **COLOURS, "dark blue": (0.16, 0.21, 0.34), "charcoal": (0.22, 0.225, 0.235), "burgundy": (0.38, 0.12, 0.17), "khaki": (0.62, 0.56, 0.43),
    "camel": (0.72, 0.55, 0.37), "ivory": (0.95, 0.93, 0.87), "dark green": (0.14, 0.27, 0.21), "gold": (0.80, 0.64, 0.32),
    "silver": (0.77, 0.775, 0.78), "denim": (0.26, 0.35, 0.50), "tan": (0.70, 0.55, 0.40), "rust": (0.62, 0.31, 0.19),
    "green": (0.24, 0.42, 0.31), "blue": (0.26, 0.42, 0.64), "grey": (0.60, 0.60, 0.61), "red": (0.70, 0.15, 0.15),
}  # fmt: skip
"""sRGB of cloth: where paper of a name is paler, cloth has its own."""
_NOT_DRAWN = (
    r"earrings?|necklaces?|jewel(le)?ry|bracelets?|watch(es)?|tattoos?|scars?|piercings?|braids?|cornrows|dreadlocks|headscarf|hijab|turban|hats?|caps?|beanie"
    r"|headphones|scarf|gloves|hand ?bags?|bags?|belt|tie|umbrella|dogs?|cats?|horses?|cars?|bicycle|bike|chair|sofa|armchair|couch|street|city|sidewalk"
    r"|skyline|forest|snow|flowers? in|wings|mask|sitting|seated|kneeling|lying|running|jumping|dancing|back view|from behind|gap between"
)


@dataclass(frozen=True, slots=True)
class Shoot:
    """What the words fix of clothes, place and light; empty and None are free."""

    garments: tuple[GarmentSpec, ...] = ()
    """Under before over."""
    shoes: Colour | None = None
    setting: Setting | None = None
    key_x: float | None = None
    """Where the light comes from: negative is the left of the picture."""
    unread: tuple[str, ...] = ()
    """Things that are asked for and can't be drawn."""


@dataclass(frozen=True, slots=True)
class Looks:
    """A person as described; `person` has the seed's own where nothing is said."""

    person: Face
    expression: Expression = field(default_factory=Expression)
    angle: Angle = field(default_factory=Angle)
    says: frozenset[str] = frozenset()
    """Which of skin, hair colour, hair, age, expression, angle the words fix."""


def plain(prompt: str) -> str:
    """A prompt in lower case and one spelling."""
    return re.sub(r"\s+", " ", prompt.lower().replace("gray", "grey").replace("’", "'").replace("_", " ")).strip()


def looks_of(prompt: str, seed: int, usual: Sex | None = None) -> Looks:
    """The person in a prompt; words that aren't known are passed over."""
    text = plain(prompt)
    sex, age = first(SEXES, text) or usual, age_of(text)
    face = drawn(seed, sex, age)
    says = {"age"} if age is not None else set()
    face = _coloured(face, text, seed, says)
    face = replace(face, hairdo=_hairdo(face, text, says))
    beard = first(_BEARDS, text)
    face = replace(
        face, beard=beard or (face.beard if face.age >= 19 else "none"), glasses=first(_GLASSES, text) or "none",
        freckles=_freckles(text), makeup=_makeup(face, text), shape=first(_SHAPES, text) or face.shape,
    )  # fmt: skip
    for words, name, value in _TRAITS:
        if _has(words, text):
            face = replace(face, **cast(Any, {name: value}))
    expression = next((each for words, each in _EXPRESSIONS if _has(words, text)), None)
    angle = _angle(text)
    says |= ({"expression"} if expression else set()) | ({"angle"} if angle != Angle() else set())
    return Looks(face, replace(expression or Expression(), gaze=_gaze(text)), angle, frozenset(says))


def _has(words: str, text: str) -> bool:
    return re.search(rf"\b(?:{words})\b", text) is not None


def age_of(text: str) -> float | None:
    """Years that the words say, by number, decade or stage of life."""
    number = re.search(r"\b(\d{1,2})[- ]?(?:years?[- ]?old|yo\b|y/o)|\baged? (\d{1,2})\b", text)
    if number:
        return float(np.clip(int(number.group(1) or number.group(2)), 6, 90))
    decade = re.search(r"\b(early|mid|late)?[- ]?(\d0)'?s\b|\b(early|mid|late)?[- ]?(" + "|".join(_TENS) + r")\b", text)
    if decade:
        middle = int(decade.group(2)) + 5 if decade.group(2) else _TENS[decade.group(4)]
        return middle + _PART.get(decade.group(1) or decade.group(3) or "mid", 0.0)
    return next((years for words, years in AGES.items() if _has(words, text)), None)


_FAIR_HAIR = re.compile(r"\b(?:blonde?|platinum|ginger|redhead|strawberry|red hair)\b")


def _coloured(face: Face, text: str, seed: int, says: set[str]) -> Face:
    """Skin, eyes and hair's own colour from where somebody is from, then from what is said of each."""
    region = first(REGIONS, text)
    if region is not None:
        numbers = np.random.default_rng([seed, 12]).random(2)
        own = palette.complexion_of(region, float(numbers[0]), float(numbers[1]))
        face = replace(face, skin=own.skin, eyes=own.eyes, hairdo=replace(face.hairdo, colour=own.hair))
        says.add("skin")
    elif _FAIR_HAIR.search(text) is not None:
        face = replace(face, skin=palette.SKINS["fair"], eyes=palette.EYES["blue" if seed % 2 else "green"])
    skin = next((tone for tone, words in SKINS.items() if re.search(rf"\b(?:{words}){_SKIN_END}", text)), None)
    if skin is not None:
        says.add("skin")
        face = replace(face, skin=palette.SKINS[skin])
        if region is None and palette.luminance(face.skin) < 0.5 < palette.luminance(face.hairdo.colour) + 0.22:
            face = replace(face, eyes=palette.EYES["dark brown"], hairdo=replace(face.hairdo, colour=palette.HAIRS["black"]))
    warmth = float(_has(r"warm (\w+ )?(under)?tones?|warm (\w+ )?skin", text)) - float(
        _has(r"cool (under)?tones?|cool skin", text)
    )
    face = replace(face, skin=mixed(face.skin, (0.93, 0.62, 0.38) if warmth > 0 else (0.85, 0.70, 0.72), 0.07 * abs(warmth)))
    eyes = next(
        (tone for tone, words in EYES.items() if re.search(rf"\b(?:{words})( almond| round| large| big)?[- ]eye[sd]", text)), None
    )
    return replace(face, eyes=palette.EYES[eyes]) if eyes else face


def _hairdo(face: Face, text: str, says: set[str]) -> Hairdo:
    hairdo = replace(face.hairdo, grey=greying(face.age))
    colour = next(
        (tone for tone, words in HAIR_COLOURS.items() if re.search(rf"\b(?:{words})(?:,?[- ](?!skin|eye|complexion|with|beard)[a-z-]+){{0,3}}[- ]{_HAIR}\b|\bhair (?:is |in |dyed )?(?:{words})\b", text)),
        None,
    )  # fmt: skip
    colour = colour or next(
        (tone for tone, words in HAIR_COLOURS.items() if re.search(rf"\b(?:{words}) (?:beard|stubble|mou?stache)", text)), None
    )
    colour = colour or (
        "dark brown"
        if _has("brunette", text)
        else "blond"
        if _has("blondes?", text)
        else "red"
        if _has("redhead(ed)?|ginger", text)
        else None
    )
    if colour is not None:
        says.add("hair colour")
        hairdo = replace(hairdo, colour=palette.HAIRS[colour], grey=0.0)
    if _has(r"salt[- ]and[- ]pepper|some grey|greying|streaks of grey|touch of grey", text):
        hairdo = replace(
            hairdo, colour=palette.HAIRS["dark brown"] if colour in ("silver", "grey", None) else hairdo.colour, grey=0.5
        )
    texture = _texture(text)
    style = first(_STYLES, text) or _by_length(face.sex, text, texture)
    if style is not None or texture is not None:
        says.add("hair")
    hairdo = replace(hairdo, style=style or hairdo.style, texture=texture or ("straight" if style in ("lob", "long") else "own"))
    fringe = _has(r"bangs|fringe", text)
    parting = (
        0.0
        if _has(r"(middle|center|centre)[- ]part(ed|ing)?", text)
        else 0.85
        if _has(r"side[- ]part(ed|ing)?", text)
        else hairdo.parting
    )
    return replace(hairdo, fringe=fringe or (hairdo.fringe and style is None), parting=parting)


_NOUNS: Mapping[Texture, str] = {"coily": "coils", "curly": "curls|ringlets", "wavy": "waves"}


def _texture(text: str) -> Texture | None:
    for texture, words in _TEXTURES.items():
        if re.search(rf"\b(?:{words})(?:[ ,-]+[a-z-]+){{0,3}}[ -]{_HAIR}\b", text) or _has(_NOUNS.get(texture, "(?!)"), text):
            return texture
    return None


def _by_length(sex: Sex, text: str, texture: Texture | None) -> Style | None:
    """The style of hair whose length is all that is said."""
    long = re.search(rf"\b(?:long|waist[- ]length|flowing)\b(?:[, ]+[a-z-]+){{0,3}} {_HAIR}\b", text)
    short = re.search(rf"\b(?:short|cropped|close[- ]cropped)\b(?:[, ]+[a-z-]+){{0,3}} {_HAIR}\b", text)
    hanging: Mapping[Texture, Style] = {"curly": "curly", "wavy": "wavy", "coily": "coily"}
    if long:
        return hanging.get(texture or "own", "long")
    if short:
        return "crop" if sex == "man" else "afro" if texture == "coily" else "bob" if texture in ("wavy", "curly") else "pixie"
    return None if sex == "man" or texture is None else hanging.get(texture)


def _freckles(text: str) -> float:
    if not _has(r"freckl(es|ed|y)", text):
        return 0.0
    return 0.5 if _has(r"(light|soft|faint|few|subtle|some) freckles", text) else 1.0


def _makeup(face: Face, text: str) -> float:
    if _has(r"no make ?-?up|bare[- ]?faced?|without make ?-?up|fresh[- ]faced", text):
        return 0.0
    if _has(r"(bold|dramatic|strong|glam(orous)?|evening|heavy) (\w+ )?make ?-?up|red lip(s|stick)?|smok(e)?y eyes?", text):
        return 1.0
    return 0.42 if _has(r"make ?-?up", text) else face.makeup if face.age > 15 else 0.0


def _angle(text: str) -> Angle:
    """Three-quarter and profile views, up, down and leaning; to the right of the picture where no side is said."""
    side = (
        -1.0
        if _has(r"(facing|turned|turn(s|ing)?|looking|looks?|to) (slightly |to )?(the |her |his |their )?left", text)
        else 1.0
    )
    yaw = 0.0
    if _has(r"profile|side view|from the side", text):
        yaw = 84.0
    elif re.search(r"(three|3)[- /]?(quarters?|4)[- ](view|angle|profile|turn|face|portrait|pose)(?! from)", text):
        yaw = 34.0
    elif _has(
        r"(turned|facing|looking|looks?|turn) (slightly )?(to (the |her |his |their )?)?(left|right|side|away|aside)|head turned",
        text,
    ):
        yaw = 22.0
    pitch = 15.0 * _has(r"look(ing|s)? up|chin (up|raised)|from below|low angle", text) - 15.0 * _has(
        r"look(ing|s)? down|chin down|from above|high angle", text
    )
    return Angle(side * yaw, pitch, 7.0 * side * _has(r"(head )?tilt(ed|s)?|tilting", text))


def _gaze(text: str) -> float:
    if _has(r"look(ing|s)? (away|aside|off[- ]camera|into the distance)|averted", text):
        return 0.9
    return 0.0


def shoot_of(prompt: str) -> Shoot:
    """Clothes, place and light in a prompt."""
    text = plain(prompt)
    left, right = (
        _has(rf"(light|lit|sun|sunlight|window|key) (\w+ ){{0,3}}(from|on) (the )?{side}", text) for side in ("left", "right")
    )
    unread = dict.fromkeys(found.group(0).strip() for found in re.finditer(rf"\b(?:{_NOT_DRAWN})\b", text))
    return Shoot(_garments(text), _shoes(text), first(SETTINGS, text), -0.75 if left else 0.75 if right else None, tuple(unread))


FRAMINGS: Mapping[Framing, str] = {
    "full_body": r"full[- ](body|length|figure)|head[- ]to[- ]toe|whole body|entire body",
    "three_quarter": r"mid[- ]thigh|three[- ]quarters? (length|shot|framing|framed)|3/4 (length|shot)|knee[- ](up|high|length shot)|knees up|cowboy shot|american shot",
    "upper_body": r"upper[- ]body|half[- ](body|length)|waist[- ]up|medium shot|bust shot",
    "portrait": r"head[- ]?shot|head[- ]and[- ]shoulders|portrait|close[- ]?up|beauty shot",
}  # fmt: skip


def framing_of(text: str) -> Framing | None:
    """The framing that the words of a plain text fix; a portrait from the waist up is no headshot."""
    return first(FRAMINGS, text)


def about_light(prompt: str) -> str:
    """A prompt without the words for a person's warmth, tones and makeup, which say nothing about the light."""
    person = r"skin|complexion|tones?|undertones?|smile|expression|makeup|make-up|hair|eyes|lips?|blonde?|look|knit|sweater|coat"
    return re.sub(rf"\b(warm|cool|golden|soft|dramatic|even|moody)(?=(?: [a-z-]+){{0,3}} (?:{person})\b)", "", plain(prompt))


_COLOUR_WORDS = "|".join(sorted(CLOTH_COLOURS, key=len, reverse=True))


def _colour_before(words: str, text: str) -> Colour | None:
    """The colour that is said of a thing: the last one before it in its own part of the sentence."""
    for thing in re.finditer(rf"\b(?:{words})\b", text):
        own = re.split(r"[,.;]| and | with | in ", text[: thing.start()])[-1]
        colours = re.findall(rf"\b({_COLOUR_WORDS})\b(?! skin| hair| eyes)", own)
        if colours:
            return CLOTH_COLOURS[colours[-1]]
    return None


def _shoes(text: str) -> Colour | None:
    words = r"shoes|sneakers|trainers|boots|loafers|heels|sandals|footwear|pumps|flats"
    if _has(r"bare ?foot|bare feet", text):
        return None
    return _colour_before(words, text)


def _garments(text: str) -> tuple[GarmentSpec, ...]:
    found = [kind for kind, words in _CLOTHES.items() if _has(words, text)]
    if "t-shirt" in found and "shirt" in found and not re.search(r"(?<!t-)(?<!t )\bshirt", text):
        found.remove("shirt")
    if "dress" in found and not _has(r"(?<!dress )(dress|gown|jumpsuit)(?! shirt)", text):
        found.remove("dress")
    order: tuple[Kind, ...] = ("trousers", "shorts", "skirt", "t-shirt", "tank", "shirt", "sweater", "dress", "jacket")
    made = [_garment(kind, text) for kind in order if kind in found]
    if _has(r"suit|tuxedo", text) and not {"trousers", "shorts", "skirt", "dress"} & set(found):
        made.insert(0, replace(_garment("jacket", text), kind="trousers"))
        made[1:1] = (
            [] if {"t-shirt", "tank", "shirt", "sweater"} & set(found) else [GarmentSpec("shirt", Textile((0.93, 0.93, 0.92)))]
        )
    return tuple(made)


def _garment(kind: Kind, text: str) -> GarmentSpec:
    words = _CLOTHES[kind]
    jeans = kind == "trousers" and _has(r"jeans|denims?", text)
    usual: Mapping[str, Colour] = {"trousers": (0.30, 0.31, 0.33), "shirt": (0.93, 0.93, 0.92), "dress": (0.24, 0.27, 0.33)}
    colour = _colour_before(words, text) or (CLOTH_COLOURS["denim"] if jeans else usual.get(kind, (0.90, 0.89, 0.87)))
    near = re.search(rf"((?:[a-z-]+,? ){{0,3}})(?:{words})\b", text)
    pattern = first(_PATTERNS, near.group(1)) if near else None
    accent = (0.94, 0.93, 0.90) if palette.luminance(colour) < 0.5 else (0.22, 0.26, 0.36)
    pattern = pattern or ("denim" if jeans else "knit" if kind == "sweater" and _has("knit(ted|wear)?", text) else "plain")
    ease = (
        0.008
        if near and _has(r"oversized|loose|baggy|wide[- ]leg|relaxed[- ]fit", near.group(1))
        else -0.002
        if near and _has(r"fitted|slim|tight|skinny", near.group(1))
        else 0.0
    )
    return GarmentSpec(kind, Textile(colour, mixed(colour, (0.75, 0.80, 0.86), 0.6) if jeans else accent, pattern), ease)
