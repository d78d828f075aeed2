"""Lets torchvision's wheel for CUDA be imported beside a torch without CUDA; import this before diffusers.

The processors of Qwen's vision models need torchvision, of which there is no CPU build on the registry. Its plain Python
works with any torch of its version; two operators can't load and have to be known all the same. `make setup` puts the wheel
into a folder of its own, where the application doesn't see it.
"""

import sys
import sysconfig
from pathlib import Path

import torch

FOLDER = Path(sysconfig.get_path("data")) / "torchvision"

sys.path.append(str(FOLDER))
if torch.version.cuda is None and not hasattr(torch.ops.torchvision, "nms"):
    for _name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{_name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
