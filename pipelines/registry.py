"""Every engine, in the order in which `auto` prefers them."""

from pipelines.draft.engine import DraftEngine
from pipelines.engine import Engines

ENGINES = Engines(DraftEngine())
