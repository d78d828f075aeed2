"""Downloads from a hub that answers over HTTP on this machine, and everything that can come between."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants
from huggingface_hub.utils import _detect_agent

from pipelines.config import EngineConfig
from pipelines.diffusion.cards import Card
from pipelines.diffusion.weights import files as files_module
from pipelines.diffusion.weights import hub as hub_module
from pipelines.diffusion.weights.hub import TRIES
from pipelines.diffusion.weights.pull import pull
from pipelines.diffusion.weights.store import State, Weights
from pipelines.errors import DamagedWeights, DiskFull, DownloadFailed, LicenceNotAccepted
from tests.pipelines.diffusion.hub import Hub, commit, serving
from tests.pipelines.diffusion.repositories import RESTRICTED, card, files, lora, tensors

REPO = "org/model"
BIG = "vae/model.safetensors"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as served:
        served.put(REPO, files())
        yield served


@pytest.fixture
def config(tmp_path: Path, hub: Hub) -> EngineConfig:
    return EngineConfig(models=tmp_path / "models", endpoint=hub.url)


@pytest.fixture
def weights(config: EngineConfig) -> Weights:
    return Weights(config)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other without a pause."""
    monkeypatch.setattr(hub_module, "WAIT_SECONDS", (0.0,))


@pytest.fixture
def fetch(config: EngineConfig, weights: Weights) -> Callable[..., object]:
    """Pull a card, with settings that differ."""

    def run(wanted: Card | None = None, **differing: object) -> object:
        return pull([wanted or card()], weights, hub_module.Hub(replace(config, **differing)))  # type: ignore[arg-type]

    return run


def test_what_was_pulled_is_what_the_repository_has(hub: Hub, weights: Weights, fetch: Callable[..., object]) -> None:
    fetch()
    assert weights.installed(card())
    folder = weights.folder(card())
    there = {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    assert there == files()
    receipt = weights.receipt(REPO)
    assert receipt is not None
    assert receipt.bytes == sum(map(len, files().values()))


def test_pickles_and_code_stay_where_they_are(hub: Hub, weights: Weights, fetch: Callable[..., object]) -> None:
    extra = (
        "pytorch_model.bin",
        "vae/custom.py",
        "x.pt",
        "x.ckpt",
        "x.pkl",
        "model.bin.index.json",
        ".gitattributes",
        "a.SafeTensors.bin",
    )
    hub.put(REPO, files() | dict.fromkeys(extra, b"\x80\x02"))
    fetch()
    assert set(weights.receipt(REPO).files) == set(files())  # type: ignore[union-attr]
    assert not [each for each in hub.asked if each.path.endswith(extra)]


def test_a_download_that_broke_off_is_not_installed_and_goes_on_where_it_stopped(
    hub: Hub, weights: Weights, fetch: Callable[..., object]
) -> None:
    hub.cut[BIG] = 0
    with pytest.raises(DownloadFailed, match="pull again, which goes on where it stopped"):
        fetch()
    assert len([each for each in hub.downloads() if each.path.endswith(BIG)]) == TRIES
    assert not weights.installed(card())
    assert weights.state(card()) is State.PARTLY
    assert "only partly" in weights.missing(card())
    partial = next(weights.partial(REPO).iterdir())
    partial.write_bytes(files()[BIG][:100])
    hub.cut.clear()
    hub.asked.clear()
    fetch()
    assert [(each.path.rpartition("/")[2], each.range) for each in hub.downloads()] == [("model.safetensors", "bytes=100-")]
    assert weights.installed(card())
    assert (weights.folder(card()) / BIG).read_bytes() == files()[BIG]
    assert not weights.partial(REPO).exists()


def test_a_connection_that_breaks_now_and_then_only_costs_more_requests(
    hub: Hub, weights: Weights, fetch: Callable[..., object]
) -> None:
    hub.cut[BIG] = 200
    fetch()
    assert weights.installed(card())
    ranges = [each.range for each in hub.downloads() if each.path.endswith(BIG)]
    assert ranges == [None, *(f"bytes={start}-" for start in range(200, len(files()[BIG]), 200))]


def test_a_pull_that_is_stopped_keeps_what_had_come(hub: Hub, config: EngineConfig, weights: Weights) -> None:
    def stop(doing: str, done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull([card()], weights, hub_module.Hub(config), stop)
    assert not weights.installed(card())
    came = len(hub.downloads())
    pull([card()], weights, hub_module.Hub(config))
    assert weights.installed(card())
    assert 0 < came < len(files())
    assert len(hub.downloads()) <= len(files())


def test_a_hub_that_knows_no_ranges_is_read_from_the_start(hub: Hub, weights: Weights, fetch: Callable[..., object]) -> None:
    hub.cut[BIG] = 0
    with pytest.raises(DownloadFailed):
        fetch()
    next(weights.partial(REPO).iterdir()).write_bytes(b"x" * 100)
    hub.cut.clear()
    hub.ranges = False
    fetch()
    assert (weights.folder(card()) / BIG).read_bytes() == files()[BIG]


@pytest.mark.parametrize("name", [BIG, "tokenizer/merges.txt"])
def test_content_that_differs_from_the_listing_is_thrown_away_and_healed_by_the_next_pull(
    hub: Hub, weights: Weights, fetch: Callable[..., object], name: str
) -> None:
    hub.wrong[name] = bytes(len(files()[name]))
    with pytest.raises(DamagedWeights, match=rf"{name} of org/model arrived damaged"):
        fetch()
    assert not weights.installed(card())
    hub.wrong.clear()
    fetch()
    assert (weights.folder(card()) / name).read_bytes() == files()[name]


def test_a_server_that_sends_more_than_it_promised_is_cut_off(hub: Hub, weights: Weights, fetch: Callable[..., object]) -> None:
    hub.wrong[BIG] = files()[BIG] + bytes(1_000_000)
    fetch()
    assert (weights.folder(card()) / BIG).read_bytes() == files()[BIG]


def test_a_short_file_that_claims_to_be_whole_is_refused(hub: Hub, weights: Weights, fetch: Callable[..., object]) -> None:
    hub.wrong[BIG] = files()[BIG][:-1]
    with pytest.raises((DamagedWeights, DownloadFailed)):
        fetch()
    assert not weights.installed(card())


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (BIG, b"\x80\x02}q\x00.", "is no safetensors file but a Python pickle"),
        ("vae/other.SafeTensors", b"PK\x03\x04rest of it", "is no safetensors file but a zip archive"),
        (BIG, b"\xff\xff\xff\xff\xff\xff\xff\x7f{}", "claims 9223372036854775807 bytes"),
        (BIG, b"", "it has 0 bytes"),
        ("transformer/model.safetensors.index.json", b'{"weight_map": {"a": "../vae/model.safetensors"}}', "names '../vae"),
        ("model_index.json", b'{"vae": ["os", "system"]}', "names class system of library os"),
    ],
)
def test_files_that_are_not_what_their_names_say_are_refused_even_if_the_hub_lists_them(
    hub: Hub, weights: Weights, fetch: Callable[..., object], name: str, data: bytes, said: str
) -> None:
    hub.put(REPO, files() | {name: data}, number=2)
    with pytest.raises(DamagedWeights, match=said):
        fetch()
    assert not weights.installed(card())


def test_names_that_lead_out_of_the_folder_are_not_fetched(hub: Hub, weights: Weights, fetch: Callable[..., object]) -> None:
    hub.put(REPO, files() | dict.fromkeys(("../../../evil.json", "/evil.json", "a\\..\\..\\evil.json", "C:evil.json"), b"{}"))
    fetch()
    assert set(weights.receipt(REPO).files) == set(files())  # type: ignore[union-attr]
    assert not [each for each in hub.asked if "evil" in each.path]


def test_an_unpinned_card_keeps_to_the_commit_of_its_first_pull(hub: Hub, weights: Weights, fetch: Callable[..., object]) -> None:
    assert weights.revision(REPO, None) is None
    fetch()
    assert weights.revision(REPO, None) == commit(1)
    hub.put(REPO, files(seed=7), number=2)
    hub.asked.clear()
    fetch()
    assert hub.asked == []
    assert (weights.folder(card()) / BIG).read_bytes() == files()[BIG]


def test_the_pin_of_this_machine_goes_before_the_cards_and_brings_its_commit(
    hub: Hub, weights: Weights, fetch: Callable[..., object]
) -> None:
    hub.put(REPO, files(seed=7), number=2)
    pinned = card(revision=commit(1))
    fetch(pinned)
    assert weights.receipt(REPO).revision == commit(1)  # type: ignore[union-attr]
    weights.pin(REPO, commit(2))
    assert not weights.installed(pinned)
    assert f"as revision {commit(1)[:12]}, where {commit(2)[:12]} is asked for" in weights.missing(pinned)
    fetch(pinned)
    assert (weights.folder(pinned) / BIG).read_bytes() == files(seed=7)[BIG]
    assert not weights.snapshot(REPO, commit(1)).exists()


def test_a_file_that_another_repository_has_is_linked_and_not_fetched(
    hub: Hub, weights: Weights, fetch: Callable[..., object]
) -> None:
    fetch()
    hub.put("org/other", files() | {"vae/model.safetensors": tensors(99)})
    hub.asked.clear()
    other = card("other", "org/other")
    fetch(other)
    fetched = [each.path.rpartition("/")[2] for each in hub.downloads()]
    assert fetched == ["model.safetensors"]
    shared = "transformer/model-00001-of-00002.safetensors"
    assert (weights.folder(other) / shared).samefile(weights.folder(card()) / shared)


def test_adapters_come_with_their_card_and_nothing_else_of_their_repository(
    hub: Hub, weights: Weights, fetch: Callable[..., object]
) -> None:
    hub.put("org/lora", {"fast.safetensors": tensors(5), "slow.safetensors": tensors(6), "config.json": b"{}"})
    fast, slow = card("fast", adapters=(lora(),)), card("slow", adapters=(lora("slow.safetensors"),))
    fetch(fast)
    assert weights.installed(fast)
    assert weights.adapter(fast.adapters[0]).read_bytes() == tensors(5)
    assert not weights.installed(slow)
    assert "fetches up to 0.2 GB" in weights.missing(slow)
    assert [each.path.rpartition("/")[2] for each in hub.downloads()].count("slow.safetensors") == 0
    fetch(slow)
    assert weights.installed(fast)
    assert weights.installed(slow)


def test_a_gated_repository_says_what_to_do(hub: Hub, fetch: Callable[..., object]) -> None:
    hub.tokens = frozenset({"secret"})
    for hub.refusal in (401, 403):
        with pytest.raises(DownloadFailed, match=rf"open {hub.url}/org/model, accept .* set WORKBENCH_HUB_TOKEN"):
            fetch()
        with pytest.raises(DownloadFailed, match="the token in WORKBENCH_HUB_TOKEN doesn't open it") as caught:
            fetch(token="wrong")
        assert "wrong" not in str(caught.value)
    fetch(token="secret")


def test_the_token_goes_to_the_hub_and_not_to_where_it_sends_us(hub: Hub, fetch: Callable[..., object]) -> None:
    with serving() as storage:
        storage.repositories = hub.repositories
        hub.storage, hub.tokens = storage.url, frozenset({"secret"})
        fetch(token="secret")
        assert {each.token for each in hub.asked} == {"secret"}
        assert {each.token for each in storage.asked} == {None}
        assert storage.asked


def test_no_token_of_other_programs_is_sent_and_nothing_else_is_told(
    hub: Hub, fetch: Callable[..., object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_TOKEN", "of-another-program")
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)  # where the library would tell of this machine, unless told not to
    monkeypatch.setattr(constants, "AGENT_HARNESSES_PATH", str(tmp_path / "none.json"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", False)
    monkeypatch.setattr(_detect_agent, "_registry", None)
    fetch()
    assert {each.token for each in hub.asked} == {None}
    assert all(each.path.startswith((f"/api/models/{REPO}/", f"/{REPO}/resolve/", "/large/")) for each in hub.asked)


def test_unknown_repositories_revisions_and_files_are_told_apart(hub: Hub, fetch: Callable[..., object]) -> None:
    with pytest.raises(DownloadFailed, match="has no repository org/nothing"):
        fetch(card(repo="org/nothing"))
    with pytest.raises(DownloadFailed, match=f"org/model has no revision {commit(9)}.*models pin"):
        fetch(card(revision=commit(9)))
    hub.put("org/lora", {"config.json": b"{}"})
    with pytest.raises(DownloadFailed, match=r"org/lora holds nothing like fast\.safetensors"):
        fetch(card(adapters=(lora(),)))


def test_a_busy_hub_is_asked_again_and_a_broken_one_given_up(hub: Hub, weights: Weights, fetch: Callable[..., object]) -> None:
    hub.failing["merges.txt"] = [503, 429]
    fetch()
    assert weights.installed(card())
    hub.put("org/other", {"vae/config.json": b'{"a": 1}'})
    hub.failing["config.json"] = [500] * TRIES
    with pytest.raises(DownloadFailed, match="answers 500 for org/other"):
        fetch(card("other", "org/other"))


def test_without_a_connection_or_offline_the_folder_is_named(
    hub: Hub, fetch: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DownloadFailed, match=r"WORKBENCH_OFFLINE is set.*--from DIR"):
        fetch(offline=True)
    assert hub.asked == []
    with pytest.raises(DownloadFailed, match=r"127\.0\.0\.1 can't be reached.*--from DIR"):
        fetch(endpoint="http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadFailed, match=r"HF_HUB_OFFLINE is set.*--from DIR"):
        fetch()


def test_an_endpoint_that_is_no_hub_is_recognised(hub: Hub, fetch: Callable[..., object]) -> None:
    hub.pages["/wiki/api/models/org/model/revision/main"] = b"<html>"
    with pytest.raises(DownloadFailed, match=r"doesn't answer as a hub does.*WORKBENCH_HUB_ENDPOINT"):
        fetch(endpoint=f"{hub.url}/wiki")


def test_too_little_room_is_said_before_anything_is_fetched(
    hub: Hub, weights: Weights, fetch: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = files_module.shutil.disk_usage
    monkeypatch.setattr(files_module, "SPARE", usage(weights.root.parent).free)
    with pytest.raises(DiskFull, match=r"GB have to be written to .*models, where .* GB are free .*WORKBENCH_MODELS"):
        fetch()
    assert hub.downloads() == []


def test_a_disk_that_fills_up_meanwhile_keeps_what_is_there(hub: Hub, config: EngineConfig, weights: Weights) -> None:
    def full(doing: str, done: int, total: int) -> None:
        if done > total / 2:
            raise OSError(28, "No space left on device")

    with pytest.raises(DiskFull, match="make room and try again"):
        pull([card()], weights, hub_module.Hub(config), full)
    pull([card()], weights, hub_module.Hub(config))
    assert weights.installed(card())


def test_a_restricted_licence_is_accepted_before_anything_is_asked(
    hub: Hub, weights: Weights, fetch: Callable[..., object]
) -> None:
    restricted = card(licence=RESTRICTED, opt_in=True)
    with pytest.raises(LicenceNotAccepted, match=r"licence is accepted \(Research-1\.0, no commercial use, https://licence"):
        fetch(restricted)
    assert hub.asked == []
    weights.accept(restricted)
    fetch(restricted)
    assert weights.installed(restricted)


def test_two_threads_that_pull_one_card_end_with_one_whole_copy(hub: Hub, weights: Weights, fetch: Callable[..., object]) -> None:
    with ThreadPoolExecutor(3) as pool:
        for each in [pool.submit(fetch) for _ in range(3)]:
            each.result()
    assert weights.installed(card())
    assert len([each for each in hub.downloads() if each.path.endswith(BIG)]) == 1
    weights.verify(card())


PULL = (
    "import os, sys; from pathlib import Path; from pipelines.config import EngineConfig;"
    "from pipelines.diffusion.weights.hub import Hub; from pipelines.diffusion.weights.pull import pull;"
    "from pipelines.diffusion.weights.store import Weights; from tests.pipelines.diffusion.repositories import card;"
    "config = EngineConfig(models=Path(sys.argv[1]), endpoint=sys.argv[2]);"
    "die_at = int(sys.argv[3]); watch = lambda doing, done, total: os._exit(9) if done > die_at else None;"
    "pull([card()], Weights(config), Hub(config), watch)"
)
NEVER = 10**12


def pulling(weights: Weights, hub: Hub, die_at: int = NEVER) -> "subprocess.Popen[bytes]":
    """Another process that pulls, and that dies without a word after so many bytes."""
    command = [sys.executable, "-c", PULL, str(weights.root), hub.url, str(die_at)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[3], env=os.environ.copy())


def test_two_processes_that_pull_one_card_end_with_one_whole_copy(hub: Hub, weights: Weights) -> None:
    started = [pulling(weights, hub) for _ in range(2)]
    assert [each.wait(timeout=120) for each in started] == [0, 0]
    assert len([each for each in hub.downloads() if each.path.endswith(BIG)]) == 1
    weights.verify(card())


def test_a_process_that_died_in_the_middle_of_a_file_is_continued_from_there(
    hub: Hub, weights: Weights, fetch: Callable[..., object]
) -> None:
    large = tensors(3, side=1000)
    hub.put(REPO, files() | {BIG: large})
    assert pulling(weights, hub, die_at=1_000_000).wait(timeout=120) == 9
    assert not weights.installed(card())
    came = max(each.stat().st_size for each in weights.partial(REPO).iterdir())
    assert 500_000 < came < len(large)
    hub.asked.clear()
    fetch()
    assert [each.range for each in hub.downloads() if each.path.endswith(BIG)] == [f"bytes={came}-"]
    assert (weights.folder(card()) / BIG).read_bytes() == large
