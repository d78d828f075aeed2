"""Instructions for models, assembled from sentences: what the person wrote, whole and first, and what goes without saying.

Sentences describe what is to be seen and never what is not, because models tend to draw whatever is named.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.references import Place
from pipelines.errors import PromptTooLong
from pipelines.tasks import FaceReferenceMode

PICTURE_WORDS = (("Flux", "image"), ("QwenImageEdit", "Picture"))
"""How families of models count their references: prefix of the pipeline class to the word before the number.

Qwen-Image-Edit writes "Picture 1: " before each reference by itself (`encode_prompt` of its pipeline).
"""
OTHER_PICTURES = "image"
LETTERS_A_TOKEN = 7
"""Letters of a longer word that one token holds; shorter words are one token. For Qwen's vocabulary, on the safe side."""
TEMPLATE_TOKENS = 24
"""What a chat template adds to the prompt."""
SAME_PRODUCT = "Its cut, colours, prints, texts, logos, material and proportions are exactly those of the product photo."
SAME_PRODUCTS = "Their cuts, colours, prints, texts, logos, materials and proportions are exactly those of the product photos."
NATURAL = "Realistic light, skin and fabric, as from a professional camera."
STUDIO = "Plain light grey studio background with soft, even light."
Subject = Literal["place", "framing", "clothes", "pose", "expression"]
SPOKEN: Mapping[Subject, str] = {
    "place": r"background|backdrop|studio|outdoors?|indoors?|scene|setting|street|room|beach|wall"
    r"|(?:in|on|at|by|near|against|inside|outside|beside|along|through|under|before|behind) (?!(?:her|his|their) )",
    "framing": r"full[ -](?:body|length|figure)|head to toe|portrait|head[ -]and[ -]shoulders|close[ -]?up|upper body|half body"
    r"|bust|waist[ -]up|(?:mid-?)?thigh|knee|three[ -]quarter|cropped|fram(?:ed|ing)|shot",
    "clothes": r"wear(?:s|ing)?|dress(?:ed)?|cloth(?:es|ing)|outfit|shirt|t-shirt|tee|top|blouse|sweater|jacket|coat|suit|skirt"
    r"|jeans|trousers|pants|shorts|leggings|bodysuit|swimsuit|bikini|underwear|lingerie|uniform|robe|sari|kimono|nude|naked|bare",
    "pose": r"standing|stands?|sitting|sits?|seated|walking|walks?|running|jumping|leaning|leans?|lying|kneeling|crouching|pos(?:e|ed|ing)"
    r"|arms?|hands?|turned|looking|profile",
    "expression": r"smil(?:e|es|ing)|laugh(?:s|ing)?|expression|serious|grin(?:ning)?|frown(?:ing)?|gaze|looking|eyes closed|friendly",
}
"""Words by which a prompt says something of a subject, so that the tool's own default for it is left out. Rather too many."""

_PIECES = re.compile(r"[A-Za-z]+|\d|[^\sA-Za-z\d]")
_ENDS = (".", "!", "?", "…", "。", "！", "？")
_CLOSING = "\"'”’)]»"


def picture_word(card: Card) -> str:
    """The word with which the card's family counts references."""
    return next((word for prefix, word in PICTURE_WORDS if card.pipeline.startswith(prefix)), OTHER_PICTURES)


def named(card: Card, place: Place) -> str:
    """A reference as a prompt for this card calls it: `image 2`, or `the left half of image 2`."""
    whole = f"{picture_word(card)} {place.number}"
    return f"the {place.part} of {whole}" if place.part else whole


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def sentence(text: str) -> str:
    """The text as sentences: single spaces, a capital first, one full stop at the end; empty where it says nothing."""
    words = " ".join(text.split())
    words = re.sub(r"(?<!\.)\.(?: ?\.)+(?!\.)", _one_stop, words).rstrip(" ,;:")
    if not words.strip(" .,;:!?…"):
        return ""
    ended = words.rstrip(_CLOSING).endswith(_ENDS)
    return words[0].upper() + words[1:] + ("" if ended else ".")


def _one_stop(dots: re.Match[str]) -> str:
    """An ellipsis stays; any other run of full stops is one."""
    return "..." if dots.group() == "..." else "."


def speaks_of(subject: Subject, text: str) -> bool:
    """Whether the text, in English, says something of the subject; any text in another script may."""
    return bool(re.search(rf"\b(?:{SPOKEN[subject]})(?:s|es)?\b", text, re.IGNORECASE)) or not text.isascii()


def face_sentence(name: str, mode: FaceReferenceMode, whose: str, otherwise: str = "the description") -> str:
    """Identity from the reference called `name`, its expression and view as well, or those of what else is given."""
    if mode == "match_reference":
        return (
            f"{whose} is the person in {name}: same face, hair, skin tone and age, with the same expression, "
            "head angle and gaze; the whole body matches that person."
        )
    return (
        f"{whose} has the identity of the person in {name}: same facial features, hair and skin tone, on a body that matches; "
        f"expression, head angle and gaze follow {otherwise}."
    )


def assembled(card: Card, sentences: Sequence[str], spare: Sequence[str] = ()) -> str:
    """One prompt of `sentences` and then `spare`, of which the last are left out where the card reads no more.

    Raises PromptTooLong where `sentences` alone are more than the card reads.
    """
    room = card.prompt_tokens - TEMPLATE_TOKENS
    needed = list(filter(None, map(sentence, sentences)))
    if tokens(" ".join(needed)) > room:
        raise PromptTooLong(
            f"the prompt has about {tokens(' '.join(needed))} tokens with what the tool adds; {card.title} reads {room}. "
            "Shorten it to a few clear sentences."
        )
    for extra in filter(None, map(sentence, spare)):
        if tokens(" ".join([*needed, extra])) > room:
            break
        needed.append(extra)
    return " ".join(needed)


def tokens(text: str) -> int:
    """About how many tokens the text has; rather too many than too few. The pipeline's tokenizer has the last word."""
    pieces = _PIECES.findall(text)
    return sum(max(1, -(-len(piece) // LETTERS_A_TOKEN)) for piece in pieces)
