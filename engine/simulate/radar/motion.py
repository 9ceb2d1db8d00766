"""How the ground moves, as truth: east, north and up in mm since the first acquisition, at the radar's pixels.

Every moving place is a shape that does not change times a course in time that is exact to the day. Where ground is dug
away by metres there is no ground left whose displacement could be told: truth is NaN there from that day on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from shapely import Polygon, unary_union
from shapely.geometry.base import BaseGeometry

from engine.grid import Block
from engine.simulate.frame import RADAR_PIXEL_M
from engine.simulate.noise import Field, fractal
from engine.simulate.plan import Activity, Bowl, Motion, MotionKind, Patch, Plan
from engine.simulate.radar.acquisitions import DAYS_PER_YEAR, years_since
from engine.simulate.radar.line_of_sight import View
from engine.simulate.radar.places import Mask, Places

# How much of the core's motion its outline has, and how far beyond it some of it reaches, m.
_RIM_SHARE, _REACH_M = 0.35, (15.0, 45.0)
# A slope on which creep is all that `Motion.creep` says, rise over run.
_FULL_CREEP_SLOPE = 0.2
# A drop or rise is over within some days: time constant of the logistic curve.
_STEP_DAYS = 1.5
# Work slackens in winter: by this share, most in mid January.
_WINTER_SHARE, _MIDWINTER_YEAR = 0.25, 0.04
# Swelling is greatest in spring; its date varies by patch, years.
_SWELL_YEAR, _SWELL_SPREAD = 0.30, 0.06
_SLIVER_M2 = 1_000.0
# Beyond this many radii a bowl's influence, exp(−π r²), is cut to nothing.
_BOWL_REACH = 1.15
_AT_WORK = (Activity.EXTRACTION, Activity.TIPPING, Activity.REMOVAL, Activity.LEVELLING)


@dataclass(frozen=True)
class Component:
    """One moving place: displacement is `east`, `north`, `up` (shape of the block) times `course` (dates,) in mm.

    patch : its number, None for a bowl. lost : ground that is dug away, from date number `lost_from` on.
    """

    block: Block
    east: Field
    north: Field
    up: Field
    course: NDArray[np.float64]
    patch: int | None
    lost: Mask | None = None
    lost_from: int = 0


@dataclass(frozen=True)
class GroundMotion:
    """All that moves, over dates in order."""

    places: Places
    dates: tuple[date, ...]
    components: tuple[Component, ...]

    def displacement(self, block: Block) -> tuple[Field, Field, Field]:
        """East, north and up in mm since the first date, each of shape (dates, rows, cols)."""
        east, north, up = (np.zeros((len(self.dates), *block.shape), np.float32) for _ in range(3))
        for item in self.components:
            there, own = _overlap(item.block, block)
            if there is None or own is None:
                continue
            course = item.course.astype(np.float32)[:, None, None]
            for total, shape in ((east, item.east), (north, item.north), (up, item.up)):
                total[:, there[0], there[1]] += course * shape[own]
                if item.lost is not None:
                    total[item.lost_from :, there[0], there[1]][:, item.lost[own]] = np.nan
        return east, north, up

    def towards_satellite(self, number: int, view: View) -> Field:
        """Displacement on one date along the line of sight in mm, towards the satellite positive."""
        total = np.zeros(self.places.shape, np.float32)
        for item in self.components:
            total[item.block.slices] += np.float32(item.course[number]) * line_of_sight(item, view)
        return total


def line_of_sight(item: Component, view: View) -> Field:
    """A component's motion along the line of sight, as a share of its course, shape of its block."""
    east, north, up = (part[item.block.slices] for part in view.towards)
    return np.asarray(item.east * east + item.north * north + item.up * up, np.float32)


def ground_motion(plan: Plan, heights: Field, dates: Sequence[date]) -> GroundMotion:
    """Everything that the plan lets move. `heights` : of the bare ground in m at the radar's pixels."""
    places = Places(plan.frame)
    patches = (_of_patch(patch, places, heights, dates) for patch in plan.patches)
    bowls = (_of_bowl(bowl, places, dates) for bowl in plan.bowls)
    return GroundMotion(places, tuple(dates), tuple(item for item in (*bowls, *patches) if item is not None))


def course_of(
    motion: Motion, dates: Sequence[date], *, at_work: bool, swell: float = _SWELL_YEAR
) -> NDArray[np.float64]:
    """Vertical motion of a patch's core in mm since the first date, shape (dates,).

    swell : part of the year at which a yearly swing is highest.
    """
    start, end = dates[0], dates[-1]
    span = years_since(start, end)

    def worked(day: date) -> float:
        years = years_since(start, day)
        if not at_work:
            return years
        turn = 2 * np.pi * (_of_year(day) - _MIDWINTER_YEAR)
        return years - _WINTER_SHARE / (2 * np.pi) * float(np.sin(turn))

    def height(day: date) -> float:
        value = _by_kind(motion, day, start, span, worked)
        return value + motion.annual_mm * float(np.cos(2 * np.pi * (_of_year(day) - swell)))

    values = np.array([height(day) for day in dates])
    return np.asarray(values - values[0], np.float64)


def _by_kind(motion: Motion, day: date, start: date, span: float, worked: Callable[[date], float]) -> float:
    """Height of the core on a day, in mm above some height that is the same for all days."""
    if motion.kind in (MotionKind.NONE, MotionKind.SEASONAL, MotionKind.VIOLENT):
        return 0.0
    if motion.kind is MotionKind.LINEAR:
        return motion.rate * worked(day)
    if motion.kind is MotionKind.ACCELERATING:
        years = years_since(start, day)
        return motion.before * years + (motion.rate - motion.before) * years**2 / (2 * span)
    turn = motion.day or start
    if motion.kind is MotionKind.ONSET:
        return motion.before * worked(min(day, turn)) + motion.rate * (worked(max(day, turn)) - worked(turn))
    if motion.kind is MotionKind.STOP:
        return motion.rate * worked(min(day, turn))
    if motion.kind is MotionKind.STEP:
        done = 1 / (1 + np.exp(-np.clip((day - turn).days / _STEP_DAYS, -50, 50)))
        return motion.rate * worked(day) + motion.step_mm * float(done)
    gone = max(years_since(turn, day), 0.0) / motion.decay_years  # DECAY
    return motion.rate * motion.decay_years * (1 - float(np.exp(-gone)))


def _of_year(day: date) -> float:
    return day.timetuple().tm_yday / DAYS_PER_YEAR


def _of_patch(patch: Patch, places: Places, heights: Field, dates: Sequence[date]) -> Component | None:
    motion, frame = patch.motion, places.frame
    if motion.kind is MotionKind.NONE and not motion.annual_mm:
        return None
    block = places.window(patch.ground, _REACH_M[1] + 2 * RADAR_PIXEL_M)
    if block is None:
        return None
    chance = frame.chance("motion", patch.number)
    reach, swell = float(chance.uniform(*_REACH_M)), float(chance.normal(_SWELL_YEAR, _SWELL_SPREAD))
    nearness, shape = _shape_of_patch(patch, places, block, reach)
    if motion.kind is MotionKind.VIOLENT:
        lost = places.inside(patch.core, block)
        from_date = next((number for number, day in enumerate(dates) if motion.day and day >= motion.day), len(dates))
        nothing = np.zeros(block.shape, np.float32)
        course = course_of(motion, dates, at_work=False, swell=swell)
        return Component(block, nothing, nothing, shape, course, patch.number, lost, from_date)
    # Ground that sinks goes down the slope as it does; what is heaped up spreads down it as well.
    sign = -1.0 if (motion.rate or motion.step_mm or motion.before) < 0 else 1.0
    down = _down_slope(heights[block.slices] + patch.relief_m * nearness)
    east, north = (np.float32(sign * motion.creep) * part * shape for part in down)
    course = course_of(motion, dates, at_work=patch.activity in _AT_WORK, swell=swell)
    return Component(block, east, north, shape, course, patch.number)


def _shape_of_patch(patch: Patch, places: Places, block: Block, reach: float) -> tuple[Field, Field]:
    """How near the core a pixel is, 1 inside it to 0 at the outline; and its share of the core's motion."""
    x, y = places.axes(block)
    stream = places.frame.stream("shape of motion", patch.number)
    ground = _without_slivers(patch.ground)
    to_core, to_ground = places.distance(patch.core, block), places.distance(ground, block)
    to_rim = places.distance(ground.boundary, block)
    ragged = np.maximum(to_core + 10.0 * fractal(stream, x, y, 60.0, 2) * (to_core > 0), 0)
    share = np.where(to_ground > 0, 1.0, ragged / np.maximum(ragged + to_rim, 1e-3))
    nearness = 1 - share * share * (3 - 2 * share)
    fading = _RIM_SHARE * np.clip(1 - to_ground / reach, 0, 1) ** 2
    shape = np.where(to_ground > 0, fading, _RIM_SHARE + (1 - _RIM_SHARE) * nearness)
    size = max(40.0, 0.4 * float(np.sqrt(ground.area)))
    uneven = np.clip(1 + 0.15 * fractal(stream + 10, x, y, size, 3), 0.5, 1.25)
    shape *= uneven
    core = to_core == 0
    shape /= shape[core].mean() if core.any() else shape.max()
    return nearness.astype(np.float32), shape.astype(np.float32)


def _without_slivers(ground: BaseGeometry) -> BaseGeometry:
    """A patch without the small holes that the outlines of two years leave between them."""
    parts = [part for part in getattr(ground, "geoms", (ground,)) if isinstance(part, Polygon)]
    whole = [
        Polygon(part.exterior, [hole for hole in part.interiors if Polygon(hole).area > _SLIVER_M2]) for part in parts
    ]
    return unary_union(whole)


def _down_slope(heights: Field) -> tuple[Field, Field]:
    """East and north of the direction down the slope, of length 1 where it is steep and 0 where it is level."""
    south, east = np.gradient(gaussian_filter(heights, 1.5), RADAR_PIXEL_M)
    slope = np.hypot(south, east)
    strength = np.minimum(slope / _FULL_CREEP_SLOPE, 1) / np.maximum(slope, 1e-6)
    return (-east * strength).astype(np.float32), (south * strength).astype(np.float32)


def _of_bowl(bowl: Bowl, places: Places, dates: Sequence[date]) -> Component | None:
    """Influence function of Knothe (1957) on an ellipse: w = exp(−π ρ²); horizontal motion B ∇w, B = R/√(2π)."""
    major, minor = bowl.radii_m
    block = places.window(bowl.centre, _BOWL_REACH * max(bowl.radii_m))
    if block is None:
        return None
    x, y = places.axes(block)
    east, north = np.meshgrid(x - bowl.centre.x, y - bowl.centre.y)
    turn = np.radians(bowl.azimuth)
    along, across = np.sin(turn) * east + np.cos(turn) * north, np.cos(turn) * east - np.sin(turn) * north
    square = (along / major) ** 2 + (across / minor) ** 2
    edge = np.clip((_BOWL_REACH - np.sqrt(square)) / (_BOWL_REACH - 1), 0, 1)
    depth = np.exp(-np.pi * square) * edge
    # Along each axis −B ∂w/∂s = √(2π)·(s/R)·w of the sinking, that is inwards; `course` is negative where it sinks.
    outward = np.sqrt(2 * np.pi) * depth
    out_along, out_across = outward * along / major, outward * across / minor
    course = np.array([bowl.rate * max(years_since(bowl.day, day), 0.0) for day in dates])
    return Component(
        block,
        (np.sin(turn) * out_along + np.cos(turn) * out_across).astype(np.float32),
        (np.cos(turn) * out_along - np.sin(turn) * out_across).astype(np.float32),
        depth.astype(np.float32),
        course - course[0],
        None,
    )


def _overlap(block: Block, within: Block) -> tuple[tuple[slice, slice] | None, tuple[slice, slice] | None]:
    """Where a block lies in another: its slices there, and the same in its own arrays; None where it does not."""
    row0, row1 = max(block.row0, within.row0), min(block.row1, within.row1)
    col0, col1 = max(block.col0, within.col0), min(block.col1, within.col1)
    if row0 >= row1 or col0 >= col1:
        return None, None
    there = slice(row0 - within.row0, row1 - within.row0), slice(col0 - within.col0, col1 - within.col0)
    own = slice(row0 - block.row0, row1 - block.row0), slice(col0 - block.col0, col1 - block.col0)
    return there, own
