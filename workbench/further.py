"""Pages of other packages in the studio: what the shell has to know of one, so that `workbench` need not import it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.views import FileView


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherPage:
    """One page, opened over one studio and handed to `server.build` and `pages.mount`."""

    name: str
    """In the address (`/#arena`) and in those of its files; no tool's name."""
    title: str
    group: str = "Research"
    """Caption in the navigation; pages with the same one stand together."""
    assets: Path
    """Folder of its scripts and style sheets. Modules find the studio's own one level up: `import { el } from "../dom.js"`."""
    build: Callable[[], None]
    """Makes its components inside the tab that is open."""
    file: Callable[[str, str], FileView]
    """What `/pages/NAME/files/KEY/FILE` answers, by KEY and FILE. Raises NotFound for whom it isn't meant or where there is none."""
    close: Callable[[], None] = lambda: None
    """Called once, when the server stops."""
