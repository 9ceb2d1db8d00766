"""The walk through a folder never leaves it, and always ends."""

import os
from pathlib import Path

import pytest

import engine.survey.files
from engine.survey.files import Entry, printable
from engine.survey.rasters import read_rasters
from engine.survey.vectors import read_vectors
from tests.engine.survey.conftest import SENTINEL2, listed, scene, write_image, write_polygons


def names(folder: Path) -> list[str]:
    return [entry.path.relative_to(folder).as_posix() for entry in listed(folder)[0].entries]


def test_hidden_files_and_results_are_passed_over(tmp_path: Path) -> None:
    for name in ("a.txt", ".hidden", ".git/b", "var/c", "deep/er/d"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert names(tmp_path) == ["a.txt", "deep/er/d"]


def test_links_are_followed_only_within_the_folder(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    (outside / "secret.txt").write_text("x")
    (folder / ".store").mkdir(parents=True)
    (folder / ".store" / "kept").write_text("x")
    (folder / "file").write_text("x")
    (folder / "again").symlink_to("file")
    (folder / "managed").symlink_to(".store/kept")
    (folder / "secret").symlink_to(outside / "secret.txt")
    (folder / "folder").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere").symlink_to("missing")
    assert names(folder) == ["file", "managed"]
    reasons = listed(folder)[1].reasons
    assert sorted(path.name for path in reasons) == ["folder", "secret"]
    assert all("a link out of the folder" in why for why in reasons.values())


def test_an_image_that_is_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    outside = write_image(tmp_path / "x_20210619.tif", scene(10), SENTINEL2)
    (tmp_path / "area").mkdir()
    (tmp_path / "area" / "y_20210619.tif").symlink_to(outside)
    listing, unused = listed(tmp_path / "area")
    assert read_rasters(listing, unused) == []


def test_a_shape_file_whose_table_is_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    outside = write_polygons(tmp_path / "other.shp", {"id": [1, 2]})
    folder = tmp_path / "area"
    write_polygons(folder / "mines.shp", {"id": [1, 2]})
    (folder / "mines.dbf").unlink()
    (folder / "mines.dbf").symlink_to(outside.with_suffix(".dbf"))
    listing, unused = listed(folder)
    assert read_vectors(listing, unused) == []
    assert "not opened" in unused.reasons[folder / "mines.shp"]


@pytest.mark.parametrize("name", ["a.geojson", "a.shp", "a.gpkg", "a.tif", "a.img", "a.json"])
def test_a_file_that_points_elsewhere_is_handed_to_no_library(tmp_path: Path, name: str) -> None:
    secret = write_polygons(tmp_path / "secret.geojson", {"id": [1, 2]})
    folder = tmp_path / "area"
    folder.mkdir()
    source = f"<SrcDataSource>{secret}</SrcDataSource>"
    (folder / name).write_text(f'<OGRVRTDataSource><OGRVRTLayer name="a">{source}</OGRVRTLayer></OGRVRTDataSource>')
    (folder / "a.hdr").write_text("ENVI\n")
    listing, unused = listed(folder)
    assert read_rasters(listing, unused) == []
    assert read_vectors(listing, unused) == []


def test_a_huge_folder_is_not_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.survey.files, "MAX_FILES", 5)
    for number in range(9):
        (tmp_path / str(number)).write_text("x")
    listing, _ = listed(tmp_path)
    assert (len(listing.entries), listing.whole) == (5, False)


def test_pipes_and_names_that_are_no_text_are_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.tif"))).write_text("x")
    listing, unused = listed(tmp_path)
    assert listing.entries == ()
    assert "no UTF-8" in next(iter(unused.reasons.values()))


@pytest.mark.parametrize(
    ("head", "is_text"),
    [
        (b"date: 2006\n", True),
        ("Größe: 3\n矿".encode(), True),
        ("Größe: 3\n矿".encode()[:-1], True),
        (b"caf\xe9 " * 3 + b"plain text follows here", True),
        (bytes.fromhex("41b7bc9e") * 20, False),
        (bytes(8), False),
        (b"", False),
    ],
)
def test_numbers_are_not_taken_for_text(head: bytes, is_text: bool) -> None:
    assert Entry(Path("x"), len(head), head).is_text is is_text


def test_what_would_steer_a_terminal_is_not_printed() -> None:
    assert printable("a\x1b[31m\nb\u202e 矿") == "a\ufffd[31m\ufffdb\ufffd 矿"
