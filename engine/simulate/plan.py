"""What there is in a simulated area, and what becomes of it: plain values that every generator reads.

Coordinates are metres in EPSG:4544. A plan holds the truth; images, radar, land cover and permits are made from it.
"""

import datetime
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from engine.simulate.frame import Frame


class MineClass(IntEnum):
    """Codes of METHOD §1; 0 is background."""

    GANGUE_DUMP = 1
    IRON_PIT = 2
    CLAY_PIT = 3
    SANDSTONE_PIT = 4

    @property
    def title(self) -> str:
        return CLASS_TITLES[self]


CLASS_TITLES = {
    MineClass.GANGUE_DUMP: "coal gangue dump",
    MineClass.IRON_PIT: "iron ore open pit",
    MineClass.CLAY_PIT: "clay open pit",
    MineClass.SANDSTONE_PIT: "sandstone open pit",
}


class Change(StrEnum):
    """What two images show of a patch. A levelled one, or one under solar panels, is no patch any more in 2021."""

    UNCHANGED = "unchanged"
    GROWN = "grown"
    SHRUNK = "shrunk"
    NEW = "new"
    LEVELLED = "levelled"
    SOLAR_STATION = "solar station"


class Activity(StrEnum):
    """What goes on at a patch from 2019 to 2021."""

    IDLE = "idle"  # nothing moves
    EXTRACTION = "extraction"  # a pit at work: its ground sinks
    TIPPING = "tipping"  # a dump that is added to: it rises
    REMOVAL = "removal"  # a dump that is carried away: it sinks
    LEVELLING = "levelling"  # rehabilitated: graded, sinking while it is
    SETTLEMENT = "settlement"  # closed before or in the period: it sinks ever more slowly, without any mining
    DIGGING = "digging"  # metres of it: nothing but loss of coherence


class MotionKind(StrEnum):
    """How the ground moves from 2019 to 2021."""

    NONE = "none"
    LINEAR = "linear"
    ONSET = "onset"  # still, or slow, until a day; then linear
    STOP = "stop"  # linear until a day
    STEP = "step"  # one drop or rise within days
    ACCELERATING = "accelerating"
    SEASONAL = "seasonal"  # swells and shrinks by the year, goes nowhere
    DECAY = "decay"  # exponential towards an end
    VIOLENT = "violent"  # metres between two acquisitions: phase is lost from a day on


@dataclass(frozen=True)
class Motion:
    """Vertical motion at the core of a patch, positive up; and what goes with it.

    rate : mm/yr; of ONSET after the day, of ACCELERATING at the end of the period, of DECAY at its beginning.
    before : mm/yr before the day of an ONSET. day : of ONSET, STOP, STEP and VIOLENT, or when a DECAY began.
    step_mm : of a STEP. annual_mm : amplitude of a yearly swing on top of any kind. decay_years : time constant.
    creep : horizontal motion down the slope as a share of the vertical. until : day on which VIOLENT work stops.
    """

    kind: MotionKind
    rate: float = 0.0
    before: float = 0.0
    day: datetime.date | None = None
    until: datetime.date | None = None
    step_mm: float = 0.0
    annual_mm: float = 0.0
    decay_years: float = 1.0
    creep: float = 0.0


@dataclass(frozen=True)
class Patch:
    """One mine patch.

    before, after : its outline in 2019 and 2021, None where it is not (yet, or no longer) a mine.
    weathered : the old part of it, which blends in. core : the ground that moves. relief_m : of the pit's depth
    (negative) or the dump's height, mean over its middle. role : "figure 10a" or "figure 10b" for the paper's cases.
    started : day on which work began here, where that is within the period (new and growing patches).
    """

    number: int
    mine_class: MineClass
    before: BaseGeometry | None
    after: BaseGeometry | None
    weathered: BaseGeometry | None
    change: Change
    activity: Activity
    motion: Motion
    core: BaseGeometry
    relief_m: float
    started: datetime.date | None = None
    role: str | None = None

    @property
    def ground(self) -> BaseGeometry:
        """All that it covers in either year."""
        outlines = [outline for outline in (self.before, self.after) if outline is not None]
        return outlines[0] if len(outlines) == 1 else outlines[0].union(outlines[1])


@dataclass(frozen=True)
class Bowl:
    """Ground above an underground coal working: it sinks, and its flanks move inwards.

    radii_m : half axes of the ellipse where motion fades out. azimuth : by which it is turned,
    degrees. rate : mm/yr up at the centre, from `day` on.
    """

    centre: Point
    radii_m: tuple[float, float]
    azimuth: float
    rate: float
    day: datetime.date


class Cover(IntEnum):
    """Ground, as ESA's WorldCover codes it; drifting sand is bare ground there."""

    SHRUB = 20
    STEPPE = 30
    FIELD = 40
    BUILT = 50
    BARE = 60
    WATER = 80


@dataclass(frozen=True)
class Road:
    """paved : asphalt; else a track of bare ground."""

    line: LineString
    width_m: float
    paved: bool


@dataclass(frozen=True)
class Turbine:
    """pad : levelled ground round it. phase : how far its rotor is turned in 2019, degrees."""

    place: Point
    pad: Polygon
    hub_m: float
    rotor_m: float
    phase: float
    built_by_2019: bool


class ConfuserKind(StrEnum):
    """What looks like a mine and is none."""

    DARK_SHALE = "dark shale"
    DARK_FAN = "dark fan"
    RED_BEDS = "red beds"
    RED_SCARP = "red scarp"
    CLAY_PAN = "clay pan"
    MARL_SLOPE = "marl slope"
    SANDSTONE_LEDGE = "sandstone ledge"
    BOULDER_FIELD = "boulder field"
    GRADED_GROUND = "graded ground"


@dataclass(frozen=True)
class Confuser:
    """like : the class of mine whose colours and texture it shares."""

    number: int
    kind: ConfuserKind
    like: MineClass
    outline: BaseGeometry


@dataclass(frozen=True)
class Plan:
    """All that is in a frame. village : the ground that its buildings stand on. sand : where it drifts."""

    frame: Frame
    patches: tuple[Patch, ...]
    bowls: tuple[Bowl, ...]
    confusers: tuple[Confuser, ...]
    roads: tuple[Road, ...]
    turbines: tuple[Turbine, ...]
    buildings: tuple[Polygon, ...]
    village: BaseGeometry
    fields: tuple[Polygon, ...]
    ponds: tuple[Polygon, ...]
    sand: BaseGeometry
