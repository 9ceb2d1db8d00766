"""Pages of areas that have less than the shipped ones: one image, or images and given outlines without a model."""

import shutil
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box

from engine.area import read_area
from engine.blocks import Workers
from engine.pipeline import run
from store.home import Home
from tests.conftest import ROOT
from tests.engine.test_optical_pipeline import FIRST, LAST, TABLES, cut
from tests.pages.test_pages import PAGES, open_page, text

MAP = ROOT / "pages" / "inspect" / "map.py"


def area(folder: Path, tables: str) -> Path:
    folder.mkdir()
    cut(FIRST, folder / "first.tif")
    cut(LAST, folder / "last.tif")
    outline = gpd.GeoDataFrame({"id": ["A"]}, geometry=[box(16.22, 51.005, 16.225, 51.01)], crs="EPSG:4326")
    outline.to_file(folder / "outlines.geojson", driver="GeoJSON")
    (folder / "area.toml").write_text(tables)
    (folder / "SOURCE.md").write_text("Contains modified Copernicus Sentinel data.\n")
    return folder


@pytest.fixture(scope="module")
def unusual(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with an area of one image, and one of outlines over images without a model."""
    root = tmp_path_factory.mktemp("unusual")
    home = Home(root / "home")
    last, model = TABLES.index('[[imagery.images]]\npath = "last.tif"'), TABLES.index("[extraction]")
    one = TABLES[:last] + TABLES[model:]
    given = TABLES[:model].replace('"quarries"', '"given"') + '[patches]\npath = "outlines.geojson"\nid_field = "id"\n'
    for name, tables in (("one", one), ("given", given)):
        run(read_area(area(root / name, tables)), home, workers=Workers("serial"))
    return home


@pytest.fixture(autouse=True)
def home(unusual: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = Home(tmp_path / "home")
    shutil.copytree(unusual.root, copy.root, symlinks=True)
    monkeypatch.setenv("PITWATCH_HOME", str(copy.root))


@pytest.mark.parametrize("name", ["quarries", "given"])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_opens(page: Path, name: str) -> None:
    app = open_page(page, area=name)
    assert not app.exception


def test_with_one_image_nothing_is_said_of_change() -> None:
    overview = open_page(ROOT / "pages" / "overview" / "summary.py", area="quarries")
    assert "Patches by class and change" not in text(overview)
    own = [metric.label for metric in overview.metric][:-2]  # below are those of all areas
    assert own == ["Patches", "Mined, 19 Jun 2021", "Held against permits"]
    assert "this area has 1" in text(open_page(ROOT / "pages" / "inspect" / "compare.py", area="quarries"))


def test_given_outlines_are_not_said_to_have_dates() -> None:
    assert "dashed" not in text(open_page(ROOT / "pages" / "inspect" / "compare.py", area="given"))
    told = text(open_page(MAP, area="given", patch="A"))
    assert "Nothing has been measured of it" in told
    assert "permits not tested" in told
    assert "images alone" in text(open_page(MAP, area="given", at="16.222,51.007"))
