"""Where the arena reads runs and cases: as every other part of `eval` does."""

from pathlib import Path

from eval.runs.manifest import Manifest
from eval.runs.results import Results
from eval.suites.case import Case


def read_run(folder: Path) -> Results:
    """A run's folder. Raises BadRun where it is none."""
    from eval.runs.results import load  # type: ignore[attr-defined, unused-ignore]

    found: Results = load(folder)
    return found


def read_case(manifest: Manifest, case_id: str) -> Case:
    """A case of a run's suite. Raises BadSuite where the suite can't be opened here, or is of another version."""
    from eval.errors import BadSuite
    from eval.suites.registry import suite_of  # type: ignore[import-not-found, unused-ignore]

    suite = suite_of(manifest.grid.suite)
    if suite.card.version != manifest.suite.version:
        raise BadSuite(f"the run is of version {manifest.suite.version} of {manifest.suite.name}; here is {suite.card.version}")
    found: Case = suite.case(case_id)
    return found
