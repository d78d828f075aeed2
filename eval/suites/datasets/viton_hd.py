"""VITON-HD: 2,032 test pairs of women and tops, 768 x 1024. Choi et al. 2021.

Expected below the path, as in the release: `test_pairs.txt` and `test/image`, `test/cloth`, `test/cloth-mask`,
`test/image-parse-v3`, `test/agnostic-mask`, `test/openpose_json`; of these all but the pictures may be missing, and what they
tell is then unknown.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from eval.errors import BadSuite
from eval.suites.case import Card
from eval.suites.datasets.pairs import Asked, Pair, Pairs, around, emptied, folder_of, joints_of, listed, version_of
from eval.suites.pictures import bytes_at, labels_at, mask_of, picture_at, truth_of
from pipelines.images import Mask, pixels
from pipelines.vision.people.body import Point

UPPER = (5, 6, 7)
"""Labels of upper clothes, dresses and coats in LIP's list, which the parse maps have."""
LICENCE = "CC BY-NC 4.0; the pictures are for research only"
CITATION = "Choi, Park, Lee, Choo: VITON-HD: High-Resolution Virtual Try-On via Misalignment-Aware Normalization, CVPR 2021"
PAGE = "https://github.com/shadow2496/VITON-HD"


@dataclass(frozen=True, slots=True)
class _Files:
    """Of one pair."""

    test: Path
    pair: Pair

    @property
    def image(self) -> Path:
        return self.test / "image" / self.pair.person

    @property
    def cloth(self) -> Path:
        return self.test / "cloth" / self.pair.garment

    def of(self, folder: str, ending: str) -> Path:
        """What was told of the person."""
        return self.test / folder / f"{Path(self.pair.person).stem}{ending}"


def unpaired(path: str) -> Pairs:
    """Each woman is to wear another one's top: no target, but what may not change."""
    return _suite(path, paired=False)


def paired(path: str) -> Pairs:
    """Each woman is to wear her own top, which is grey in the picture given; the photograph is the target."""
    return _suite(path, paired=True)


def _suite(path: str, paired: bool) -> Pairs:
    root = folder_of(path, "VITON-HD", ("test_pairs.txt", "test/image", "test/cloth"), (".", "..", "zalando-hd-resized"))
    pairs = listed(root / "test_pairs.txt", "top")
    if paired:
        pairs = [replace(each, garment=each.person) for each in pairs]
    files = {each: [_Files(root / "test", each).image, _Files(root / "test", each).cloth] for each in pairs}
    card = Card(
        name="viton-hd-paired" if paired else "viton-hd",
        version=version_of(pairs, files),
        title=f"VITON-HD, test, {'paired' if paired else 'unpaired'}",
        licence=LICENCE,
        citation=CITATION,
        source=f"{PAGE}, read from {root}",
    )
    return Pairs(card, tuple(pairs), lambda pair: _read(_Files(root / "test", pair), paired))


def _read(files: _Files, paired: bool) -> Asked:
    image, cloth = picture_at(files.image), picture_at(files.cloth)
    shown, region, may = pixels(image), _region(files), _may_change(files)
    if paired and may is None:
        raise BadSuite(
            f"{files.image}: no agnostic-mask and no image-parse-v3 tell what to hide; unpack one of them, or ask unpaired"
        )
    model = emptied(shown, may) if paired and may is not None else image
    pictures = {"product": cloth, "before": model} | ({"target": image} if paired else {})
    matte = files.test / "cloth-mask" / files.pair.garment
    matte = matte if matte.is_file() else matte.with_suffix(".png")
    if matte.is_file():
        pictures["product_alpha"] = picture_at(matte)
    truth = truth_of(pictures, str(files.image), joints=_joints(files))
    return Asked(model, cloth, replace(truth, region=region, away=None if may is None else ~may))


def _region(files: _Files) -> Mask | None:
    path = files.of("image-parse-v3", ".png")
    return np.isin(labels_at(path), UPPER) if path.is_file() else None


def _may_change(files: _Files) -> Mask | None:
    """The release's own mask of all that a top may cover; else around the old one."""
    path = files.of("agnostic-mask", "_mask.png")
    if path.is_file():
        return mask_of(picture_at(path))
    region = _region(files)
    return None if region is None else around(region)


def _joints(files: _Files) -> dict[str, Point]:
    path = files.of("openpose_json", "_keypoints.json")
    if not path.is_file():
        return {}
    try:
        people = json.loads(bytes_at(path))["people"]
        flat = people[0]["pose_keypoints_2d"] if people else []
    except (ValueError, KeyError, TypeError) as error:
        raise BadSuite(f"{path} holds no key points of OpenPose; unpack it again") from error
    return joints_of([flat[at : at + 3] for at in range(0, len(flat), 3)])
