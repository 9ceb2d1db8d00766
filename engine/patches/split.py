"""Which interpreted patches train and which test, and what ground a training may see (METHOD §1)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from engine.errors import InputError
from engine.grid import Grid
from engine.patches.labels import UNLABELLED
from engine.patches.options import ReferenceOptions, SplitOptions
from engine.patches.tiling import count_in_windows, window_starts

# Patches are spread evenly over so many cells along the longer edge of the ground.
_CELLS = 8
# Edge, in tiles, of the blocks of background that training sees whole.
_BLOCK_TILES = 2.5
# Steps of the R2 sequence (Roberts 2018, "The unreasonable effectiveness of quasirandom sequences"), 1/g and 1/g² with
# the plastic number g: any share of the blocks is spread evenly.
_R2_DOWN, _R2_ALONG = 0.7548776662466927, 0.5698402909980532


@dataclass(frozen=True)
class TrainingGround:
    """What training may see, and the patches that it learns from.

    seen : shape (rows, cols); all else is for test, on every date. patches : int32, number of the patch that a pixel
    lies in on any date, from 1; 0 for none. trains : by a patch's number, shape (patches + 1,), False for 0.
    """

    seen: NDArray[np.bool_]
    patches: NDArray[np.int32]
    trains: NDArray[np.bool_]

    @property
    def training(self) -> NDArray[np.int32]:
        """Numbers of the patches that train, 0 elsewhere, shape (rows, cols)."""
        return np.where(self.trains[self.patches], self.patches, np.int32(0))

    @property
    def test(self) -> NDArray[np.int32]:
        """Numbers of the patches that test, 0 elsewhere, shape (rows, cols)."""
        return np.where(self.trains[self.patches], np.int32(0), self.patches)


def training_ground(
    labels: Mapping[date, NDArray[np.uint8]], reference: ReferenceOptions
) -> dict[date, NDArray[np.bool_]]:
    """What training may see of the image of each date: ground that is neither held out nor for test.

    All other ground is the test domain, on every date. Of held-out dates as well this tells the ground that other dates
    were trained on from the rest.

    Parameters
    ----------
    labels : of every labelled image, as their files give them, of held-out dates as well; with rows held out or a
    split all on one grid. That a held-out date has a say in what is a test patch is no training on it: otherwise a
    patch that it alone shows would be tested on ground that was trained on.

    Raises
    ------
    InputError
        When the split leaves a class without a patch to train on, or without one to test on.
    """
    if reference.split is None:
        grounds = {day: np.ones(codes.shape, bool) for day, codes in labels.items()}
    else:
        trained_on = [day not in reference.held_out_dates for day in labels]
        ground = split_ground(list(labels.values()), reference.split, trained_on=trained_on)
        _require_both_halves(ground, list(labels.values()), reference)
        grounds = dict.fromkeys(labels, ground.seen)
    for seen in grounds.values():
        for first, end in reference.held_out_rows:
            seen[first:end] = False
    return grounds


def require_one_ground(grids: Mapping[Path, Grid], reference: ReferenceOptions, dates: Collection[date]) -> None:
    """Refuse what would hold out nothing, or other ground on one date than on another.

    Rows and patches are those of the images' own grids, so that with rows held out or a split all must have one grid.

    Parameters
    ----------
    grids : of each labelled image, by its file. dates : of all images of the area.

    Raises
    ------
    InputError
        For rows that are not in the images, images on several grids, or a date of which there is no image.
    """
    (first_file, grid), *others = grids.items()
    for first, end in reference.held_out_rows:
        if not first < end <= grid.rows:
            raise InputError(
                f"there are no rows {first} to {end} in an image of {grid.rows}",
                field="reference.held_out_rows",
                mend="give the first row and one past the last, counted from 0",
            )
    by_ground = "split" if reference.split else "held_out_rows"
    for file, other in others if reference.split or reference.held_out_rows else []:
        if not other.matches(grid):
            raise InputError(
                f"its pixels are not those of {first_file.name}, so that what is held out would be other ground",
                file=file,
                field=f"reference.{by_ground}",
                mend="bring the images onto one grid first, or hold out dates alone",
            )
    if unknown := [day for day in reference.held_out_dates if day not in dates]:
        raise InputError(
            f"there is no image of {unknown[0]}",
            field="reference.held_out_dates",
            mend=f"correct the date; images are of {', '.join(str(day) for day in sorted(dates))}",
        )


def _require_both_halves(
    ground: TrainingGround, labels: Sequence[NDArray[np.uint8]], reference: ReferenceOptions
) -> None:
    classes, _ = _classes_and_places(labels, ground.patches)
    for code, name in enumerate(reference.classes, start=1):
        trains = ground.trains[1:][classes == code]
        if len(trains) and trains.all() == trains.any():
            raise InputError(
                f"of the {len(trains)} interpreted patches of '{name}' the split leaves none to "
                f"{'test' if trains.any() else 'train'} on",
                field="reference.split",
                mend="interpret more of them (two at the least), change the share or the seed, leave the class out, "
                "or hold out rows or dates instead of the split",
            )


def split_ground(
    labels: Sequence[NDArray[np.uint8]], split: SplitOptions, *, trained_on: Sequence[bool] | None = None
) -> TrainingGround:
    """Share patches between training and test, evenly over the area and by class, and lay the training tiles.

    A patch is an 8-connected piece of what any date shows as a mine; its class is that of most of its pixels. In every
    class, patches take turns along a serpentine through a coarse grid of cells. A tile is for training when it touches
    no patch that tests, and either touches one that trains or lies in a block of background for training.

    Parameters
    ----------
    labels : of all dates, on one grid, as `read_labels` gives them. trained_on : whether each date is; without it all
    are. Of two patches or more of a class, one at least that such a date shows trains, and one tests.

    Raises
    ------
    InputError
        When the ground is smaller than a tile.
    """
    shape = labels[0].shape
    if split.tile > min(shape):
        raise InputError(
            f"a tile of {split.tile} pixels does not fit into an image of {shape[0]} x {shape[1]}",
            field="reference.split.tile",
            mend=f"take tiles of {min(shape)} pixels or fewer",
        )
    mines = np.zeros(shape, bool)
    for codes in labels:
        mines |= is_mine(codes)
    patches, _ = label(mines, structure=np.ones((3, 3)), output=np.int32)
    classes, places = _classes_and_places(labels, patches)
    learnable = np.zeros(1 + len(classes), bool)
    for codes, learnt in zip(labels, trained_on or [True] * len(labels), strict=True):
        if learnt:
            learnable[patches[is_mine(codes)]] = True
    order = _serpentine(places, max(shape) / _CELLS)
    trains = np.concatenate([[False], _take_turns(classes, order, learnable[1:], split)])
    return TrainingGround(_lay_tiles(patches, trains, split), patches, trains)


def is_mine(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where labels show a class, not background and not nothing; same shape."""
    mine: NDArray[np.bool_] = (labels > 0) & (labels != UNLABELLED)
    return mine


def _classes_and_places(
    labels: Sequence[NDArray[np.uint8]], patches: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Of each patch the code that most of its pixels have, over all dates, and its middle, shape (patches, 2)."""
    rows, cols = np.nonzero(patches)
    numbers = patches[rows, cols].astype(np.int64)
    count = int(numbers.max(initial=0))
    votes = np.zeros((count + 1, 256), np.int64)
    for codes in labels:
        own = codes[rows, cols]
        known = is_mine(own)
        votes += np.bincount(numbers[known] * 256 + own[known], minlength=votes.size).reshape(votes.shape)
    pixels = np.bincount(numbers, minlength=count + 1)[1:]
    middles = [np.bincount(numbers, weights=places, minlength=count + 1)[1:] / pixels for places in (rows, cols)]
    return votes[1:].argmax(axis=1), np.stack(middles, axis=1)


def _serpentine(places: NDArray[np.float64], cell: float) -> NDArray[np.intp]:
    """The order of places, shape (n, 2), along rows of cells, to and fro; within a cell as they are numbered."""
    rows, cols = (places // cell).astype(np.int64).T
    return np.lexsort((np.arange(len(places)), np.where(rows % 2, -cols, cols), rows))


def _take_turns(
    classes: NDArray[np.int64], order: NDArray[np.intp], learnable: NDArray[np.bool_], split: SplitOptions
) -> NDArray[np.bool_]:
    """Which patches train: of each class, in the order given, each that fills up another whole share."""
    trains = np.zeros(len(classes), bool)
    for code in np.unique(classes):
        members = order[classes[order] == code]
        start = np.random.default_rng((split.seed, int(code))).random()
        turns = np.diff(np.floor(split.share * np.arange(len(members) + 1) + start)) > 0
        trains[members] = _with_both(turns, learnable[members])
    return trains


def _with_both(turns: NDArray[np.bool_], learnable: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Changed as little as will do for one that can be learnt to train and one to test, where there are two."""
    if len(turns) < 2 or not learnable.any():
        return turns
    if not (turns & learnable).any():
        if turns.any():
            turns[turns.argmax()] = False
        turns[learnable.argmax()] = True
    if turns.all():
        turns[learnable.argmin()] = False
    return turns


def _lay_tiles(patches: NDArray[np.int32], trains: NDArray[np.bool_], split: SplitOptions) -> NDArray[np.bool_]:
    """Where training tiles lie, shape of the patches."""
    tile = split.tile
    rows, cols = (window_starts(edge, tile, split.step) for edge in patches.shape)
    learnt = trains[patches]
    touch = count_in_windows(learnt, rows, cols, tile) > 0
    clean = count_in_windows((patches > 0) & ~learnt, rows, cols, tile) == 0
    block = int(_BLOCK_TILES * tile)
    whole = [starts // block == (starts + tile - 1) // block for starts in (rows, cols)]
    turn = (_R2_DOWN * (rows // block)[:, None] + _R2_ALONG * (cols // block) + 0.5) % 1
    background = whole[0][:, None] & whole[1] & (turn < split.background)
    seen: NDArray[np.bool_] = np.zeros(patches.shape, bool)
    for row, col in np.argwhere(clean & (touch | background)):
        seen[rows[row] : rows[row] + tile, cols[col] : cols[col] + tile] = True
    return seen
