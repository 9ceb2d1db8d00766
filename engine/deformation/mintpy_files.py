"""The stack and its series on disk, in MintPy's own HDF5 layout, so that its tools open them.

The stack comes pair by pair and is read block by block through all pairs: a chunk is a square of one pair. The series
is read at a block or at one pixel, through all dates: a chunk is a small square of all dates.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from engine.deformation.network import Network
from engine.deformation.stack import DatePair, Geometry, Interferogram, Radar
from engine.grid import Block, Grid

Series = NDArray[np.float32]
Pixels = tuple[NDArray[np.int64], NDArray[np.int64]]
STACK_CHUNK, SERIES_CHUNK = 256, 16  # pixels
STACK, GEOMETRY, SERIES, VELOCITY = "ifgramStack.h5", "geometryGeo.h5", "timeseries.h5", "velocity.h5"


def mintpy_metadata(grid: Grid, radar: Radar) -> dict[str, Any]:
    """Attributes that MintPy expects of geocoded files."""
    degrees = grid.crs.is_geographic
    metadata = {
        "PROCESSOR": "pitwatch",
        "WAVELENGTH": radar.wavelength,
        "LENGTH": grid.rows,
        "WIDTH": grid.cols,
        "X_FIRST": grid.transform.c,
        "Y_FIRST": grid.transform.f,
        "X_STEP": grid.transform.a,
        "Y_STEP": grid.transform.e,
        "X_UNIT": "degrees" if degrees else "meters",
        "Y_UNIT": "degrees" if degrees else "meters",
        "ALOOKS": 1,
        "RLOOKS": 1,
        "NO_DATA_VALUE": "nan",
    }
    if epsg := grid.crs.to_epsg():
        metadata["EPSG"] = epsg
    if grid.crs.utm_zone:
        metadata["UTM_ZONE"] = grid.crs.utm_zone
    if radar.looks:
        metadata["NCORRLOOKS"] = radar.looks
    if radar.heading is not None:
        metadata["HEADING"] = radar.heading
        metadata["ORBIT_DIRECTION"] = "ASCENDING" if np.cos(np.radians(radar.heading)) > 0 else "DESCENDING"
    return metadata


def write_stack(
    folder: Path,
    interferograms: Sequence[Interferogram],
    rasters: Iterable[tuple[NDArray[np.float32], NDArray[np.float32] | None]],
    grid: Grid,
    radar: Radar,
) -> None:
    """Write `ifgramStack.h5`.

    Parameters
    ----------
    rasters : phase (radians, NaN for no data) and coherence (None when it is not used) of each interferogram in turn.
    """
    count = len(interferograms)
    dates = np.array([[f"{day:%Y%m%d}" for day in item.pair] for item in interferograms], dtype="S8")
    baselines = [item.perpendicular_baseline for item in interferograms]
    bperp = np.array([np.nan if value is None else value for value in baselines], np.float32)
    shape = (count, grid.rows, grid.cols)
    tables = {"date": dates, "dropIfgram": np.ones(count, np.bool_), "bperp": bperp}
    with _new_file(folder / STACK, tables, mintpy_metadata(grid, radar) | {"FILE_TYPE": "ifgramStack"}) as file:
        for number, (phase, coherence) in enumerate(rasters):
            for name, raster in (("unwrapPhase", phase), ("coherence", coherence)):
                if raster is None:
                    continue
                if number == 0:
                    file.create_dataset(name, shape, np.float32, chunks=_chunk(shape, 1, STACK_CHUNK))
                file[name][number] = raster


def write_geometry(folder: Path, geometry: Geometry, grid: Grid, radar: Radar) -> None:
    """Write `geometryGeo.h5`: incidence angle (degrees) and, where they are known, height (m), azimuth and masks.

    MintPy's azimuthAngle is that of `Geometry`, its waterMask is true on land, its shadowMask in shadow and layover.
    """
    rasters: dict[str, NDArray[Any]] = {"incidenceAngle": geometry.incidence}
    if geometry.height is not None:
        rasters["height"] = geometry.height
    if geometry.azimuth is not None:
        rasters["azimuthAngle"] = geometry.azimuth
    if geometry.water is not None:
        rasters["waterMask"] = ~geometry.water
    if geometry.hidden is not None:
        rasters["shadowMask"] = geometry.hidden
    with _new_file(folder / GEOMETRY, rasters, mintpy_metadata(grid, radar) | {"FILE_TYPE": "geometry"}):
        pass


class StackFile:
    """Reads `ifgramStack.h5`. Opened for each call, so that it may be handed to workers."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / STACK

    @property
    def interferograms(self) -> list[Interferogram]:
        with h5py.File(self.path) as file:
            dates, baselines = file["date"][:], file["bperp"][:]
        pairs = [DatePair(*(_day(stamp) for stamp in row)) for row in dates]
        return [
            Interferogram(pair, self.path, perpendicular_baseline=None if np.isnan(bperp) else float(bperp))
            for pair, bperp in zip(pairs, baselines, strict=True)
        ]

    def phase(self, pairs: Sequence[int], block: Block) -> NDArray[np.float32]:
        """Phase of some pairs (by number), shape (pairs, rows, cols) of the block; NaN for no data."""
        return self._read("unwrapPhase", pairs, block)

    def coherence(self, pairs: Sequence[int], block: Block) -> NDArray[np.float32]:
        return self._read("coherence", pairs, block)

    def _read(self, dataset: str, pairs: Sequence[int], block: Block) -> NDArray[np.float32]:
        values = np.empty((len(pairs), *block.shape), np.float32)
        with h5py.File(self.path) as file:
            # Runs of pairs that follow each other: a list of numbers is read ten times as slowly.
            for run in np.split(np.arange(len(pairs)), np.flatnonzero(np.diff(pairs) != 1) + 1):
                source = np.s_[pairs[run[0]] : pairs[run[-1]] + 1, *block.slices]
                file[dataset].read_direct(values, source, np.s_[run[0] : run[-1] + 1])
        return values


def read_geometry(folder: Path) -> Geometry:
    with h5py.File(folder / GEOMETRY) as file:
        found = {name: raster[:] for name, raster in file.items()}
    land = found.get("waterMask")
    return Geometry(
        found["incidenceAngle"],
        found.get("height"),
        water=None if land is None else ~land,
        hidden=found.get("shadowMask"),
        azimuth=found.get("azimuthAngle"),
    )


class SeriesFile:
    """Writes and reads `timeseries.h5`: displacement in m along the line of sight, NaN where there is no series."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / SERIES

    def create(self, network: Network, grid: Grid, radar: Radar, *, reference: date | None = None) -> None:
        dates = [f"{day:%Y%m%d}" for day in network.dates]
        shape = (len(dates), grid.rows, grid.cols)
        metadata = mintpy_metadata(grid, radar) | {"FILE_TYPE": "timeseries", "UNIT": "m"}
        metadata["REF_DATE"] = f"{reference or network.dates[0]:%Y%m%d}"
        with _new_file(self.path, {"date": np.array(dates, dtype="S8")}, metadata) as file:
            file.create_dataset("timeseries", shape, np.float32, chunks=_chunk(shape, len(dates), SERIES_CHUNK))

    def write(self, block: Block, series: NDArray[np.float32]) -> None:
        with h5py.File(self.path, "r+") as file:
            file["timeseries"][(slice(None), *block.slices)] = series

    def read(self, block: Block) -> NDArray[np.float32]:
        """Displacement in m, shape (dates, rows, cols) of the block."""
        with h5py.File(self.path) as file:
            values: NDArray[np.float32] = file["timeseries"][(slice(None), *block.slices)]
            return values

    def sample(self, blocks: Sequence[Block], most: int) -> tuple[Series, Pixels]:
        """Whole series of evenly spaced pixels of every block, some `most` in all; their rows and columns."""
        share = max(1, most // len(blocks))
        samples, places = [], []
        for block in blocks:
            values = self.read(block)
            rows, cols = np.nonzero(np.isfinite(values).all(axis=0))
            every = slice(None, None, max(1, rows.size // share))
            samples.append(values[:, rows[every], cols[every]])
            places.append((rows[every] + block.row0, cols[every] + block.col0))
        rows, cols = (np.concatenate(axis) for axis in zip(*places, strict=True))
        return np.concatenate(samples, axis=1), (rows, cols)

    @property
    def dates(self) -> list[date]:
        with h5py.File(self.path) as file:
            return [_day(stamp) for stamp in file["date"][:]]


def write_velocity(folder: Path, rate: Series, error: Series, period: Sequence[date], grid: Grid, radar: Radar) -> None:
    """Write `velocity.h5`: rate along the line of sight and its standard error, m/year, NaN where there is none."""
    metadata = mintpy_metadata(grid, radar) | {"FILE_TYPE": "velocity", "UNIT": "m/year"}
    for name, day in (("START_DATE", period[0]), ("END_DATE", period[-1]), ("REF_DATE", period[0])):
        metadata[name] = f"{day:%Y%m%d}"
    with _new_file(folder / VELOCITY, {"velocity": rate, "velocityStd": error}, metadata):
        pass


def _new_file(path: Path, arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Any]) -> h5py.File:
    """A file with these arrays and attributes, open for more; attributes are text, as MintPy writes them."""
    file = h5py.File(path, "w")
    for name, value in attributes.items():
        file.attrs[name] = str(value)
    for name, array in arrays.items():
        file[name] = array
    return file


def _chunk(shape: tuple[int, int, int], along: int, square: int) -> tuple[int, int, int]:
    return along, min(square, shape[1]), min(square, shape[2])


def _day(stamp: bytes) -> date:
    return datetime.strptime(stamp.decode(), "%Y%m%d").date()
