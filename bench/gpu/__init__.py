"""Speed and memory of full-size models on a GPU, with random weights; `python -m bench.gpu --help`."""

from tests import torchvision_here as torchvision_here  # before any module of this package imports diffusers
