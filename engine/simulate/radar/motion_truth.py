"""What is true of the ground, laid down apart from the stack, for whoever holds results against it.

`displacement_east.tif`, `_north.tif`, `_up.tif` : mm since the first date, by date; NaN where ground was dug away.
`coherence.tif` : mean true coherence over the pairs within the thresholds. `motion.csv` : each patch (`Row`).
`unwrapping.csv` : pairs with a region that low coherence cuts off and that is off by whole turns.
`turns_cut_off.tif`, `turns_steep.tif` : by how many turns a pair's phase is off where it was cut off, and where motion
was too steep for unwrapping: a band for each pair of which that is so somewhere, by its name, no file where there is
none. They count against what the pair's other ground has, as phase itself does, and with or without phase.
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.grid import Block, Grid
from engine.raster import write_cog, write_cube
from engine.simulate.noise import Field
from engine.simulate.plan import Activity, MotionKind, Patch, Plan
from engine.simulate.radar.acquisitions import years_since
from engine.simulate.radar.line_of_sight import View
from engine.simulate.radar.motion import GroundMotion
from engine.simulate.radar.places import Mask

# The paper's rates cover this time; a pixel moves beyond this rate; so many of them make a finding (METHOD §6).
RATES_FROM, RATES_TO = date(2019, 6, 1), date(2021, 12, 31)
THRESHOLD_MM, CLUSTER_PIXELS = 5.0, 10
# Mean true coherence from which a pixel's series holds, and the share of a patch that must be lost to call it lost.
COHERENT, LOST_SHARE = 0.35, 0.5
_EIGHT_NEIGHBOURS = np.ones((3, 3), np.int8)


class Turns(NamedTuple):
    """Whole turns by which phase is off, of the block's shape; 0 where it is right."""

    block: Block
    turns: NDArray[np.int8]


class Wrong(NamedTuple):
    """Where a pair was unwrapped wrongly: a region that low coherence cuts off, and places whose motion is steep."""

    pair: str
    cut_off: tuple[Turns, ...]
    steep: tuple[Turns, ...]


class Row(NamedTuple):
    """What is true of one patch. Rates are lines through the truth from June 2019 to December 2021.

    rate_up : mm/yr, mean over the core. rate_seen : of the motion along the line of sight over cos θ, which is what one
    geometry takes for vertical. bowl_up : part of rate_up that coal bowls bring. greatest_mm : largest displacement
    of any of its pixels on any date, with its sign up. pixels : of the radar within its outline. coherent : of these.
    """

    patch: int
    mine_class: str
    change: str
    activity: str
    motion: str
    day: str
    until: str
    rate_up: float
    rate_seen: float
    bowl_up: float
    greatest_mm: float
    pixels: int
    coherent: int
    moving: int
    observable: bool
    expected: str


def write_truth(
    folder: Path, plan: Plan, motion: GroundMotion, view: View, coherence: Field, wrong: Sequence[Wrong]
) -> None:
    """Write all files of the truth; `coherence` : mean true one, shape of the grid."""
    folder.mkdir(parents=True, exist_ok=True)
    grid = plan.frame.radar_grid
    names = [str(day) for day in motion.dates]
    for number, part in enumerate(("east", "north", "up")):

        def read(block: Block, number: int = number) -> Field:
            return motion.displacement(block)[number]

        write_cube(folder / f"displacement_{part}.tif", read, grid, band_names=names, unit="mm")
    write_cog(folder / "coherence.tif", coherence, grid, nodata=np.nan, unit="1", name="mean true coherence")
    _write_table(
        folder / "motion.csv", Row._fields, [motion_of(patch, motion, view, coherence) for patch in plan.patches]
    )
    wrong = sorted(wrong, key=lambda item: item.pair)
    regions = [(item.pair, piece.turns) for item in wrong for piece in item.cut_off]
    rows = [(pair, np.count_nonzero(turns), turns[turns != 0][0]) for pair, turns in regions]
    _write_table(folder / "unwrapping.csv", ("pair", "pixels", "turns"), rows)
    write_turns(folder / "turns_cut_off.tif", {item.pair: item.cut_off for item in wrong if item.cut_off}, grid)
    write_turns(folder / "turns_steep.tif", {item.pair: item.steep for item in wrong if item.steep}, grid)


def write_turns(path: Path, pieces: Mapping[str, Sequence[Turns]], grid: Grid) -> None:
    """Write a band for each pair; what its pieces have in common adds up."""

    def read(block: Block) -> NDArray[np.int8]:
        bands = np.zeros((len(pieces), *block.shape), np.int8)
        for band, own in zip(bands, pieces.values(), strict=True):
            for piece in own:
                there, here = piece.block.within(block), block.within(piece.block)
                band[there] += piece.turns[here]
        return bands

    if pieces:
        write_cube(path, read, grid, band_names=list(pieces), unit="turns", dtype=np.int8)


def motion_of(patch: Patch, motion: GroundMotion, view: View, coherence: Field) -> Row:
    """What is true of one patch; see `Row`."""
    places, told = motion.places, patch.motion
    block = places.window(patch.ground, 15.0)
    facts = (patch.mine_class.title, str(patch.change), str(patch.activity), str(told.kind))
    days = (str(told.day or ""), str(told.until or ""))
    if block is None:
        return Row(patch.number, *facts, *days, 0.0, 0.0, 0.0, 0.0, 0, 0, 0, False, "not observable")
    inside, core = places.inside(patch.ground, block), places.inside(patch.core, block)
    core = core if core.any() else inside
    east, north, up = motion.displacement(block)
    towards = [part[block.slices] for part in view.towards]
    seen = (east * towards[0] + north * towards[1] + up * towards[2]) / towards[2]
    rate_up, rate_seen = rate(up, motion.dates), rate(seen, motion.dates)
    coherent = inside & (coherence[block.slices] >= COHERENT) & np.isfinite(up[-1])
    moving = _largest_cluster(rate_seen * towards[2], coherent)
    pixels, kept = int(inside.sum()), int(coherent.sum())
    return Row(
        patch.number,
        *facts,
        *days,
        _rounded(rate_up[core]),
        _rounded(rate_seen[core]),
        _rounded(rate(_of_bowls(motion, block), motion.dates)[core]),
        _greatest(up[:, inside]),
        pixels,
        kept,
        moving,
        kept >= CLUSTER_PIXELS,
        _expected(patch, pixels, kept, moving),
    )


def rate(series: NDArray[np.float32], dates: Sequence[date]) -> Field:
    """Slope of the line through a series over the paper's time, mm/yr, shape (rows, cols) of (dates, rows, cols)."""
    used = np.array([RATES_FROM <= day <= RATES_TO for day in dates])
    years = np.array([years_since(dates[0], day) for day in dates])[used]
    centred = years - years.mean()
    return np.asarray(np.tensordot(centred, series[used], axes=1) / (centred**2).sum(), np.float32)


def _expected(patch: Patch, pixels: int, coherent: int, moving: int) -> str:
    """The class that METHOD §6 wants of this patch by its own ground."""
    if pixels < CLUSTER_PIXELS:
        return "not observable"
    if coherent < (1 - LOST_SHARE) * pixels or patch.motion.kind is MotionKind.VIOLENT:
        return "decorrelated"
    if abs(moving) >= CLUSTER_PIXELS:
        if patch.activity is Activity.SETTLEMENT and moving < 0:
            return "settlement"
        return "positive" if moving > 0 else "negative"
    return "no change" if coherent >= CLUSTER_PIXELS else "not observable"


def _largest_cluster(line_of_sight: Field, coherent: Mask) -> int:
    """Pixels of the largest connected cluster beyond the threshold, negative when it sinks."""
    largest = 0
    for sign in (-1, 1):
        regions, _ = label(coherent & (sign * np.nan_to_num(line_of_sight) > THRESHOLD_MM), structure=_EIGHT_NEIGHBOURS)
        size = int(np.bincount(regions.ravel())[1:].max(initial=0))
        if size > abs(largest):
            largest = sign * size
    return largest


def _of_bowls(motion: GroundMotion, block: Block) -> NDArray[np.float32]:
    bowls = tuple(item for item in motion.components if item.patch is None)
    return GroundMotion(motion.places, motion.dates, bowls).displacement(block)[2]


def _greatest(series: NDArray[np.float32]) -> float:
    known = series[np.isfinite(series)]
    return round(float(known[np.argmax(np.abs(known))]), 1) if known.size else 0.0


def _rounded(values: NDArray[np.float32]) -> float:
    """Mean of what is known, NaN where nothing is."""
    known = values[np.isfinite(values)]
    return round(float(known.mean()), 2) if known.size else float("nan")


def _write_table(path: Path, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
