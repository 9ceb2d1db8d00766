"""Outlines, labels and changes as files."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.features import rasterize

from engine.simulate.frame import Frame
from engine.simulate.terrain import Terrain
from engine.simulate.truth import PLAIN, SHADOW, WIND_FARM, write_context, write_truth
from tests.engine.simulate.made_up import made_up_plan
from tests.engine.simulate.tiny import TINY, planned


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("truth")
    plan = made_up_plan("small", 0)
    write_truth(plan, Terrain(plan.frame), folder)
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
    plan = made_up_plan("small", 0)
    write_truth(plan, Terrain(plan.frame), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in folder.iterdir()}
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


@pytest.mark.parametrize("season", [0, 1])
def test_context_is_shadow_and_wind_farm(season: int, tmp_path: Path) -> None:
    """Pads and the foot of what stands are wind farm; elsewhere it is dark where the sun does not reach the ground."""
    plan, terrain = planned(Frame(TINY, 2))
    write_context(plan, terrain, season, tmp_path / "context.tif")
    with rasterio.open(tmp_path / "context.tif") as raster:
        codes, transform = raster.read(1), raster.transform
    assert codes.shape == plan.frame.optical_grid.shape and codes.dtype == np.uint8
    assert set(np.unique(codes)) <= {PLAIN, SHADOW, WIND_FARM}
    pads = rasterize([turbine.pad for turbine in plan.turbines], codes.shape, transform=transform) > 0
    assert pads.any() and (codes[pads] == WIND_FARM).all()
    for turbine in plan.turbines:
        east, north = turbine.place.x + 50, turbine.place.y
        col, row = ~transform @ (east, north)
        there = 0 <= row < codes.shape[0] and 0 <= col < codes.shape[1]
        if there and (season or turbine.built_by_2019):
            assert codes[int(row), int(col)] == WIND_FARM
    # Independent of the window's spline: the lattice's own points, away from the shadow's edge.
    x, y = terrain.x, terrain.y
    rows, cols = np.meshgrid(y, x, indexing="ij")
    at = ~transform @ (cols.ravel(), rows.ravel())
    row, col = np.floor(at[1]).astype(int), np.floor(at[0]).astype(int)
    inside = (row >= 0) & (row < codes.shape[0]) & (col >= 0) & (col < codes.shape[1])
    light, found = terrain.sunlight[season].ravel()[inside], codes[row[inside], col[inside]]
    assert (found[(light == 1) & (found != WIND_FARM)] == PLAIN).mean() > 0.97
    if (light == 0).any():
        assert (found[(light == 0) & (found != WIND_FARM)] == SHADOW).mean() > 0.6
