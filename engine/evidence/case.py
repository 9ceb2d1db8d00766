"""Everything that a dossier shows of one patch, as plain values."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from engine.grid import Bounds


@dataclass(frozen=True)
class Crop:
    """A window of a raster. values : shape (rows, cols, 3) of colours, uint8, or (rows, cols) of rates, mm/yr, NaN
    without data. seen : shape (rows, cols), where there is data. bounds : in `crs`."""

    values: NDArray[Any]
    seen: NDArray[np.bool_]
    bounds: Bounds
    crs: str


@dataclass(frozen=True)
class Picture:
    """The image of one date round the patch: on the map's grid, and in Web Mercator for browsers."""

    date: datetime.date
    pixel_m: float
    flat: Crop
    mercator: Crop


@dataclass(frozen=True)
class RateMap:
    """Rates along the line of sight; within ± neutral nothing counts as motion, `high` ends the scale, mm/yr."""

    flat: Crop
    mercator: Crop
    high: float
    neutral: float


@dataclass(frozen=True)
class Outline:
    """The patch on one date, None where the outline has none. Areas in m², confidence 0–1; None: not known."""

    date: datetime.date | None
    geometry: BaseGeometry
    area_m2: float
    margin_m2: float | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class CasePermit:
    """A permit and how the patch lies to it. Texts are empty where the register says nothing.

    geometry : EPSG:4326; None where it has no outline, as are the four measures then. as_read : in the register's own
    system, corners in its own order. shared_m2 : of the patch, in it. outside_m2 : of the patch, not in it.
    distance_m : between both, 0 where they touch. named : whether a verdict rests on it.
    """

    number: str
    mine: str
    holder: str
    mineral: str
    kind: str
    status: str
    valid_from: datetime.date | None
    valid_to: datetime.date | None
    geometry: BaseGeometry | None
    as_read: BaseGeometry | None
    area_m2: float | None
    shared_m2: float | None
    outside_m2: float | None
    distance_m: float | None
    named: bool


@dataclass(frozen=True)
class CaseVerdict:
    """A verdict as the store's table has it; outside : EPSG:4326, None where nothing is."""

    kind: str
    certainty: str | None
    reasons: Sequence[Mapping[str, Any]]
    date: datetime.date | None
    least_m2: float | None
    likely_m2: float | None
    most_m2: float | None
    distance_m: float | None
    permits: Sequence[str]
    outside: BaseGeometry | None
    since: datetime.date | None = None
    days: int | None = None


@dataclass(frozen=True)
class Motion:
    """Mean displacement of the patch or of the moving ground since the first date, mm; noise : 1 σ of each date, mm.

    still_mm : what the still ground round it seems to do, which was taken away; None where there was too little of it.
    fitted, fitted_error : the course that was fitted, mm, and its standard error; None where none was. turn : day on
    which motion turned and its 95 % interval.
    """

    of: str
    pixels: int
    dates: Sequence[datetime.date]
    displacement_mm: Sequence[float]
    noise_mm: Sequence[float]
    rate: float
    standard_error: float
    still_mm: Sequence[float] | None = None
    fitted_mm: Sequence[float] | None = None
    fitted_error_mm: Sequence[float] | None = None
    turn: tuple[datetime.date, datetime.date, datetime.date] | None = None


@dataclass(frozen=True)
class StepTaken:
    """One step of processing: its parameters, the versions it ran with, and what it reports of itself."""

    name: str
    finished: datetime.datetime
    parameters: Mapping[str, Any]
    versions: Mapping[str, str]
    report: Mapping[str, Any]


@dataclass(frozen=True)
class InputFile:
    step: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """What the release was made from, and how. acquisitions : dates of the radar. pairs : used, of how many.

    extraction : columns of the store's table extraction; None where outlines were given. images : date, bands, size
    of a pixel in metres.
    """

    images: Sequence[tuple[datetime.date, Sequence[str], float]]
    acquisitions: Sequence[datetime.date]
    pairs: tuple[int, int]
    extraction: Mapping[str, Any] | None
    steps: Sequence[StepTaken]
    inputs: Sequence[InputFile]


@dataclass(frozen=True)
class CasePhoto:
    """A photo that came with an entry of a case. version : of the entry. file : its name; sha256 : of it. shot : fields
    of the store's `Shot`. distance_m : from the patch, None where it is not known. thumbnail : JPEG. original : the
    file as it was given; archived_as : its name in the dossier's archive."""

    version: int
    file: str
    sha256: str
    shot: Mapping[str, Any]
    distance_m: float | None
    thumbnail: bytes
    original: bytes
    archived_as: str


@dataclass(frozen=True)
class Casework:
    """What people have made of the patch. case : fields of the store's `Case`. trail : of its entries, in order.
    photos : of all entries, in order."""

    case: Mapping[str, Any]
    trail: Sequence[Mapping[str, Any]]
    photos: Sequence[CasePhoto] = ()


@dataclass(frozen=True)
class Case:
    """One patch of one release.

    release : columns of the store's table release. patch : those of patch and activity. radar : those of radar, None
    without a stack. crs : the projected system of the maps, in metres. register : name of the register, None without
    one. register_crs : its own system. others, around : the area's other patches and its permits, for the overview.
    zones : those near by in which nothing may be mined, by name. permits : those that verdicts rest on first, then
    those near by. frame, wide : of the maps and of the overview, in `crs`. place : longitude and latitude of a point in
    the patch. uploaded : whether the register is not the release's. casework : None where nobody has opened a case.
    """

    release: Mapping[str, Any]
    patch: Mapping[str, Any]
    radar: Mapping[str, Any] | None
    crs: str
    frame: Bounds
    wide: Bounds
    geometry: BaseGeometry
    place: tuple[float, float]
    outlines: Sequence[Outline]
    cluster: BaseGeometry | None
    others: Sequence[BaseGeometry]
    around: Sequence[BaseGeometry]
    pictures: Sequence[Picture]
    overview: Crop | None
    rates: RateMap | None
    motion: Motion | None
    register: str | None
    register_crs: str | None
    register_sha256: str | None
    uploaded: bool
    positional_error_m: float | None
    permits: Sequence[CasePermit]
    verdicts: Sequence[CaseVerdict]
    zones: Sequence[tuple[str, BaseGeometry]]
    provenance: Provenance
    casework: Casework | None = None

    @property
    def patch_id(self) -> str:
        return str(self.patch["patch_id"])

    @property
    def concerned(self) -> list[CasePermit]:
        """Permits that share ground with the patch or that a verdict rests on."""
        return [permit for permit in self.permits if permit.named or (permit.shared_m2 or 0) > 0]
