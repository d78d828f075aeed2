"""StreetTryOn: people in the street from DeepFashion2 who are to wear what others wear, or garments of VITON-HD. Cui et al. 2024.

Expected below the path, as its page describes: `annotations` with lists such as `street2street_test_pairs_top.csv`,
`validation/image`, and, for pairs with a shop's garment or a model, VITON-HD as `zalando/test` beside it. The garment's region
comes from label maps in ATR's list in one of `SEGMENTS`, where there is one. Nobody was photographed twice, so there are no targets.
"""

import csv
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from eval.errors import BadSuite
from eval.suites.case import Card
from eval.suites.datasets.pairs import Asked, Pair, Pairs, around, folder_of, version_of
from eval.suites.pictures import bytes_at, labels_at, picture_at, truth_of

LIST = re.compile(r"(street|model|shop)2(street|model)_test_pairs(?:_(\w+))?\.csv")
SEGMENTS = ("segm", "atr", "segmentation", "parsing")
"""Folders beside `validation/image` in which label maps may lie."""
LABELS = {"top": (4,), "dress": (7,)}
"""What is exchanged, in ATR's list; in lists that don't say it, both."""
LICENCE = "annotations for research; pictures under the terms of DeepFashion2 and VITON-HD, non-commercial"
CITATION = (
    "Cui, Mahajan, Shah, Gomathinayagam, Liu, Lazebnik: Street TryOn: Learning In-the-Wild Virtual Try-On from Unpaired Person "
    "Images, arXiv 2311.16094"
)
PAGE = "https://github.com/cuiaiyu/street-tryon-benchmark"


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the pictures of each world lie."""

    root: Path

    def picture(self, world: str, name: str) -> Path:
        """Of somebody in the street, a shop's garment or a model."""
        if world == "street":
            return self.root / "validation" / "image" / name
        zalando = next((each for each in (self.root.parent, self.root) if (each / "zalando").is_dir()), self.root.parent)
        return zalando / "zalando" / "test" / ("cloth" if world == "shop" else "image") / name

    def labels(self, name: str) -> Path | None:
        """The label map of somebody in the street."""
        places = [self.root / "validation" / each / Path(name).with_suffix(".png") for each in SEGMENTS]
        return next((each for each in places if each.is_file()), None)


def unpaired(path: str) -> Pairs:
    """All lists there are, in order of their names; the kind is the list's: `street2street top`."""
    root = folder_of(path, "StreetTryOn", ("annotations", "validation/image"), (".", "street_tryon"))
    layout = _Layout(root)
    lists = [each for each in sorted((root / "annotations").glob("*.csv")) if LIST.fullmatch(each.name)]
    pairs = [pair for each in lists for pair in _listed(each)]
    if not pairs:
        raise BadSuite(f"{root / 'annotations'} has no list such as street2street_test_pairs_top.csv with pairs in it")
    card = Card(
        name="street-tryon",
        version=version_of(pairs, {each: [*_paths(layout, each)] for each in pairs}),
        title=f"StreetTryOn, test: {', '.join(dict.fromkeys(pair.kind for pair in pairs))}",
        licence=LICENCE,
        citation=CITATION,
        source=f"{PAGE}, read from {root}",
    )
    return Pairs(card, tuple(pairs), lambda pair: _read(layout, pair))


def _listed(path: Path) -> list[Pair]:
    """Rows of a number, the picture of the garment and the picture of the person, below one row of titles."""
    found = LIST.fullmatch(path.name)
    kind = " ".join(filter(None, (path.name.partition("_")[0], found and found[3])))
    rows = list(csv.reader(bytes_at(path).decode(errors="replace").splitlines()))[1:]
    short = next((number for number, row in enumerate(rows, 2) if row and len(row) < 2), None)
    if short is not None:
        raise BadSuite(f"{path}:{short}: a garment's and a person's file name belong here")
    return [Pair(row[-1].strip(), row[-2].strip(), kind) for row in rows if row]


def _paths(layout: _Layout, pair: Pair) -> list[Path]:
    """The person's picture and the garment's."""
    garment, person = pair.kind.split()[0].split("2")
    return [layout.picture(person, pair.person), layout.picture(garment, pair.garment)]


def _read(layout: _Layout, pair: Pair) -> Asked:
    person, garment = _paths(layout, pair)
    model, product = picture_at(person), picture_at(garment)
    shop = pair.kind.startswith("shop")
    truth = truth_of({"before": model} | ({"product": product} if shop else {}), str(person))
    labels = layout.labels(pair.person) if pair.kind.split()[0].endswith("street") else None
    if labels is None:
        return Asked(model, product, truth)
    wanted = LABELS.get(pair.kind.split()[-1], (*LABELS["top"], *LABELS["dress"]))
    region = np.isin(labels_at(labels), wanted)
    return Asked(model, product, replace(truth, region=region, away=~around(region)))
