"""What a stack of interferograms is, whichever processor made it.

Every reader hands out phase as *later minus earlier*, in radians, NaN where there is no data, with the sign by which
motion away from the satellite (subsidence) is positive phase: displacement towards the satellite is d = −λ/(4π)·φ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.grid import Grid
from engine.options import Options, Positive

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

    pairs : a table of the pairs (`read_pair_table`): their perpendicular baselines, and their files where it names
    such, which then are the stack whatever else lies in its folder.
    incidence_deg : one angle for the whole frame; incidence : or a raster of them. dem : a raster of heights.
    water_mask : a raster of 1 for land and 0 for water. shadow_mask : a raster of 0 for what the radar sees, 1 for
    shadow, 2 for layover, 3 for both.
    heading_deg : of the flight, clockwise from north. look_side : to which side of it the radar looks.
    subsidence_is_positive_phase : the sign by which the files were written.
    """

    format: Literal["geotiff"]
    unwrapped: str = "*unw*.tif"
    coherence: str = "*c[oc]*.tif"
    pairs: Path | None = None
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
    vertical rates ask for, and the heading stands in for. dem : of heights. land_mask : of the frame's mask of land and
    water, where there is one. metadata, baselines : of the frame's files with these names. wavelength_m : where it is
    not Sentinel-1's.
    """

    format: Literal["licsar"]
    unwrapped: str = "*.geo.unw.tif"
    coherence: str = "*.geo.cc.tif"
    up: str = "*.geo.U.tif"
    east: str = "*.geo.E.tif"
    north: str = "*.geo.N.tif"
    dem: str = "*.geo.hgt.tif"
    land_mask: str = "*.geo.landmask.tif"
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


def azimuth_of_sight(heading: float, looking: float = 90.0) -> float:
    """Azimuth of the line of sight from the ground to the satellite, degrees from north, anticlockwise, −180 to 180.

    heading : of the flight, degrees clockwise from north. looking : from it to where the radar looks, clockwise: 90 to
    the right, −90 to the left.
    """
    return (-(heading + looking)) % 360 - 180
