"""Weights on disk: what is taken in, what counts as installed, and what is said where it isn't."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pipelines.config import EngineConfig
from pipelines.diffusion.cards import ALLOWED_FILES, Card
from pipelines.diffusion.weights import files as files_module
from pipelines.diffusion.weights import offline
from pipelines.diffusion.weights.files import git_sha1, wanted
from pipelines.diffusion.weights.store import LOCAL, State, Weights
from pipelines.errors import BadCard, DamagedWeights, DiskFull, DownloadFailed, LicenceNotAccepted, MissingWeights
from tests.pipelines.diffusion.hub import commit
from tests.pipelines.diffusion.repositories import RESTRICTED, card, files, lora, repository, tensors

REPO = "org/model"
BIG = "vae/model.safetensors"


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    return Weights(EngineConfig(models=tmp_path / "models"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return repository(tmp_path / "source")


def adopted(weights: Weights, source: Path, **given: Any) -> Card:
    weights.adopt(REPO, source, **given)
    return card()


def test_an_adopted_folder_is_installed_and_handed_out_whole(weights: Weights, source: Path) -> None:
    assert not weights.installed(card())
    assert weights.state(card()) is State.ABSENT
    receipt = weights.adopt(REPO, source, revision=commit(1))
    assert weights.installed(card())
    assert weights.state(card()) is State.INSTALLED
    assert weights.missing(card()) == ""
    folder = weights.folder(card())
    assert {name: (folder / name).read_bytes() for name in receipt.files} == files()
    assert receipt.bytes == sum(map(len, files().values()))
    assert weights.receipt(REPO) == receipt
    assert receipt.revision == commit(1)


def test_every_tiny_checkpoint_of_the_real_classes_can_be_adopted(weights: Weights, checkpoints: Path) -> None:
    for each in sorted(checkpoints.iterdir()):
        weights.adopt(f"tiny/{each.name}", each)
        assert weights.installed(card(repo=f"tiny/{each.name}"))
        assert (weights.folder(card(repo=f"tiny/{each.name}")) / "model_index.json").is_file()


def test_what_is_written_to_later_is_verified_again_before_it_is_loaded(weights: Weights, source: Path) -> None:
    model = adopted(weights, source)
    file, later = weights.folder(model) / BIG, time.time() + 60
    os.utime(file, (later, later))
    assert weights.folder(model) == file.parents[1]
    file.write_bytes(tensors(seed=9))
    os.utime(file, (later, later))
    assert weights.installed(model)
    with pytest.raises(DamagedWeights, match=r"vae/model\.safetensors.*workbench models verify"):
        weights.folder(model)


def test_a_missing_card_says_how_to_get_it_how_much_and_under_which_terms(weights: Weights) -> None:
    said = "Model is not on this machine: `workbench models pull model` fetches up to 9.2 GB"
    assert weights.missing(card(adapters=(lora(),))) == f"{said} (Apache-2.0, MIT)."
    closed = card(licence=RESTRICTED, opt_in=True)
    terms = "Research-1.0, no commercial use, https://licence.example/research"
    assert weights.missing(closed) == f"{said.replace('9.2', '9.0')} after its licence is accepted ({terms})."
    with pytest.raises(MissingWeights, match="Model is not on this machine; run: workbench models pull model"):
        weights.folder(card())
    with pytest.raises(MissingWeights, match=r"fast\.safetensors of org/lora is not on this machine"):
        weights.adapter(lora())


def test_a_licence_is_accepted_once_for_all_cards_on_the_same_weights_and_again_when_it_changes(
    weights: Weights, source: Path
) -> None:
    closed = card(licence=RESTRICTED, opt_in=True)
    adopted(weights, source)
    assert weights.state(closed) is State.LICENCE
    with pytest.raises(LicenceNotAccepted, match=r"Model needs its licence accepted \(Research-1.0.*models pull model"):
        weights.folder(closed)
    weights.accept(closed)
    assert weights.folder(closed).is_dir()
    assert weights.accepted(card("variant", licence=RESTRICTED, opt_in=True))
    assert not weights.accepted(card(licence=RESTRICTED | {"name": "Research-2.0"}, opt_in=True))
    assert not weights.accepted(card(licence=RESTRICTED, opt_in=True, adapters=(lora(),)))


@pytest.mark.parametrize("damage", ["cut", "gone", "link", "folder"])
def test_a_file_that_changed_its_size_or_kind_is_never_handed_out(
    weights: Weights, source: Path, tmp_path: Path, damage: str
) -> None:
    model = adopted(weights, source)
    path = weights.folder(model) / BIG
    data = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(data[:-1])
    elif damage == "link":
        (tmp_path / "elsewhere").write_bytes(data)
        path.symlink_to(tmp_path / "elsewhere")
    elif damage == "folder":
        path.mkdir()
    assert not weights.installed(model)
    assert "is damaged on this machine" in weights.missing(model)
    with pytest.raises(DamagedWeights, match=rf"{BIG} gone or of another size; run: workbench models pull model"):
        weights.folder(model)


def test_a_pickle_of_the_right_size_is_never_handed_out(weights: Weights, source: Path) -> None:
    model = adopted(weights, source)
    path = weights.folder(model) / BIG
    size = path.stat().st_size
    path.unlink()
    path.write_bytes(b"\x80\x02}".ljust(size, b"."))
    with pytest.raises(DamagedWeights, match="is no safetensors file but a Python pickle"):
        weights.folder(model)


def test_verify_finds_what_sizes_and_headers_hide_and_the_rest_is_kept(weights: Weights, source: Path) -> None:
    model = adopted(weights, source)
    folder = weights.folder(model)
    data = (folder / BIG).read_bytes()
    (folder / BIG).unlink()
    (folder / BIG).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    os.utime(folder / BIG, (0, 0))
    assert weights.folder(model) == folder
    with pytest.raises(DamagedWeights, match=rf"not what was fetched: {REPO}/{BIG}; .*models pull model$"):
        weights.verify(model)
    assert weights.state(model) is State.PARTLY
    assert not (folder / BIG).exists()
    assert (folder / "vae/config.json").exists()
    adopted(weights, source)
    assert [each.repo for each in weights.verify(model, card("variant"))] == [REPO]


def test_verify_reports_every_byte_to_whoever_watches(weights: Weights, source: Path) -> None:
    seen: list[tuple[int, int]] = []
    weights.verify(adopted(weights, source), watch=lambda _, done, total: seen.append((done, total)))
    size = sum(map(len, files().values()))
    assert seen == sorted(seen)
    assert seen[-1] == (size, size)


def test_only_what_may_be_loaded_is_taken_in(weights: Weights, source: Path) -> None:
    for name in ("model.py", "vae/pytorch_model.bin", ".git/config.json", "x.bin.index.json", "vae/.hidden.json", "b.PT"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).write_bytes(b"{}")
    (source / "vae/MODEL2.SafeTensors").write_bytes(tensors())
    assert set(weights.adopt(REPO, source).files) == {*files(), "vae/MODEL2.SafeTensors"}


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("vae/model.safetensors", True),
        ("vae/model.SAFETENSORS", True),
        ("model.bin", False),
        ("../model.json", False),
        ("a/../../model.json", False),
        ("/etc/model.json", False),
        ("..\\model.json", False),
        ("C:\\model.json", False),
        ("C:model.json", False),
        ("", False),
    ],
)
def test_a_name_is_taken_if_it_stays_inside_and_is_of_a_kind_that_is_safe(path: str, taken: bool) -> None:
    assert wanted(path, ALLOWED_FILES) is taken
    assert wanted(path, ("*",)) is taken


def test_a_link_out_of_the_folder_is_refused_and_one_inside_it_becomes_a_file(
    weights: Weights, source: Path, tmp_path: Path
) -> None:
    (source / "vae/inside.safetensors").symlink_to(source / BIG)
    taken = weights.adopt(REPO, source)
    inside = weights.snapshot(REPO, taken.revision) / "vae/inside.safetensors"
    assert not inside.is_symlink()
    (tmp_path / "secret.json").write_text("{}")
    (source / "vae/outside.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(DamagedWeights, match=r"outside.json is a link to .*secret.json, outside of"):
        weights.adopt(REPO, source)
    assert weights.installed(card())


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (BIG, b"\x80\x05\x95....", "is no safetensors file but a Python pickle"),
        (BIG, b"", "it has 0 bytes"),
        (BIG, None, "lacks its part vae"),
        ("transformer/model-00002-of-00002.safetensors", None, "names model-00002-of-00002.safetensors, which is not there"),
        ("model_index.json", b"[]", "is no JSON object"),
    ],
)
def test_a_folder_that_is_not_whole_is_not_adopted(
    weights: Weights, source: Path, name: str, data: bytes | None, said: str
) -> None:
    if data is not None:
        (source / name).write_bytes(data)
    elif name == BIG:
        shutil.rmtree(source / "vae")
    else:
        (source / name).unlink()
    with pytest.raises(DamagedWeights, match=said):
        weights.adopt(REPO, source)
    assert weights.state(card()) is State.ABSENT


def test_an_empty_or_absent_folder_holds_nothing(weights: Weights, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(MissingWeights, match="holds nothing of org/model"):
            weights.adopt(REPO, folder)


def test_without_links_files_are_copied_and_need_room(weights: Weights, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refused)
    model = adopted(weights, source)
    assert not (weights.folder(model) / BIG).samefile(source / BIG)
    assert (weights.folder(model) / BIG).read_bytes() == files()[BIG]
    monkeypatch.setattr(files_module, "SPARE", 10**18)
    with pytest.raises(DiskFull, match="have to be written to"):
        files_module.need_room(weights.root, 1)
    files_module.need_room(weights.root, 0)


def test_what_was_adopted_before_is_replaced_where_it_is_adopted_again(weights: Weights, source: Path, tmp_path: Path) -> None:
    (source / "vae/old.json").write_text("{}")
    adopted(weights, source)
    adopted(weights, repository(tmp_path / "newer", seed=9))
    assert set(weights.receipt(REPO).files) == set(files())  # type: ignore[union-attr]
    assert (weights.folder(card()) / BIG).read_bytes() == files(seed=9)[BIG]
    assert not (weights.folder(card()) / "vae/old.json").exists()
    assert (source / BIG).read_bytes() == files()[BIG]


def test_adapters_of_one_repository_are_adopted_one_after_the_other(weights: Weights, source: Path) -> None:
    for name in ("fast.safetensors", "slow.safetensors"):
        (source / name).write_bytes(tensors(len(name)))
        weights.adopt("org/lora", source, (name,))
    both = card(adapters=(lora(), lora("slow.safetensors")))
    assert not weights.installed(both)
    assert weights.state(both) is State.PARTLY
    adopted(weights, source)
    assert weights.installed(both)
    assert weights.adapter(lora("slow.safetensors")).name == "slow.safetensors"


def test_an_adoption_that_breaks_off_leaves_nothing_installed(weights: Weights, source: Path, tmp_path: Path) -> None:
    def stop(doing: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    adopted(weights, source)
    with pytest.raises(KeyboardInterrupt):
        weights.adopt(REPO, repository(tmp_path / "newer", seed=9), watch=stop)
    assert not weights.installed(card())
    adopted(weights, source)
    assert weights.installed(card())


def test_a_receipt_that_cannot_be_read_proves_nothing(weights: Weights, source: Path) -> None:
    model = adopted(weights, source)
    (path,) = (weights.root / "receipts").iterdir()
    for text in ("", "{", "[]", '{"repo": "org/model"}', '{"repo": 1, "revision": 2, "files": [], "patterns": 3}'):
        path.unlink()
        path.write_text(text)
        assert not weights.installed(model)
        with pytest.raises(MissingWeights):
            weights.folder(model)


def test_pins_of_this_machine_go_before_those_of_the_card(weights: Weights, source: Path) -> None:
    assert weights.revision(REPO, None) is None
    assert weights.revision(REPO, commit(1)) == commit(1)
    adopted(weights, source, revision=commit(1))
    assert weights.installed(card(revision=commit(1)))
    assert not weights.installed(card(revision=commit(2)))
    weights.pin(REPO, commit(1))
    weights.pin("org/other", commit(3))
    assert weights.installed(card(revision=commit(2)))
    assert weights.revision(REPO, commit(2)) == commit(1)


def test_a_folder_of_unknown_revision_serves_pinned_cards(weights: Weights, source: Path) -> None:
    assert weights.adopt(REPO, source).revision == LOCAL
    assert weights.installed(card(revision=commit(1)))


def test_removing_frees_the_bytes_and_leaves_what_others_use(weights: Weights, source: Path, tmp_path: Path) -> None:
    (source / "fast.safetensors").write_bytes(tensors(5))
    fast, plain = card("fast", adapters=(lora(),)), card("plain")
    adopted(weights, source)
    weights.adopt("org/lora", source, ("fast.safetensors",))
    shutil.rmtree(source)
    removed = weights.remove([fast], [plain])
    assert removed.bytes == len(tensors(5))
    assert removed.kept == {REPO: ("plain",)}
    assert weights.installed(plain)
    assert not weights.installed(fast)
    removed = weights.remove([plain], [fast])
    assert removed.bytes == sum(map(len, files().values()))
    assert removed.kept == {}
    assert not list((weights.root / "repositories").iterdir())


def test_removing_one_adapter_of_a_repository_leaves_the_other(weights: Weights, source: Path) -> None:
    adopted(weights, source)
    for name in ("fast.safetensors", "slow.safetensors"):
        (source / name).write_bytes(tensors(len(name)))
    weights.adopt("org/lora", source, ("fast.safetensors", "slow.safetensors"))
    fast, slow = card("fast", adapters=(lora(),)), card("slow", adapters=(lora("slow.safetensors"),))
    weights.remove([fast], [slow])
    assert weights.installed(slow)
    assert not weights.installed(fast)
    assert not (weights.adapter(slow.adapters[0]).parent / "fast.safetensors").exists()


def test_bytes_that_another_link_still_holds_are_not_counted_as_freed(weights: Weights, source: Path) -> None:
    adopted(weights, source)
    assert weights.remove([card()], []).bytes == 0
    assert (source / BIG).read_bytes() == files()[BIG]


def test_names_that_are_no_repository_touch_no_file(weights: Weights, source: Path) -> None:
    for repo in ("../model", "org/../../model", "org/model/more", "/org", "org\\model", ""):
        with pytest.raises(BadCard, match="is no repository"):
            weights.adopt(repo, source)


def test_a_folder_that_cannot_be_written_to_is_named(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DownloadFailed, match=r"weights can't be kept: .*file.*WORKBENCH_MODELS"):
        Weights(EngineConfig(models=tmp_path / "file" / "models")).adopt(REPO, source)


@pytest.mark.parametrize(
    ("layout", "revision"),
    [
        ("", None),
        (REPO, None),
        ("org--model", None),
        (f"org--model/{commit(1)}", commit(1)),
        (f"models--org--model/snapshots/{commit(1)}", commit(1)),
        (f"hub/models--org--model/snapshots/{commit(1)}", commit(1)),
        (f"repositories/org--model/{commit(1)}", commit(1)),
    ],
)
def test_weights_are_found_in_a_folder_however_they_lie_there(
    weights: Weights, tmp_path: Path, layout: str, revision: str | None
) -> None:
    repository(tmp_path / "usb" / layout)
    (receipt,) = offline.adopt(card(), weights, tmp_path / "usb")
    assert receipt.revision == (revision or LOCAL)
    assert weights.revision(REPO, None) == revision
    assert weights.installed(card())
    assert offline.adopt(card(), weights, tmp_path / "nowhere") == ()


def test_a_hub_cache_of_links_to_blobs_is_adopted_as_plain_files(weights: Weights, tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "models--org--model"
    (cache / "blobs").mkdir(parents=True)
    for number, (name, data) in enumerate(files().items()):
        (cache / "blobs" / str(number)).write_bytes(data)
        link = cache / "snapshots" / commit(1) / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(cache / "blobs" / str(number), link.parent))
    offline.adopt(card(), weights, tmp_path / "cache")
    assert weights.installed(card())
    assert not (weights.folder(card()) / BIG).is_symlink()


def test_of_several_revisions_the_pinned_or_the_newest_is_taken(weights: Weights, tmp_path: Path) -> None:
    cache = tmp_path / "models--org--model"
    for number in (1, 2):
        repository(cache / "snapshots" / commit(number), seed=number)
    with pytest.raises(MissingWeights, match=r"where one is asked for; choose one: workbench models pin ID --revision HASH"):
        offline.adopt(card(), weights, tmp_path)
    with pytest.raises(MissingWeights, match=f"where {commit(3)} is asked for"):
        offline.adopt(card(revision=commit(3)), weights, tmp_path)
    offline.adopt(card(revision=commit(1)), weights, tmp_path)
    assert weights.receipt(REPO).revision == commit(1)  # type: ignore[union-attr]
    (cache / "refs").mkdir()
    (cache / "refs/main").write_text(f"{commit(2)}\n")
    offline.adopt(card("other", "org/other"), weights, _renamed(cache, "org--other"))
    assert weights.receipt("org/other").revision == commit(2)  # type: ignore[union-attr]


def _renamed(cache: Path, name: str) -> Path:
    cache.rename(cache.with_name(f"models--{name}"))
    return cache.parent


def test_cards_with_adapters_and_licences_are_adopted_whole_or_refused(weights: Weights, tmp_path: Path) -> None:
    fast = card(adapters=(lora(),))
    repository(tmp_path / REPO)
    with pytest.raises(MissingWeights, match="holds nothing of org/lora; it may be laid out as"):
        offline.adopt(fast, weights, tmp_path)
    assert weights.receipt(REPO) is None
    (tmp_path / "org/lora").mkdir()
    (tmp_path / "org/lora/fast.safetensors").write_bytes(tensors())
    offline.adopt(fast, weights, tmp_path)
    assert weights.installed(fast)
    with pytest.raises(LicenceNotAccepted):
        offline.adopt(card(licence=RESTRICTED, opt_in=True), weights, tmp_path)


def test_small_files_are_known_by_the_name_that_git_gives_them(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"hello\n")
    assert git_sha1(path) == "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object


def test_asking_what_is_here_imports_neither_torch_nor_the_hub() -> None:
    program = (
        "import sys; from pathlib import Path; from pipelines.config import EngineConfig;"
        "from pipelines.diffusion.cards import catalogue; from pipelines.diffusion.weights.store import Weights;"
        "weights = Weights(EngineConfig(models=Path('nowhere')));"
        "assert all(weights.missing(each) for each in catalogue());"
        "print(*{'torch', 'diffusers', 'transformers', 'huggingface_hub', 'asyncio'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.split()) == (0, [])


def test_receipts_pins_and_licences_are_plain_json_that_people_can_read(weights: Weights, source: Path) -> None:
    adopted(weights, source, revision=commit(1))
    weights.pin(REPO, commit(1))
    weights.accept(card())
    read = {name: json.loads((weights.root / name).read_text()) for name in ("pins.json", "accepted.json")}
    assert read == {"pins.json": {REPO: commit(1)}, "accepted.json": {REPO: "Apache-2.0, https://licence.example"}}
    assert json.loads((weights.root / "receipts/org--model.json").read_text())["revision"] == commit(1)
