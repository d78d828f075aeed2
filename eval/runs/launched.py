"""Which of several processes this one is, as `accelerate launch` tells."""

from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec

from eval.runs.run import Shard
from workbench.settings import Settings

PATIENCE = timedelta(days=7)
"""How long a rank that is done waits for the others."""


@dataclass(frozen=True, slots=True)
class Launched:
    """The part of this process, and the settings with a GPU of its own."""

    shard: Shard
    settings: Settings

    def end(self) -> None:
        """Leave the group of processes, where there is one."""
        if self.shard.world > 1:
            from accelerate import PartialState

            PartialState().destroy_process_group()


def launched(settings: Settings) -> Launched:
    """Everything for this process alone where accelerate isn't installed or hasn't launched it."""
    if find_spec("accelerate") is None:
        return Launched(Shard(), settings)
    from accelerate import PartialState
    from torch import cuda

    state = PartialState(cpu=settings.device == "cpu" or not cuda.is_available(), timeout=PATIENCE)
    if state.num_processes < 2:
        return Launched(Shard(), settings)
    shard = Shard(state.process_index, state.num_processes, state.wait_for_everyone)
    own = str(state.device)
    if settings.device == "auto" and own.startswith("cuda:"):
        settings = settings.model_copy(update={"device": own})
    return Launched(shard, settings)
