"""How far a run that the studio started has come, as the next server process finds it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import TypeAdapter, ValidationError

FILE = "progress.json"
Ended = Literal["running", "stopped", "failed", "finished"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Written when a run begins and when it ends; `running` without a process that runs it was interrupted."""

    state: Ended
    total: int = 0
    """Cells; 0 is unknown."""
    here: int = 0
    """Cells that were run in `seconds`; going on adds to both."""
    seconds: float = 0.0
    message: str = ""

    def write(self, folder: Path) -> None:
        """Into a run's folder, whole or not at all."""
        partial = folder / f".{FILE}"
        partial.write_text(json.dumps(asdict(self)))
        partial.replace(folder / FILE)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Of a run's folder; None where the studio didn't start it, or the file can't be read."""
        try:
            return TypeAdapter(cls).validate_json((folder / FILE).read_bytes())
        except (OSError, ValidationError):
            return None
