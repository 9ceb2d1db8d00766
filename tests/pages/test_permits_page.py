"""The permits page, from a file to verdicts that are kept: on a district whose patches are the shipped quarries."""

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import pytest
from streamlit.testing.v1 import AppTest

from components.permits import shelf
from engine.permits.versions import read_version, versions
from store.casebook import Casebook
from store.cases import Author
from store.home import Home
from store.patches import PatchFilter
from store.reader import ReleaseReader, current_release
from tests.conftest import ROOT, STRZEGOM
from tests.pages.test_pages import text
from tests.permits import PERMITS
from web import handover

PAGE, AREA = ROOT / "pages" / "permits" / "permits.py", STRZEGOM.name
TIMEOUT = 60


@pytest.fixture
def home(permitted: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The releases of the shipped home, and a place of its own for registers."""
    own = Home(tmp_path)
    own.releases_root.symlink_to(permitted.releases_root)
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path))
    return own


@pytest.fixture
def reader(home: Home) -> ReleaseReader:
    reader = current_release(home, AREA)
    assert reader is not None
    return reader


def register(crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
    """The permits of the area's own register under Chinese names of columns."""
    shapes, first, last = zip(*PERMITS.values(), strict=True)
    columns = {"许可证号": list(PERMITS), "采矿权人": "石料公司", "有效期起": first, "有效期止": last}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326").to_crs(crs)


def shapefile(table: gpd.GeoDataFrame, *, without: str = "") -> bytes:
    """A zipped shapefile in GBK that says nothing of its encoding."""
    archive = io.BytesIO()
    with TemporaryDirectory() as folder, zipfile.ZipFile(archive, "w") as files:
        table.to_file(Path(folder) / "permits.shp", encoding="GBK")
        for path in sorted(Path(folder).iterdir()):
            if path.suffix not in (".cpg", without):
                files.writestr(path.name, path.read_bytes())
    return archive.getvalue()


def open_with(name: str, content: bytes) -> AppTest:
    app = AppTest.from_file(str(PAGE), default_timeout=TIMEOUT)
    app.query_params["area"] = AREA
    app.run()
    app.file_uploader[0].set_value([(name, content, "application/octet-stream")]).run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def test_a_chinese_shapefile_is_understood_and_gives_the_verdicts_of_the_release(reader: ReleaseReader) -> None:
    app = open_with("许可证.zip", shapefile(register()))
    told = text(app)
    assert "texts in GB18030 (guessed)" in told
    assert "2 permits" in told
    press(app, "Verdicts")
    counts = next(one.value for one in app.markdown if "suspected: no permit" in one.value)
    said = {kind.strip(): int(count) for count, kind in re.findall(r"\*\*(\d+)\*\* \S+ ([^&]+)", counts)}
    own = reader.verdicts()
    assert said["suspected: no permit"] == sum((one.kind, one.certainty) == ("no_permit", "certain") for one in own)
    assert said["suspected: crosses its permit's boundary"] == sum(
        (one.kind, one.certainty) == ("crosses", "certain") for one in own
    )


def test_a_system_that_the_file_does_not_say_is_asked_for(home: Home) -> None:
    app = open_with("permits.zip", shapefile(register("EPSG:2177"), without=".prj"))
    assert "It is not assumed: choose it." in text(app)
    assert not any(button.label == "Verdicts" for button in app.button)
    # Two systems of one zone lie a few centimetres or a hundred metres apart; only a person knows which is meant.
    assert app.radio[0].value is None
    app.radio[0].set_value("EPSG:2177").run()
    press(app, "Take this one")
    press(app, "Verdicts")
    assert "suspected: no permit" in text(app)


def map_data(app: AppTest) -> dict[str, Any]:
    """What the page's map was given."""
    found = [getattr(getattr(element, "proto", None), "json", "") for element in app.main]
    (data,) = [text for text in found if '"vectors"' in text]
    given: dict[str, Any] = json.loads(data)
    return given


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2177"])
def test_a_map_shows_where_permits_lie_also_when_the_file_names_its_system(home: Home, crs: str) -> None:
    app = open_with("permits.zip", shapefile(register(crs)))
    assert "2 of 2 lie on this area." in text(app)
    held_against = map_data(app)["vectors"]["permits"]
    digest = held_against.removeprefix("/handover/").removesuffix(".geojson")
    drawn = json.loads(handover._kept[digest])
    assert {feature["properties"]["number"] for feature in drawn["features"]} == set(PERMITS)


def test_verdicts_of_a_file_without_a_system_lead_back_to_where_it_is_chosen(home: Home) -> None:
    app = open_with("permits.zip", shapefile(register("EPSG:2177"), without=".prj"))
    for step in ("verdicts", "keep"):
        steps(app).set_value(step).run()
        assert "Choose it in step 2." in text(app)
        assert "crs =" not in text(app)
        press(app, "Back to step 2")
        assert "It is not assumed: choose it." in text(app)


def steps(app: AppTest) -> Any:
    return next(group for group in app.button_group if group.label == "Step")


def reloaded(app: AppTest, **changes: str) -> AppTest:
    """The page as another session shows it at the same address."""
    again = AppTest.from_file(str(PAGE), default_timeout=TIMEOUT)
    for name, value in {**app.query_params, **changes}.items():
        again.query_params[name] = value
    again.run()
    assert not again.exception
    return again


def test_a_reload_loses_neither_the_file_nor_what_was_chosen(home: Home) -> None:
    app = open_with("permits.zip", shapefile(register("EPSG:2177"), without=".prj"))
    app.radio[0].set_value("EPSG:2177").run()
    press(app, "Take this one")
    again = reloaded(app)
    assert "EPSG:2177" in text(again)
    assert "2 permits" in text(again)
    press(again, "Verdicts")
    again.date_input[0].set_value(date(2022, 6, 1)).run()
    third = reloaded(again)
    assert steps(third).value == "verdicts"
    assert third.date_input[0].value == date(2022, 6, 1)
    assert "suspected: no permit" in text(third)
    # It is the upload that the address names, and not one of this area that the session knows.
    fourth = open_with("other.zip", shapefile(register()))
    assert fourth.query_params["draft"] != third.query_params["draft"]


def test_an_upload_that_is_not_kept_any_more_is_said_to_be_gone(home: Home) -> None:
    app = open_with("permits.zip", shapefile(register()))
    assert "no longer kept" not in text(app)
    shelf._kept.clear()
    assert "no longer kept: that is so after 12 hours" in text(reloaded(app))
    assert steps(reloaded(app)).value == "file"


def test_an_upload_is_of_its_area(home: Home) -> None:
    app = open_with("permits.zip", shapefile(register()))
    elsewhere = reloaded(app, area="metropolitan")
    assert steps(elsewhere).disabled
    assert "permits.zip" not in text(elsewhere)
    assert "no longer kept" not in text(elsewhere)


def test_the_register_of_the_release_is_among_those_of_the_area(home: Home) -> None:
    app = AppTest.from_file(str(PAGE), default_timeout=TIMEOUT)
    app.query_params["area"] = AREA
    app.run()
    (own,) = [one.value for one in app.markdown if "the release shown is judged by it" in one.value]
    assert own.startswith("**permits.gpkg** · 2 permits · named in area.toml")


def test_the_saved_register_that_the_release_is_judged_by_is_marked(
    home: Home, monkeypatch: pytest.MonkeyPatch, reader: ReleaseReader
) -> None:
    app = press(press(open_with("old.zip", shapefile(register())), "Verdicts"), "Keep")
    press(app, "Save as the area's register")
    (saved,) = versions(home.registers(AREA))
    assert reader.register is not None
    judged = replace(reader.register, version=saved.id, name=saved.name)
    monkeypatch.setattr(ReleaseReader, "register", property(lambda _self: judged))
    app = AppTest.from_file(str(PAGE), default_timeout=TIMEOUT)
    app.query_params["area"] = AREA
    app.run()
    (own,) = [one.value for one in app.markdown if "the release shown is judged by it" in one.value]
    assert own.startswith("**old.zip** · ")
    assert "named in area.toml" not in text(app)


def test_a_register_is_saved_as_a_version_and_opened_again(home: Home, reader: ReleaseReader) -> None:
    app = open_with("permits.zip", shapefile(register()))
    press(app, "Verdicts")
    press(app, "Keep")
    app.text_input[1].set_value("from the office, 3 May")
    press(app, "Save as the area's register")
    saved = versions(home.registers(AREA))
    assert [(one.name, one.note, one.permits) for one in saved] == [("permits.zip", "from the office, 3 May", 2)]
    assert list(read_version(home.registers(AREA), saved[0].id)[0].permits["number"]) == list(PERMITS)

    again = AppTest.from_file(str(PAGE), default_timeout=TIMEOUT)
    again.query_params["area"] = AREA
    again.run()
    press(again, "Open")
    press(again, "Verdicts")
    assert "suspected: no permit" in text(again)


def test_cases_are_opened_for_what_the_register_makes_suspected(home: Home, reader: ReleaseReader) -> None:
    suspected = reader.patch_ids(PatchFilter(suspected="certain"))  # the register is the release's own
    book = Casebook.default(home)
    known = book.open(AREA, suspected[0], by=Author("Wu Bo"), release="r1")
    app = press(press(open_with("permits.zip", shapefile(register())), "Verdicts"), "Keep")
    assert f"{len(suspected)} suspected patches, of which {len(suspected) - 1} have no case yet." in text(app)
    app.text_input(key="open-of-register-by").set_value("Li Na")
    (button,) = [one for one in app.button if one.form_id == "open-of-register"]
    assert not button.click().run().exception
    cases = {case.patch: case for case in book.cases(AREA)}
    assert sorted(cases) == suspected
    assert cases[suspected[0]] == known
    assert all(any(one.endswith(":certain") for one in cases[name].suspicion) for name in suspected[1:])


def test_cases_are_opened_for_the_chosen_rows_alone(home: Home, reader: ReleaseReader) -> None:
    suspected = reader.patch_ids(PatchFilter(suspected="certain"))
    app = press(press(open_with("permits.zip", shapefile(register())), "Verdicts"), "Keep")
    assert list(app.dataframe[0].value["patch"]) == suspected
    app.session_state[f"without-case-{hash(tuple(suspected))}"] = {"selection": {"rows": [0, 2]}}
    app.run()
    assert "each of these 2 patches" in text(app)
    app.text_input(key="open-of-register-by").set_value("Li Na")
    (button,) = [one for one in app.button if one.form_id == "open-of-register"]
    assert button.label == "Open 2 cases"
    assert not button.click().run().exception
    assert sorted(case.patch for case in Casebook.default(home).cases(AREA)) == [suspected[0], suspected[2]]


def test_what_changed_from_a_saved_register_is_listed(home: Home) -> None:
    press(press(press(open_with("old.zip", shapefile(register())), "Verdicts"), "Keep"), "Save as the area's register")
    newer = register()
    newer.loc[1, "有效期止"] = "2029-12-31"
    app = press(press(open_with("new.zip", shapefile(newer)), "Verdicts"), "Keep")
    assert "1 renewed" in text(app)
    changes = app.dataframe[-1].value
    assert list(changes["permit"]) == ["E"]


def test_columns_that_nothing_was_made_of_are_listed(home: Home) -> None:
    table = register().rename(columns={"有效期止": "备注甲", "有效期起": "备注乙"})
    app = open_with("odd.zip", shapefile(table))
    assert "Not used: 备注乙, 备注甲" in text(app)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("permits.zip", b"PK\x03\x04 cut off", "archive"),
        ("permits.geojson", b'{"type": "FeatureCollection", "features": []}', "permits.geojson"),
        ("permits.kml", b"<OGRVRTDataSource><OGRVRTLayer name='a'/></OGRVRTDataSource>", "permits.kml"),
    ],
)
def test_a_bad_file_is_explained_and_nothing_is_kept(home: Home, name: str, content: bytes, said: str) -> None:
    app = open_with(name, content)
    (error,) = app.error
    assert said in error.value
    assert "What to do" in error.value
    assert str(home.root) not in error.value
    assert not home.registers(AREA).exists()


def test_a_register_of_elsewhere_is_said(home: Home) -> None:
    table = register()
    table["geometry"] = table.translate(20, 0)
    app = open_with("elsewhere.zip", shapefile(table))
    assert "None of them lies on this area" in app.warning[0].value
    press(app, "Verdicts")
    assert "far from the patches" in app.error[0].value
