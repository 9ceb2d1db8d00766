"""When the radar passed, how far apart its orbits lay, and which interferograms a processor formed of them."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

# Computed so that pairs within the thresholds below are those of the paper: 334, mean 35.96 days and 48.30 m.
_TABLE = Path(__file__).with_name("weining_baselines.csv")
MAX_DAYS, MAX_PERPENDICULAR_M = 60, 111.46
# The ninetieth image: an orbit manoeuvre, so that no pair with it passes the thresholds.
_DISCARDED_M = 537.62
_DISCARDED_PAIRS = 3
DAYS_PER_YEAR = 365.25


class Acquisition(NamedTuple):
    """One pass. perpendicular : m from the reference orbit."""

    date: date
    perpendicular: float

    @property
    def name(self) -> str:
        return f"{self.date:%Y%m%d}"


class Pair(NamedTuple):
    """Two passes, the earlier first."""

    first: Acquisition
    second: Acquisition

    @property
    def days(self) -> int:
        return (self.second.date - self.first.date).days

    @property
    def perpendicular(self) -> float:
        """Later minus earlier, m, to the cent as the table has it."""
        return round(self.second.perpendicular - self.first.perpendicular, 2)

    @property
    def name(self) -> str:
        return f"{self.first.name}_{self.second.name}"


def acquisitions() -> list[Acquisition]:
    """All ninety, in order of date; the one to be discarded fills the gap that the table leaves in September 2021."""
    with _TABLE.open(newline="") as file:
        known = [Acquisition(date.fromisoformat(row["date"]), float(row["bperp_m"])) for row in csv.DictReader(file)]
    return sorted([*known, discarded()])


def discarded() -> Acquisition:
    return Acquisition(date(2021, 9, 9), _DISCARDED_M)


def interferograms(passes: Sequence[Acquisition]) -> list[Pair]:
    """The pairs within the thresholds, and those of the discarded image with its nearest in time, in order of dates."""
    every = [Pair(first, second) for number, first in enumerate(passes) for second in passes[number + 1 :]]
    within = [pair for pair in every if pair.days <= MAX_DAYS and abs(pair.perpendicular) <= MAX_PERPENDICULAR_M]
    with_discarded = sorted((pair for pair in every if discarded() in pair), key=lambda pair: (pair.days, pair))
    return sorted({*within, *with_discarded[:_DISCARDED_PAIRS]})


def years_since(start: date, day: date) -> float:
    return (day - start).days / DAYS_PER_YEAR
