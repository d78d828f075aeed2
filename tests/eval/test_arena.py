"""Dealing, voting, taking back, exchanging votes: over real runs' folders and a real file of votes."""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest
from PIL import Image

from eval.arena import commands, sources
from eval.arena.arena import Arena
from eval.arena.exchange import MAX_LINE
from eval.arena.vote import Vote
from eval.errors import BadRun, BadVote
from pipelines.sizes import Size
from pipelines.vision.motion.encode import encode
from tests.eval.arena_runs import case_of, make_run, read_run, voters
from workbench.gallery.metadata import embed, read_metadata

ME, YOU = voters(2)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_run(tmp_path / "runs" / "one")
    return tmp_path


@pytest.fixture
def arena(home: Path) -> Iterator[Arena]:
    with Arena(home, read_run, case_of) as opened:
        yield opened


def vote_all(arena: Arena, voter: str, choice: str = "left", tool: str = "") -> list[str]:
    """Vote until nothing is left; the tokens."""
    tokens = []
    while (pair := arena.offer(voter, tool).pair) is not None:
        arena.vote(voter, pair.token, choice, 1.0)
        tokens.append(pair.token)
    return tokens


def settings(arena: Arena) -> list[tuple[str, str]]:
    return [(each.left.setting, each.right.setting) for each in arena.votes.all()]


def test_every_pair_is_dealt_once_and_then_there_are_none(arena: Arena) -> None:
    offer = arena.offer(ME)
    assert (offer.voted, offer.to_go, dict(offer.tools)) == (0, 9, {"try-on": 9})
    assert len(set(vote_all(arena, ME))) == 9
    assert len({each.match for each in arena.votes.all()}) == 9
    end = arena.offer(ME)
    assert (end.pair, end.voted, end.to_go) == (None, 9, 0)
    assert arena.offer(YOU).to_go == 9


def test_pairs_and_cases_are_balanced_all_the_way(home: Path) -> None:
    make_run(home / "runs" / "two", "run-two", tools=("try-on", "packshot"), cases=4, modes=("fast", "quality"))
    with Arena(home, read_run, case_of) as arena:
        for _ in range(20):
            pair = arena.offer(ME).pair
            assert pair is not None
            arena.vote(ME, pair.token, "tie", 1)
            votes = arena.votes.all()
            tools = Counter(each.tool for each in votes)
            assert max(tools.values()) - min(tools[each] for each in ("try-on", "packshot")) <= 1 or tools["packshot"] == 4
        pairs = Counter(frozenset(each.entrants) for each in votes if each.tool == "try-on")
        assert max(pairs.values()) - min(pairs.values()) <= 1


def test_what_others_voted_on_comes_last(arena: Arena) -> None:
    first = [arena.offer(each).pair for each in (ME, YOU)]
    for each, pair in zip((ME, YOU), first, strict=True):
        assert pair is not None
        arena.vote(each, pair.token, "tie", 1)
    sure = [arena.offer(each).pair for each in (ME, YOU)]
    assert all(sure)
    vote_all(arena, ME)
    assert max(Counter(each.match for each in arena.votes.all()).values()) <= 2


def test_sides_are_turned_by_a_seeded_chance(tmp_path: Path) -> None:
    make_run(tmp_path / "one", cases=8, modes=("fast", "quality"))
    orders = []
    for number, seed in enumerate((0, 0, 1)):
        with Arena(tmp_path / f"home-{number}", read_run, case_of, seed=seed) as arena:
            commands.add_run(arena, tmp_path / "one")
            vote_all(arena, ME)
            orders.append(settings(arena))
    assert orders[0] == orders[1] != orders[2]
    assert {each[0] for each in orders[0]} == {"draft fast 1k", "draft quality 1k"}


def test_identical_pictures_are_never_asked_about(home: Path) -> None:
    make_run(home / "runs" / "alike", "run-alike", tools=("packshot",), same=("balanced", "quality"))
    with Arena(home, read_run, case_of) as arena:
        vote_all(arena, ME, tool="packshot")
        pairs = {frozenset(name.split()[1] for name in each) for each in settings(arena)}
    assert pairs == {frozenset({"fast", "balanced"}), frozenset({"fast", "quality"})}


def test_a_reload_shows_the_same_pair_and_each_tool_keeps_its_own(home: Path) -> None:
    make_run(home / "runs" / "two", "run-two", tools=("packshot",))
    with Arena(home, read_run, case_of) as arena:
        first = arena.offer(ME, "try-on")
        assert arena.offer(ME, "try-on") == first
        other = arena.offer(ME, "packshot")
        assert other.pair != first.pair
        assert arena.offer(ME, "try-on").pair == first.pair
    with Arena(home, read_run, case_of) as again:
        assert again.offer(ME, "try-on").pair == first.pair


def test_a_repeated_vote_keeps_the_first(arena: Arena) -> None:
    pair = arena.offer(ME).pair
    assert pair is not None
    first = arena.vote(ME, pair.token, "left", 1)
    assert arena.vote(ME, pair.token, "right", 1) == first
    (kept,) = arena.votes.all()
    assert (kept.choice, kept.voter, kept.tool, kept.revised) == ("left", ME, "try-on", False)
    assert {first.left, first.right} == {kept.left.setting, kept.right.setting}


def test_the_time_taken_is_never_longer_than_it_can_have_been(arena: Arena) -> None:
    pair = arena.offer(ME).pair
    assert pair is not None
    sleep(0.02)
    arena.vote(ME, pair.token, "tie", 4000)
    assert 0 < arena.votes.all()[0].seconds < 10


def test_the_last_vote_can_be_taken_back_and_is_then_marked(arena: Arena) -> None:
    assert not arena.undo(ME)
    tokens = [pair.token for _ in range(2) if (pair := arena.offer(ME).pair) and arena.vote(ME, pair.token, "left", 1)]
    waiting = arena.offer(ME).pair
    assert arena.undo(ME)
    again = arena.offer(ME).pair
    assert again is not None and waiting is not None
    assert again.token == tokens[1] != waiting.token
    arena.vote(ME, again.token, "both bad", 1)
    assert [(each.token, each.choice, each.revised) for each in arena.votes.all()] == [
        (tokens[0], "left", False), (tokens[1], "both bad", True),
    ]  # fmt: skip
    assert arena.offer(ME).pair == waiting


@pytest.mark.parametrize(
    ("voter", "token", "choice", "said"),
    [
        (ME, "0" * 32, "left", "no pair was dealt"),
        (YOU, "", "left", "somebody else"),
        (ME, "", "middle", "is no vote"),
        ("x", "", "left", "voter's id"),
        ("a'; drop table votes; --", "", "left", "voter's id"),
    ],
)
def test_a_vote_that_cannot_be_taken_says_why(arena: Arena, voter: str, token: str, choice: str, said: str) -> None:
    pair = arena.offer(ME).pair
    assert pair is not None
    with pytest.raises(BadVote, match=said):
        arena.vote(voter, token or pair.token, choice, 1)
    assert arena.votes.all() == ()


def test_nothing_that_is_shown_tells_the_settings(arena: Arena) -> None:
    pair = arena.offer(ME).pair
    assert pair is not None
    for side in ("left", "right"):
        shown = arena.file(pair.token, side)
        assert shown.media_type == "image/png"
        assert read_metadata(shown.data) is None
        assert not any(word in shown.data for word in (b"fast", b"balanced", b"quality", b"draft"))
    assert arena.file(pair.token, "left") != arena.file(pair.token, "right")
    assert not set(vars(type(pair))["__dataclass_fields__"]) & {"mode", "setting", "run", "engine"}


def test_videos_are_shown_beside_videos_without_their_comments(home: Path) -> None:
    folder = make_run(home / "runs" / "film", "run-film", tools=("image-to-video",), cases=1)
    rows = json.loads((folder / "rows.json").read_text())
    for number, row in enumerate(rows[:2]):
        film = encode(iter([np.full((64, 48, 4), (60 * number, 90, 120, 255), np.uint8)] * 6), Size(48, 64))
        row["picture"] = row["picture"].replace(".png", ".mp4")
        (folder / row["picture"]).write_bytes(embed(film, {"generation_mode": row["mode"]}))
    (folder / "rows.json").write_text(json.dumps(rows))
    with Arena(home, read_run, case_of) as arena:
        assert dict(arena.offer(ME).tools)["image-to-video"] == 1
        pair = arena.offer(ME, "image-to-video").pair
        assert pair is not None
        assert pair.video
        shown = arena.file(pair.token, "left")
    assert shown.media_type == "video/mp4"
    assert read_metadata(shown.data) is None


def test_the_left_picture_is_that_of_the_left_setting(arena: Arena) -> None:
    colours = {"fast": (179, 167, 154), "balanced": (143, 160, 138), "quality": (125, 139, 166)}
    for _ in range(6):
        pair = arena.offer(ME).pair
        assert pair is not None
        shown = [Image.open(BytesIO(arena.file(pair.token, side).data)).getpixel((0, 0)) for side in ("left", "right")]
        told = arena.vote(ME, pair.token, "tie", 1)
        assert shown == [colours[each.split()[1]] for each in (told.left, told.right)]


def test_prompt_and_inputs_belong_to_the_case(arena: Arena) -> None:
    pair = arena.offer(ME).pair
    assert pair is not None
    told = arena.background(pair.token)
    assert told.prompt.startswith("worn open")
    assert [each.field for each in told.inputs] == ["model_image", "product_image"]
    assert Image.open(BytesIO(arena.file(pair.token, "input-1").data)).size == (40, 60)
    for name in ("input-2", "input--1", "../left", "", "LEFT"):
        with pytest.raises(BadVote, match="no picture"):
            arena.file(pair.token, name)


def test_a_suite_that_is_not_here_costs_the_inputs_alone(home: Path) -> None:
    def gone(*_: object) -> Any:
        raise BadRun("the folder /data/shop is not here")

    with Arena(home, read_run, gone) as arena:
        pair = arena.offer(ME).pair
        assert pair is not None
        assert "can't be shown: the folder" in arena.background(pair.token).trouble
        assert arena.vote(ME, pair.token, "left", 1)


def test_runs_come_and_go_and_broken_ones_are_told(home: Path) -> None:
    with Arena(home, read_run, case_of) as arena:
        assert arena.offer(ME).to_go == 9
        make_run(home / "runs" / "two", "run-two", tools=("packshot",))
        (home / "runs" / "broken").mkdir()
        (home / "runs" / "broken" / "manifest.json").write_text("{}")
        offer = arena.offer(ME)
        assert dict(offer.tools) == {"try-on": 9, "packshot": 9}
        assert list(offer.unreadable) == [str(home / "runs" / "broken")]
        for path in (home / "runs" / "two").glob("*.json"):
            path.unlink()
        assert dict(arena.offer(ME).tools) == {"try-on": 9}


def test_without_runs_there_is_nothing_to_vote_on(tmp_path: Path) -> None:
    with Arena(tmp_path, read_run, case_of) as arena:
        assert arena.offer(ME).pair is None
        assert arena.report().tools == ()
        assert "No votes yet" in commands.table(arena)


def test_runs_elsewhere_are_added_by_their_path(home: Path, tmp_path: Path) -> None:
    elsewhere = make_run(tmp_path / "elsewhere", "run-far", tools=("edit",))
    with Arena(home, read_run, case_of) as arena:
        assert "run-far" in commands.add_run(arena, elsewhere)
        commands.add_run(arena, elsewhere)
        assert dict(arena.offer(ME).tools) == {"try-on": 9, "edit": 9}
        with pytest.raises(BadRun, match="no run"):
            commands.add_run(arena, tmp_path)


def test_a_run_cannot_show_files_outside_of_its_folder(home: Path) -> None:
    folder = make_run(home / "runs" / "evil", "run-evil", tools=("packshot",))
    (home / "secret.png").write_bytes((next((folder / "pictures").iterdir())).read_bytes())
    rows = json.loads((folder / "rows.json").read_text())
    (folder / "rows.json").write_text(json.dumps([row | {"picture": "../../secret.png"} for row in rows]))
    with Arena(home, read_run, case_of) as arena:
        offer = arena.offer(ME)
        assert dict(offer.tools) == {"try-on": 9}
        assert "can't be trusted" in offer.unreadable[str(folder)]


def test_a_link_out_of_a_runs_folder_is_not_followed(home: Path) -> None:
    folder = home / "runs" / "one"
    (home / "secret.png").write_bytes((next((folder / "pictures").iterdir())).read_bytes())
    for path in (folder / "pictures").iterdir():
        path.unlink()
        path.symlink_to(home / "secret.png")
    with Arena(home, read_run, case_of) as arena, pytest.raises(BadRun, match="not in it"):
        arena.offer(ME)


def _vote_in_a_process(home: str, voter: str) -> int:
    with Arena(Path(home), read_run, case_of) as arena:
        return len(vote_all(arena, voter, "right"))


def test_processes_that_vote_at_once_lose_and_double_nothing(home: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        counts = list(pool.map(_vote_in_a_process, [str(home)] * 2, voters(2)))
    with Arena(home, read_run, case_of) as arena:
        votes = arena.votes.all()
    assert counts == [9, 9]
    assert Counter(each.voter for each in votes) == {ME: 9, YOU: 9}
    assert len({(each.voter, each.match) for each in votes}) == 18


def test_votes_go_out_and_come_back_the_same(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "votes.jsonl"
    with Arena(home, read_run, case_of) as arena:
        vote_all(arena, ME)
        given = arena.votes.all()
        assert "9 votes" in commands.export_votes(arena, out)
    make_run(tmp_path / "other" / "runs" / "one")
    with Arena(tmp_path / "other", read_run, case_of) as other:
        assert commands.import_votes(other, out) == "9 new votes, 0 already here"
        assert commands.import_votes(other, out) == "0 new votes, 9 already here"
        assert other.votes.all() == given
        assert other.offer(ME).pair is None
        assert other.offer(YOU).pair is not None
        assert not other.undo(ME)
        assert other.report().tools[0].votes == 9


def test_votes_of_runs_that_are_not_here_are_kept_apart(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "votes.jsonl"
    with Arena(home, read_run, case_of) as arena:
        vote_all(arena, ME)
        commands.export_votes(arena, out)
    make_run(tmp_path / "other" / "runs" / "mine", "run-mine")
    with Arena(tmp_path / "other", read_run, case_of) as other:
        assert "9 votes of run run-one, which is not here" in commands.import_votes(other, out)
        found = other.report()
        assert (found.tools, dict(found.foreign)) == ((), {"run-one": 9})
        assert "9 votes on run run-one" in commands.table(other)
        commands.add_run(other, home / "runs" / "one")
        assert other.report().tools[0].votes == 9


def line(**changes: Any) -> bytes:
    side = {"run": "r", "setting": "draft fast 1k", "cell": "c"}
    told = {
        "token": "a" * 32, "voter": ME, "choice": "left", "at": "2026-01-01T00:00:00+00:00", "seconds": 2.5, "match": "b" * 16,
        "suite": "shop", "suite_version": "1", "tool": "try-on", "case": "c1", "kind": "", "seed": 0, "left": side, "right": side,
        "revised": False,
    }  # fmt: skip
    return json.dumps(told | changes).encode()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (b"not json", "line 2 is no vote: Invalid JSON"),
        (b"[1, 2]", "line 2 is no vote"),
        (b"\xff\xfe\x00", "line 2 is no vote"),
        (b"null", "line 2 is no vote"),
        (line(token="a"), "token"),
        (line(token="../" + "a" * 29), "token"),
        (line(voter=7), "voter"),
        (line(choice="middle"), "choice"),
        (line(seconds="2"), "seconds"),
        (line(seconds=-1), "seconds"),
        (line(seed=2**70), "seed"),
        (line(seed=1.5), "seed"),
        (line(at="yesterday"), "at: "),
        (line(at="2026-01-01T00:00:00"), "at: "),
        (line(left={"run": "r"}), "left.setting"),
        (line(left="x"), "left"),
        (line(revised="no"), "revised"),
        (line(seconds=float("nan")), "seconds|JSON"),
        (line(case="x" * 301), "case"),
        (line(case=""), "case"),
        (b'{"token": ' + b"[" * 4000 + b"]" * 4000 + b"}", "line 2 is no vote"),
        (line(kind="x" * MAX_LINE), "longer than"),
        (line(choice="right"), "earlier line"),
    ],
)
def test_a_file_with_a_broken_line_is_refused_as_a_whole_and_names_it(arena: Arena, broken: bytes, said: str) -> None:
    with pytest.raises(BadVote, match=said) as refused:
        arena.imported(BytesIO(line() + b"\n" + broken + b"\n"))
    assert "line 2" in str(refused.value)
    assert len(str(refused.value)) < 900
    assert arena.votes.all() == ()


def test_a_vote_that_differs_from_the_one_here_is_passed_over_and_counted(arena: Arena) -> None:
    arena.imported(BytesIO(line()))
    assert "1 told something else" in arena.imported(BytesIO(line(choice="right"))).told()
    assert [each.choice for each in arena.votes.all()] == ["left"]


def test_votes_survive_json(arena: Arena) -> None:
    vote = Vote.of_line(line())
    assert Vote.of_line(json.dumps(vote.as_json()).encode()) == vote


def test_a_missing_file_of_votes_is_an_error_that_says_what_to_give(arena: Arena, tmp_path: Path) -> None:
    with pytest.raises(BadVote, match="arena export"):
        commands.import_votes(arena, tmp_path / "none.jsonl")
    with pytest.raises(BadVote, match="can't be written"):
        commands.export_votes(arena, tmp_path / "no" / "folder.jsonl")


def prefer(arena: Arena, voter: str, order: tuple[str, ...]) -> None:
    """Vote for the mode that comes first."""
    while (pair := arena.offer(voter).pair) is not None:
        sides = [arena._dealt(pair.token).sides[at].row.mode for at in (0, 1)]
        arena.vote(voter, pair.token, "left" if order.index(sides[0]) < order.index(sides[1]) else "right", 1)


def test_the_table_ranks_what_people_preferred_and_tells_how_the_metric_agrees(arena: Arena) -> None:
    prefer(arena, ME, ("quality", "balanced", "fast"))
    prefer(arena, YOU, ("balanced", "quality", "fast"))
    (told,) = arena.report(resamples=100).tools
    assert [each.name for each in told.standings][-1] == "draft fast 1k"
    assert (told.votes, told.voters, told.cases, told.both_bad) == (18, 2, 3, 0)
    assert [(each.name, each.won, each.lost) for each in told.standings if each.won == 0] == [("draft fast 1k", 0, 12)]
    (agreement,) = told.agreements
    assert agreement.tau is not None
    assert agreement.tau.estimate == pytest.approx((15 - 3) / 18)
    text = commands.table(arena)
    assert "| draft balanced 1k |" in text and "| Sharpness | 0.67 (" in text and "nothing bounds" in text and "(open)" in text


def test_both_bad_is_counted_apart_and_decides_nothing(arena: Arena) -> None:
    vote_all(arena, ME, "both bad")
    (told,) = arena.report(resamples=10).tools
    assert told.both_bad == 9
    assert told.fit.strengths == ()
    assert {each.both_bad for each in told.standings} == {6}
    assert told.agreements == ()


def test_the_same_setting_of_two_runs_is_two_entrants_and_other_fingerprints_are_not_compared(home: Path) -> None:
    make_run(home / "runs" / "two", "run-two", modes=("fast",), same=("fast",), fingerprint="sharp:2")
    with Arena(home, read_run, case_of) as arena:
        vote_all(arena, ME, "tie")
        (told,) = arena.report(resamples=10).tools
    assert {"draft fast 1k (run-one)", "draft fast 1k (run-two)", "draft quality 1k"} <= {each.name for each in told.standings}
    assert told.agreements[0].votes == 9
    assert told.votes == 9 + 9


def test_people_who_always_take_the_left_are_noticed(arena: Arena) -> None:
    vote_all(arena, ME, "left")
    vote_all(arena, YOU, "left")
    assert "side itself seems to matter" in commands.table(arena)


def test_the_command_line_has_every_action(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    monkeypatch.setattr(sources, "read_run", read_run)
    with Arena(home, read_run, case_of) as arena:
        vote_all(arena, ME)
    parser = ArgumentParser()
    commands.add(parser)
    elsewhere, out = make_run(tmp_path / "far", "run-far", tools=("edit",)), tmp_path / "votes.jsonl"
    for line, said in (
        (["table"], "## try-on"),
        (["export", str(out)], "9 votes in"),
        (["import", str(out)], "0 new votes, 9 already here"),
        (["add", str(elsewhere)], "run run-far is shown"),
    ):
        assert commands.run(parser.parse_args(line)) == 0
        assert said in capsys.readouterr().out
