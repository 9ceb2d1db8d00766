"""Which patches are like mines, and which like what else is taken for one: a second look, at patches as a whole.

On the training ground it is known of every patch whether it is a mine. A random forest (Breiman 2001) learns from what
these patches look like, and those elsewhere that look like none go. How sure it has to be is found on the same patches,
each judged by the trees that have not learnt from it (out of bag).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

# Of both kinds there must be so many for a forest to learn from.
LEAST_SAMPLES = 20
# A patch is a mine when at least so much of it was interpreted as one.
_MINE_SHARE = 0.4
# It lies on the training ground when at least so much of it does.
_GROUND_SHARE = 0.5
_TREES, _LEAST_IN_LEAF = 400, 2


@dataclass(frozen=True)
class Samples:
    """Patches of which it is known whether they are mines.

    looks : as `describe_patches` gives them. mine : shape (patches,). area_m2 : shape (patches,).
    """

    looks: pd.DataFrame
    mine: Flags
    area_m2: Floats


@dataclass(frozen=True)
class Screening:
    """A forest, and from which share of its votes on (0–1) a patch is like a mine.

    report : how many mines and others it learnt from, and what would be left of both, out of bag.
    """

    forest: RandomForestClassifier
    threshold: float
    report: Mapping[str, Any]

    def keeps(self, looks: pd.DataFrame) -> Flags:
        """Which of the patches are like a mine, shape (patches,)."""
        if looks.empty:
            return np.zeros(0, bool)
        kept: Flags = self.forest.predict_proba(looks)[:, 1] >= self.threshold
        return kept


def known_patches(
    patches: NDArray[np.int32], looks: pd.DataFrame, area_m2: Floats, reference: Flags, ground: Flags
) -> Samples:
    """The patches on the training ground. Nothing beside it has a say.

    Parameters
    ----------
    patches : 1 to n, 0 for none, shape (rows, cols). looks, area_m2 : of each. reference : training reference patches;
    ground : what training may see of the image; both of the same shape.
    """
    count = len(looks)
    pixels, seen, mined = (
        np.bincount(patches[where], minlength=count + 1)[1:] for where in (patches > 0, ground, reference & ground)
    )
    known = seen >= _GROUND_SHARE * pixels
    return Samples(looks[known], mined[known] >= _MINE_SHARE * pixels[known], area_m2[known])


def learn(parts: Sequence[Samples]) -> Screening | None:
    """A screening from the samples of several images; None where there are too few of either kind to learn from."""
    if not parts:
        return None
    samples = Samples(
        pd.concat([part.looks for part in parts]),
        np.concatenate([part.mine for part in parts]),
        np.concatenate([part.area_m2 for part in parts]),
    )
    mines, others = int(samples.mine.sum()), int((~samples.mine).sum())
    if min(mines, others) < LEAST_SAMPLES:
        return None
    forest = RandomForestClassifier(
        _TREES,
        min_samples_leaf=_LEAST_IN_LEAF,
        class_weight="balanced",
        oob_score=True,
        random_state=0,
    ).fit(samples.looks, samples.mine)
    votes = forest.oob_decision_function_[:, 1]
    threshold = _best_threshold(votes, samples)
    kept = votes >= threshold
    report = {
        "threshold": round(threshold, 4),
        "mines": mines,
        "others": others,
        "mines_kept": int((kept & samples.mine).sum()),
        "others_kept": int((kept & ~samples.mine).sum()),
    }
    return Screening(forest, threshold, report)


def _best_threshold(votes: Floats, samples: Samples) -> float:
    """That with the best F1 by patch and by area together, the lowest of equals: midway between the last patch that it
    keeps and the first that it does not."""
    shares = np.unique(votes)
    kept = votes >= shares[:, None]
    score = sum(_f1(kept, samples.mine, weight) for weight in (np.ones(len(votes)), samples.area_m2))
    best = int(np.argmax(score))
    return float(shares[max(best - 1, 0) : best + 1].mean())


def _f1(kept: Flags, mine: Flags, weight: Floats) -> Floats:
    """Of each way to keep, shape (ways, patches), of what is there to be kept."""
    right = (kept & mine) @ weight
    f1: Floats = 2 * right / (kept @ weight + mine @ weight)
    return f1
