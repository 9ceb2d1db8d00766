"""Reader of stacks in GAMMA form: big-endian float32 rasters with text parameter files."""

from functools import cached_property
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from engine.deformation.checks import incidence_of, require_one_radar
from engine.deformation.finding import files_below, list_interferograms, one_file, pair_of
from engine.deformation.masks import GAMMA_GREATEST, GAMMA_HIDDEN, hidden_of
from engine.deformation.parameters import number, read_parameters
from engine.deformation.stack import SPEED_OF_LIGHT, GammaOptions, Geometry, Interferogram, Radar, azimuth_of_sight
from engine.errors import InputError
from engine.grid import Grid

OVERSAMPLING = 1.94  # of pixels against resolution cells; MintPy's figure where the bandwidth is not known


class GammaStack:
    """A folder of geocoded GAMMA products.

    Phase 0 is no data. GAMMA's unwrapped phase is later minus earlier with range increase positive, which is the
    project's own convention, so nothing is turned round.
    """

    def __init__(self, options: GammaOptions, area_folder: Path) -> None:
        self._options = options
        self._folder = area_folder / options.path

    @cached_property
    def interferograms(self) -> list[Interferogram]:
        paths = sorted(files_below(self._folder, self._options.baselines))
        baselines = {pair_of(path): _perpendicular(path, self._look_angle) for path in paths}
        return list_interferograms(self._folder, self._options.unwrapped, self._options.coherence, baselines)

    @cached_property
    def grid(self) -> Grid:
        path = self._one(self._options.dem_parameters, "stack.dem_parameters")
        return grid_of(path, corner_is_centre=self._options.corner == "centre")

    @cached_property
    def radar(self) -> Radar:
        path = self._one(self._options.slc_parameters, "stack.slc_parameters")
        parameters = read_parameters(path)
        wavelength = self._options.wavelength_m or _wavelength(parameters, path)
        looks = number(parameters, "range_looks", path) * number(parameters, "azimuth_looks", path)
        independent = self._options.looks or max(looks / OVERSAMPLING, 1.0)
        others = {one: read_parameters(one) for one in sorted(files_below(self._folder, self._options.slc_parameters))}
        require_one_radar(
            {one: _wavelength(own, one) for one, own in others.items()},
            {one: number(own, "heading", one) for one, own in others.items()},
        )
        return Radar(wavelength, number(parameters, "heading", path), independent)

    @cached_property
    def _look_angle(self) -> float:
        """Angle at the satellite between nadir and the line of sight, in radians, in the middle of the scene."""
        path = self._one(self._options.slc_parameters, "stack.slc_parameters")
        parameters = read_parameters(path)
        incidence = np.radians(number(parameters, "incidence_angle", path))
        earth = number(parameters, "earth_radius_below_sensor", path)
        orbit = number(parameters, "sar_to_earth_center", path)
        return float(np.arcsin(earth / orbit * np.sin(incidence)))

    @property
    def files(self) -> list[Path]:
        patterns = self._options
        parameters = [patterns.dem_parameters, patterns.slc_parameters, patterns.baselines]
        found = {path for pattern in parameters for path in files_below(self._folder, pattern)}
        rasters = (patterns.incidence, patterns.dem, patterns.ls_map)
        found |= {path for pattern in rasters for path in files_below(self._folder, pattern)}
        for interferogram in self.interferograms:
            found |= set(interferogram.files)
        return sorted(found)

    def phase(self, interferogram: Interferogram) -> NDArray[np.float32]:
        return _zero_is_nodata(read_binary(interferogram.unwrapped, self.grid))

    def coherence(self, interferogram: Interferogram) -> NDArray[np.float32]:
        if interferogram.coherence is None:
            raise ValueError(f"{interferogram.pair} has no coherence")
        return _zero_is_nodata(read_binary(interferogram.coherence, self.grid))

    def geometry(self) -> Geometry:
        incidences = sorted(files_below(self._folder, self._options.incidence))
        if incidences:
            incidence = incidence_of(read_binary(incidences[0], self.grid), incidences[0])
        else:
            path = self._one(self._options.slc_parameters, "stack.slc_parameters")
            incidence = np.full(self.grid.shape, number(read_parameters(path), "incidence_angle", path), np.float32)
        heights = sorted(files_below(self._folder, self._options.dem))
        height = read_binary(heights[0], self.grid) if heights else None
        azimuth = np.full(self.grid.shape, self._azimuth, np.float32)
        return Geometry(incidence, height, hidden=self._hidden(), azimuth=azimuth)

    @property
    def _azimuth(self) -> float:
        """Of the line of sight, by the heading and the angle from it to where the antenna looks, 90 or −90."""
        path = self._one(self._options.slc_parameters, "stack.slc_parameters")
        parameters = read_parameters(path)
        looking = number(parameters, "azimuth_angle", path) if "azimuth_angle" in parameters else 90.0
        return azimuth_of_sight(number(parameters, "heading", path), looking)

    def _hidden(self) -> NDArray[np.bool_] | None:
        path = one_file(self._folder, self._options.ls_map)
        if path is None:
            return None
        return hidden_of(read_binary(path, self.grid, "u1"), path, hidden=GAMMA_HIDDEN, greatest=GAMMA_GREATEST)

    def _one(self, pattern: str, field: str) -> Path:
        """The first file that matches; they agree for all that is read from them."""
        for path in sorted(files_below(self._folder, pattern)):
            return path
        raise InputError(f"no file matches '{pattern}'", file=self._folder, field=field, mend="correct the pattern")


def grid_of(path: Path, *, corner_is_centre: bool) -> Grid:
    """The grid that a DEM/MAP parameter file describes: EQA (degrees) or UTM."""
    parameters = read_parameters(path)
    shape = int(number(parameters, "nlines", path)), int(number(parameters, "width", path))
    if min(shape) < 1:
        raise InputError(
            f"{shape[0]} lines of {shape[1]} pixels are no raster",
            file=path,
            field="nlines, width",
            mend="correct the parameter file",
        )
    projection = parameters.get("DEM_projection", "")
    if projection == "EQA":
        crs, names = CRS.from_epsg(4326), ("corner_lon", "post_lon", "corner_lat", "post_lat")
    elif projection == "UTM":
        zone = int(number(parameters, "projection_zone", path))
        if not 1 <= zone <= 60:
            raise InputError(
                f"UTM has no zone {zone}", file=path, field="projection_zone", mend="correct the parameter file"
            )
        south = number(parameters, "false_northing", path) > 0
        crs, names = (
            CRS.from_epsg((32700 if south else 32600) + zone),
            ("corner_east", "post_east", "corner_north", "post_north"),
        )
    else:
        raise InputError(
            f"projection '{projection}' is not known here",
            file=path,
            field="DEM_projection",
            mend="geocode to EQA or UTM, or convert the stack to GeoTIFF",
        )
    x, step_x, y, step_y = (number(parameters, name, path) for name in names)
    transform = Affine(step_x, 0, x, 0, step_y, y)
    return Grid(crs, transform @ Affine.translation(-0.5, -0.5) if corner_is_centre else transform, shape)


def read_binary(path: Path, grid: Grid, form: str = ">f4") -> NDArray[np.float32]:
    """A big-endian raster of the grid's shape, of float32 unless `form` says otherwise."""
    kind = np.dtype(form)
    expected = kind.itemsize * grid.rows * grid.cols
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise InputError("the file does not exist", file=path, mend="supply the file") from None
    if size != expected:
        raise InputError(
            f"{size} bytes, where {grid.rows} lines of {grid.cols} {kind.name} pixels are {expected}",
            file=path,
            field="shape",
            mend="copy the file again, or bring all rasters of the stack onto one grid",
        )
    return np.fromfile(path, dtype=kind).reshape(grid.shape).astype(np.float32)


def _zero_is_nodata(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.isfinite(values) & (values != 0), values, np.float32(np.nan))


def _wavelength(parameters: dict[str, str], path: Path) -> float:
    return SPEED_OF_LIGHT / number(parameters, "radar_frequency", path, positive=True)


def _perpendicular(path: Path, look_angle: float) -> float:
    """Perpendicular baseline in m, from the cross-track (C) and normal (N, downwards) components of a baseline file.

    The line of sight is (sin, cos) of the look angle in (C, N), so that what is perpendicular to it is
    C·cos − N·sin.
    """
    parameters = read_parameters(path)
    for key in ("precision_baseline(TCN)", "initial_baseline(TCN)"):
        try:
            _, cross, normal = (float(part) for part in parameters.get(key, "").split()[:3])
        except ValueError:
            continue
        if cross or normal:
            return float(cross * np.cos(look_angle) - normal * np.sin(look_angle))
    raise InputError(
        "no baseline in it", file=path, field="precision_baseline(TCN)", mend="add it, or remove the baseline file"
    )
