"""What is written down while a run goes on, and what is left of it after a kill."""

import json
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.errors import BadRun
from eval.runs.journal import Entry, Journal, entries
from eval.runs.plan import plan
from eval.runs.pool import Pool
from eval.runs.results import load
from eval.runs.row import Row
from eval.runs.run import run
from tests.eval.drawn import GRID, Drawn, grid, setup, slow
from workbench.tools.registry import TOOLS

RUN = """
import sys
from pathlib import Path
from eval.runs.run import run
from tests.eval.drawn import GRID, slow
run(slow(), GRID, Path(sys.argv[1]))
"""


def row(cell: str, **changed: object) -> Row:
    kept = {
        "cell": cell, "way": "engine", "suite": "s", "suite_version": "1", "tool": "t", "case": "c", "kind": "k", "engine": "e",
        "mode": "fast", "resolution": "1k", "seed": 1, "status": "done", "notes": ("a", "b"), "scores": {"psnr": 30.5},
    }  # fmt: skip
    return Row.of(kept | changed)


def test_rows_come_back_as_they_were_in_the_order_of_the_grid(tmp_path: Path) -> None:
    with Journal(tmp_path, "a") as journal:
        journal.append(Entry(2, row("two"), {"revision": "abc"}))
        journal.append(Entry(1, row("one")))
    with Journal(tmp_path, "b") as journal:
        journal.append(Entry(0, row("none")))
        journal.append(Entry(2, row("two", seed=9)))
    found = entries(tmp_path)
    assert [each.row.cell for each in found] == ["none", "one", "two"]
    assert found[2] == Entry(2, row("two"), {"revision": "abc"})


@given(cut=st.integers(1, 60))
def test_a_torn_last_line_is_dropped_and_written_over(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("torn")
    with Journal(folder, "a") as journal:
        journal.append(Entry(0, row("one")))
        journal.append(Entry(1, row("two")))
    path = folder / "journal-a.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    assert [each.row.cell for each in entries(folder)] == ["one"]
    with Journal(folder, "a") as journal:
        journal.append(Entry(1, row("two")))
    assert [each.row.cell for each in entries(folder)] == ["one", "two"]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "journal-a.jsonl").write_text('{"at": 0}\n')
    with pytest.raises(BadRun, match="line 1"):
        entries(tmp_path)


def test_two_processes_can_not_write_the_same_journal(tmp_path: Path) -> None:
    with Journal(tmp_path, "a"), pytest.raises(BadRun, match="another process"), Journal(tmp_path, "a"):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 9, 17])
def test_a_killed_run_goes_on_without_repeating_or_losing_a_cell(tmp_path: Path, after: int) -> None:
    child = subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path)], stderr=subprocess.PIPE)
    journal = tmp_path / "journal-rank-0.jsonl"
    while not journal.exists() or journal.read_bytes().count(b"\n") < after:
        assert child.poll() is None, child.stderr.read().decode() if child.stderr else ""
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    before = journal.read_bytes()
    whole = run(slow(), GRID, tmp_path)
    kept = before[: before.rfind(b"\n") + 1]
    assert journal.read_bytes().startswith(kept)
    cells = [json.loads(line)["row"]["cell"] for line in journal.read_bytes().splitlines()]
    assert len(cells) == len(set(cells))
    assert [each.cell for each in whole.made()] == [each.id for each in plan(Drawn(), GRID, TOOLS)]
    assert {each.case for each in whole.rows if each.way == "perfect"} == {each.case for each in whole.rows}
    assert all((tmp_path / each.picture).exists() for each in whole.made() if each.done)


@pytest.mark.slow
def test_processes_share_the_work_and_come_to_the_same(tmp_path: Path) -> None:
    small = grid(limit=2)
    several = run(slow(), small, tmp_path / "two", processes=Pool(2, slow))
    alone = run(slow(), small, tmp_path / "one")
    assert [(each.cell, each.scores, each.status) for each in several.rows] == [
        (each.cell, each.scores, each.status) for each in alone.rows
    ]
    assert list((tmp_path / "two").glob("journal-process-*.jsonl"))
    assert not (tmp_path / "two" / "journal-rank-0.jsonl").read_bytes()


@pytest.mark.slow
def test_a_process_that_dies_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadRun, match="the same command goes on"):
        run(setup(), grid(limit=1), tmp_path, processes=Pool(1, partial(sys.exit, 1)))
    assert load(tmp_path).rows == ()
