"""Every engine, in the order in which `auto` prefers them."""

from pipelines.config import EngineConfig
from pipelines.diffusion.engine import DiffusionEngine
from pipelines.draft.engine import DraftEngine
from pipelines.engine import Engines


def engines(config: EngineConfig) -> Engines:
    """The engines of one studio; opening them loads nothing."""
    return Engines(DiffusionEngine(config), DraftEngine())
