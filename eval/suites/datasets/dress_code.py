"""Dress Code: 5,400 test pairs of people and upper-body, lower-body clothes and dresses, 768 x 1024. Morelli et al. 2022.

Expected below the path, as in the release: `upper_body`, `lower_body`, `dresses`, each with `images`, `label_maps`, `keypoints`,
`test_pairs_paired.txt` and `test_pairs_unpaired.txt`. A category that is missing is left out; label maps and key points may be
missing, and what they tell is then unknown. People have no heads.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from eval.errors import BadSuite
from eval.suites.case import Card
from eval.suites.datasets.pairs import Asked, Pair, Pairs, around, emptied, joints_of, listed, version_of
from eval.suites.pictures import bytes_at, labels_at, picture_at, truth_of
from pipelines.images import Mask, pixels, size_of
from pipelines.sizes import Size
from pipelines.vision.people.body import Point

CATEGORIES = {"upper_body": (4,), "lower_body": (5, 6), "dresses": (7,)}
"""Folder to labels of what is exchanged, in ATR's list, which the label maps have: upper clothes, skirt and trousers, dress."""
ARMS = (14, 15)
"""Sleeves of another length show or hide them."""
POINTS = Size(384, 512)
"""The frame in which key points are told."""
LICENCE = "non-commercial academic research, teaching and publication only; no adaptations (Yoox Net-a-Porter Group)"
CITATION = (
    "Morelli, Fincato, Cornia, Landi, Cesari, Cucchiara: Dress Code: High-Resolution Multi-Category Virtual Try-On, ECCV 2022"
)
PAGE = "https://github.com/aimagelab/dress-code"


def unpaired(path: str) -> Pairs:
    """Everybody is to wear somebody else's garment: no target, but what may not change."""
    return _suite(path, "unpaired")


def paired(path: str) -> Pairs:
    """Everybody is to wear their own garment, which is grey in the picture given; the photograph is the target."""
    return _suite(path, "paired")


def _suite(path: str, order: str) -> Pairs:
    lists = {name: Path(path) / name / f"test_pairs_{order}.txt" for name in CATEGORIES}
    pairs = [pair for name, each in lists.items() if each.is_file() for pair in listed(each, name)]
    if not pairs:
        raise BadSuite(
            f"{path} has not the layout of Dress Code: upper_body/test_pairs_{order}.txt and upper_body/images belong in it, "
            "and the same of lower_body and dresses; give the folder that the data set was unpacked into"
        )
    root = Path(path)
    files = {each: [root / each.kind / "images" / name for name in (each.person, each.garment)] for each in pairs}
    card = Card(
        name="dress-code-paired" if order == "paired" else "dress-code",
        version=version_of(pairs, files),
        title=f"Dress Code, test, {order}",
        licence=LICENCE,
        citation=CITATION,
        source=f"{PAGE}, read from {root}",
    )
    return Pairs(card, tuple(pairs), lambda pair: _read(root / pair.kind, pair, order == "paired"))


def _read(folder: Path, pair: Pair, paired: bool) -> Asked:
    path = folder / "images" / pair.person
    image, product = picture_at(path), picture_at(folder / "images" / pair.garment)
    labels = folder / "label_maps" / pair.person.replace("_0.jpg", "_4.png")
    region = np.isin(labels_at(labels), CATEGORIES[pair.kind]) if labels.is_file() else None
    may = None if region is None else _may_change(labels, region, pair.kind)
    if paired and may is None:
        raise BadSuite(f"{labels} is missing; it tells what to hide: unpack label_maps, or ask unpaired")
    model = emptied(pixels(image), may) if paired and may is not None else image
    pictures = {"product": product, "before": model} | ({"target": image} if paired else {})
    truth = truth_of(pictures, str(path), joints=_joints(folder, pair, size_of(image)))
    return Asked(model, product, replace(truth, region=region, away=None if may is None else ~may))


def _may_change(labels: Path, region: Mask, kind: str) -> Mask:
    arms = np.isin(labels_at(labels), ARMS) if kind != "lower_body" else np.zeros_like(region)
    return around(region | arms)


def _joints(folder: Path, pair: Pair, size: Size) -> dict[str, Point]:
    path = folder / "keypoints" / pair.person.replace("_0.jpg", "_2.json")
    if not path.is_file():
        return {}
    try:
        points = [[float(each) for each in point] for point in json.loads(bytes_at(path))["keypoints"]]
    except (ValueError, KeyError, TypeError) as error:
        raise BadSuite(f"{path} holds no key points; unpack it again") from error
    return joints_of(points, size.width / POINTS.width, size.height / POINTS.height)
