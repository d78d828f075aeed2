"""What tests of measuring rely on: torchmetrics imports transformers, which looks for torchvision once and for all."""

import tests.torchvision_here  # noqa: F401 - before anything imports transformers
