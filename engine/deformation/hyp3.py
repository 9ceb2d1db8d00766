"""Reader of stacks of HyP3 products (Alaska Satellite Facility, Sentinel-1 interferograms made with GAMMA)."""

import math
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from engine.deformation.checks import require_one_radar
from engine.deformation.finding import list_interferograms
from engine.deformation.gamma import OVERSAMPLING
from engine.deformation.geocoded import read_values, require_values
from engine.deformation.masks import water_of
from engine.deformation.parameters import number, read_parameters
from engine.deformation.stack import SENTINEL1_WAVELENGTH, Geometry, Hyp3Options, Interferogram, Radar, azimuth_of_sight
from engine.errors import InputError
from engine.grid import Block, Grid, Pixel
from engine.raster import Raster

_KEYS = ("Baseline", "Heading", "Range looks", "Azimuth looks")


class Hyp3Stack:
    """A folder of HyP3 products, each in a folder of its own or all files side by side.

    A product NAME is `NAME.txt` (lines of "Key: value") and rasters beside it: `NAME_unw_phase.tif`, `NAME_corr.tif`
    and, in some products, its geometry. Products of one frame lie on one lattice of pixels and differ by some rows and
    columns; the stack's grid is what all interferograms have in common.

    HyP3's unwrapped phase is later minus earlier with range increase (subsidence) positive, the project's own
    convention, so nothing is turned round (its displacement maps have the other sign, and are not read). No data are
    the file's own value and phase 0. The water mask, which every product brings, is 1 for land and 0 for water.
    """

    def __init__(self, options: Hyp3Options, area_folder: Path) -> None:
        self._options = options
        self._area = area_folder
        self._folder = area_folder / options.path

    @cached_property
    def interferograms(self) -> list[Interferogram]:
        found = list_interferograms(self._folder, self._options.unwrapped, self._options.coherence)
        return [replace(item, perpendicular_baseline=_baseline(item)) for item in found]

    @cached_property
    def grid(self) -> Grid:
        first, *others = self.interferograms
        with Raster(first.unwrapped) as raster:
            lattice = raster.grid
        common = Block(0, lattice.rows, 0, lattice.cols)
        for item in others:
            with Raster(item.unwrapped) as raster:
                common = _overlap(common, _place(raster, lattice, first.unwrapped), item.unwrapped)
        return Grid(lattice.crs, lattice.transform @ Affine.translation(common.col0, common.row0), common.shape)

    @cached_property
    def radar(self) -> Radar:
        """From the first product; independent looks are range looks x azimuth looks / 1.94 where no option says them.

        1.94 is Sentinel-1's oversampling, of its pixels against resolution cells.
        """
        path = _text_of(self.interferograms[0])
        parameters = _parameters(path)
        looks = self._options.looks
        if looks is None:
            product = number(parameters, "Range looks", path) * number(parameters, "Azimuth looks", path)
            looks = max(product / OVERSAMPLING, 1.0)
        texts = [_text_of(item) for item in self.interferograms]
        require_one_radar(headings={text: number(_parameters(text), "Heading", text) for text in texts})
        return Radar(self._options.wavelength_m or SENTINEL1_WAVELENGTH, number(parameters, "Heading", path), looks)

    @property
    def files(self) -> list[Path]:
        beside = ("inc_map_ell", "lv_theta", "lv_phi", "dem", *(["water_mask"] if self._options.water_mask else []))
        found = [path for what in beside if (path := self._first(what))]
        for item in self.interferograms:
            found += [_text_of(item), *item.files]
        return sorted(found)

    def phase(self, interferogram: Interferogram) -> NDArray[np.float32]:
        phase = self._read(interferogram.unwrapped, floats=True)
        phase[phase == 0] = np.nan
        return phase

    def coherence(self, interferogram: Interferogram) -> NDArray[np.float32]:
        if interferogram.coherence is None:
            raise ValueError(f"{interferogram.pair} has no coherence")
        return self._read(interferogram.coherence, floats=True)

    def geometry(self) -> Geometry:
        """Incidence, height, water and azimuth from the first product that has each.

        The incidence angle is that against the ellipsoid: `inc_map_ell` (radians), or 90° − `lv_theta`, the elevation
        of the look vector, from the ground to the satellite, above the horizontal (radians; `lv_phi` is its azimuth,
        from east, anticlockwise; without it the heading stands in, of a radar that looks to the right). `inc_map` is
        the angle against the slope of the terrain and would spoil vertical rates; it is not read.
        """
        heights = self._first("dem")
        height = self._read(heights) if heights else None
        return Geometry(self._incidence(), height, self._water(), azimuth=self._azimuth())

    def _azimuth(self) -> NDArray[np.float32]:
        if path := self._first("lv_phi"):
            return self._angle(path, -2 * np.pi, 2 * np.pi) - 90
        heading = self.radar.heading
        assert heading is not None
        return np.full(self.grid.shape, azimuth_of_sight(heading), np.float32)

    def _water(self) -> NDArray[np.bool_] | None:
        path = self._first("water_mask") if self._options.water_mask else None
        if path is None:
            return None
        with Raster(path) as raster:
            block = self._block(raster)
            # Where the file calls 0 no data, that is water all the same.
            return water_of(raster.read(block=block) if raster.nodata == 0 else read_values(raster, block), path)

    def _incidence(self) -> NDArray[np.float32]:
        if path := self._first("inc_map_ell"):
            return self._angle(path)
        if path := self._first("lv_theta"):
            return 90 - self._angle(path)
        if self._options.incidence_deg is not None:
            return np.full(self.grid.shape, self._options.incidence_deg, np.float32)
        raise InputError(
            "no product has look vectors (NAME_lv_theta.tif) or NAME_inc_map_ell.tif",
            file=self._folder,
            field="stack.incidence_deg",
            mend="order one product with look vectors, or give the angle in degrees in area.toml",
        )

    def _angle(self, path: Path, least: float = 0.0, most: float = np.pi / 2) -> NDArray[np.float32]:
        """A raster of angles in radians, `least` to `most`, in degrees.

        0 is no data: no orbit sees the ground from due east, from the horizon or from right above.
        """
        angle = self._read(path)
        angle[angle == 0] = np.nan
        valid = angle[np.isfinite(angle)]
        if valid.size == 0 or valid.min() < least or valid.max() > most:
            held = f"values from {valid.min():.3g} to {valid.max():.3g}" if valid.size else "no values in the frame"
            raise InputError(
                f"{held}, where angles from {least / np.pi:g}π to {most / np.pi:g}π are expected",
                file=path,
                field="radians",
                mend="supply the product's raster as HyP3 made it",
            )
        return np.degrees(angle)

    def _first(self, what: str) -> Path | None:
        """A raster of the first product that has it."""
        paths = (item.unwrapped.with_name(f"{_name_of(item)}_{what}.tif") for item in self.interferograms)
        return next((path for path in paths if path.is_file()), None)

    def _read(self, path: Path, *, floats: bool = False) -> NDArray[np.float32]:
        """One raster, cut to the stack's grid, NaN for no data."""
        with Raster(path) as raster:
            if floats:
                require_values(raster)
            return read_values(raster, self._block(raster))

    def _block(self, raster: Raster) -> Block:
        """The stack's grid, in the rows and columns of a raster."""
        own = _place(raster, self.grid, self.interferograms[0].unwrapped)
        block = Block(-own.row0, self.grid.rows - own.row0, -own.col0, self.grid.cols - own.col0)
        if min(block.row0, block.col0) < 0 or block.row1 > raster.grid.rows or block.col1 > raster.grid.cols:
            raise InputError(
                "it does not cover what the interferograms have in common",
                file=raster.path,
                field="extent",
                mend="supply the product's raster whole, or cut all rasters of the product alike",
            )
        return block


def _name_of(interferogram: Interferogram) -> str:
    """The product's name: that of the file up to what says which raster it is."""
    return interferogram.unwrapped.stem.partition("_unw_phase")[0]


def _text_of(interferogram: Interferogram) -> Path:
    return interferogram.unwrapped.with_name(f"{_name_of(interferogram)}.txt")


def _parameters(path: Path) -> dict[str, str]:
    parameters = read_parameters(path)
    if not parameters.keys() & set(_KEYS):
        raise InputError(
            "it has none of the lines of a HyP3 product's text file",
            file=path,
            field=", ".join(_KEYS),
            mend="copy the file from the product again",
        )
    return parameters


def _baseline(interferogram: Interferogram) -> float | None:
    """Perpendicular baseline in m; None where the product does not say it, which is wrong only if it is asked for."""
    path = _text_of(interferogram)
    parameters = _parameters(path)
    return number(parameters, "Baseline", path) if "Baseline" in parameters else None


def _place(raster: Raster, lattice: Grid, named: Path) -> Block:
    """Where a raster lies on a lattice, in the lattice's rows and columns; `named` is a file that lies on it."""
    grid = raster.grid
    shift = _shift(grid, lattice)
    if shift is None:
        raise InputError(
            f"pixels of {grid.transform.a:.9g} x {-grid.transform.e:.9g} from {grid.transform.c:.9g}, "
            f"{grid.transform.f:.9g} in {grid.crs.name} do not fall on those of {named.name}: "
            f"{lattice.transform.a:.9g} x {-lattice.transform.e:.9g} from {lattice.transform.c:.9g}, "
            f"{lattice.transform.f:.9g} in {lattice.crs.name}",
            file=raster.path,
            field="transform",
            mend=f"bring it onto that lattice (`rio warp --like {named.name}`), or order all products with the same "
            "looks",
        )
    return Block(shift.row, shift.row + grid.rows, shift.col, shift.col + grid.cols)


def _shift(grid: Grid, lattice: Grid) -> Pixel | None:
    """The lattice's pixel on which the grid's first one lies; None if the pixels differ by a thousandth of one."""
    if grid.crs != lattice.crs:
        return None
    there = ~lattice.transform @ grid.transform
    col, row = (round(number) for number in there @ (0, 0))
    corners = [(0, 0), (grid.cols, 0), (0, grid.rows), (grid.cols, grid.rows)]
    if any(math.dist(there @ (x, y), (x + col, y + row)) > 1e-3 for x, y in corners):
        return None
    return Pixel(row, col)


def _overlap(common: Block, other: Block, path: Path) -> Block:
    """What two blocks share; `path` is the file of the second."""
    row0, row1 = max(common.row0, other.row0), min(common.row1, other.row1)
    col0, col1 = max(common.col0, other.col0), min(common.col1, other.col1)
    if row0 >= row1 or col0 >= col1:
        raise InputError(
            "it shows nothing of the ground that all interferograms before it have in common",
            file=path,
            field="extent",
            mend="take it out of the stack: all products of a stack show one frame",
        )
    return Block(row0, row1, col0, col1)
