"""What is refused, how it is said, and that nothing is left of it."""

import base64
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.workbench.studio.conftest import Open
from tests.workbench.studio.fakes import TOOLBOX, FakeEngine, engines
from workbench.errors import EngineUnavailable, InvalidInput, NotFound, OutOfCredits, UnsafeAddress, WorkbenchError
from workbench.jobs.prepare import choose
from workbench.settings import Settings
from workbench.store.models import AssetRow, EntryRow, JobRow, OrganisationRow
from workbench.studio import Studio
from workbench.tools.base import Facts

SKETCH: dict[str, Any] = {"prompt": "a hat"}


@pytest.fixture
def studio(open_studio: Open) -> Studio:
    """One that runs nothing."""
    return open_studio(worker=False)


def uri(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def rows(studio: Studio) -> list[int]:
    with studio._database.reading() as session:
        return [session.scalar(select(func.count()).select_from(each)) or 0 for each in (AssetRow, JobRow, EntryRow)]


REFUSED: list[tuple[dict[str, Any], type[WorkbenchError], set[str]]] = [
    ({}, InvalidInput, {"prompt"}),
    ({"prompt": "x", "num_images": 5}, InvalidInput, {"num_images"}),
    ({"prompt": "x", "seed": float("nan")}, InvalidInput, {"seed"}),
    ({"prompt": "x", "colour": "red"}, InvalidInput, {"colour"}),
    ({"prompt": "forbidden", "image": "PICTURE"}, InvalidInput, {"prompt"}),
    ({"prompt": "x", "image": "no-such-asset"}, InvalidInput, {"image"}),
    ({"prompt": "x", "image": "/etc/passwd"}, InvalidInput, {"image"}),
    ({"prompt": "x", "image": "data:image/png;base64,bm90IGEgcGljdHVyZQ=="}, InvalidInput, {"image"}),
    ({"prompt": "x", "image": "data:image/png;base64,%%%"}, InvalidInput, {"image"}),
    ({"prompt": "x", "image": "PICTURE", "others": ["PICTURE", "nope"]}, InvalidInput, {"others"}),
    ({"prompt": "x", "image": "nope", "others": ["nope either"]}, InvalidInput, {"image", "others"}),
    ({"prompt": "x", "image": "http://127.0.0.1/a.png"}, UnsafeAddress, {"image"}),
    ({"prompt": "x", "image": "http://169.254.169.254/latest"}, UnsafeAddress, {"image"}),
    ({"prompt": "x", "image": "file:///etc/passwd"}, UnsafeAddress, {"image"}),
]


@pytest.mark.parametrize(("values", "error", "fields"), REFUSED)
def test_a_refusal_names_the_field_and_leaves_nothing(
    studio: Studio, png: bytes, values: dict[str, Any], error: type[WorkbenchError], fields: set[str]
) -> None:
    given = {name: uri(png) if value == "PICTURE" else value for name, value in values.items()}
    given |= {name: [uri(png), "nope"] for name in ("others",) if values.get(name) == ["PICTURE", "nope"]}
    with pytest.raises(error) as raised:
        studio.submit("sketch", given)
    assert all(each in str(raised.value) for each in fields)
    assert {each.field for each in raised.value.problems} == fields
    assert rows(studio) == [0, 0, 0]


def test_an_unknown_tool_tariff_or_engine_is_refused_with_what_there_is(studio: Studio) -> None:
    with pytest.raises(InvalidInput, match="there are sketch"):
        studio.submit("draw", SKETCH)
    with pytest.raises(InvalidInput, match="there are auto, fake"):
        studio.submit("sketch", SKETCH, engine="hosted")
    with pytest.raises(InvalidInput, match="there are app, api"):
        studio.submit("sketch", SKETCH, tariff="free")


def test_without_an_engine_nothing_starts_and_the_reason_is_said(open_studio: Open, png: bytes) -> None:
    studio = open_studio(FakeEngine(missing="needs 12 GB of weights"), worker=False)
    with pytest.raises(EngineUnavailable, match="Fake engine: needs 12 GB of weights"):
        studio.submit("sketch", SKETCH | {"image": uri(png)})
    assert rows(studio) == [0, 0, 0]
    assert not studio.support("sketch")["fake"]["fast"].ok


def test_auto_takes_the_first_engine_that_can() -> None:
    tool = TOOLBOX["sketch"]
    chosen = tool.decide(tool, tool.parse(SKETCH), Facts({}))
    some = engines(FakeEngine("a", missing="no"), FakeEngine("b"), FakeEngine("c"))
    assert choose(some, "auto", tool, chosen).name == "b"
    assert choose(some, "c", tool, chosen).name == "c"
    with pytest.raises(EngineUnavailable):
        choose(some, "a", tool, chosen)


def test_what_each_engine_lacks_is_a_sentence_of_its_own() -> None:
    tool = TOOLBOX["sketch"]
    chosen = tool.decide(tool, tool.parse(SKETCH), Facts({}))
    lacking = engines(FakeEngine("a", missing="Needs a GPU."), FakeEngine("b", missing="Needs paint"))
    with pytest.raises(EngineUnavailable, match=r": Needs a GPU\. [^;]+: Needs paint\.$"):
        choose(lacking, "auto", tool, chosen)


def test_out_of_credits_leaves_no_picture_behind(studio: Studio, png: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def empty(*_: Any) -> None:
        raise OutOfCredits("the wallet is empty")

    monkeypatch.setattr("workbench.credits.ledger.hold", empty)
    with pytest.raises(OutOfCredits):
        studio.submit("sketch", SKETCH | {"image": uri(png)})
    assert rows(studio) == [0, 0, 0]


def test_a_data_uri_becomes_an_asset_once(studio: Studio, png: bytes) -> None:
    job = studio.submit("sketch", SKETCH | {"image": uri(png), "others": [uri(png)]})
    (asset,) = studio.assets()
    assert (job.request["image"], job.request["others"]) == (asset.id, [asset.id])


def test_a_seed_is_drawn_where_none_is_given(studio: Studio) -> None:
    seeds = {studio.submit("sketch", SKETCH).seed for _ in range(4)}
    assert len(seeds) == 4
    assert studio.submit("sketch", SKETCH | {"seed": 0}).seed == 0


def test_a_quote_needs_neither_pictures_nor_a_prompt(studio: Studio, png: bytes) -> None:
    assert studio.quote("sketch", {"num_images": 2}).credits == 6
    assert studio.quote("sketch", {"prompt": "", "image": ""}).reasons[0]["text"] == "there are 0 pictures"
    assert (
        studio.quote("sketch", {"image": uri(png), "others": ["https://example.com/a.png"]})
        .reasons[0]["text"]
        .endswith("1 pictures")
    )
    assert rows(studio) == [0, 0, 0]
    with pytest.raises(InvalidInput, match="num_images"):
        studio.quote("sketch", {"num_images": 0})


@pytest.mark.parametrize("tool", ["try-on", "product-to-model", "edit", "create-face", "background-remove", "upscale"])
def test_the_real_tools_can_be_quoted_empty(settings: Settings, tool: str) -> None:
    with Studio.open(settings, worker=False) as studio:
        assert studio.quote(tool, {}).credits > 0


def test_what_is_somebody_elses_is_not_found(studio: Studio, png: bytes) -> None:
    with studio._database.transaction() as session:
        session.add(OrganisationRow(id="other", name="Other", plan="local"))
    job, asset = studio.submit("sketch", SKETCH), studio.add_picture(png)
    for call in (studio.job, studio.cancel, studio.preview, studio.wait):
        with pytest.raises(NotFound):
            call(job.id, owner="other")
    for other in (studio.asset, studio.read, studio.delete):
        with pytest.raises(NotFound):
            other(asset.id, owner="other")
    with pytest.raises(InvalidInput, match="image"):
        studio.submit("sketch", SKETCH | {"image": asset.id}, owner="other")
    assert studio.jobs(owner="other") == studio.assets(owner="other") == ()
    assert studio.job(job.id).status == "waiting"
