"""The object steps on files: what total-area control finds, and what is done with it."""

import datetime
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from pyproj import CRS

from engine.grid import Grid
from engine.objects.refinement import RefinementOptions
from engine.objects.steps import CONTROL, LABELS, FoundClasses, outlines_path, refine_masks
from engine.raster import write_cog

DAY = datetime.date(2019, 5, 18)
GRID = Grid(CRS.from_epsg(32648), Affine(10, 0, 500_000, 0, -10, 4_160_000), (6, 12))


def refined_share(folder: Path, reference_pixels: int, **given: Any) -> dict[str, object]:
    """Two objects, of which the mask covers all and a third; a reference of the first pixels, by columns."""
    labels = np.ones(GRID.shape, np.int32)
    labels[:, 6:] = 2
    percent = np.zeros(GRID.shape, np.uint8)
    percent[:, :8] = 90
    write_cog(folder / LABELS, labels, GRID, nodata=0, unit="1", name="object")
    found = FoundClasses(folder / "probability.tif", folder / "mask.tif")
    write_cog(found.probability, percent, GRID, nodata=255, unit="%", name="probability")
    write_cog(found.mask, (percent >= 50).astype(np.uint8), GRID, nodata=255, unit="code", name="class")
    reference = (np.arange(GRID.rows * GRID.cols) < reference_pixels).reshape(GRID.cols, GRID.rows).T
    refine_masks(
        {DAY: folder},
        {DAY: found},
        {DAY: reference},
        folder,
        class_names=["quarry"],
        **{"options": RefinementOptions(least_share=0.4), **given},
    )
    report: dict[str, object] = json.loads((folder / CONTROL).read_text())
    return report


def test_the_share_that_comes_nearest_to_the_reference_is_used(tmp_path: Path) -> None:
    report = refined_share(tmp_path, 45)
    assert report["least_share"] == pytest.approx(1 / 3)
    control = report["control"]
    assert isinstance(control, dict)
    assert control["counted"] == "covered"
    assert control["curve"]["kept_m2"] == pytest.approx([4800.0, 3600.0], rel=1e-3)
    assert report["dates"] == {
        "2019-05-18": {
            "mask_ha": 0.48,
            "patches": 1,
            "kept": 2,
            "part": 0,
            "low_share": 0,
            "land_cover": 0,
            "small": 0,
            "unlike": 0,
            "patches_meeting_land_cover": None,
        }
    }


def test_where_control_is_saturated_the_given_share_stands(tmp_path: Path) -> None:
    report = refined_share(tmp_path, 60)
    control = report["control"]
    assert isinstance(control, dict) and control["saturated"]
    assert report["least_share"] == 0.4
    assert report["dates"] == {
        "2019-05-18": {
            "mask_ha": 0.48,
            "patches": 1,
            "kept": 1,
            "part": 0,
            "low_share": 1,
            "land_cover": 0,
            "small": 0,
            "unlike": 0,
            "patches_meeting_land_cover": None,
        }
    }


def test_objects_move_outlines_as_far_as_these_lie_off(tmp_path: Path) -> None:
    """The mask ends at the eighth column of 10 m, the object that it covers well at the sixth."""
    for given, columns in (({}, 6), ({"boundary_error_m": 12.0}, 7), ({"boundary_error_m": 25.0}, 6)):
        report = refined_share(tmp_path, 60, **given)
        outlines = gpd.read_parquet(outlines_path(tmp_path, DAY)).to_crs(GRID.crs)
        assert outlines.area.tolist() == pytest.approx([columns * 600.0], rel=1e-3)
        assert report["reach_m"] == given.get("boundary_error_m")
        control = report["control"]
        assert isinstance(control, dict)
        assert control["counted"] == ("kept" if given else "covered")
    whole = {"options": RefinementOptions(least_share=0.4, whole_objects=True), "boundary_error_m": 12.0}
    assert refined_share(tmp_path, 60, **whole)["reach_m"] is None
    assert gpd.read_parquet(outlines_path(tmp_path, DAY)).to_crs(GRID.crs).area.tolist() == pytest.approx([3600.0])
