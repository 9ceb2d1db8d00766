"""What the rows of a release hold; units are in schema.sql."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple


@dataclass(frozen=True)
class ReleaseInfo:
    """The release table's row; see schema.sql for units."""

    id: str
    area: str
    title: str
    created: datetime
    schema_version: int
    engine_version: str
    content_key: str
    attribution: str
    source: str
    first_date: date
    last_date: date
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Radar:
    """What the rates of a release rest on."""

    first_date: date
    last_date: date
    pairs: int
    moving_area_m2: float
    halo_m: float
    solved_share: float
    reference: str
    threshold: float
    t95: float
    incidence_deg: float
    heading_deg: float | None
    wavelength_m: float


@dataclass(frozen=True)
class Image:
    """An image of one date: the layers of its picture and of the probabilities found in it."""

    date: date
    layer: str
    probability: str | None
    bands: list[str]
    pixel_m: float
    valid_share: float
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Extraction:
    """How patches were found in the images."""

    model: str
    sha256: str
    classes: list[str]
    threshold: float
    least_share: float
    boundary_error_m: float
    metrics: dict[str, float]


@dataclass(frozen=True)
class Layer:
    """A raster of the map."""

    name: str
    file: str
    unit: str
    palette: str
    low: float | None
    high: float | None
    neutral: float | None


@dataclass(frozen=True)
class Patch:
    """A patch with what changed and its activity; see schema.sql for units.

    What rests on images is None where outlines were given, what rests on radar where there is no stack.
    """

    patch_id: str
    name: str
    mine_class: str
    area_m2: float
    west: float
    south: float
    east: float
    north: float
    confidence: float | None
    change: str | None
    change_from: date | None
    change_to: date | None
    change_m2: float | None
    change_margin_m2: float | None
    first_seen: date | None
    last_seen: date | None
    attention: float
    turned: date | None
    activity: str | None
    paper_activity: str | None
    class_confidence: float | None
    observed_share: float | None
    coherent_pixels: int | None
    decorrelated_pixels: int | None
    shared_share: float | None
    detectable_rate: float | None
    cluster_parts: int | None
    cluster_pixels: int | None
    cluster_area_m2: float | None
    cluster_distance_m: float | None
    median_rate: float | None
    extreme_rate: float | None
    standard_error: float | None
    significant_share: float | None
    lost_first: date | None
    lost_last: date | None
    lost_until_first: date | None
    lost_until_last: date | None
    course: str | None
    turn: str | None
    day: date | None
    day_first: date | None
    day_last: date | None
    rate_before: float | None
    rate_after: float | None
    error_before: float | None
    error_after: float | None
    step_mm: float | None
    fading: float | None
    surface: str | None
    texture_ratio: float | None
    ndvi_change: float | None


@dataclass(frozen=True)
class Outline:
    """A patch on one date; areas in m², confidence 0–1."""

    date: date
    mine_class: str
    area_m2: float
    margin_m2: float
    confidence: float


@dataclass(frozen=True)
class Sighting:
    """How much of a patch's ground the image of a date shows, and how probable a mine is there; 0–1."""

    date: date
    seen_share: float
    probability: float


@dataclass(frozen=True)
class Permit:
    """A permit as its register has it: texts are empty where it says nothing. has_outline : whether it says where."""

    number: str
    mine: str
    holder: str
    mineral: str
    kind: str
    status: str
    valid_from: date | None
    valid_to: date | None
    has_outline: bool


@dataclass(frozen=True)
class Register:
    """What the permits of a release come from. version : among the area's registers, None for one that its area.toml
    names. report : what was odd in it. error_m : positional error of outlines against permits."""

    name: str
    sha256: str
    crs: str
    permits: int
    version: str | None
    report: dict[str, Any]
    error_m: float


@dataclass(frozen=True)
class Verdict:
    """certainty : "certain" or "doubtful", None where nothing was tested. date : on which permits had to be valid.

    Areas in m² outside every valid permit (of a zone, inside it), None where nothing was tested. distance_m : to the
    place furthest outside, None where no valid permit touches the patch. permits : by number. since : day from which it
    is illicit, where it is known. days : after a permit's last day on which there was still work, at least.
    """

    patch_id: str
    register: str | None
    kind: str
    certainty: str | None
    reasons: list[dict[str, Any]]
    since: date | None
    date: date | None
    least_m2: float | None
    likely_m2: float | None
    most_m2: float | None
    distance_m: float | None
    permits: list[str]
    days: int | None


@dataclass(frozen=True)
class VerdictSum:
    """Of all patches with one kind of verdict of one certainty: how many, their area, and the ground that the verdicts
    are about, m². alone : of how many it is the only verdict."""

    kind: str
    certainty: str | None
    patches: int
    alone: int
    area_m2: float
    least_m2: float
    likely_m2: float
    most_m2: float


@dataclass(frozen=True)
class Series:
    """Displacement in mm since the first date, and what to draw as its error bars (1 σ, mm)."""

    dates: Sequence[date]
    displacement: Sequence[float]
    noise: Sequence[float]


@dataclass(frozen=True)
class PatchSeries(Series):
    """of : "cluster" or "patch". rate, standard_error : mm/yr, of a line through the mean series.

    still : mm, what the still ground round it seems to do, which is taken away; None where there is too little of it.
    fitted, fitted_error : mm, the course and its standard error; None where none was fitted. turn : day of a turn and
    its 95 % interval, None where nothing turned.
    """

    of: str
    pixels: int
    still: Sequence[float] | None
    fitted: Sequence[float] | None
    fitted_error: Sequence[float] | None
    turn: tuple[date, date, date] | None
    rate: float
    standard_error: float


class EastUp(NamedTuple):
    """Rates of one pixel from two stacks, mm/yr, and their standard errors; named as the layers are."""

    east: float
    up: float
    east_standard_error: float
    up_standard_error: float


@dataclass(frozen=True)
class PixelReading:
    """All that a release knows of one pixel. Rates in mm/yr; series None where there is none.

    vertical : if nothing moves sideways. east_up : of two stacks; None where they do not tell.
    """

    lon: float
    lat: float
    state: str
    pairs: int
    pairs_used: int
    groups: int
    dates: int
    coherence: float | None
    rate: float | None
    standard_error: float | None
    vertical: float | None
    series: Series | None
    east_up: EastUp | None = None


@dataclass(frozen=True)
class Interferogram:
    first_date: date
    second_date: date
    days: int
    perpendicular_baseline_m: float | None
    valid_share: float
    coherence: float | None
    first_baseline_m: float | None
    second_baseline_m: float | None
    used: bool


@dataclass(frozen=True)
class Acquisition:
    date: date
    noise_mm: float | None


@dataclass(frozen=True)
class RateBin:
    """Area of the frame, in m², with rates from `low` to `high`, mm/yr."""

    low: float
    high: float
    area_m2: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Step:
    """Provenance of one step."""

    name: str
    finished: datetime
    seconds: float
    peak_memory_bytes: int
    parameters: dict[str, Any]
    versions: dict[str, str]
    report: dict[str, Any]
