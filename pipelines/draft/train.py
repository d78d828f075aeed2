"""Train the nets that the draft engine ships, from scratch, on pictures that the project draws itself.

`python -m pipelines.draft.train NAME` writes `nets/NAME.safetensors`; run again with the same checkpoint, it goes on where it
stopped. On a GPU the same command trains larger and longer. Figures on held-out scenes are logged to stderr.
"""

import argparse
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from pipelines.draft.nets.weights import path_of
from pipelines.draft.training.garment import Garments
from pipelines.draft.training.lesson import Lesson
from pipelines.draft.training.matte import Matte
from pipelines.draft.training.people import People
from pipelines.draft.training.session import Plan, train
from pipelines.draft.training.superres import Superres

LESSONS: tuple[Lesson[Any], ...] = (Superres(), Matte(), People(), Garments())


def main() -> None:
    """Parse the command line and train."""
    options = _parser().parse_args()
    lesson = next(each for each in LESSONS if each.name == options.net)
    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    usual = lesson.defaults(torch.device(device).type)
    chosen = {
        name: getattr(options, name) for name in ("steps", "batch", "rate", "pool", "renew") if getattr(options, name) is not None
    }
    plan = Plan(
        defaults=replace(usual, **chosen),
        seed=options.seed,
        minutes=options.minutes,
        workers=options.workers,
        device=device,
        bfloat16=options.bfloat16,
        report=options.report,
        start=options.start,
    )
    checkpoint = options.checkpoint or Path("out") / f"{lesson.name}.checkpoint"
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    train(lesson, plan, checkpoint, options.out or path_of(lesson.name))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("net", choices=sorted(each.name for each in LESSONS))
    parser.add_argument("--steps", type=int, help="default: the lesson's own for the device")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rate", type=float, help="largest learning rate")
    parser.add_argument("--pool", type=int, help="scenes kept in memory")
    parser.add_argument("--renew", type=int, help="steps between new scenes")
    parser.add_argument(
        "--from", type=Path, dest="start", help="weights to begin with instead of chance; their training counts too"
    )
    parser.add_argument("--minutes", type=float, help="end the schedule after so many minutes at the latest")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=0, help="processes that draw scenes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", help="default: cuda where there is one, else cpu")
    parser.add_argument("--bfloat16", action="store_true", help="faster on processors with AVX-512 BF16 or AMX and on GPUs")
    parser.add_argument("--report", type=int, default=500, help="steps between figures and checkpoints")
    parser.add_argument("--checkpoint", type=Path, help="default: out/NET.checkpoint")
    parser.add_argument("--out", type=Path, help="default: the shipped file")
    return parser


if __name__ == "__main__":
    main()
