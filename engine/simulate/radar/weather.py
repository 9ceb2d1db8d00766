"""What the days were like: frost, snow, rain and sand storms, as an arid upland with cold winters has them.

It is one course of weather for the whole frame, by seed; how ground answers to it is in `decorrelation`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.simulate.frame import Frame
from engine.simulate.radar.acquisitions import DAYS_PER_YEAR

FIRST_DAY, LAST_DAY = date(2018, 12, 1), date(2022, 1, 31)
_YEARS = (2019, 2020, 2021)
# Mean number of days with rain that wets the ground in each month of a year (some 180 mm a year, most of it in summer).
_RAINY_DAYS = (0.2, 0.3, 0.8, 1.2, 2.2, 3.2, 4.5, 5.0, 3.8, 1.8, 0.5, 0.2)
_DRYING_DAYS = 5.0


@dataclass(frozen=True)
class Weather:
    frame: Frame

    @cached_property
    def days(self) -> tuple[date, ...]:
        return tuple(FIRST_DAY + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1))

    def index(self, day: date) -> int:
        return (day - FIRST_DAY).days

    @cached_property
    def wetness(self) -> NDArray[np.float64]:
        """Of the topsoil, from 0 dry to 1, by day: rain that dries within a week."""
        chance = self.frame.chance("rain")
        wet, course = 0.0, []
        for day in self.days:
            falls = chance.random() < _RAINY_DAYS[day.month - 1] / 30.0
            amount = chance.gamma(1.2, 0.3)  # drawn on every day, so that days do not depend on one another
            wet = min(wet * np.exp(-1 / _DRYING_DAYS) + (amount if falls else 0.0), 1.0)
            course.append(wet)
        return np.array(course)

    @cached_property
    def snowy(self) -> dict[date, float]:
        """Days with snow on the ground, with how deep it lies from 0 to 1."""
        chance = self.frame.chance("snow")
        cover: dict[date, float] = {}
        for winter in (2018, *_YEARS):
            for _ in range(int(chance.integers(2, 5))):
                first = date(winter, 12, 5) + timedelta(days=int(chance.integers(0, 85)))
                depth = float(chance.uniform(0.3, 1.0))
                for later in range(int(chance.integers(4, 13))):
                    day = first + timedelta(days=later)
                    cover[day] = max(cover.get(day, 0.0), depth * 0.88**later)
        return cover

    @cached_property
    def frost_turns(self) -> tuple[tuple[date, float], ...]:
        """Days on which the topsoil freezes or thaws, with how much that stirs it."""
        chance = self.frame.chance("frost")
        turns = []
        for year in (2018, *_YEARS):
            for month, day, spread in ((11, 18, 7), (2, 26, 8)):
                turn = date(year, month, day) + timedelta(days=int(chance.integers(-spread, spread + 1)))
                turns.append((turn, float(chance.uniform(0.6, 1.4))))
        return tuple(sorted(turns))

    @cached_property
    def sand_storms(self) -> tuple[tuple[date, float], ...]:
        """Days of storms that move the sand, most of them from March to May, with their strength about 1."""
        chance = self.frame.chance("sand storms")
        storms = []
        for year in _YEARS:
            for _ in range(int(chance.integers(4, 8))):
                storms.append((date(year, 3, 5) + timedelta(days=int(chance.integers(0, 80))), _strength(chance)))
            for _ in range(int(chance.integers(1, 3))):
                storms.append((date(year, 10, 20) + timedelta(days=int(chance.integers(0, 60))), _strength(chance)))
        return tuple(sorted(storms))

    @cached_property
    def ploughing(self) -> tuple[date, ...]:
        """Days on which fields are tilled or harvested."""
        chance = self.frame.chance("ploughing")
        return tuple(
            date(year, month, day) + timedelta(days=int(chance.integers(-6, 7)))
            for year in _YEARS
            for month, day in ((4, 8), (7, 18), (10, 4))
        )


def growth(day: date) -> float:
    """Of plants, from 0 in winter to 1 in July."""
    turn = 2 * np.pi * (day.timetuple().tm_yday / DAYS_PER_YEAR - 0.54)
    return float(np.clip(0.5 + 0.62 * np.cos(turn), 0, 1))


def _strength(chance: np.random.Generator) -> float:
    return float(chance.gamma(4.0, 0.25))
