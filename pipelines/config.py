"""What engines have to be told about this machine and this studio."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """Where weights lie, which device runs them, and where they are fetched from."""

    models: Path
    """Folder of downloaded weights, their receipts, pins and accepted licences."""
    cards: Path | None = None
    """TOML file with the user's own model cards; a file that is not there holds none."""
    device: str = "auto"
    """`auto` (the first GPU, else the CPU), `cpu`, `cuda`, `cuda:1` or `mps`."""
    memory_gb: float | None = None
    """Memory that models may take on the device; None for what it has."""
    endpoint: str | None = None
    """Hub or mirror to download from; None for https://huggingface.co."""
    token: str | None = field(default=None, repr=False)
    """Access token for gated repositories."""
    offline: bool = False
    """Never ask the hub."""
    safety: str | None = None
    """Checker of finished pictures as `module:name`; None checks nothing."""
