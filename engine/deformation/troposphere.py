"""Delay of the troposphere at each date, from GACOS (Yu et al. 2018), sampled where the pixels are.

GACOS delivers zenith total delay in m, one file a date: float32 in little-endian order with a header of the same name
and `.rsc`, or GeoTIFF. Places are in degrees; the header's first coordinate is the outer edge of the first pixel, so
that delays stand for the centres of pixels. Between centres they are taken bilinearly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from engine.deformation.mintpy_files import Pixels
from engine.deformation.parameters import number, read_parameters
from engine.errors import InputError
from engine.grid import Grid
from engine.raster import Raster

# What the air can delay, in m: above the highest mountains, and more than at the lowest place on earth.
_LEAST_M, _MOST_M = 0.5, 3.5
_SIZES = ("WIDTH", "FILE_LENGTH")
_WORDS = (*_SIZES, "X_FIRST", "Y_FIRST", "X_STEP", "Y_STEP")


@dataclass(frozen=True)
class ZenithDelay:
    """Of one date. values : m, shape (rows, cols). transform : from column, row of a corner to longitude, latitude."""

    values: NDArray[np.float32]
    transform: Affine
    path: Path

    def at(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bilinearly between the centres of pixels, m, shape of the places, which lie within the outermost centres."""
        cols, rows = ~self.transform @ (lon, lat)
        delay: NDArray[np.float64] = map_coordinates(self.values.astype(np.float64), (rows - 0.5, cols - 0.5), order=1)
        return delay

    def covers(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> bool:
        cols, rows = ~self.transform @ (lon, lat)
        height, width = self.values.shape
        return bool(
            rows.min() >= 0.5 and cols.min() >= 0.5 and rows.max() <= height - 0.5 and cols.max() <= width - 0.5
        )


class Troposphere:
    """Delays of some dates over a grid. All that can be wrong with the files is said at the start."""

    def __init__(self, folder: Path, dates: Sequence[date], grid: Grid) -> None:
        self._grid = grid
        self._delays = [read_zenith_delay(path) for path in find_delays(folder, dates)]
        rows, cols = np.arange(grid.rows), np.arange(grid.cols)
        edges = [grid.places(rows[[edge]], cols) for edge in (0, -1)]
        edges += [grid.places(rows, cols[[edge]]) for edge in (0, -1)]
        for delay in self._delays:
            if not all(delay.covers(*places) for places in edges):
                raise InputError(
                    f"it does not cover the frame {grid.bounds_lonlat}",
                    file=delay.path,
                    field="corrections.gacos",
                    mend="order delays of a region that is larger than the frame by a few pixels on every side",
                )

    def slant_delay(self, pixels: Pixels, incidence_deg: NDArray[np.float32]) -> NDArray[np.float32]:
        """Along the line of sight, m, shape (dates, pixels): zenith delay / cos θ.

        pixels : rows and columns. incidence_deg : θ of each pixel.
        """
        lon, lat = self._grid.places(*pixels)
        slant = 1 / np.cos(np.radians(incidence_deg.astype(np.float64)))
        return np.stack([(delay.at(lon, lat) * slant).astype(np.float32) for delay in self._delays])


def read_zenith_delay(path: Path) -> ZenithDelay:
    """Read one file of GACOS: NAME.ztd with NAME.ztd.rsc beside it, or a GeoTIFF in degrees."""
    delay = _read_geotiff(path) if path.suffix.lower() in (".tif", ".tiff") else _read_plain(path)
    values = delay.values
    if not np.isfinite(values).all() or values.min() < _LEAST_M or values.max() > _MOST_M:
        raise InputError(
            f"values from {values.min():.3g} to {values.max():.3g} are no zenith delay in metres",
            file=path,
            field="delay",
            mend="supply the file as GACOS made it, float32 in little-endian order",
        )
    return delay


def find_delays(folder: Path, dates: Sequence[date]) -> list[Path]:
    """The file of each date; an error that names the dates that have none."""
    names = [[f"{day:%Y%m%d}.ztd", f"{day:%Y%m%d}.ztd.tif", f"{day:%Y%m%d}.tif"] for day in dates]
    found = [next((folder / name for name in own if (folder / name).is_file()), None) for own in names]
    if missing := [str(day) for day, path in zip(dates, found, strict=True) if path is None]:
        raise InputError(
            f"there is no delay for {len(missing)} of {len(dates)} dates: {', '.join(missing)}",
            file=folder,
            field="corrections.gacos",
            mend="order them from GACOS and put YYYYMMDD.ztd with its .rsc there, or take corrections.gacos out",
        )
    return [path for path in found if path is not None]


def header_of(path: Path) -> Path:
    return path.with_name(path.name + ".rsc")


def _read_plain(path: Path) -> ZenithDelay:
    header = header_of(path)
    if not header.is_file():
        raise InputError(
            "the header is missing", file=header, field="rsc", mend="put the .rsc that came with the delay beside it"
        )
    parameters = read_parameters(header, separator=" ")
    cols, rows, west, north, across, down = (
        number(parameters, word, header, positive=word in _SIZES) for word in _WORDS
    )
    if across == 0 or down == 0:
        raise InputError("its pixels have no size", file=header, field="X_STEP, Y_STEP", mend="download the file again")
    values = np.fromfile(path, "<f4")
    if values.size != rows * cols or values.size == 0:
        raise InputError(
            f"it holds {values.size} values, where its header says {rows:g} x {cols:g}",
            file=path,
            field="FILE_LENGTH, WIDTH",
            mend="download the file again",
        )
    return ZenithDelay(values.reshape(int(rows), int(cols)), Affine(across, 0, west, 0, down, north), path)


def _read_geotiff(path: Path) -> ZenithDelay:
    with Raster(path) as raster:
        if not raster.grid.crs.is_geographic:
            raise InputError(
                f"it is in {raster.grid.crs.name}, and GACOS delivers degrees",
                file=path,
                field="CRS",
                mend="supply the file as GACOS made it",
            )
        return ZenithDelay(raster.read().astype(np.float32), raster.grid.transform, path)
