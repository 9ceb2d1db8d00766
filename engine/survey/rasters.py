"""What a raster says of itself, and a bounded look at its pixels."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.grid import Block, Grid, require_one_side
from engine.imagery import is_opacity
from engine.raster import Raster
from engine.survey.files import Entry, Listing, Unused

_WHOLE = 4_000_000  # values; a raster of no more is read whole
_PROBE = 256  # pixels along an edge of the pieces that are read of a larger one
_KEPT = 50_000  # pixels that are kept of what was read
_MOST_CODES = 64  # more values than that are no classes
_RGBA = 4  # bands
# A header beside a file of plain numbers: ENVI's, ISCE's, ROI_PAC's.
_HEADER_SUFFIXES = (".hdr", ".xml", ".rsc")

Floats = NDArray[np.float32]


class Fourth(Enum):
    """A last band: a measurement, opacity (one value, and perhaps 0), or 0 everywhere."""

    BAND = auto()
    OPACITY = auto()
    EMPTY = auto()


@dataclass(frozen=True)
class Pixels:
    """What was seen of a raster's pixels.

    sample : some of them, shape (bands, pixels). empty_rim : whether some at the raster's edge are 0 in every band.
    least, most, codes : of the first band where it holds data: its ends, and its values if they are few whole numbers.
    """

    sample: Floats
    empty_rim: bool
    least: float
    most: float
    codes: tuple[int, ...]

    @classmethod
    def of(cls, values: Floats, rim: Floats, nodata: float | None) -> "Pixels":
        """From all that was read, shape (bands, pixels)."""
        band = _data(values[0], nodata)
        distinct = np.unique(band)
        whole = 0 < distinct.size <= _MOST_CODES and bool((distinct == np.round(distinct)).all())
        return cls(
            sample=values[:, :: values.shape[1] // _KEPT + 1].copy(),
            empty_rim=bool((rim == 0).all(axis=0).any()),
            least=float(band.min()) if band.size else np.nan,
            most=float(band.max()) if band.size else np.nan,
            codes=tuple(int(code) for code in distinct) if whole else (),
        )

    @property
    def is_empty(self) -> bool:
        return bool(np.isnan(self.least))


def _data(band: Floats, nodata: float | None) -> Floats:
    keep = np.isfinite(band)
    if nodata is not None and np.isfinite(nodata):
        keep &= band != np.float32(nodata)
    return band[keep]


@dataclass(frozen=True)
class Facts:
    """A raster as its file has it, without its pixels. `names` is empty where the bands are not all named.

    fourth : what the last band is, by what the file says and by its values. offsets : what the file says to
    subtract from each band's values. colours : what it says that each band shows.
    """

    path: Path
    grid: Grid
    bands: int
    dtype: str
    names: tuple[str, ...]
    nodata: float | None
    tags: dict[str, str]
    pixels: Pixels
    fourth: Fourth = Fourth.BAND
    offsets: tuple[float, ...] = ()
    colours: tuple[str, ...] = ()

    @property
    def valid(self) -> Floats:
        """Values of the first band that are data, as far as they were kept."""
        return _data(self.pixels.sample[0], self.nodata)

    @property
    def words(self) -> list[str]:
        """The words of the name, in lower case, without numbers and dates."""
        return [word for word in re.split(r"[^a-z]+", self.path.name.lower()) if word]


def read_rasters(listing: Listing, unused: Unused) -> list[Facts]:
    """All rasters of a folder that have a place on Earth; the others are noted with the reason."""
    headers = {entry.path for entry in listing.entries if entry.suffix in _HEADER_SUFFIXES and entry.is_text}
    found = []
    for entry in listing.entries:
        if entry.is_tiff or (entry.path not in headers and _has_header(entry, headers)):
            try:
                found.append(_read(entry.path))
            except InputError as error:
                problem = error.problem.replace(str(entry.path), entry.path.name)
                unused.add(entry.path, f"{problem}; {error.mend}")
    return found


def _has_header(entry: Entry, headers: set[Path]) -> bool:
    """Whether a header stands beside a file of numbers. The file's own content decides what it may not be."""
    if entry.is_markup or entry.is_text:
        return False
    path = entry.path
    beside = {path.with_name(path.name + suffix) for suffix in _HEADER_SUFFIXES} | {path.with_suffix(".hdr")}
    return any(header in headers for header in beside)


def _read(path: Path) -> Facts:
    with Raster(path) as raster:
        grid = raster.grid
        require_one_side(grid, path)
        names = raster.band_names
        pixels = _look(raster, grid)
        return Facts(
            path=path,
            grid=grid,
            bands=raster.bands,
            dtype=raster.dtype,
            names=tuple(names) if all(names) else (),
            nodata=raster.nodata,
            tags=raster.tags,
            pixels=pixels,
            fourth=_fourth(raster, pixels),
            offsets=tuple(raster.offsets),
            colours=tuple(raster.colours),
        )


def _fourth(raster: Raster, pixels: Pixels) -> Fourth:
    """What the last band is, where it is no measurement. Without a word of the file only a fourth band is suspected,
    and only where another band shows that there is something to be seen at all.
    """
    last = pixels.sample[-1]
    varied = any(np.unique(band).size > 2 for band in pixels.sample[:-1])
    if not raster.says_alpha and not (raster.bands == _RGBA and varied):
        return Fourth.BAND
    if not last.any():
        return Fourth.EMPTY if raster.bands == _RGBA and varied else Fourth.BAND
    return Fourth.OPACITY if is_opacity(last) else Fourth.BAND


def _look(raster: Raster, grid: Grid) -> Pixels:
    values, rims = [], []
    for block in _pieces(grid, raster.bands):
        piece = raster.read_bands(block)
        if np.iscomplexobj(piece):
            raise InputError("pixels are complex numbers", file=raster.path, mend="supply unwrapped phase or images")
        piece = piece.astype(np.float32)
        edge = np.zeros(block.shape, bool)
        edge[0] |= block.row0 == 0
        edge[-1] |= block.row1 == grid.rows
        edge[:, 0] |= block.col0 == 0
        edge[:, -1] |= block.col1 == grid.cols
        values.append(piece.reshape(raster.bands, -1))
        rims.append(piece[:, edge])
    return Pixels.of(np.concatenate(values, axis=1), np.concatenate(rims, axis=1), raster.nodata)


def _pieces(grid: Grid, bands: int) -> Iterator[Block]:
    """The whole of a small raster; of a large one its corners, the middles of its edges and its centre."""
    if grid.rows * grid.cols * bands <= _WHOLE:
        yield Block(0, grid.rows, 0, grid.cols)
        return
    for row in _starts(grid.rows):
        for col in _starts(grid.cols):
            yield Block(row, min(row + _PROBE, grid.rows), col, min(col + _PROBE, grid.cols))


def _starts(edge: int) -> list[int]:
    last = max(edge - _PROBE, 0)
    return sorted({0, last // 2, last})


def overlap(one: Grid, other: Grid) -> bool:
    """Whether two grids show some of the same ground."""
    a, b = one.bounds_lonlat, other.bounds_lonlat
    return a.west < b.east and b.west < a.east and a.south < b.north and b.south < a.north
