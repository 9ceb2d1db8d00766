"""Accuracy at the level of pixels, as the paper reports it (METHOD §4): from a confusion matrix of labelled pixels."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.patches.labels import UNLABELLED

_PIXELS = 1 << 22  # that are counted at a time: whole images would take gigabytes as whole numbers


@dataclass(frozen=True)
class Confusion:
    """Counts of pixels. cells : shape (classes, classes), truth in rows, prediction in columns, background first.

    Figures of a class that neither occurs nor is predicted are NaN.
    """

    cells: NDArray[np.int64]

    def __add__(self, other: "Confusion") -> "Confusion":
        return Confusion(self.cells + other.cells)

    @classmethod
    def of(
        cls, labels: NDArray[np.uint8], predicted: NDArray[np.uint8], classes: int, *, unlabelled: int = UNLABELLED
    ) -> "Confusion":
        """Compare arrays of one shape where they are labelled; `classes` counts the background."""
        cells = np.zeros(classes**2, np.int64)
        truth, found = labels.reshape(-1), predicted.reshape(-1)
        for first in range(0, truth.size, _PIXELS):
            known = truth[first : first + _PIXELS] != unlabelled
            true = truth[first : first + _PIXELS][known].astype(np.int64)
            other = found[first : first + _PIXELS][known]
            if true.size and max(true.max(), other.max()) >= classes:
                raise ValueError(f"a code of {max(true.max(), other.max())} among {classes} classes")
            cells += np.bincount(classes * true + other, minlength=classes**2)
        return cls(cells.reshape(classes, classes))

    @classmethod
    def binary(cls, true_positive: int, false_positive: int, false_negative: int, true_negative: int) -> "Confusion":
        return cls(np.array([[true_negative, false_positive], [false_negative, true_positive]], np.int64))

    @cached_property
    def _agreed(self) -> NDArray[np.float64]:
        return np.diagonal(self.cells).astype(np.float64)

    @property
    def users_accuracy(self) -> NDArray[np.float64]:
        """Of what was predicted as a class, the share that is it (precision), shape (classes,)."""
        return _ratio(self._agreed, self.cells.sum(axis=0))

    @property
    def producers_accuracy(self) -> NDArray[np.float64]:
        """Of what is a class, the share that was found (recall), shape (classes,)."""
        return _ratio(self._agreed, self.cells.sum(axis=1))

    @property
    def f1(self) -> NDArray[np.float64]:
        return _ratio(2 * self._agreed, self.cells.sum(axis=0) + self.cells.sum(axis=1))

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union, shape (classes,)."""
        return _ratio(self._agreed, self.cells.sum(axis=0) + self.cells.sum(axis=1) - self._agreed)

    @property
    def overall(self) -> float:
        """Share of pixels that agree."""
        return float(_ratio(self._agreed.sum(), self.cells.sum()))

    @property
    def kappa(self) -> float:
        """Agreement beyond chance (Cohen 1960)."""
        total = self.cells.sum()
        chance = float(_ratio(self.cells.sum(axis=0).astype(np.float64) @ self.cells.sum(axis=1), float(total) ** 2))
        return float(_ratio(self.overall - chance, 1 - chance))

    @property
    def figures(self) -> dict[str, float]:
        """Of a matrix of mines against background: the paper's figures, and what follows from the same cells."""
        return {
            "users_accuracy": float(self.users_accuracy[1]),
            "producers_accuracy": float(self.producers_accuracy[1]),
            "f1": float(self.f1[1]),
            "iou": float(self.iou[1]),
            "kappa": self.kappa,
            "overall": self.overall,
            "pixels": float(self.cells.sum()),
        }

    @property
    def mines(self) -> "Confusion":
        """Any class of mine against background."""
        background, total = self.cells[0, 0], self.cells.sum()
        missed, false_alarms = self.cells[1:, 0].sum(), self.cells[0, 1:].sum()
        hits = total - background - missed - false_alarms
        return Confusion.binary(int(hits), int(false_alarms), int(missed), int(background))


def score_mines(labels: NDArray[np.uint8], predicted: NDArray[np.uint8]) -> Mapping[str, float]:
    """Figures of any mine against background on labelled pixels."""
    return Confusion.of(labels, predicted, 256).mines.figures


def _ratio(part: ArrayLike, whole: ArrayLike) -> NDArray[np.float64]:
    """NaN where there is nothing to divide by."""
    above, below = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    ratio: NDArray[np.float64] = np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)
    return ratio
