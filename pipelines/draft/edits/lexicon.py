"""The words that Edit knows. Each line is a pattern over lower-case text and what it means; earlier lines win where both match."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pipelines.draft.edits.colours import PATTERN as COLOUR
from pipelines.vision.garments.garment import WORDS

Kind = Literal["separator", "keep", "verb", "target", "effect", "colour", "gradient", "surface", "scene", "amount", "number",
               "side", "filler", "beyond"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the lexicon."""

    kind: Kind
    value: str
    pattern: str


def _garments(*categories: str) -> str:
    words = [word for category in categories for word in WORDS[category]]  # type: ignore[index]
    return "|".join(sorted(words, key=len, reverse=True))


_WHO = r"(her|him|them|it|this|the (model|subject|product|person|woman|man|girl|guy|garment))"
_THING = (
    r"(hats?|caps?|beanies?|bags?|handbags?|sunglasses|glasses|necklaces?|earrings?|jewell?ery|rings?|bracelets?|scar(f|ves)|watch(es)?"
    r"|belts?|gloves|ties?|shoes|boots|sneakers|heels|jackets?|coats?|flowers?|dogs?|cats?|chairs?|cars?|plants?|trees?|people"
    r"|umbrellas?|phones?|buttons?|pockets?|zippers?|sleeves|beards?|make-?up|lipstick|freckles|tattoos?|wings)"
)
_MARK = r"(circled|marked|highlighted|scribbled( on| over)?|masked|painted|annotated|drew|selected|outlined|pointed (at|to))"

ENTRIES: tuple[Entry, ...] = (
    Entry("keep", "", r"\b((but )?(keep|leave)|(without|don't|do not|never) (chang|alter|touch|affect)\w*)\b[^,;.]*"),
    Entry("gradient", "", rf"\b(gradient|ombr[eé]|fade|fading)( background| backdrop)? (from |of |between |in )?(?P<a>{COLOUR}) ?(to|and|into|-|→|/) ?(?P<b>{COLOUR})"),
    Entry("gradient", "", rf"\bfrom (?P<a>{COLOUR}) (to|into) (?P<b>{COLOUR})( gradient)?"),
    Entry("gradient", "", rf"(?P<a>{COLOUR}) ?(to|and|into|-|→|/) ?(?P<b>{COLOUR}) gradient"),
    Entry("effect", "black and white", r"\b(black[- ](and|&|n)[- ]white|b ?& ?w|bw|monochrome?|monochromatic|gr[ae]y ?scale)\b"),
    Entry("beyond", "size", r"\b(shorten|lengthen|(make|get) the \w+ (longer|shorter|tighter|looser)|longer|shorter|tighter fit|looser|slim fit)\b( (sleeves?|hem|skirt|dress|legs))?"),
    Entry("beyond", "text", r"\b(add|put|write|print|insert)( \w+){0,3}? (text|caption|title|headline|slogan|logo|words?|price|watermark)\b.*?(?=[,;]|$)"),
    Entry("effect", "add shadow", r"\b(add|cast|give|create|put|with|include)\w*( \w+){0,2}? ?(a )?((soft|hard|natural|realistic|subtle|drop|contact|floor|ground|light|strong) )*shadows?( (under|below|beneath|behind|to|for)( the)?( \w+)?)?"),
    Entry("effect", "remove shadow", r"\b(remov|delet|eras|get rid of|without|no|clean|lift)\w*( the| any| all| that)?( \w+)? ?shadows?( (behind|under|below|from|on|in)( the)?( \w+)?)?"),
    Entry("effect", "denoise", r"\b(de-?nois\w*|(remov|reduc|clean)\w*( up)?( the| some| any)? (noise|grain)|less (noise|noisy|grain|grainy))\b"),
    Entry("effect", "transparent", r"\b((remov|delet|eras|cut out|drop)\w*( the| its)? (background|backdrop)|transparent( background| backdrop)?|no background|cut ?-?out)\b"),
    Entry("beyond", "people", r"\b((another|different|other|new|younger|older|swap( the)?|replace( the)?|change( the)?) (model|person|woman|man|lady|guy)|(make|turn) (her|him|the model) (younger|older|taller|slimmer|thinner|asian|african|blonder)|ethnicity|age|body shape|skin (tone|colou?r))\b"),
    Entry("beyond", "face", r"\b((swap|change|replace|another|different)( the| her| his)? face|face swap|smil\w*|expression|look(ing)? (at|up|down|left|right|away)|open (her|his) eyes|eyes? (closed|open))\b( [\w ]*)?"),
    Entry("beyond", "pose", r"\b((change|different|another|new|relax|adjust)( the| her| his)? poses?|pose|posing|(turn|rotate|face)( \w+)?( the| her| his)? (model|subject|person|head|body|her|him)( \w+)*|tilt the head|sit(ting)?( down)?|stand(ing)?( up)?|walk\w*|jump\w*|danc\w*|lean(ing)? |cross(ed)? (arms|legs)|arms?|hands? (in|on)|profile|three[- ]quarter view|back view|from behind|side view)\b( [\w ]*?(?=[,;]|and|$))?"),
    Entry("beyond", "add", rf"\b(add|put on|give|wear\w*|hold\w*|insert|with|dress)\b( \w+){{0,4}}? {_THING}\b"),
    Entry("beyond", "garment", r"\b(replace|swap|turn|exchange)\w*( the| her| his)? \w+ (with|for|into|by) (a |an )(?!gradient)\w+( \w+)?|\b(add|change) (the )?(pattern|print|stripes|polka dots|neckline|collar|fabric|texture)s?\b"),
    Entry("beyond", "hairstyle", r"\b(longer|shorter|curly|straight|wavy|different|new) hair(style|cut)?|hair ?(style|cut)|ponytail|bun\b|bald"),
    Entry("verb", "place", rf"\b(put|place|set|show|stand|position)s? {_WHO} (on|in|into|onto|against|at|before|in front of|there|here)\b"),
    Entry("effect", "soft light", r"\b(soft(er)?|diffuse[d]?|even(er)?|flat(ter)?|flattering|gentle|natural|studio|softbox|window|day)[- ]?(day)?(light(ing)?|illumination|shadows)\b|\bsoft daylight( studio)? light(ing)?|\bsoft(er)? (daylight )?studio light(ing)?|\bsoftbox\b|\bsoften (the )?(light(ing)?|shadows)"),
    Entry("effect", "golden", r"\b(golden[- ]hour|sun ?(set|rise|down)|golden (light|glow|tones?|sun\w*)|sun-?kissed|magic hour|late afternoon)( light(ing)?| glow| mood| look)?"),
    Entry("effect", "high key", r"\b(high[- ]key|bright and airy|airy|light and airy)( look| light(ing)?| mood)?"),
    Entry("effect", "moody", r"\b(mood(y|ier)|low[- ]key|dark and moody|brooding|noir)( look| light(ing)?| mood| tones?| atmosphere)?"),
    Entry("effect", "dramatic", r"\b(dramatic|side[- ]?lit|side|hard|harsh|directional|rim|rembrandt|chiaroscuro|spot|split|raking)[- ]?(side[- ]?)?(light(ing|s)?|illumination|shadows|look)\b|\bdramatic\b|\bside-?light(ing)?\b|\blight(ing)? (?=from the)|\bchiaroscuro\b"),
    Entry("effect", "sepia", r"\bsepia( tones?)?\b"),
    Entry("effect", "film", r"\b(film|filmic|analogu?e?|vintage|retro|kodak|portra|fuji\w*|35 ?mm|cinematic|faded|grainy|nostalgic)( (film|look|style|grain|tones?|photo\w*|feel|effect))*\b|\badd( some| a little| more)?( film)? grain\b"),
    Entry("effect", "match", r"\b(match|copy|use|apply|adopt|transfer|borrow)\w*( the)? (colou?rs?|tones?|mood|light(ing)?|look|grad(e|ing)|palette|style|atmosphere)( and \w+)? ((of|from|in|as|to|like) )?(the |this |that |my )?(reference|image context|context|second|other)?( image| picture| photo)?"),
    Entry("effect", "saturate", r"\b(more (colou?r(ful)?|saturat\w+|vibran\w+|vivid)|vibrant|saturate[d]?|colou?rful|(increas|boost|rais)\w*( the)? (saturation|vibrance|colou?rs?)|richer( colou?rs?)?|vivid colou?rs?)\b"),
    Entry("effect", "desaturate", r"\b(desaturat\w*|mut(e|ed|ing)(?= (the |colou?r|tone|background))|less (saturat\w+|colou?r(ful)?|vibran\w+)|(decreas|reduc|lower)\w*( the)? (saturation|vibrance|colou?rs?)|washed[- ]out|remove (the )?colou?r)\b"),
    Entry("effect", "less contrast", r"\b((less|lower|reduc\w+|decreas\w+)( the)? contrast\w*|flatter(?! light)|matte look)\b"),
    Entry("effect", "contrast", r"\b((more|increas\w*|higher|high|add|boost|stronger|raise)( the)? contrast\w*|contrast(y|ier)|punch(y|ier)?|pop|contrast)\b"),
    Entry("effect", "blur", r"\b(blur\w*|bokeh|out[- ]of[- ]focus|de-?focus\w*|(shallow|less)( \w+)? depth( of field)?|soft focus)\b"),
    Entry("effect", "sharpen", r"\b(sharpen\w*|sharp(er|ness)?|crisp(er)?|more detail(ed|s)?|clarity|clearer|in focus)\b"),
    Entry("effect", "iron", r"\b(iron(ed|ing)?|(remov|reduc|smooth|get rid of)\w*( out)?( the| all| any)? (wrinkle|crease|fold|crinkle)s?|wrinkle[- ]free|steam(ed)?)\b"),
    Entry("effect", "straighten", r"\b(straighten\w*|level( the)?( horizon)?|fix( the)? (tilt|horizon)|deskew|upright|unt(ilt|wist))\b"),
    Entry("effect", "upside down", r"\b(upside[- ]down|flip(ped)?( \w+)? vertical(ly)?|vertical(ly)? flip(ped)?)\b"),
    Entry("effect", "flip", r"\b(flip\w*|mirror\w*)\b( (horizontally|it|image|left to right|horizontal))*"),
    Entry("effect", "rotate", r"\brotat\w*\b|\bturn(?= (the |this )?(image|picture|photo|it) )|\btilt\w*(?= (the )?(image|picture|photo|camera|it|by))"),
    Entry("effect", "zoom out", r"\b(zoom\w* (it )?out|wider (shot|view|crop|frame|framing)|(more|extra) (space|room|air|margin)( around)?|further (away|back|out)|smaller in (the )?frame|pull(ed)? back|full body)\b( to show( the)?( full body| more)?)?"),
    Entry("effect", "upper body", r"\b(crop\w*|zoom\w*( in)?|close[- ]?up|focus|tight\w*|fram\w*)( \w+){0,3}? (upper[- ]body|waist[- ]up|half[- ]body|torso|chest|bust|top half)\b|\b(upper[- ]body|waist[- ]up|half[- ]body)( (shot|crop|view|portrait|framing))?\b"),
    Entry("effect", "portrait", r"\b(crop\w*|zoom\w*( in)?|close[- ]?up|focus|fram\w*)( \w+){0,3}? (head(shot)?( and shoulders)?|face|portrait)\b|\b(headshot|head and shoulders|portrait crop)\b"),
    Entry("effect", "lower body", r"\b(crop\w*|zoom\w*( in)?|close[- ]?up|focus)( \w+){0,3}? (lower[- ]body|legs|bottom half|waist[- ]down|trousers|jeans|skirt|pants)\b"),
    Entry("effect", "centre", r"\b(re-?)?cent(re|er)(ed)?\b"),
    Entry("effect", "zoom in", r"\b(zoom\w*( it)?( in)?|(closer|tighter)( (shot|view|crop|frame|framing))?|close[- ]?up|crop\w*( in)?( tight(er|ly)?)?|(larger|bigger) in (the )?frame|enlarge)\b"),
    Entry("verb", "remove", r"\b(remov\w+|delet\w+|eras\w+|get rid of|take (away|out|off)|clean( up)?|fill( in)?|heal|retouch|inpaint|hide|clear)\b"),
    Entry("target", "marked", rf"\b((what|which|that|where|whatever)( \w+){{0,2}}? (i|i've|i have|we|was|is|has been)( have| just)? {_MARK}|(the |this |that |these |those )?(objects?|things?|areas?|parts?|regions?|places?|spots?|ones?|stuff|items?|elements?|person|people)? ?(i|that i|that's|that is|i have|i've)? ?{_MARK}( (area|object|part|region|thing|spot|item|place)s?)?|(this|these|that|the) (area|region|part|place|spot)s?|in(side)? the (circle|box|mask|drawing|scribble|arrow)|(the )?(circle|scribble|arrow)\b|right here|here)"),
    Entry("target", "defect", r"\b(logos?|stains?|spots?|dust|scratch(es)?|tags?|labels?|watermarks?|lint|threads?|objects?|things?|blemish(es)?|text|print|pins?|clips?|cables?|wires?|hands?|strings?|reflections?|smudges?|dirt|marks?|holes?|graphics?|hangers?|items?|numbers?|letters?|prints?)\b"),
    Entry("scene", "arch", r"\b(arch(way)?|niche|clay set)\b"),
    Entry("scene", "terrace", r"\b(terrace|hills|dusk sky|balcony)\b"),
    Entry("scene", "brick", r"\b(brick( wall)?|bricks)\b"),
    Entry("scene", "daylight", r"\b((sunlit|sunny|daylight|window[- ]lit|bright) (room|wall|interior)|window[- ]?light on (a|the) wall|room with (a )?window\w*|loft)\b"),
    Entry("surface", "marble", r"\bmarble\b"),
    Entry("surface", "concrete", r"\b(concrete|cement|stone wall)\b"),
    Entry("surface", "wood", r"\b(wood(en)?|oak|walnut|timber|planks?|boards)\b( floor| table| wall)?"),
    Entry("surface", "plaster", r"\b(plaster|stucco|limewash\w*|textured wall)\b"),
    Entry("surface", "linen", r"\b(linen|canvas|fabric)\b(?= (background|backdrop|surface))"),
    Entry("target", "background", r"\b(background|backdrop|back ?ground|bg|surroundings|setting|environment|location|scene(ry)?|behind( the)?( (model|subject|product|her|him|them|it))?)\b"),
    Entry("surface", "studio", r"\b((photo )?studio|seamless( paper)?|infinity (wall|cove)|sweep|cyclorama|cyc)\b"),
    Entry("scene", "context", r"\b((like |from |as )?(in )?(the |this |that |my )?(reference|image context|context image|context|second image|other (image|picture|photo)|attached (image|picture|photo)))( image| picture| photo)?\b"),
    Entry("effect", "warm", r"\b(warm(er|th|ly)?|warm(er)? up|less (blue|cool|cold)|tungsten|candle\w*|cozy|cosy)\b(?= ?(the |up|light|tone|look|mood|feel|glow|colou?r|it|picture|image|photo|white|and|$|,|temperature|atmosphere|skin|overall|\.|a bit|by|background|subject))( up)?"),
    Entry("effect", "cool", r"\b(cool(er)?|cold(er)?|blue-?ish|bluer|less (warm|yellow|orange)|overcast|icy|wintry|winter|moonlit)\b(?= ?(the |down|light|tone|look|mood|feel|glow|colou?r|it|picture|image|photo|white|and|$|,|temperature|atmosphere|skin|overall|\.|a bit|by|background|subject))( down)?"),
    Entry("effect", "darker", r"\b(darker|darken\w*|dimm?(er|ed)?|under-?expos\w+|less bright|(decreas|reduc|lower)\w*( the)? (brightness|exposure))\b"),
    Entry("effect", "brighter", r"\b(brighter|brighten\w*|lighter|lighten\w*|over-?expos\w+|(increas|rais|boost|more)\w*( the)? (brightness|exposure|light)|brightness|expose more)\b(?! (blue|green|red|pink|grey|brown|purple|yellow|beige)\b)"),
    Entry("colour", "", COLOUR),
    Entry("target", "hair", r"\bhair\b"),
    Entry("target", "shoes", rf"\b({_garments('shoes')})s?\b"),
    Entry("target", "dress", rf"\b({_garments('dress')})(es|s)?\b"),
    Entry("target", "lower", rf"\b({_garments('bottom')})s?\b"),
    Entry("target", "upper", rf"\b(t[- ]shirt|{_garments('top', 'outerwear')})s?\b"),
    Entry("target", "clothes", r"\b(outfit|clothes|clothing|garment|look\b(?= (in|navy|red))|suit|apparel|cloth|fabric|product|item)\b"),
    Entry("target", "face", r"\b(face|skin)\b"),
    Entry("target", "subject", r"\b(subject|model|wom[ae]n|m[ae]n|person|girl|boy|guy|lady|her|him|foreground)\b"),
    Entry("target", "picture", r"\b(image|picture|photo(graph)?|everything|overall|whole|shot|light(ing)?|tones?|mood|atmosphere|exposure|it|this|frame|composition|horizon|temperature|white balance)\b"),
    Entry("beyond", "place", r"\b(beach|sea|ocean|street|city|paris|new york|caf[eé]|restaurant|forest|woods|jungle|mountains?|desert|park|garden|office|living room|bedroom|kitchen|gym|pool|snow|meadow|field|lake|rooftop|museum|gallery|train|subway|shop|store|market|bridge|castle|night sky|space|moon|sunny day|brick( wall)?|graffiti|neon|outdoors?|countryside|alley|boutique|runway|catwalk|lobby|hotel)\b"),
    Entry("side", "left", r"\bleft\b"),
    Entry("side", "right", r"\bright\b"),
    Entry("side", "counter", r"\b(counter|anti)-?clockwise\b"),
    Entry("side", "top", r"\b(above|top|overhead)\b"),
    Entry("number", "", r"(?P<n>\d+(?:\.\d+)?) ?(?P<unit>%|percent|°|degrees?|deg|x|times)?"),
    Entry("amount", "0.5", r"\b(slight(ly)?|a (little|bit|touch|tad)|little|subtl[ey]|gently|somewhat|mild(ly)?|lightly)\b"),
    Entry("amount", "1.6", r"\b(very|much|a lot|strong(ly|er)?|really|extreme(ly)?|super|heav(y|ily|ier)|significantly|completely|intense|far)\b"),
    Entry("separator", "", r"[,;.!?\n+&]|\b(and|then|also|plus|with|but|while|afterwards|finally|next|first)\b"),
    Entry("verb", "change", r"\b(make|chang\w+|turn\w*|paint|recolou?r\w*|dye|colou?r|tint|swap|replace|convert|set|switch|need|should be|become|transform)\b"),
    Entry("verb", "add", r"\b(add|give|apply|create|put|use|do|have|get|show|try)\b"),
    Entry("filler", "", r"\b(a|an|the|to|of|in|on|into|onto|at|by|from|for|as|so|that|please|can|could|would|you|i|i'd|we|want|like|my|me|her|his|its|their|is|are|be|more|less|some|same|just|only|nice|beautiful|clean|minimal(ist)?|simple|plain|solid|smooth|realistic|style|look|looking|feel|effect|new|all|out|up|down|colou?red?|colou?rs?|area|there|clockwise|horizontally|against|over|under|through|front|bit|one|s|t|toned?|wall|floor|paper|surface|professional|e-?commerce|catalogu?e|commercial|slightly|not|no|glow|shade|hue|version|edit|effect|very|behind|around|full|match(ing|es)?|direction|side|lit|horizontal|vertical)\b"),
)  # fmt: skip


@cache
def compiled() -> tuple[tuple[Entry, re.Pattern[str]], ...]:
    """Each line with its pattern ready; made at the first prompt."""
    return tuple((each, re.compile(each.pattern)) for each in ENTRIES)
