"""What a stack of interferograms is, whichever processor made it.

Every reader hands out phase as *later minus earlier*, in radians, NaN where there is no data, with the sign by which
motion away from the satellite (subsidence) is positive phase: displacement towards the satellite is d = −λ/(4π)·φ.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.deformation.finding import files_below
from engine.errors import InputError
from engine.grid import Grid
from engine.options import Options, Positive
from engine.raster import Raster

SPEED_OF_LIGHT = 299_792_458.0  # m/s


class DatePair(NamedTuple):
    """The two acquisitions of an interferogram, the earlier first."""

    first: date
    second: date

    @property
    def days(self) -> int:
        return (self.second - self.first).days

    def __str__(self) -> str:
        return f"{self.first:%Y%m%d}_{self.second:%Y%m%d}"


@dataclass(frozen=True)
class Interferogram:
    """One pair: its files, its perpendicular baseline in m where the metadata gives it, mean coherence where known.

    headers : files beside its rasters without which these cannot be read.
    """

    pair: DatePair
    unwrapped: Path
    coherence: Path | None = None
    perpendicular_baseline: float | None = None
    mean_coherence: float | None = None
    headers: tuple[Path, ...] = ()

    @property
    def files(self) -> list[Path]:
        """All that its rasters are read from, but for what tells of the whole stack (its grid, say)."""
        return [path for path in (self.unwrapped, self.coherence, *self.headers) if path]


@dataclass(frozen=True)
class Radar:
    """What the metadata tell of the radar and its view.

    wavelength : m. heading : of the flight, degrees clockwise from north. looks : independent looks of the coherence.
    """

    wavelength: float
    heading: float | None = None
    looks: float | None = None


class Geometry(NamedTuple):
    """What is known of every pixel before any phase, each of the grid's shape, None where it is not known.

    incidence : degrees from the vertical. height : m. water : where it is water. hidden : where slopes lie in the
    radar's shadow or under layover. azimuth : of the line of sight from the ground to the satellite, degrees from
    north, anticlockwise as ISCE-2 and MintPy have it.
    """

    incidence: NDArray[np.float32]
    height: NDArray[np.float32] | None
    water: NDArray[np.bool_] | None = None
    hidden: NDArray[np.bool_] | None = None
    azimuth: NDArray[np.float32] | None = None

    @property
    def masked(self) -> NDArray[np.bool_]:
        """Where no pair can tell anything, shape of the grid."""
        masks = [mask for mask in (self.water, self.hidden) if mask is not None]
        return np.logical_or.reduce(masks) if masks else np.zeros(self.incidence.shape, np.bool_)

    @property
    def masked_shares(self) -> dict[str, float]:
        """Of the grid's pixels, by the masks that there are."""
        masks = {"water": self.water, "layover_or_shadow": self.hidden}
        return {name: round(float(mask.mean()), 4) for name, mask in masks.items() if mask is not None}


class StackReader(Protocol):
    """A stack on disk, in one processor's form. A second one of the same data gives the same arrays."""

    @property
    def interferograms(self) -> Sequence[Interferogram]:
        """In order of their dates; at least one."""
        ...

    @property
    def grid(self) -> Grid: ...

    @property
    def radar(self) -> Radar: ...

    @property
    def files(self) -> Sequence[Path]:
        """Everything that the stack is read from."""
        ...

    def phase(self, interferogram: Interferogram) -> NDArray[np.float32]:
        """Unwrapped phase in radians, NaN for no data, later minus earlier, subsidence positive."""
        ...

    def coherence(self, interferogram: Interferogram) -> NDArray[np.float32]:
        """Coherence from 0 to 1, NaN for no data."""
        ...

    def geometry(self) -> Geometry: ...


class StackOptions(Options):
    """What the options of every stack reader share.

    path : folder of the stack, relative to the area's folder.
    unwrapped, coherence : file name patterns in it.
    wavelength_m : used instead of what the metadata say.
    looks : independent looks of the coherence (looks divided by oversampling); needed for weights = "variance".
    """

    path: Path = Path()
    unwrapped: str
    coherence: str
    # From X band to P band; a wavelength in centimetres would make all rates a hundred times too large.
    wavelength_m: float | None = Field(default=None, ge=0.01, le=1)
    looks: Positive | None = None


class GammaOptions(StackOptions):
    """A stack as GAMMA leaves it: geocoded big-endian float32, with parameter files.

    dem_parameters, slc_parameters, baselines, incidence, dem : file name patterns. ls_map : of the map of layover and
    shadow of the geocoding, one byte a pixel, where there is one.
    corner : whether the parameter file's corner is the outer edge of the first pixel or its centre.
    """

    format: Literal["gamma"]
    unwrapped: str = "*.unw"
    coherence: str = "*.cc"
    dem_parameters: str = "*dem*.par"
    slc_parameters: str = "*slc*.par"
    baselines: str = "*base*.par"
    incidence: str = "*.inc"
    dem: str = "*.dem"
    ls_map: str = "*.ls_map"
    corner: Literal["edge", "centre"] = "edge"


class GeoTiffOptions(StackOptions):
    """A stack as GeoTIFFs, whoever made them; dates and wavelength from tags, or from file names and this table.

    incidence_deg : one angle for the whole frame; incidence : or a raster of them. dem : a raster of heights.
    water_mask : a raster of 1 for land and 0 for water. shadow_mask : a raster of 0 for what the radar sees, 1 for
    shadow, 2 for layover, 3 for both.
    heading_deg : of the flight, clockwise from north. look_side : to which side of it the radar looks.
    subsidence_is_positive_phase : the sign by which the files were written.
    """

    format: Literal["geotiff"]
    unwrapped: str = "*unw*.tif"
    coherence: str = "*c[oc]*.tif"
    incidence_deg: float | None = Field(default=None, ge=0, le=80)
    incidence: Path | None = None
    dem: Path | None = None
    water_mask: Path | None = None
    shadow_mask: Path | None = None
    heading_deg: float | None = None
    look_side: Literal["right", "left"] = "right"
    subsidence_is_positive_phase: bool = True


class Hyp3Options(StackOptions):
    """A stack of HyP3 products of Sentinel-1, which bring their own metadata.

    wavelength_m : where it is not Sentinel-1's 0.05546576. looks : where they are not the product's / 1.94.
    incidence_deg : one angle for the whole frame, where no product has a raster of it.
    water_mask : whether what the products call water counts as such; it comes from maps, and may be out of date.
    """

    format: Literal["hyp3"]
    unwrapped: str = "*_unw_phase.tif"
    coherence: str = "*_corr.tif"
    incidence_deg: float | None = Field(default=None, ge=0, le=80)
    water_mask: bool = True


class LicsarOptions(StackOptions):
    """A stack as COMET-LiCSAR delivers it: YYYYMMDD_YYYYMMDD.geo.unw.tif and .geo.cc.tif, one frame's in a folder.

    up : pattern of the raster of the line of sight's vertical part; east, north : of its others, which only east and
    vertical rates ask for, and the heading stands in for. dem : of heights. metadata, baselines : of the
    frame's files with these names. wavelength_m : where it is not Sentinel-1's.
    """

    format: Literal["licsar"]
    unwrapped: str = "*.geo.unw.tif"
    coherence: str = "*.geo.cc.tif"
    up: str = "*.geo.U.tif"
    east: str = "*.geo.E.tif"
    north: str = "*.geo.N.tif"
    dem: str = "*.geo.hgt.tif"
    metadata: str = "metadata.txt"
    baselines: str = "baselines*"


class IsceOptions(StackOptions):
    """A stack of ISCE-2 (topsStack), geocoded: `filt_fine.unw.geo` and `filt_fine.cor.geo` in folders of their pairs.

    los : pattern of the geocoded line of sight, whose bands are the incidence angle and the azimuth.
    dem : of geocoded heights. shadow_mask : of the geocoded mask of shadow and layover, where there is one.
    baselines : pattern of the text files of baselines, in folders of their pairs. wavelength_m : where it is not
    Sentinel-1's.
    """

    format: Literal["isce"]
    unwrapped: str = "*.unw.geo"
    coherence: str = "*.cor.geo"
    los: str = "los.rdr.geo"
    dem: str = "hgt.rdr.geo"
    shadow_mask: str = "shadowMask.rdr.geo"
    baselines: str = "*.txt"


AnyStackOptions = GammaOptions | GeoTiffOptions | Hyp3Options | LicsarOptions | IsceOptions
SENTINEL1_WAVELENGTH = 0.05546576  # m
# Phase that spans a turn, but for so much of it, and no more, and jumps by as good as a whole one at this share of the
# pixels counts as wrapped.
_AT_ENDS, _WRAPPED_SHARE, _NEARLY_A_TURN = 0.05, 0.005, 1.5 * np.pi
# Between these, radians, a whole number at several pixels is a mark of no data: -999, -9999, 9999, -32768.
_LEAST_MARK, _MOST_MARK = 99, 99_999
# Wavelengths of one radar agree to this, relatively, and headings of one orbit to this, degrees.
_SAME_WAVELENGTH, _SAME_HEADING = 1e-3, 5.0


def list_interferograms(
    folder: Path, unwrapped: str, coherence: str, baselines: dict[DatePair, float] | None = None
) -> list[Interferogram]:
    """Find the pairs of a folder by file name pattern, and the coherence of each by its dates.

    Raises
    ------
    InputError
        For no file, a name without two dates, dates in the wrong order, or two files of one pair.
    """
    for option, pattern in (("stack.unwrapped", unwrapped), ("stack.coherence", coherence)):
        if not pattern or Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            raise InputError(
                f"'{pattern}' is no file name pattern",
                field=option,
                mend="give one relative to stack.path, such as *unw*.tif",
            )
    if not folder.is_dir():
        raise InputError(
            "the folder of the stack does not exist", file=folder, field="stack.path", mend="correct stack.path"
        )
    # Other rasters may lie beside the stack (heights, say): what bears no two dates is no pair's coherence.
    # And a name may match both patterns: that of mexico_20200105_20200117_unw.tif has "co" in it.
    phases = set(files_below(folder, unwrapped))
    others = [path for path in files_below(folder, coherence) if path not in phases]
    dated = [path for path in others if dates_in(path.name) or dates_in(path.parent.name)]
    coherent = _by_pair(dated, "coherence", "stack.coherence")
    unwrapped_by_pair = _by_pair(phases, "interferogram", "stack.unwrapped")
    if not unwrapped_by_pair:
        packed = any(files_below(folder, "*.zip"))
        raise InputError(
            f"no interferogram matches '{unwrapped}'",
            file=folder,
            field="stack.unwrapped",
            mend=f"{'unpack the .zip files in it, or ' if packed else ''}correct stack.path or stack.unwrapped",
        )
    return [
        Interferogram(pair, path, coherent.get(pair), (baselines or {}).get(pair))
        for pair, path in sorted(unwrapped_by_pair.items())
    ]


def _by_pair(paths: Iterable[Path], what: str, option: str) -> dict[DatePair, Path]:
    found: dict[DatePair, Path] = {}
    for path in sorted(paths):
        pair = pair_of(path)
        if pair in found:
            raise InputError(
                f"a second {what} of {pair} beside {found[pair].name}",
                file=path,
                field=option,
                mend=f"remove one of the two, or narrow {option}",
            )
        found[pair] = path
    return found


def pair_of(path: Path) -> DatePair:
    """The two dates in a file's name (YYYYMMDD or YYMMDD, times of day allowed), its folder's, or its GeoTIFF tags."""
    dates = dates_in(path.name)
    if len(dates) < 2:
        dates = dates_in(path.parent.name)
    if len(dates) < 2 and path.suffix.lower() in (".tif", ".tiff"):
        with Raster(path) as raster:
            tags = raster.tags
        dates = [day for key in ("FIRST_DATE", "SECOND_DATE") if (day := parse_day(tags.get(key, "").replace("-", "")))]
    if len(dates) < 2:
        raise InputError(
            "no two dates in the file's name",
            file=path,
            field="dates",
            mend="write both into its name as YYYYMMDD, such as 20060619_20061002",
        )
    if dates[0] >= dates[1]:
        raise InputError(
            f"the pair's dates are not in order ({dates[0]}, {dates[1]})",
            file=path,
            field="dates",
            mend="form the pair with the earlier acquisition first",
        )
    return DatePair(dates[0], dates[1])


def dates_in(name: str) -> list[date]:
    """Dates such as 20060619, 060619 and 2006-06-19 (or with _ or .), in the order of the name.

    Six digits may be a number of another kind (a burst's, say): they are dates only where there are no two of eight.
    """
    stamps = re.finditer(r"(?<!\d)(\d{4}([-_.])\d{2}\2\d{2}|\d{8}|\d{6})(?:T\d{6})?(?!\d)", name)
    digits = [re.sub(r"\D", "", stamp[1]) for stamp in stamps]
    found = [(one, day) for one in digits if (day := parse_day(one))]
    long = [day for one, day in found if len(one) == 8]
    return long if len(long) >= 2 else [day for _, day in found]


def parse_day(stamp: str) -> date | None:
    """YYYYMMDD or YYMMDD; None for what is neither."""
    if not re.fullmatch(r"\d{6}|\d{8}", stamp):
        return None
    try:
        return datetime.strptime(stamp, "%Y%m%d" if len(stamp) == 8 else "%y%m%d").date()
    except ValueError:
        return None


def check_phase(phase: NDArray[np.float32], interferogram: Interferogram) -> None:
    """Refuse a raster that holds no phase at all, or that cannot be unwrapped phase in radians.

    Wrapped phase spans a turn (from −π or from 0), goes no further, and jumps by nearly a whole one from pixel to
    pixel where it wraps. Phase that was unwrapped and is as small has no reason to stop there, and does not jump.
    """
    valid = phase[np.isfinite(phase)]
    if valid.size == 0:
        raise InputError(
            "the interferogram holds no data (every pixel is no-data or masked)",
            file=interferogram.unwrapped,
            field=str(interferogram.pair),
            mend="supply it again, or take it out of the stack",
        )
    for end in (float(valid.min()), float(valid.max())):
        if _LEAST_MARK <= abs(end) <= _MOST_MARK and end.is_integer() and np.count_nonzero(valid == end) > 1:
            raise InputError(
                f"{np.count_nonzero(valid == end)} pixels of {end:g}, which seems to mark where there is no data, "
                "as the file does not say",
                file=interferogram.unwrapped,
                field=str(interferogram.pair),
                mend="make it the file's no-data value (`rio edit-info --nodata VALUE FILE`), or set such pixels to 0",
            )
    if np.abs(valid).max() > 1e4:
        raise InputError(
            f"values up to {np.abs(valid).max():.3g} cannot be radians",
            file=interferogram.unwrapped,
            field=str(interferogram.pair),
            mend="check byte order, data type, unit and no-data value of the file",
        )
    turns = float(np.ptp(valid)) / (2 * np.pi)
    if 1 - _AT_ENDS < turns <= 1.0001:
        jumps = sum(int((np.abs(np.diff(phase, axis=axis)) > _NEARLY_A_TURN).sum()) for axis in (0, 1))
        if jumps > _WRAPPED_SHARE * valid.size:
            raise InputError(
                "the phase is wrapped: it keeps within one turn and jumps by nearly whole ones",
                file=interferogram.unwrapped,
                field=str(interferogram.pair),
                mend="supply the unwrapped interferogram",
            )


def check_coherence(coherence: NDArray[np.float32], interferogram: Interferogram) -> None:
    """Refuse a raster without any coherence, or whose values cannot be such; 0 says nothing of a pixel."""
    valid = coherence[np.isfinite(coherence)]
    if not valid.any():
        raise InputError(
            "the coherence holds no data (every pixel is no-data, masked or 0)",
            file=interferogram.coherence,
            field=str(interferogram.pair),
            mend="supply it again, or take the pair out of the stack",
        )
    if not (valid.min() >= 0 and valid.max() <= 1.001):
        raise InputError(
            f"values from {valid.min():.3g} to {valid.max():.3g} are no coherence, which lies between 0 and 1",
            file=interferogram.coherence,
            field=str(interferogram.pair),
            mend="scale it to 0–1, give its no-data value, or correct stack.coherence",
        )


def require_one_radar(
    wavelengths: Mapping[Path, float] | None = None, headings: Mapping[Path, float] | None = None
) -> None:
    """Refuse files of more than one radar (wavelengths, m) or of more than one orbit (headings, degrees)."""
    for what, unit, values in (("wavelength", "m", wavelengths or {}), ("heading", "degrees", headings or {})):
        if not values:
            continue
        first, expected = next(iter(values.items()))
        for path, value in values.items():
            if what == "wavelength":
                same = abs(value / expected - 1) <= _SAME_WAVELENGTH
            else:
                same = abs((value - expected + 180) % 360 - 180) <= _SAME_HEADING
            if not same:
                raise InputError(
                    f"a {what} of {value:g} {unit}, where {first.name} has {expected:g}: one stack is of one radar on "
                    "one orbit",
                    file=path,
                    field=what,
                    mend="make an area of each orbit and radar, or take the other files out of the folder",
                )


def in_degrees(angle: NDArray[np.float32]) -> NDArray[np.float32]:
    """Incidence angles in degrees; a raster of angles up to π/2 is taken as radians, as some processors write them."""
    return np.degrees(angle) if np.nanmax(angle) <= np.pi / 2 else angle


def incidence_of(angle: NDArray[np.float32], path: Path, field: str = "stack.incidence") -> NDArray[np.float32]:
    """Incidence angles in degrees of a raster (`in_degrees`), NaN where it has none; 0 is no angle of a radar's.

    Raises
    ------
    InputError
        For what cannot be angles between the vertical and the horizontal.
    """
    valid = angle[np.isfinite(angle) & (angle != 0)]
    if valid.size == 0 or valid.min() < 0 or valid.max() >= 90:
        held = f"values from {valid.min():.4g} to {valid.max():.4g}" if valid.size else "no values in the frame"
        raise InputError(
            f"{held}, where angles from the vertical, from 0° to 90°, are expected",
            file=path,
            field=field,
            mend="supply the raster of incidence angles, in degrees or radians, with what marks no data as its nodata",
        )
    return in_degrees(np.where(angle == 0, np.float32(np.nan), angle))


def azimuth_of_sight(heading: float, looking: float = 90.0) -> float:
    """Azimuth of the line of sight from the ground to the satellite, degrees from north, anticlockwise, −180 to 180.

    heading : of the flight, degrees clockwise from north. looking : from it to where the radar looks, clockwise: 90 to
    the right, −90 to the left.
    """
    return (-(heading + looking)) % 360 - 180


def require_coherence(interferograms: Sequence[Interferogram], radar: Radar, weights: str) -> None:
    """Refuse weights from coherence when a pair has none, or when the looks that variance depends on are unknown."""
    if weights == "variance" and radar.looks is None:
        raise InputError(
            "the number of independent looks is not known, and weights = 'variance' asks for it",
            field="stack.looks",
            mend="give it in area.toml: range looks x azimuth looks / oversampling (Sentinel-1: / 1.94)",
        )
    for interferogram in interferograms:
        if interferogram.coherence is None:
            raise InputError(
                f"the pair {interferogram.pair} has no coherence, and weights = '{weights}' asks for it",
                file=interferogram.unwrapped,
                field="inversion.weights",
                mend="supply its coherence raster (stack.coherence), or set weights = 'none'",
            )
