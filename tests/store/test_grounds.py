"""The mean motion of ground that is drawn: of the pixels whose middle lies in it, and of no others."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from shapely.geometry import Point, box

from store.grounds import TooMuchGround, mean_series
from store.reader import ReleaseReader
from store.release import SERIES


def test_the_mean_is_that_of_the_pixels_inside(reader: ReleaseReader) -> None:
    area = box(150.925, -34.20, 150.94, -34.185)
    ground, series = reader.ground_series(area)
    with rasterio.open(reader.folder / SERIES) as cube:
        values = cube.read()
        inside = [
            values[:, row, col]
            for row in range(cube.height)
            for col in range(cube.width)
            if area.contains(Point(cube.xy(row, col)))
        ]
    whole = [one for one in inside if np.isfinite(one).all()]
    assert (ground.all_pixels, ground.pixels) == (len(inside), len(whole))
    assert 0 < len(whole) < len(inside)
    assert series is not None
    np.testing.assert_allclose(series.displacement, np.mean(whole, axis=0), rtol=1e-5, atol=1e-4)
    assert len(series.noise) == len(series.dates) == 13


def test_ground_that_the_radar_lost_or_did_not_see_has_no_series(reader: ReleaseReader) -> None:
    lost, nothing = reader.ground_series(box(150.9303, -34.2005, 150.9305, -34.2003))
    assert nothing is None and lost.pixels == 0
    outside, nothing = reader.ground_series(box(10, 10, 11, 11))
    assert nothing is None and outside.all_pixels == 0


def test_too_much_ground_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cube.tif"
    profile = {"driver": "GTiff", "height": 500, "width": 500, "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", transform=rasterio.Affine(0.001, 0, 10, 0, -0.001, 50), **profile):
        pass
    with pytest.raises(TooMuchGround):
        mean_series(path, box(10, 49.5, 10.5, 50), [])
