"""Pages of `eval` in the order of the studio's navigation; the entry opens each over its studio and hands it to the shell."""

from collections.abc import Callable

from eval.ui import arena, benchmark
from workbench.further import FurtherPage
from workbench.studio import Studio

PAGES: tuple[Callable[[Studio], FurtherPage], ...] = (benchmark.page, arena.page)
