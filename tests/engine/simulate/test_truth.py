"""Outlines, labels and changes as files."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.features import rasterize

from engine.simulate.truth import write_truth
from tests.engine.simulate.made_up import made_up_plan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("truth")
    write_truth(made_up_plan("small", 0), folder)
    return folder


@pytest.mark.parametrize("year", [2019, 2021])
def test_labels_equal_the_outlines(folder: Path, year: int) -> None:
    """Also where blocks meet: burnt again in one go."""
    outlines = gpd.read_file(folder / f"patches_{year}.gpkg")
    with rasterio.open(folder / f"labels_{year}.tif") as labels:
        codes, transform = labels.read(1), labels.transform
        assert labels.dtypes == ("uint8",) and labels.crs.to_epsg() == 4544
        assert labels.shape == made_up_plan("small", 0).frame.optical_grid.shape
        assert labels.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    whole = rasterize(zip(outlines.geometry, outlines["code"], strict=True), out_shape=codes.shape, transform=transform)
    np.testing.assert_array_equal(codes, whole)
    assert set(np.unique(codes)) == {0, 1, 2, 3, 4}


def test_outlines_tell_of_the_patches(folder: Path) -> None:
    plan = made_up_plan("small", 0)
    for year, seen in ((2019, [p.before for p in plan.patches]), (2021, [p.after for p in plan.patches])):
        table = gpd.read_file(folder / f"patches_{year}.gpkg").set_index("number")
        there = {p.number: outline for p, outline in zip(plan.patches, seen, strict=True) if outline is not None}
        assert list(table.index) == list(there) and table.crs.to_epsg() == 4544
        for patch in plan.patches:
            if patch.number in there:
                row = table.loc[patch.number]
                assert (row["code"], row["change"], row["activity"]) == (patch.mine_class, patch.change, patch.activity)
                assert row["area_m2"] == pytest.approx(there[patch.number].area, rel=2e-3)
                assert row.geometry.equals(there[patch.number])


def test_changes_name_every_patch_once(folder: Path) -> None:
    lines = (folder / "changes.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 20 and lines[0].startswith("number,code,mine_class,change,activity,started")
    assert any("figure 10a" in line and "onset" in line and "2020-08-" in line for line in lines)


def test_the_same_bytes_each_time(folder: Path, tmp_path: Path) -> None:
    write_truth(made_up_plan("small", 0), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in folder.iterdir()}
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name
