"""The commands that read what was published: `compare`, `dossier` and `export`."""

import json
import math
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest

from engine.cli import main
from engine.permits.versions import versions
from store.casebook import Casebook
from store.cases import Author
from store.home import Home
from store.reader import ReleaseReader, current_release
from tests.conftest import STRZEGOM
from tests.permits import PERMITS
from tests.photos import new_photo

AREA = STRZEGOM.name


@pytest.fixture
def home(permitted: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The releases of the shipped home, and a place of its own for registers."""
    own = Home(tmp_path / "home")
    own.root.mkdir()
    own.releases_root.symlink_to(permitted.releases_root)
    monkeypatch.setenv("PITWATCH_HOME", str(own.root))
    return own


@pytest.fixture
def reader(home: Home) -> ReleaseReader:
    reader = current_release(home, AREA)
    assert reader is not None
    return reader


@pytest.fixture
def permits(tmp_path: Path) -> Path:
    """The area's own register as another file, with Spanish columns."""
    shapes, first, last = zip(*PERMITS.values(), strict=True)
    columns = {"expediente": list(PERMITS), "titular": "Canteras", "fecha_inicio": first, "fecha_vencimiento": last}
    path = tmp_path / "catastro.gpkg"
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326").to_crs("EPSG:2177").to_file(path)
    return path


def test_compare_gives_the_verdicts_of_the_release_and_writes_them(
    home: Home, reader: ReleaseReader, permits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "verdicts.gpkg"
    assert main(["compare", AREA, str(permits), "--out", str(out)]) == 0
    told = capsys.readouterr().err
    assert "last day: column 'fecha_vencimiento', by its name" in told
    assert "On its ground, permit E expired on 31 Dec 2022." in told
    written = gpd.read_file(out)
    own = {(one.patch_id, one.kind): math.nan if one.likely_m2 is None else one.likely_m2 for one in reader.verdicts()}
    found = dict(zip(zip(written["patch_id"], written["kind"], strict=True), written["likely_m2"], strict=True))
    assert found.keys() == own.keys()
    for key, area in own.items():
        assert found[key] == pytest.approx(area, abs=1.0, nan_ok=True)


def test_compare_in_chinese(home: Home, permits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", AREA, str(permits), "--language", "zh"]) == 0
    assert "无证开采" in capsys.readouterr().err


def test_as_of_a_day_permits_of_that_day_count(home: Home, permits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", AREA, str(permits), "--as-of", "2021-12-31"]) == 0
    told = capsys.readouterr().err
    assert "expired" not in told  # permit E ends a year later
    assert "Judged on its outline of 19 Jun 2021." in told


def test_a_register_is_kept(home: Home, permits: Path) -> None:
    assert main(["compare", AREA, str(permits), "--save", "Office, 2023"]) == 0
    assert [(one.name, one.permits) for one in versions(home.registers(AREA))] == [("Office, 2023", 2)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "nowhere", "{permits}"], "take one of: metropolitan, strzegom"),
        (["compare", AREA, "{permits}", "--column", "name"], "write it as number=NAME"),
        (["compare", AREA, "{permits}", "--column", "number=no"], "no column 'no'"),
        (["compare", AREA, "{permits}", "--out", "v.doc"], "end it in one of .gpkg"),
        (["compare", AREA, "missing.zip"], "missing.zip"),
        (["dossier", AREA, "P-9999"], "has no patch 'P-9999'"),
        (["export", AREA, "--verdict", "other_mineral"], "no patch has the verdict"),
    ],
)
def test_what_cannot_be_done_is_explained(
    home: Home, permits: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([one.format(permits=permits) for one in arguments]) == 2
    assert said in capsys.readouterr().err
    assert not home.registers(AREA).exists()


def test_a_dossier_takes_the_case_along(home: Home, reader: ReleaseReader, tmp_path: Path) -> None:
    patch, li = reader.patch_ids()[0], Author("Li Na", "li@example.org", "inspector")
    book = Casebook.default(home)
    case = book.enter(book.open(AREA, patch, by=li, release="r1"), "confirm", by=li, text="two excavators")
    photo = new_photo("../up\\IMG_1.jpg", place=(0.5, 0.5))  # a name that would lead out of the archive
    book.enter(case, "photo", by=li, text="from the road", photos=[photo])
    assert main(["dossier", AREA, patch, "--out", str(tmp_path)]) == 0
    with zipfile.ZipFile(tmp_path / f"{AREA}-{patch}-en.zip") as archive:
        told = archive.read(f"{AREA}-{patch}-en/case.json").decode()
        assert archive.read(f"{AREA}-{patch}-en/photos/01-up_IMG_1.jpeg") == photo.original
    case_told = json.loads(told)["case"]
    assert (case_told["state"], [entry["text"] for entry in case_told["trail"]]) == (
        "confirmed",
        ["", "two excavators", "from the road"],
    )
    (told_photo,) = case_told["photos"]
    assert told_photo["sha256"] == photo.sha256
    assert told_photo["distance_m"] > 1e6  # from the Gulf of Guinea
    assert "li@example.org" not in told
    home.casebook.write_bytes(b"no database" * 100)
    assert main(["dossier", AREA, patch, "--out", str(tmp_path / "without")]) == 0


def test_a_dossier_and_an_export_are_written(home: Home, reader: ReleaseReader, tmp_path: Path) -> None:
    patch = next(one.patch_id for one in reader.verdicts() if one.kind == "no_permit")
    assert main(["dossier", AREA, patch, "--language", "zh", "--out", str(tmp_path)]) == 0
    assert (tmp_path / f"{AREA}-{patch}-zh.pdf").read_bytes().startswith(b"%PDF")
    with zipfile.ZipFile(tmp_path / f"{AREA}-{patch}-zh.zip") as archive:
        assert "case" not in json.loads(archive.read(f"{AREA}-{patch}-zh/case.json"))
    out = tmp_path / "suspects.geojson"
    assert main(["export", AREA, "--form", "geojson", "--verdict", "no_permit", "--out", str(out)]) == 0
    assert patch in set(gpd.read_file(out)["patch_id"])
