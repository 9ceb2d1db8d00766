"""The layer that says what became of objects: kept is only what lies in a patch."""

import datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from affine import Affine
from pyproj import CRS
from shapely import box

from engine.grid import Grid
from engine.objects.steps import LABELS, outlines_path
from engine.publish.grounds import fate_layer
from engine.raster import Raster, write_cog

DAY = datetime.date(2019, 5, 18)
GRID = Grid(CRS.from_epsg(32648), Affine(10, 0, 500_000, 0, -10, 4_160_000), (6, 12))


def test_beyond_its_patch_an_object_is_not_kept(tmp_path: Path) -> None:
    """Three objects of four columns; the patch ends in the middle of the first and of the second."""
    labels = np.broadcast_to(1 + np.arange(12) // 4, GRID.shape).astype(np.int32)
    write_cog(tmp_path / LABELS, labels, GRID, nodata=0, unit="1", name="object")
    table = pd.DataFrame({"label": [1, 2, 3], "reason": ["kept", "part", "low_share"]})
    table.to_parquet(tmp_path / f"{DAY:%Y%m%d}-objects.parquet")
    patch = box(500_020, 4_159_940, 500_060, 4_160_000)
    outlines = gpd.GeoDataFrame({"mine_class": ["quarry"]}, geometry=[patch], crs=GRID.crs)
    outlines.to_crs("EPSG:4326").to_parquet(outlines_path(tmp_path, DAY))
    shares = fate_layer(tmp_path, tmp_path, DAY, GRID, tmp_path / "fate.tif")
    with Raster(tmp_path / "fate.tif") as raster:
        codes = raster.read()
    names = {row["value"]: row["code"] for row in shares}
    assert [names.get(code) for code in codes[0]] == [None] * 2 + ["kept"] * 2 + ["part"] * 2 + ["low_share"] * 6
    assert (codes == codes[0]).all()
    assert {row["code"]: round(12 * row["share"]) for row in shares if row["share"]} == {
        "kept": 2,
        "part": 2,
        "low_share": 6,
    }


def test_a_date_without_patches_keeps_nothing(tmp_path: Path) -> None:
    write_cog(tmp_path / LABELS, np.ones(GRID.shape, np.int32), GRID, nodata=0, unit="1", name="object")
    pd.DataFrame({"label": [1], "reason": ["small"]}).to_parquet(tmp_path / f"{DAY:%Y%m%d}-objects.parquet")
    gpd.GeoDataFrame({"mine_class": []}, geometry=[], crs="EPSG:4326").to_parquet(outlines_path(tmp_path, DAY))
    shares = fate_layer(tmp_path, tmp_path, DAY, GRID, tmp_path / "fate.tif")
    assert {row["code"]: row["share"] for row in shares if row["share"]} == {"small": 1.0}
