"""Days on which series turn: our choice among courses beside what change-point libraries find.

    pip install ruptures statsmodels
    python -m benchmarks.turns [--series 200] [--json]

Made series of 90 dates every twelve days: still ground, ground that begins to sink on some day, and a step on some day,
under noise that is white (2 mm) and under noise that walks, as the radar's does (0.6 mm a date, 3 mm by the square root
of a year). ruptures (Truong, Oudre & Vayatis 2020) looks for the best single break between two lines, believed by
Schwarz's criterion with the noise that second differences tell; statsmodels tells by the sums of residuals about a line
(Ploberger & Krämer 1992) whether there is a break, not when. Neither is among Pitwatch's requirements.
"""

import argparse
import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from engine.activity.fitting import DAYS_PER_YEAR, Fitter

DATES = [date(2019, 1, 11) + timedelta(days=12 * number) for number in range(90)]
YEARS = np.array([(day - DATES[0]).days for day in DATES]) / DAYS_PER_YEAR
RATE, STEP, SIDE = -9.0, -12.0, 12  # mm/yr, mm, least number of dates on either side of a turn
# White noise of a date, mm; what a random walk gathers in a year, mm.
NOISES = {"white": (2.0, 0.0), "walking": (0.6, 3.0)}
KINDS = ("still", "onset", "step")
LEVEL = 0.05

Values = NDArray[np.float64]
# From series, shape (series, dates), and what the noise walks in a year to the number of years at which each turns:
# NaN for none, infinity for a turn without a day.
Peer = Callable[[Values, float], Values]


class Made(NamedTuple):
    """series : shape (series, dates), mm. kinds : of each. at : years at which each turns, NaN for none."""

    series: Values
    kinds: NDArray[np.str_]
    at: Values


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=200, help="of each kind")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    peers: dict[str, Peer] = {"ours": ours, "ruptures": ruptures_line, "statsmodels": statsmodels_cusum}
    Fitter(DATES)  # what it compiles and loads is no part of the time
    figures: dict[str, Any] = {}
    for name, (white, walk) in NOISES.items():
        made = make(given.series, white, walk)
        table = Table(title=f"{name} noise: {white:g} mm a date, {walk:g} mm by √year; {given.series} series a kind")
        for column in ("", "false turns", "onsets found", "RMS, days", "median", "steps found", "RMS, days", "CPU ms"):
            table.add_column(column, justify="right")
        for peer, find in peers.items():
            start = time.process_time()
            found = find(made.series, walk)
            figures[f"{name} {peer}"] = row = measure(made, found, time.process_time() - start)
            table.add_row(peer, *(f"{value:.3g}" for value in row.values()))
        Console(width=120).print(table)
    if given.json:
        print(json.dumps(figures))


def make(count: int, white: float, walk: float) -> Made:
    chance = np.random.default_rng(7)
    kinds = np.repeat(np.array(KINDS), count)
    at = np.where(kinds == "still", np.nan, chance.uniform(YEARS[SIDE], YEARS[-SIDE], kinds.size))
    late = np.nan_to_num(YEARS - at[:, None], nan=-1.0)
    signal = np.where((kinds == "onset")[:, None], RATE * np.maximum(late, 0), STEP * (late > 0))
    covariance = white**2 * np.eye(YEARS.size) + walk**2 * np.minimum.outer(YEARS, YEARS)
    noise = chance.normal(size=signal.shape) @ np.linalg.cholesky(covariance).T
    return Made(signal + noise, kinds, at)


def measure(made: Made, found: Values, seconds: float) -> dict[str, float]:
    turned, dated = ~np.isnan(found), np.isfinite(found)
    off = (found - made.at) * DAYS_PER_YEAR
    of = {kind: made.kinds == kind for kind in KINDS}

    def rms(kind: str) -> float:
        own = off[of[kind] & dated]
        return float(np.sqrt(np.mean(own**2))) if own.size else float("nan")

    onsets = np.abs(off[of["onset"] & dated])
    return {
        "false_turns": float(turned[of["still"]].mean()),
        "onsets_found": float(turned[of["onset"]].mean()),
        "onsets_rms_days": rms("onset"),
        "onsets_median_days": float(np.median(onsets)) if onsets.size else float("nan"),
        "steps_found": float(turned[of["step"]].mean()),
        "steps_rms_days": rms("step"),
        "cpu_ms": seconds / len(made.series) * 1000,
    }


def ours(series: Values, walk: float) -> Values:
    """The walk is known from the still ground of the frame, as in a run."""
    fits = Fitter(DATES).fit(series, np.full(len(series), walk) if walk else None)
    return np.array([np.nan if fit.day is None else (fit.day - DATES[0]).days / DAYS_PER_YEAR for fit in fits])


def ruptures_line(series: Values, _: float) -> Values:
    import ruptures  # type: ignore[import-not-found]

    found = np.full(len(series), np.nan)
    line = np.column_stack([YEARS, np.ones_like(YEARS)])
    for number, values in enumerate(series):
        variance = np.var(np.diff(values, 2)) / 6
        search = ruptures.Binseg(model="linear", min_size=8, jump=1).fit(np.column_stack([values, line]))
        whole, split = (search.cost.sum_of_costs(ends) for ends in ([len(values)], ends_of(search)))
        # A break and a second line are three parameters more.
        if whole - split > 3 * variance * np.log(len(values)):
            found[number] = (YEARS[ends_of(search)[0] - 1] + YEARS[ends_of(search)[0]]) / 2
    return found


def ends_of(search: Any) -> list[int]:
    return [int(end) for end in search.predict(n_bkps=1)]


def statsmodels_cusum(series: Values, _: float) -> Values:
    import statsmodels.api as sm  # type: ignore[import-not-found]
    from statsmodels.stats.diagnostic import breaks_cusumolsresid  # type: ignore[import-not-found]

    line = np.column_stack([YEARS, np.ones_like(YEARS)])
    found = np.full(len(series), np.nan)
    for number, values in enumerate(series):
        if breaks_cusumolsresid(sm.OLS(values, line).fit().resid, ddof=2)[1] < LEVEL:
            found[number] = np.inf
    return found


if __name__ == "__main__":
    main()
