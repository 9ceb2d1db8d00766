"""How alike two images of the same ground are: coherence by kind of ground, days between, weather and work.

Each pixel's echo has a part that stays and a part that changes. What changes does so by a clock that runs faster in
summer, in storms, on thaw and where machines work: after clock time h a share exp(−h) of it is still alike. The clock,
not the days, makes coherence; it also turns the changing part's phase, as moisture and growth do, so that multilooked
phases of three pairs do not close and short pairs are led astray (Michaelides et al. 2019; Ansari et al. 2021).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.grid import Block
from engine.simulate.noise import Field, fractal, smooth
from engine.simulate.plan import Activity, MotionKind, Patch, Plan
from engine.simulate.radar.acquisitions import DAYS_PER_YEAR
from engine.simulate.radar.line_of_sight import HEADING_DEG, INCIDENCE_DEG
from engine.simulate.radar.places import Places
from engine.simulate.radar.weather import Weather, growth
from engine.simulate.terrain import Terrain


class Ground(IntEnum):
    ROCK = 0
    STEPPE = 1
    FIELD = 2
    BUILT = 3
    SAND = 4
    WATER = 5
    DUMP = 6
    PIT = 7


class Echo(NamedTuple):
    """How a kind of ground answers.

    signal : coherence of two images at the same moment (thermal noise, volume). stays : share of the echo that never
    changes. days : in which the rest changes, in a dry winter. summer : by how much faster it does so at full growth.
    frost : clock time that a day of freezing or thawing takes. wind : that a sand storm of strength 1 takes.
    wet : share of coherence that full wetness takes from an image. turn : rad by which full wetness turns the changing
    part's phase. drift : rad a year by which it turns for good. brightness : of the echo in dB.
    """

    signal: float
    stays: float
    days: float
    summer: float
    frost: float
    wind: float
    wet: float
    turn: float
    drift: float
    brightness: float


ECHOES = {
    Ground.ROCK: Echo(0.965, 0.66, 95.0, 0.3, 0.06, 0.00, 0.03, 0.15, 0.2, 0.0),
    Ground.STEPPE: Echo(0.945, 0.47, 72.0, 1.4, 0.30, 0.02, 0.10, 0.80, 1.0, -3.0),
    Ground.FIELD: Echo(0.920, 0.10, 30.0, 2.6, 0.45, 0.05, 0.16, 1.20, 1.6, -2.0),
    Ground.BUILT: Echo(0.975, 0.78, 160.0, 0.2, 0.03, 0.00, 0.02, 0.10, 0.0, 6.0),
    Ground.SAND: Echo(0.840, 0.02, 30.0, -0.2, 0.10, 1.30, 0.08, 0.40, 0.6, -8.0),
    Ground.WATER: Echo(0.050, 0.00, 1.0, 0.0, 0.00, 0.00, 0.00, 0.00, 0.0, -12.0),
    Ground.DUMP: Echo(0.950, 0.50, 75.0, 0.4, 0.28, 0.02, 0.06, 0.50, 0.5, -1.0),
    Ground.PIT: Echo(0.955, 0.58, 85.0, 0.3, 0.14, 0.01, 0.05, 0.30, 0.3, 0.0),
}
_PLOUGHING = 1.6  # clock time that tilling takes from a field
_CRITICAL_BASELINE_M = 5_200.0
_SNOW = 0.55  # share of coherence that the deepest snow takes from an image
# Clock time a day that work takes, on average over the core, and that digging of metres takes.
_WORK_A_DAY = {
    Activity.EXTRACTION: 0.0100,
    Activity.TIPPING: 0.0085,
    Activity.REMOVAL: 0.0100,
    Activity.LEVELLING: 0.0080,
}
_DIGGING_A_DAY = 0.30
# How long a machine works at one place, days.
_SHIFT_DAYS = 48


@dataclass(frozen=True)
class Disturbance:
    """Work at a patch: clock time since the first image, shape (dates, *block.shape)."""

    block: Block
    clock: NDArray[np.float32]


@dataclass(frozen=True)
class Decorrelation:
    """Coherence of any two of some dates, over the whole frame. Arrays of one date have the grid's shape."""

    plan: Plan
    terrain: Terrain
    dates: tuple[date, ...]

    @cached_property
    def places(self) -> Places:
        return Places(self.plan.frame)

    @cached_property
    def weather(self) -> Weather:
        return Weather(self.plan.frame)

    @cached_property
    def heights(self) -> Field:
        """Of the bare ground, m."""
        return self.terrain.window(self.terrain.height, self.places.x, self.places.y)

    @cached_property
    def ground(self) -> NDArray[np.uint8]:
        """Kind of ground (`Ground`)."""
        places, plan = self.places, self.plan
        wide = fractal(plan.frame.stream("radar ground"), places.x, places.y, 420.0, 4)
        steep = np.hypot(*np.gradient(self.heights, 15.0))
        bare = self._mountains * 1.3 + 1.6 * steep + 0.35 * wide > 0.72
        kinds = np.where(bare, Ground.ROCK, Ground.STEPPE).astype(np.uint8)
        places.paint(kinds, plan.sand, Ground.SAND)
        for field in plan.fields:
            places.paint(kinds, field, Ground.FIELD)
        places.paint(kinds, plan.village, Ground.BUILT)
        for road in plan.roads:
            if road.paved:
                places.paint(kinds, road.line.buffer(max(road.width_m / 2, 7.0)), Ground.BUILT)
        for building in plan.buildings:
            places.paint(kinds, building.buffer(6.0), Ground.BUILT)
        for pond in plan.ponds:
            places.paint(kinds, pond, Ground.WATER)
        for patch in plan.patches:
            places.paint(kinds, patch.ground, Ground.DUMP if patch.relief_m > 0 else Ground.PIT)
        return kinds

    @cached_property
    def _mountains(self) -> Field:
        """From 0 on the plain to 1 in the mountains, told from height alone."""
        low, high = np.percentile(self.heights, (5, 95))
        return np.asarray(np.clip((self.heights - low) / max(float(high - low), 1.0), 0, 1), np.float32)

    @cached_property
    def signal(self) -> Field:
        """Coherence of two images at the same moment: lower where the slope lies towards the radar."""
        towards = np.radians(HEADING_DEG - 90.0)
        south, east = np.gradient(self.heights, 15.0)
        facing = -(east * np.sin(towards) - south * np.cos(towards)) / np.tan(np.radians(INCIDENCE_DEG))
        loss = np.clip(facing, 0, 0.9) * 0.28
        uneven = 0.022 * self._noise("signal", 150.0, 4)
        return np.asarray(np.clip(self._by_kind("signal") - loss + uneven, 0.02, 0.985), np.float32)

    @cached_property
    def stays(self) -> Field:
        """Share of the echo that never changes."""
        share = self._by_kind("stays")
        odds = np.log((share + 1e-3) / (1 - share)) + 0.55 * self._noise("stays", 260.0, 5)
        return np.asarray((share > 0) / (1 + np.exp(-odds)), np.float32)

    @cached_property
    def brightness(self) -> Field:
        """Mean power of the echo: patchy, with a few very bright points."""
        decibels = self._by_kind("brightness") + 2.2 * self._noise("brightness", 90.0, 4)
        return np.asarray(10 ** (decibels / 10), np.float32)

    @cached_property
    def disturbances(self) -> tuple[Disturbance, ...]:
        return tuple(item for item in map(self._work_at, self.plan.patches) if item is not None)

    def clock(self, number: int) -> Field:
        """Clock time of what changes by itself, from the date before `number` to it."""
        times = np.array([self._clock_of_kind[kind][number] - self._clock_of_kind[kind][number - 1] for kind in Ground])
        # Where plants or wind do the work they do it unevenly.
        return np.asarray(times.astype(np.float32)[self.ground] * self._pace, np.float32)

    def work(self, number: int) -> list[tuple[Block, Field]]:
        """Clock time that work takes from the date before `number` to it, of what lasts and what changes alike."""
        steps = ((item.block, item.clock[number] - item.clock[number - 1]) for item in self.disturbances)
        return [(block, step) for block, step in steps if step.any()]

    def turn(self, number: int) -> Field:
        """Phase in rad by which the changing part turns from the date before `number` to it."""
        now, before = self.dates[number], self.dates[number - 1]
        days = (now - before).days
        wetter = self._wetness(now) - self._wetness(before)
        season = (growth(now) + growth(before)) / 2
        drift = np.array(
            [ECHOES[kind].drift * days / DAYS_PER_YEAR * (0.4 + 1.2 * season) for kind in Ground], np.float32
        )
        turn = np.array([ECHOES[kind].turn for kind in Ground], np.float32)
        return (turn[self.ground] * wetter + drift[self.ground]) * self._moisture_pattern

    def quality(self, number: int) -> Field:
        """Coherence of one image with another of the same moment, its own part: the square root of `signal`, less
        what wet ground or snow takes on that day."""
        day = self.dates[number]
        wet = np.array([ECHOES[kind].wet for kind in Ground], np.float32)[self.ground]
        quality = np.sqrt(self.signal) * (1 - wet * self._wetness(day) * self._moisture_pattern.clip(0, 1.5))
        depth = self.weather.snowy.get(day, 0.0)
        if depth:
            stream = self.plan.frame.stream("snow", str(day))
            drifted = 0.75 + 0.5 * self._mountains + 0.3 * fractal(stream, self.places.x, self.places.y, 500.0, 4)
            quality = quality * (1 - _SNOW * depth * drifted.clip(0, 1.5))
        return np.asarray(quality.clip(0.05, 1), np.float32)

    def baseline(self, perpendicular: float) -> float:
        """Share of coherence that the distance of the orbits leaves."""
        return max(0.0, 1 - abs(perpendicular) / _CRITICAL_BASELINE_M)

    @cached_property
    def _clock_of_kind(self) -> NDArray[np.float64]:
        """Clock time from the first day of weather to each date, by kind, shape (kinds, dates)."""
        weather, clock = self.weather, np.zeros((len(Ground), len(self.weather.days)))
        green = np.array([growth(day) for day in weather.days])
        for kind, echo in ECHOES.items():
            clock[kind] = (1 + echo.summer * green) / echo.days
            for day, strength in weather.frost_turns:
                clock[kind, weather.index(day)] += echo.frost * strength
            for day, strength in weather.sand_storms:
                clock[kind, weather.index(day)] += echo.wind * strength
        for day in weather.ploughing:
            clock[Ground.FIELD, weather.index(day)] += _PLOUGHING
        return np.asarray(np.cumsum(clock, axis=1)[:, [weather.index(day) for day in self.dates]], np.float64)

    @cached_property
    def _pace(self) -> Field:
        return np.asarray(np.exp(0.35 * self._noise("pace", 300.0, 5)), np.float32)

    @cached_property
    def _moisture_pattern(self) -> Field:
        """Where water gathers, about 1."""
        return (1 + 0.35 * self._noise("moisture", 700.0, 5)).clip(0.1, 2.2).astype(np.float32)

    def _wetness(self, day: date) -> np.float32:
        return np.float32(self.weather.wetness[self.weather.index(day)])

    def _by_kind(self, name: str) -> Field:
        return np.array([getattr(ECHOES[kind], name) for kind in Ground], np.float32)[self.ground]

    def _noise(self, subject: str, spacing: float, octaves: int) -> Field:
        stream = self.plan.frame.stream("echo", subject)
        return fractal(stream, self.places.x, self.places.y, spacing, octaves, persistence=0.62)

    def _work_at(self, patch: Patch) -> Disturbance | None:
        """Machines go over a patch, here for some weeks and there for others; digging takes all of its core."""
        digging = patch.motion.kind is MotionKind.VIOLENT
        a_day = _DIGGING_A_DAY if digging else _WORK_A_DAY.get(patch.activity, 0.0)
        block = self.places.window(patch.ground, 15.0) if a_day else None
        if block is None:
            return None
        first, last = self._working_days(patch)
        core = np.exp(-self.places.distance(patch.core, block) / 20.0).astype(np.float32)
        x, y = self.places.axes(block)
        stream = self.plan.frame.stream("work", patch.number)
        clock = np.zeros((len(self.dates), *block.shape), np.float32)
        for number in range(1, len(self.dates)):
            start, end = max(self.dates[number - 1], first), min(self.dates[number], last)
            worked = max((end - start).days, 0)
            step = np.float32(a_day * worked) * core
            if worked and not digging:
                shift = (end - self.dates[0]).days // _SHIFT_DAYS
                here = smooth(stream + shift, x, y, 55.0)
                step = step * (0.35 + 4.0 * np.clip(here - 0.7, 0, 1.5))
            clock[number] = clock[number - 1] + step
        return Disturbance(block, clock)

    def _working_days(self, patch: Patch) -> tuple[date, date]:
        """First and last day on which ground is moved here."""
        motion, beyond = patch.motion, self.dates[-1] + timedelta(days=1)
        if motion.kind is MotionKind.VIOLENT:
            return motion.day or self.dates[0], motion.until or beyond
        if motion.kind is MotionKind.STOP:
            return self.dates[0], motion.day or beyond
        if motion.kind is MotionKind.ONSET and not motion.before:
            return motion.day or self.dates[0], beyond
        return patch.started or self.dates[0], beyond
