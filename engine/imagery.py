"""The images of an area, one a date, brought onto one grid and freed of their offset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.errors import InputError
from engine.grid import Block, Grid, require_one_side
from engine.options import Day, Options
from engine.raster import Raster, start_cog

IMAGE, PICTURE = "image.tif", "picture.tif"

READABLE_TYPES = ("uint8", "uint16", "int16", "float32")
_BLOCK = 1024  # pixels
_SAMPLE = 1024  # pixels along an edge are enough for the ends of a picture's scale
OPACITY = frozenset({"alpha", "opacity"})
# How much of a picture's pixels may be clipped at its dark and its bright end, per cent.
_CLIPPED = (1.0, 1.5)
# Usual names of the bands that the eye sees.
COLOURS = {
    "red": frozenset({"red", "r", "b04", "b4"}),
    "green": frozenset({"green", "g", "b03", "b3"}),
    "blue": frozenset({"blue", "b", "b02", "b2"}),
}


class ImageOptions(Options):
    """One image.

    path : relative to the area's folder. date : when it was taken. offset : subtracted from every value (Sentinel-2
    products since January 2022 carry 1000); it must be given where the file says one itself. labels : what is known of
    it, a raster of codes or polygons; only training and assessment read it.
    """

    path: Path
    date: Day
    offset: float = Field(default=0.0, allow_inf_nan=False)
    labels: Path | None = None


class ImageryOptions(Options):
    """images : in any order; all are brought onto the grid of the first in time.

    bands : names of the bands in the files' order, where the files do not name them. natural_colour : names of the
    bands to show as red, green and blue; without it they are found by their usual names, or are the first three.
    nodata : value that stands for no data where the files do not say it. A pixel has no data when any of its bands
    holds it; in 8-bit images, where 0 is dark as well as no data, when all of them do.

    A band called alpha or opacity, and a last band that a file declares as such and that nobody names otherwise, is no
    measurement: where it is 0 there is no data, and it is left out. Nor is there where a mask says so that lies in the
    file, or beside it (.msk).
    """

    images: tuple[ImageOptions, ...] = Field(min_length=1)
    bands: tuple[str, ...] = ()
    natural_colour: tuple[str, str, str] | None = None
    nodata: float | None = None

    @property
    def in_order(self) -> list[ImageOptions]:
        """The images by date."""
        return sorted(self.images, key=lambda image: image.date)


@dataclass(frozen=True)
class SourceImage:
    """An image as its file has it: checked, and read without its offset.

    files : itself, and those beside it that its format reads with it. opacity : index in the file of the band that
    says where there is data; it is none of `bands`. scales : of the bands, what the file says to multiply numbers with.
    """

    path: Path
    files: tuple[Path, ...]
    offset: float
    nodata: float | None
    bands: tuple[str, ...]
    grid: Grid
    opacity: int | None = None
    scales: tuple[float, ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """What beside the file decides what is read."""
        return {
            "offset": self.offset,
            "nodata": self.nodata,
            "bands": list(self.bands),
            "own_grid": self.grid.describe(),
            "opacity": self.opacity,
        }

    def read(self, grid: Grid, block: Block) -> NDArray[np.float32]:
        """All bands of a block of `grid`, offset subtracted, NaN for no data, shape (bands, rows, cols).

        Another grid than the file's own is resampled bilinearly.
        """
        with Raster(self.path) as raster:
            together = raster.dtype == "uint8"
            if self.grid.matches(grid):
                values = raster.read_bands(block).astype(np.float32)
                values[:, raster.read_masked(block)] = np.nan
            else:
                values = raster.read_bands_onto(grid, block, self.nodata, together=together, opacity=self.opacity)
        missing = ~np.isfinite(values).all(axis=0)
        if self.opacity is not None:
            missing |= values[self.opacity] == 0
            values = np.delete(values, self.opacity, axis=0)
        if self.nodata is not None:
            holds = values == self.nodata
            missing |= holds.all(axis=0) if together else holds.any(axis=0)
        values -= np.float32(self.offset)
        values[:, missing] = np.nan
        return values


def open_source(image: ImageOptions, options: ImageryOptions, folder: Path) -> SourceImage:
    """Check an image; its pixels are not read yet.

    Raises
    ------
    InputError
        For a missing or unreadable file, no CRS, a place across the antimeridian, a type of numbers or a count of bands
        that cannot be used.
    """
    path = folder / image.path
    with Raster(path) as raster:
        if raster.dtype not in READABLE_TYPES:
            raise InputError(
                f"pixels are {raster.dtype}",
                file=path,
                field="dtype",
                mend=f"convert them to one of {', '.join(READABLE_TYPES)}",
            )
        require_one_side(raster.grid, path)
        names = _band_names(raster, options)
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise InputError(
                f"two of its bands are called '{twice}'",
                file=path,
                field="bands",
                mend="give each a name of its own, in the file or under imagery.bands",
            )
        opacity = find_opacity(raster, names, named=bool(options.bands))
        kept = [number for number in range(raster.bands) if number != opacity]
        _check_offset({raster.offsets[number] for number in kept}, image, path)
        return SourceImage(
            path=path,
            files=tuple(raster.files),
            offset=image.offset,
            nodata=options.nodata if raster.nodata is None else raster.nodata,
            bands=tuple(names[number] for number in kept),
            grid=raster.grid,
            opacity=opacity,
            scales=tuple(raster.scales[number] for number in kept),
        )


def _check_offset(offsets: set[float], image: ImageOptions, path: Path) -> None:
    """Refuse an image whose file says what is to be subtracted, where the area says nothing of it."""
    if "offset" in image.model_fields_set or offsets == {0}:
        return
    said = sorted(offsets)
    one = f"write offset = {said[0]:.6g} for this image, or offset = 0 if that was done already"
    raise InputError(
        f"the file says that {', '.join(f'{offset:.6g}' for offset in said)} is to be subtracted from its values, and "
        "the area says nothing of it",
        file=path,
        field="imagery.images.offset",
        mend=one if len(said) == 1 else "subtract it from each band in the file, and write offset = 0",
    )


def read_source(
    image: ImageOptions, options: ImageryOptions, folder: Path
) -> tuple[NDArray[np.float32], Grid, tuple[str, ...]]:
    """A whole image on its own grid, shape (bands, rows, cols), NaN for no data; its grid and its bands' names."""
    source = open_source(image, options, folder)
    return source.read(source.grid, Block(0, source.grid.rows, 0, source.grid.cols)), source.grid, source.bands


def _band_names(raster: Raster, options: ImageryOptions) -> tuple[str, ...]:
    if not options.bands:
        named = raster.band_names
        if not named[-1] and all(named[:-1]) and find_opacity(raster, named) is not None:
            named[-1] = "alpha"  # what adds opacity to an image leaves that band without a name
        return tuple(named) if all(named) else tuple(str(number) for number in range(1, raster.bands + 1))
    if len(options.bands) != raster.bands:
        raise InputError(
            f"it has {raster.bands} bands, and {len(options.bands)} names are given",
            file=raster.path,
            field="imagery.bands",
            mend="name each of them, in the file's order",
        )
    return options.bands


def find_opacity(raster: Raster, names: Sequence[str], *, named: bool = False) -> int | None:
    """Index of the band that is opacity, None without one. named : by a person, who then decides."""
    if raster.bands < 2:
        return None
    if called := [number for number, name in enumerate(names) if name.lower() in OPACITY]:
        return called[0]
    if named or not raster.says_alpha:
        return None
    return raster.bands - 1 if is_opacity(raster.read_sample(_SAMPLE)[-1]) else None


def is_opacity(band: NDArray[np.float32]) -> bool:
    """Whether a band that may be opacity is: it holds one value, and perhaps 0; GDAL calls any fourth band so."""
    values = band[np.isfinite(band)]
    return np.unique(values[values != 0]).size == 1


def open_sources(options: ImageryOptions, folder: Path) -> list[SourceImage]:
    """Every image of an area, by date, checked one against the other.

    Raises
    ------
    InputError
        When two images are of one date, have other bands or scales, or show other places.
    """
    dates = [image.date for image in options.in_order]
    if twice := next((day for day in dates if dates.count(day) > 1), None):
        raise InputError(
            f"two images of {twice}", field="imagery.images", mend="keep one of each date, or correct the dates"
        )
    sources = [open_source(image, options, folder) for image in options.in_order]
    first = sources[0]
    for other in sources[1:]:
        if other.bands != first.bands:
            raise InputError(
                f"its bands are {', '.join(other.bands)}, those of {first.path.name} {', '.join(first.bands)}",
                file=other.path,
                field="bands",
                mend="supply the same bands in the same order for every date",
            )
        if other.scales != first.scales:
            raise InputError(
                f"its scale is {_listed(other.scales)}, that of {first.path.name} {_listed(first.scales)}",
                file=other.path,
                field="scale",
                mend="bring all images to one scale, or correct what the file says (`gdal_edit.py -scale 1 FILE`)",
            )
        if not _overlap(first.grid, other.grid):
            raise InputError(
                f"it shows nothing of the place of {first.path.name}",
                file=other.path,
                field="extent",
                mend="supply the image of this place, or correct its CRS",
            )
    return sources


def _listed(scales: Sequence[float]) -> str:
    return ", ".join(f"{scale:.6g}" for scale in dict.fromkeys(scales))


def _overlap(one: Grid, other: Grid) -> bool:
    a, b = one.bounds_lonlat, other.bounds_lonlat
    return a.west < b.east and b.west < a.east and a.south < b.north and b.south < a.north


def prepare_image(
    source: SourceImage,
    grid: Grid,
    folder: Path,
    *,
    natural_colour: tuple[str, str, str] | None,
    count: Callable[[int], Callable[[], None]],
) -> dict[str, Any]:
    """Write an image on the area's grid (float32, NaN for no data) and a picture of it (8-bit, 0 for no data).

    `count` makes a function to call after each of a number of equal parts.

    Raises
    ------
    InputError
        When it shows nothing of the grid.
    """
    chosen = colour_bands(source, natural_colour)
    blocks = list(grid.blocks(_BLOCK))
    advance = count(2 * len(blocks))
    seen = 0
    with start_cog(folder / IMAGE, grid, dtype="float32", nodata=np.nan, unit="1", names=source.bands) as write:
        for block in blocks:
            values = source.read(grid, block)
            seen += int(np.isfinite(values[0]).sum())
            write(block, values)
            advance()
    if seen == 0:
        raise no_data_at_all(source)
    _write_picture(folder, grid, chosen, blocks, advance)
    return {"valid_share": seen / (grid.rows * grid.cols), "bands": list(source.bands), "offset": source.offset}


def no_data_at_all(source: SourceImage) -> InputError:
    return InputError(
        "every pixel of it is no data",
        file=source.path,
        field="pixels",
        mend="supply the image of this place, or correct imagery.nodata",
    )


def colour_bands(source: SourceImage, wanted: tuple[str, str, str] | None) -> list[int]:
    """Indices of the bands to show as red, green and blue."""
    if wanted:
        if missing := [name for name in wanted if name not in source.bands]:
            raise InputError(
                f"no band '{missing[0]}'",
                file=source.path,
                field="imagery.natural_colour",
                mend=f"take three of: {', '.join(source.bands)}",
            )
        return [source.bands.index(name) for name in wanted]
    found = [
        next((number for number, name in enumerate(source.bands) if name.lower() in names), None)
        for names in COLOURS.values()
    ]
    known = [number for number in found if number is not None]
    if len(known) == 3:
        return known
    return [0, 1, 2] if len(source.bands) >= 3 else [0, 0, 0]


def _write_picture(
    folder: Path, grid: Grid, bands: Sequence[int], blocks: Sequence[Block], advance: Callable[[], None]
) -> None:
    with (
        Raster(folder / IMAGE) as image,
        start_cog(folder / PICTURE, grid, dtype="uint8", nodata=0, unit="1", names=("red", "green", "blue")) as write,
    ):
        sample = image.read_sample(_SAMPLE)[list(bands)]
        # One scale for the three bands keeps their colours.
        low, high = np.nanpercentile(sample, [_CLIPPED[0], 100 - _CLIPPED[1]])
        span = max(float(high - low), 1e-6)
        for block in blocks:
            values = image.read_bands(block)[list(bands)]
            shade = np.clip(1 + 254 * (values - low) / span, 1, 255)
            write(block, np.nan_to_num(shade, nan=0.0).round().astype(np.uint8))
            advance()
