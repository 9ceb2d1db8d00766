"""Which hits, misses and false alarms are worth a look: some of every class, the largest errors, and hard ground."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from engine.assessment.accuracy import Comparison
from engine.assessment.patches import Patches
from engine.assessment.truth import CONTEXTS, SHADOW, WIND_FARM, Truth

MOST = 4  # of a kind


@dataclass(frozen=True)
class Example:
    """A place to look at. rows, cols : of the patch. true, extracted : index of the patch, None where there is none."""

    rows: slice
    cols: slice
    true: int | None
    extracted: int | None
    iou: float | None = None


def examples(compared: Comparison, truth: Truth) -> dict[str, list[Example]]:
    """Examples by what they show; kinds of which there is none are left out.

    Hits are the middling ones of each class by IoU, errors the largest; where kinds of ground are known, what was found
    and what was taken for a mine in shadow and in the wind farm.
    """
    hits, misses, false_alarms = list(_hits(compared)), list(_misses(compared)), list(_false_alarms(compared))
    found = {
        "hits": _middling(hits, compared.true),
        "misses": misses[:MOST],
        "false alarms": false_alarms[:MOST],
    }
    if truth.context is not None:
        shadow, farm = (truth.context == code for code, kind in CONTEXTS.items() if kind in (SHADOW, WIND_FARM))
        for name, errors in (("misses", misses), ("false alarms", false_alarms)):
            found[f"{name} in {SHADOW}"] = _within(shadow, errors)
            found[f"{name} in the {WIND_FARM}"] = _within(farm, errors)
        found[f"hits in {SHADOW}"] = _within(shadow, hits)
    return {kind: those for kind, those in found.items() if those}


def _hits(compared: Comparison) -> Iterator[Example]:
    """By IoU, the best first."""
    places = find_objects(compared.true.numbers)
    order = np.argsort(-compared.pairs.iou, kind="stable")
    for true, extracted, iou in zip(
        compared.pairs.true[order], compared.pairs.extracted[order], compared.pairs.iou[order], strict=True
    ):
        if compared.true_in_test[true]:
            rows, cols = places[true]
            yield Example(rows, cols, int(true), int(extracted), float(iou))


def _misses(compared: Comparison) -> Iterator[Example]:
    """By area, the largest first."""
    missed = compared.true_in_test.copy()
    missed[compared.pairs.true] = False
    for true, place in _largest(compared.true, missed):
        yield Example(*place, true, None)


def _false_alarms(compared: Comparison) -> Iterator[Example]:
    """By area, the largest first."""
    wrong = compared.extracted_in_test.copy()
    wrong[compared.pairs.extracted] = False
    for extracted, place in _largest(compared.extracted, wrong):
        yield Example(*place, None, extracted)


def _largest(patches: Patches, chosen: NDArray[np.bool_]) -> Iterator[tuple[int, tuple[slice, slice]]]:
    places = find_objects(patches.numbers)
    for index in np.argsort(-patches.pixels, kind="stable"):
        if chosen[index]:
            yield int(index), places[index]


def _middling(hits: Sequence[Example], true: Patches) -> list[Example]:
    """Of each class the hit of the middling IoU; then others until there are enough."""
    by_class: dict[int, list[Example]] = {}
    for hit in hits:
        assert hit.true is not None
        by_class.setdefault(int(true.classes[hit.true]), []).append(hit)
    chosen = [those[len(those) // 2] for _, those in sorted(by_class.items())]
    return [*chosen, *(hit for hit in hits if hit not in chosen)][:MOST]


def _within(where: NDArray[np.bool_], those: Sequence[Example]) -> list[Example]:
    """The first of those whose middle lies there."""
    return [
        one for one in those if where[(one.rows.start + one.rows.stop) // 2, (one.cols.start + one.cols.stop) // 2]
    ][:MOST]
