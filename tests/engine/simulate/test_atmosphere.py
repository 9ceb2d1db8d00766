"""Air, and what GACOS knows of it."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from engine.simulate.frame import SIZES, Frame
from engine.simulate.radar.atmosphere import Air
from engine.simulate.radar.gacos import STEP_DEG, GacosGrid, write_gacos
from engine.simulate.radar.places import Places

DAYS = [date(2019, 1, 11) + timedelta(days=36 * number) for number in range(12)]


@dataclass(frozen=True)
class Slope:
    """A plain that rises by 300 m across the frame, in place of terrain that takes long to make."""

    frame: Frame

    @property
    def height(self) -> NDArray[np.float32]:
        return np.full((2, 2), 1_300.0, np.float32)

    def sample_of(self, _: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        bounds = self.frame.bounds
        return 1_250.0 + 300.0 * (y - bounds.south) / (bounds.north - bounds.south) + 0 * x


@pytest.fixture(scope="module")
def delays(tmp_path_factory: pytest.TempPathFactory) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Injected and GACOS's zenith delays in m at the same places, each of shape (dates, places)."""
    folder: Path = tmp_path_factory.mktemp("gacos")
    frame = Frame(SIZES["paper"], 3)
    slope = Slope(frame)
    grid = GacosGrid(frame, slope)  # type: ignore[arg-type]
    lon, lat = grid.axes
    x, y = Places(frame).x[::20], Places(frame).y[::20]
    heights = slope.sample_of(slope.height, *np.meshgrid(x, y)).astype(np.float32)
    true, told = [], []
    for day in DAYS:
        air = Air(frame, day)
        write_gacos(folder, air, grid)
        header = dict(line.split() for line in (folder / f"{day:%Y%m%d}.ztd.rsc").read_text().splitlines())
        shape = int(header["FILE_LENGTH"]), int(header["WIDTH"])
        assert shape == (len(lat), len(lon))
        assert float(header["X_FIRST"]) == pytest.approx(lon[0] - STEP_DEG / 2)
        values = np.fromfile(folder / f"{day:%Y%m%d}.ztd", "<f4").reshape(shape)
        at_x, at_y = grid.places
        rows = np.interp(-y, -at_y.mean(axis=1), np.arange(shape[0]))
        cols = np.interp(x, at_x.mean(axis=0), np.arange(shape[1]))
        told.append(map_coordinates(values.astype(float), np.meshgrid(rows, cols, indexing="ij"), order=1).ravel())
        true.append(air.delay(x, y, heights).ravel())
    return np.array(true), np.array(told)


def test_zenith_delays_are_those_of_the_heights(delays: tuple[NDArray[np.float64], NDArray[np.float64]]) -> None:
    true, told = delays
    assert 1.85 < told.min() < told.max() < 2.4
    assert np.abs(told.mean(axis=1) - true.mean(axis=1)).max() < 0.1


def test_gacos_explains_part_of_an_interferogram_and_is_never_equal(
    delays: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    true, told = (np.diff(part, axis=0) for part in delays)
    explained = 1 - (true - told).var(axis=1) / true.var(axis=1)
    assert 0.2 < np.median(explained) < 0.8
    assert explained.max() < 0.97
    assert (true - told).std(axis=1).min() > 0.5e-3


def test_summer_is_rougher_than_winter() -> None:
    frame = Frame(SIZES["paper"], 3)
    days = {month: [date(year, month, day) for year in (2019, 2020) for day in (3, 9, 15, 27)] for month in (1, 7)}
    winter, summer = (np.median([Air(frame, day).turbulence.std() for day in own]) for own in days.values())
    assert summer > 1.3 * winter
