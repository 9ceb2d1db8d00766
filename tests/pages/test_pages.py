"""Each page without a browser: normal, empty and failing."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from store.home import Home
from store.reader import ReleaseReader, current_release, releases
from tests.conftest import ROOT

PAGES = sorted((ROOT / "pages").glob("*/*.py"))
AREA = "metropolitan"


@pytest.fixture
def home(published: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A copy of the published home that a test may change."""
    copy = Home(tmp_path / "home")
    shutil.copytree(published.root, copy.root, symlinks=True)
    monkeypatch.setenv("PITWATCH_HOME", str(copy.root))
    yield copy


def open_page(page: Path, **query: str) -> AppTest:
    app = AppTest.from_file(str(page), default_timeout=30)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def text(app: AppTest) -> str:
    """Everything that is said on the page."""
    elements = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.title, *app.subheader]
    return "\n".join(element.value for element in elements)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_normal(page: Path, home: Home) -> None:
    app = open_page(page)
    assert not app.exception
    assert "19 Jun 2006 – 17 Sep 2007" in text(app)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_empty(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PITWATCH_HOME", str(tmp_path))
    app = open_page(page)
    assert not app.exception
    assert "make run" in text(app)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_failed_run_is_said_and_the_last_release_shown(page: Path, home: Home) -> None:
    status = json.loads(home.status(AREA).read_text()) | {"state": "failed", "error": "a.tif: no CRS"}
    home.status(AREA).write_text(json.dumps(status))
    app = open_page(page)
    assert not app.exception
    assert "the last run failed" in text(app)


def test_before_the_first_release_the_run_is_shown(home: Home) -> None:
    shutil.rmtree(home.releases_root)
    status = json.loads(home.status(AREA).read_text()) | {"state": "failed", "error": "a.tif: no CRS"}
    home.status(AREA).write_text(json.dumps(status))
    assert "no CRS" in text(open_page(PAGES[0]))


def test_a_run_at_work_is_shown_with_its_progress(home: Home) -> None:
    known = json.loads(home.status(AREA).read_text())
    alive = {"state": "running", "step": "inversion", "done": 3, "total": 8, "pid": 1}
    home.status(AREA).write_text(json.dumps(known | alive))
    assert "inversion 3/8" in text(open_page(PAGES[0]))


def test_a_release_of_another_version_is_explained(home: Home) -> None:
    import duckdb

    for release in releases(home, AREA):
        with duckdb.connect(str(home.releases(AREA) / release / "release.duckdb")) as database:
            database.execute("UPDATE release SET schema_version = 999")
    app = open_page(ROOT / "pages" / "inspect" / "map.py")
    assert not app.exception
    assert "another version" in text(app)


def test_an_unknown_area_or_release_in_the_url_is_named(home: Home) -> None:
    page = ROOT / "pages" / "inspect" / "map.py"
    assert "no area 'nowhere'" in text(open_page(page, area="nowhere"))
    assert "no release 20200101T000000Z" in text(open_page(page, area=AREA, release="20200101T000000Z"))


@pytest.mark.parametrize("page", ["map", "patch", "compare"])
def test_an_unknown_patch_in_the_url_is_named(page: str, home: Home) -> None:
    assert "no patch 'P-9999'" in text(open_page(ROOT / "pages" / "inspect" / f"{page}.py", area=AREA, patch="P-9999"))


def test_nonsense_in_the_url_is_ignored(home: Home) -> None:
    app = open_page(ROOT / "pages" / "inspect" / "map.py", at="here,there", patch="none", area="../../etc")
    assert not app.exception


def test_the_site_reads_not_tested_and_never_no_permit(home: Home) -> None:
    app = open_page(ROOT / "pages" / "inspect" / "map.py", area=AREA, patch="M1345.B1")
    assert "permits not tested" in text(app)
    assert "No register of permits has been loaded" in text(app)
    assert "no permit" not in text(app).lower().replace("no permits", "")


def test_figures_of_the_overview_are_those_of_the_release(home: Home) -> None:
    app = open_page(ROOT / "pages" / "overview" / "summary.py")
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Patches"] == "1"
    assert figures["Active by radar"] == "1"
    assert figures["Fastest"] == "−20 mm/yr"
    assert figures["Held against permits"] == "0 of 1"


# The optical area


OPTICAL = "strzegom"


@pytest.fixture
def optical_home(both_published: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PITWATCH_HOME", str(both_published.root))
    return both_published


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_normal_without_radar(page: Path, optical_home: Home) -> None:
    app = open_page(page, area=OPTICAL)
    assert not app.exception
    assert "19 Jun 2021 – 1 Mar 2023" in text(app)
    assert "line of sight" not in text(app)


def test_figures_of_images_are_those_of_the_outlines(optical_home: Home) -> None:
    reader = current_release(optical_home, OPTICAL)
    assert reader is not None
    app = open_page(ROOT / "pages" / "overview" / "summary.py", area=OPTICAL)
    figures = {metric.label: metric.value for metric in list(app.metric)[:-3]}  # below are those of all areas
    patches = reader.patches()
    area = sum(area for (_, day), (area, _) in reader.areas_by_class().items() if str(day) == "2023-03-01")
    assert figures["Patches"] == str(len(patches))
    assert figures["Mined, 1 Mar 2023"] == f"{area / 1e6:.1f} km²"
    assert figures["Grown"].split(" ")[0] == str(sum(patch.change == "grown" for patch in patches))
    assert figures["Held against permits"] == f"0 of {len(patches)}"
    assert "Active by radar" not in figures


def test_a_patch_is_told_on_both_dates(optical_home: Home) -> None:
    reader = current_release(optical_home, OPTICAL)
    assert reader is not None
    patch = max(reader.patches(), key=lambda item: item.area_m2)
    told = text(open_page(ROOT / "pages" / "inspect" / "map.py", area=OPTICAL, patch=patch.patch_id))
    assert "| 19 Jun 2021 |" in told
    assert "| 1 Mar 2023 |" in told
    assert "permits not tested" in told
    assert "no permit" not in told.lower().replace("no permits", "")
    assert "Motion: not measured" in told


def test_the_quality_page_gives_the_model_s_accuracy_on_what_it_had_not_seen(optical_home: Home) -> None:
    app = open_page(ROOT / "pages" / "quality" / "quality.py", area=OPTICAL)
    tables = [frame.value for frame in app.dataframe]
    accuracy = next(table for table in tables if "IoU" in table.columns)
    reader = current_release(optical_home, OPTICAL)
    assert reader is not None
    assert reader.extraction is not None
    assert accuracy["IoU"].iloc[0] == reader.extraction.metrics["unseen_rows_and_date.iou"]


def test_a_model_that_tells_of_no_accuracy_has_no_empty_table(
    optical_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = current_release(optical_home, OPTICAL)
    assert reader is not None
    assert reader.extraction is not None
    silent = replace(reader.extraction, metrics={"training.loss": 0.4})
    monkeypatch.setattr(ReleaseReader, "extraction", property(lambda _reader: silent))
    app = open_page(ROOT / "pages" / "quality" / "quality.py", area=OPTICAL)
    assert not app.exception
    assert "Accuracy of the model" not in text(app)


def test_one_image_cannot_be_compared(home: Home) -> None:
    app = open_page(ROOT / "pages" / "inspect" / "compare.py", area=AREA)
    assert "two images of different dates are needed" in text(app)


def test_areas_of_classes_stand_on_the_overview(optical_home: Home) -> None:
    reader = current_release(optical_home, OPTICAL)
    assert reader is not None
    app = open_page(ROOT / "pages" / "overview" / "summary.py", area=OPTICAL)
    table = next(frame.value for frame in app.dataframe if list(frame.value.columns[:2]) == ["class", "patches"])
    mined = reader.figures().area_m2
    assert mined is not None
    assert table["area, ha"].sum() == pytest.approx(mined / 1e4)
    assert table["patches"].sum() == len(reader.patches())


def test_all_areas_are_summed_up(optical_home: Home) -> None:
    readers = [current_release(optical_home, name) for name in (AREA, OPTICAL)]
    app = open_page(ROOT / "pages" / "overview" / "summary.py", area=OPTICAL)
    together = {metric.label: metric.value for metric in app.metric[-3:]}
    assert together["Patches"] == str(sum(len(reader.patches()) for reader in readers if reader))
    assert together["Mined"] == next(one.value for one in app.metric if one.label.startswith("Mined, "))
    assert together["Active by radar"] == "1"


def test_without_permits_nothing_is_said_of_the_suspected_among_the_patches(optical_home: Home) -> None:
    said = text(open_page(ROOT / "pages" / "overview" / "summary.py", area=OPTICAL))
    assert "Where patches lie" in said
    assert "the suspected among them" not in said
