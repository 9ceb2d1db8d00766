"""Which regions of a preliminary mask are like mines, and which like what else is taken for one: a second look.

Of some regions it is known whether they are mines: of those on the training ground, and of those that a model brings
along from places it was tried on. A random forest (Breiman 2001) learns what they look like, and regions that look like
no mine go. How alike a region has to be is found on the same regions, each judged by the trees that have not learnt
from it (out of bag): as it serves finding mines best, and nearly all of them have to stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import label
from sklearn.ensemble import RandomForestClassifier

from engine.errors import InputError
from engine.measures import f_measure

Flags = NDArray[np.bool_]

# Of both kinds there must be so many for a forest to learn from.
LEAST_SAMPLES = 20
# Of the mines that it learns from, at most so many may look like none.
_LOST = 0.05
# A region is a mine when at least so much of it was interpreted as one.
_MINE_SHARE = 0.4
# It lies on the training ground when at least so much of it does.
_GROUND_SHARE = 0.5
_TREES, _LEAST_IN_LEAF = 400, 2
# Form and texture are in pixels: of pixels that are larger or smaller by more than this factor they mean other things.
_OTHER_PIXEL = 1.25
_NEIGHBOURS = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Samples:
    """Regions of which it is known whether they are mines. looks : as `describe_regions` gives them. mine : shape
    (regions,)."""

    looks: pd.DataFrame
    mine: Flags

    @classmethod
    def read(cls, path: Path, looks_like: Sequence[str], pixel_m: float) -> "Samples | None":
        """Those that a model brings along for pixels of about this size; None where it has none.

        looks_like : the columns that looks have here.

        Raises
        ------
        InputError
            When the file cannot be read, or tells of other bands.
        """
        try:
            table = pd.read_parquet(path)
            looks, mine, factor = table[list(looks_like)], table["mine"].astype(bool), table["pixel_m"] / pixel_m
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"it holds no samples for this model ({error})",
                file=path,
                field="samples",
                mend="take it from where the model came from, or leave it out: patches are then not screened by it",
            ) from None
        fits = factor.between(1 / _OTHER_PIXEL, _OTHER_PIXEL)
        return cls(looks[fits].reset_index(drop=True), mine[fits].to_numpy()) if fits.any() else None


def write_samples(path: Path, by_pixel_m: Mapping[float, Samples]) -> None:
    """The file that a model brings along: samples of images whose pixels are so large, metres."""
    tables = (part.looks.assign(mine=part.mine, pixel_m=pixel_m) for pixel_m, part in by_pixel_m.items())
    whole = pd.concat(tables, ignore_index=True)
    whole.astype(dict.fromkeys(whole.columns.drop("mine"), np.float32)).to_parquet(path, index=False)


@dataclass(frozen=True)
class Screening:
    """A forest, and from which share of its votes on (0–1) a region is like a mine.

    report : how many mines and others it learnt from, and how many of both it would keep, out of bag.
    """

    forest: RandomForestClassifier
    threshold: float
    report: Mapping[str, Any]

    def keeps(self, looks: pd.DataFrame) -> Flags:
        """Which of the regions are like a mine, shape (regions,)."""
        if looks.empty:
            return np.zeros(0, bool)
        kept: Flags = self.forest.predict_proba(looks)[:, 1] >= self.threshold
        return kept


def regions_of(mask: Flags, least_pixels: float) -> NDArray[np.int32]:
    """The 8-connected regions of a mask of at least so many pixels, from 1, 0 elsewhere; shape of the mask."""
    regions, _ = label(mask, _NEIGHBOURS, output=np.int32)
    large = np.bincount(regions.ravel()) >= least_pixels
    large[0] = False
    numbers: NDArray[np.int32] = np.where(large, np.cumsum(large), 0).astype(np.int32)
    return np.asarray(numbers[regions])


def known_regions(regions: NDArray[np.int32], looks: pd.DataFrame, reference: Flags, ground: Flags) -> Samples:
    """The regions on the training ground. Nothing beside it has a say.

    Parameters
    ----------
    regions : 1 to n, 0 for none, shape (rows, cols). looks : of each. reference : training reference patches; ground :
    what training may see of the image; both of the same shape.
    """
    pixels, seen, mined = (
        np.bincount(regions[where], minlength=len(looks) + 1)[1:] for where in (regions > 0, ground, reference & ground)
    )
    known = seen >= _GROUND_SHARE * pixels
    return Samples(looks[known], mined[known] >= _MINE_SHARE * pixels[known])


def learn(parts: Sequence[Samples]) -> Screening | None:
    """A screening from the samples of several images; None where there are too few of either kind to learn from."""
    looks = pd.concat([part.looks for part in parts]) if parts else pd.DataFrame()
    mine = np.concatenate([part.mine for part in parts]) if parts else np.zeros(0, bool)
    mines, others = int(mine.sum()), int((~mine).sum())
    if min(mines, others) < LEAST_SAMPLES:
        return None
    # In the same precision, whether samples come from a file or not.
    forest = RandomForestClassifier(
        _TREES, min_samples_leaf=_LEAST_IN_LEAF, class_weight="balanced", oob_score=True, random_state=0
    ).fit(looks.astype(np.float32), mine)
    votes = forest.oob_decision_function_[:, 1]
    threshold = _best_share(votes, mine)
    kept = votes >= threshold
    report = {
        "threshold": round(threshold, 4),
        "mines": mines,
        "others": others,
        "mines_kept": int((kept & mine).sum()),
        "others_kept": int((kept & ~mine).sum()),
    }
    return Screening(forest, threshold, report)


def _best_share(votes: NDArray[np.float64], mine: Flags) -> float:
    """The share of votes from which on regions are kept that has the best F measure, of those that nearly all mines
    have: where most regions are mines, little is to be won and much to be lost."""
    shares = np.sort(votes[mine])[: int(_LOST * mine.sum()) + 1]
    mines, all_kept = ((among >= shares[:, None]).sum(axis=1) for among in (votes[mine], votes))
    return float(shares[f_measure(mines / all_kept, mines / mine.sum()).argmax()])
