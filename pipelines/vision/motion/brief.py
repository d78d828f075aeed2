"""What a prompt asks of a clip: camera, wind, light, loop; read word by word, since nothing here understands a sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Move = Literal["static", "in", "out", "left", "right", "up", "down", "orbit", "handheld", "pan"]
Light = Literal["none", "sweep", "flicker"]

_GO = r"(?:pan|tilt|slid|track|truck|mov|dolly|dollies|drift|crane|pedestal|camera|pull|push|zoom|glid|float)\w*"
_NEAR = r"[^,.;]{0,24}?"
_MOVES: Mapping[Move, str] = {
    "static": r"static|locked|lock[- ]off|tripod|cinemagraph|(?:fixed|still) (?:camera|shot|frame)|(?:no|without)(?: any)? camera"
    r"|camera (?:is |stays |remains |holds )?(?:perfectly )?(?:still|fixed)",
    "out": rf"(?:zoom|doll|pull|track|mov){_NEAR}\b(?:out|back|away)|pull-?back|reveal",
    "in": rf"(?:zoom|doll|push|track|mov){_NEAR}\b(?:in|closer|forward|towards?)|zoom(?!\w*{_NEAR}\b(?:out|back|away))|close[- ]?up",
    "left": rf"{_GO}{_NEAR}\bleft",
    "right": rf"{_GO}{_NEAR}\bright",
    "up": rf"(?:tilt|crane|pedestal|ris|pan|mov|camera)\w*{_NEAR}\bup(?:wards?)?",
    "down": rf"(?:tilt|crane|pedestal|lower|pan|mov|camera)\w*{_NEAR}\bdown(?:wards?)?",
    "orbit": r"orbit|arc\b|circl|revolv|rotat|turntable|spin|turn|360",
    "handheld": r"hand-?\s?held|shaky|documentary",
    "pan": r"pan(?:s|ning)?\b|sideways|tracking shot",
}
_SLOW = r"slow|subtl|slight|minimal|barely"
_FAST = r"fast|quick|rapid|dynamic|dramatic|energetic"
_WIND = r"wind|breez|gust|blow|flow|sway|flutter|billow|rippl|swish|waft|fly"
_STRONG = r"strong|heavy|gust|storm|power|fierce"
_GENTLE = r"gentl|light|soft|faint|mild|delicate"
_HAIR = r"hair|curls|locks|ponytail"
_CLOTH = r"fabric|cloth|dress|skirt|hem\b|garment|drape|silk|scarf|sleeve|shirt|gown|coat|robe"
_SWEEP = (
    r"sun(?!glass|flower)|glow|glint|shimmer|sparkl|gleam|lighting|daylight|golden (?:hour|light|glow)"
    r"|light(?:s)? (?:pass|sweep|mov|shift|chang|play|travel|slid|slowly|gently|danc|across|beam|leak|ray|com)"
    r"|(?:warm|soft|studio|window|moving|shifting|passing|changing) light(?! (?:breez|wind))"
)
_FLICKER = r"flicker|candle|neon|strob|firelight"
_WARM = r"gold|sun|warm|candle|fire"
_LOOP = r"loop|seamless|boomerang|cinemagraph"
_ACTING = r"walk|runs?\b|running|danc|jump|smil|laugh|blink|rais|touch|wav(?:e|es|ing)\b|sits?\b|nod|look|twirl|turn|spin|pos(?:e|es|ing)\b|speak|talk"


@dataclass(frozen=True, slots=True)
class Brief:
    """What is to move, and how much; amounts are factors of what is usual, 1."""

    moves: frozenset[Move] = frozenset()
    """Empty: nothing was asked, so the camera is ours to choose."""
    pace: float = 1.0
    wind: float = 0.0
    """0 where none was asked for: then cloth and hair move a little by themselves."""
    hair: float = 1.0
    cloth: float = 1.0
    light: Light = "none"
    warm: bool = False
    loop: bool = False
    understood: bool = True
    """Whether any word of the prompt was; True for an empty one."""
    acting: bool = False
    """Whether somebody is asked to do something, which nothing here can make happen."""


def read_brief(prompt: str) -> Brief:
    """The brief of a prompt in English; an empty one asks for nothing."""
    text = " ".join(prompt.lower().split())
    moves = _moves(text)
    blows, hair, cloth = (_has(text, each) for each in (_WIND, _HAIR, _CLOTH))
    light = _light(text)
    loop, acting = _has(text, _LOOP), _has(text, _ACTING)
    only_hair, only_cloth = hair and not cloth, cloth and not hair
    return Brief(
        moves=moves,
        pace=0.6 if _has(text, _SLOW) else 1.6 if _has(text, _FAST) else 1.0,
        wind=_wind(text) if blows else 0.0,
        hair=1.5 if only_hair else 0.4 if only_cloth else 1.0,
        cloth=1.5 if only_cloth else 0.3 if only_hair else 1.0,
        light=light,
        warm=_has(text, _WARM),
        loop=loop,
        understood=not text or bool(moves) or blows or hair or cloth or light != "none" or loop,
        acting=acting,
    )


def _has(text: str, pattern: str) -> bool:
    return re.search(rf"\b(?:{pattern})", text) is not None


def _moves(text: str) -> frozenset[Move]:
    found = {move for move, pattern in _MOVES.items() if _has(text, pattern)}
    if "static" in found:
        return frozenset({"static"})
    if "out" in found:
        found.discard("in")
    if found & {"left", "right", "up", "down"}:
        found.discard("pan")
    return frozenset(found)


def _wind(text: str) -> float:
    if _has(text, _STRONG):
        return 2.0
    return 0.8 if _has(text, _GENTLE) or _has(text, r"breez") else 1.2


def _light(text: str) -> Light:
    if _has(text, _FLICKER):
        return "flicker"
    return "sweep" if _has(text, _SWEEP) else "none"
