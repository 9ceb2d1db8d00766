"""The network of interferograms: which pairs are used, and whether they hold together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from engine.deformation.stack import DatePair, Interferogram
from engine.errors import InputError
from engine.options import Day, Options, Positive, Share

DAYS_PER_YEAR = 365.25


class NetworkOptions(Options):
    """Which pairs of the stack are used.

    max_days : greatest temporal baseline. max_perpendicular_m : greatest perpendicular baseline, in absolute value.
    exclude_dates : acquisitions to leave out.
    select : of the pairs within these, "all"; "sequential", each date with its nearest `neighbours` before it;
    "delaunay", the edges of triangles over time and perpendicular baseline (Pepe & Lanari 2006); or "coherence", pairs
    whose mean coherence reaches `min_coherence`, and the tree of the most coherent ones that links all dates.
    """

    max_days: int | None = Field(default=None, ge=1)
    max_perpendicular_m: Positive | None = None
    exclude_dates: tuple[Day, ...] = ()
    select: Literal["all", "sequential", "delaunay", "coherence"] = "all"
    neighbours: int = Field(default=3, ge=1)
    min_coherence: Share = 0.5

    @property
    def needs_coherence(self) -> bool:
        return self.select == "coherence"


@dataclass(frozen=True)
class Network:
    """Acquisitions as nodes, interferograms as edges."""

    pairs: tuple[DatePair, ...]

    @cached_property
    def dates(self) -> tuple[date, ...]:
        return tuple(sorted({day for pair in self.pairs for day in pair}))

    @cached_property
    def years(self) -> NDArray[np.float64]:
        """Time of each acquisition in years since the first, shape (dates,)."""
        return np.array([(day - self.dates[0]).days for day in self.dates]) / DAYS_PER_YEAR

    @cached_property
    def edges(self) -> NDArray[np.int64]:
        """Indices of the earlier and later acquisition of each pair, shape (pairs, 2)."""
        index = {day: number for number, day in enumerate(self.dates)}
        return np.array([[index[pair.first], index[pair.second]] for pair in self.pairs])

    @cached_property
    def incidence_matrix(self) -> NDArray[np.float64]:
        """A of Aφ = Δφ: −1 at the earlier, +1 at the later date of each pair, shape (pairs, dates)."""
        matrix = np.zeros((len(self.pairs), len(self.dates)))
        rows = np.arange(len(self.pairs))
        matrix[rows, self.edges[:, 0]] = -1
        matrix[rows, self.edges[:, 1]] = 1
        return matrix

    def groups(self, used: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Which group each date belongs to when only the `used` pairs link them, shape (dates,), from 0."""
        edges = self.edges if used is None else self.edges[used]
        links = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(self.dates),) * 2)
        labels: NDArray[np.int64] = connected_components(links, directed=False)[1]
        return labels


def choose_pairs(interferograms: Sequence[Interferogram], options: NetworkOptions) -> list[Interferogram]:
    """The pairs within the options' thresholds, in order of their dates.

    Raises
    ------
    InputError
        When fewer than three acquisitions are left, or they fall into groups that no pair links.
    """
    dates = {day for item in interferograms for day in item.pair}
    if unknown := sorted(set(options.exclude_dates) - dates):
        raise InputError(
            f"{unknown[0]} is no acquisition of the stack",
            field="network.exclude_dates",
            mend=f"take it out; the dates go from {min(dates)} to {max(dates)}",
        )
    chosen = [item for item in interferograms if _within(item, options)]
    if not chosen:
        raise InputError("no pair is left", field="network", mend="relax the thresholds of [network]")
    chosen = _selected(chosen, options)
    network = Network(tuple(item.pair for item in chosen))
    if len(network.dates) < 3:
        raise InputError(
            f"{len(network.dates)} acquisitions give no series", field="network", mend="supply at least three"
        )
    _require_connected(network)
    return chosen


def _selected(within: list[Interferogram], options: NetworkOptions) -> list[Interferogram]:
    """Those that the way of selecting takes, with MintPy's functions, which know pairs by their dates."""
    if options.select == "all":
        return within
    # They take seconds to import, which whoever reads an area's options need not wait for.
    from mintpy.utils import network as pairs_of
    from mintpy.utils.ptime import yyyymmdd_date12

    names = {str(item.pair): item for item in within}
    days = sorted({f"{day:%Y%m%d}" for item in within for day in item.pair})
    if options.select == "sequential":
        taken = pairs_of.select_pairs_sequential(days, options.neighbours, date_format="YYYYMMDD")
    elif options.select == "delaunay":
        baselines = date_baselines(within, Network(tuple(item.pair for item in within)), field="network.select")
        taken = yyyymmdd_date12(pairs_of.select_pairs_delaunay(days, list(baselines)))
    else:
        coherence = [_coherence_of(item) for item in within]
        tree = pairs_of.threshold_coherence_based_mst(list(names), coherence)
        taken = yyyymmdd_date12(tree)
        taken += [name for name, value in zip(names, coherence, strict=True) if value >= options.min_coherence]
    chosen = set(taken)
    return [item for name, item in names.items() if name in chosen]


def _coherence_of(interferogram: Interferogram) -> float:
    if interferogram.mean_coherence is None:
        raise InputError(
            f"the pair {interferogram.pair} has no coherence, and select = 'coherence' asks for it",
            file=interferogram.unwrapped,
            field="network.select",
            mend="supply its coherence raster (stack.coherence), or select otherwise",
        )
    return interferogram.mean_coherence


def date_baselines(interferograms: Sequence[Interferogram], network: Network, *, field: str) -> NDArray[np.float64]:
    """Perpendicular baseline of each date against the first, m, shape (dates,), by least squares over the pairs.

    interferograms : of the network's pairs, in its order. field : that asks for them.
    """
    for item in interferograms:
        if item.perpendicular_baseline is None:
            raise InputError(
                f"the pair {item.pair} has no perpendicular baseline, and {field} asks for it",
                file=item.unwrapped,
                field=field,
                mend="supply the baselines (GeoTIFFs: in a table, stack.pairs), or set it otherwise",
            )
    measured = np.array([item.perpendicular_baseline for item in interferograms], np.float64)
    found = np.linalg.lstsq(network.incidence_matrix[:, 1:], measured)[0]
    return np.concatenate([[0.0], found])


def _within(interferogram: Interferogram, options: NetworkOptions) -> bool:
    pair, baseline = interferogram.pair, interferogram.perpendicular_baseline
    if options.max_perpendicular_m is not None and baseline is None:
        raise InputError(
            f"the pair {pair} has no perpendicular baseline, and max_perpendicular_m asks for it",
            file=interferogram.unwrapped,
            field="network.max_perpendicular_m",
            mend="supply the baseline (GeoTIFFs: in a table, stack.pairs), or leave the threshold out",
        )
    return (
        (options.max_days is None or pair.days <= options.max_days)
        and (options.max_perpendicular_m is None or abs(baseline or 0.0) <= options.max_perpendicular_m)
        and not set(pair) & set(options.exclude_dates)
    )


def _require_connected(network: Network) -> None:
    labels = network.groups()
    if labels.max() == 0:
        return
    groups = []
    for label in range(labels.max() + 1):
        days = [f"{day}" for day, own in zip(network.dates, labels, strict=True) if own == label]
        groups.append(days[0] if len(days) == 1 else f"{days[0]} … {days[-1]} ({len(days)} dates)")
    raise InputError(
        f"the stack is not connected: its acquisitions fall into {len(groups)} groups that no interferogram links "
        f"({'; '.join(groups)})",
        field="network",
        mend="add interferograms that link them, relax [network], or exclude the dates of all groups but one",
    )
