"""Accuracy at the level of patches (METHOD §4): how many were found, of which class, and how alike their areas are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.assessment.patches import LEAST_IOU, Pairs, Patches, match

ALIKE = 0.80  # area similarity above which the paper counts

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class PatchAccuracy:
    """What came of the true patches of a test, and of what was extracted there. Those of several places add up.

    classes : code of each true patch, shape (patches,). found_as : code of the extracted patch that was matched with
    it, 0 where it was missed. iou : of the two, 0 where missed. similarity : of their areas, the smaller over the
    greater (min / max), 0 where missed. area_m2 : of the true patch.
    extracted : code of each extracted patch, shape (extracted,). right : whether a true patch was matched with it.
    left_out : true patches that training saw. cut : of these, those that it saw in part. unseen : true patches without
    data in the image or in the labels.
    """

    classes: Codes
    found_as: Codes
    iou: Floats
    similarity: Floats
    area_m2: Floats
    extracted: Codes
    right: NDArray[np.bool_]
    left_out: int = 0
    cut: int = 0
    unseen: int = 0

    def __add__(self, other: "PatchAccuracy") -> "PatchAccuracy":
        return PatchAccuracy(
            np.concatenate([self.classes, other.classes]),
            np.concatenate([self.found_as, other.found_as]),
            np.concatenate([self.iou, other.iou]),
            np.concatenate([self.similarity, other.similarity]),
            np.concatenate([self.area_m2, other.area_m2]),
            np.concatenate([self.extracted, other.extracted]),
            np.concatenate([self.right, other.right]),
            self.left_out + other.left_out,
            self.cut + other.cut,
            self.unseen + other.unseen,
        )

    def of_class(self, code: int) -> "PatchAccuracy":
        """The true patches of a class, and what was extracted as it."""
        true, extracted = self.classes == code, self.extracted == code
        return PatchAccuracy(
            self.classes[true],
            self.found_as[true],
            self.iou[true],
            self.similarity[true],
            self.area_m2[true],
            self.extracted[extracted],
            self.right[extracted],
        )

    @property
    def identified(self) -> NDArray[np.bool_]:
        """Whether each true patch was found."""
        return self.found_as > 0

    @property
    def identification(self) -> float:
        """Share of the true patches that were identified; the paper: 228 of 238, 95.80 %."""
        return _mean(self.identified)

    @property
    def precision(self) -> float:
        """Share of the extracted patches that a true one was matched with."""
        return _mean(self.right)

    @property
    def class_right(self) -> float:
        """Share of the identified patches that were extracted as what they are."""
        return _mean((self.found_as == self.classes)[self.identified])

    @property
    def mean_similarity(self) -> float:
        """Of areas, over the identified patches: the paper's (0.78)."""
        return _mean(self.similarity[self.identified])

    @property
    def mean_similarity_of_all(self) -> float:
        """Of areas, a missed patch counting 0."""
        return _mean(self.similarity)

    @property
    def mean_iou(self) -> float:
        """Over the identified patches; an area ratio hides what lies elsewhere."""
        return _mean(self.iou[self.identified])

    @property
    def alike(self) -> float:
        """Share of the identified patches whose area similarity is above 0.80; the paper: 59.22 %."""
        return _mean(self.similarity[self.identified] > ALIKE)


def area_similarity(one: Floats, other: Floats) -> Floats:
    """The smaller area over the greater, elementwise."""
    ratio: Floats = np.minimum(one, other) / np.maximum(one, other)
    return ratio


@dataclass(frozen=True)
class Comparison:
    """True and extracted patches of one image, which were matched, and which belong to the test.

    true_in_test, extracted_in_test : shape (patches,) and (extracted,).
    """

    true: Patches
    extracted: Patches
    pairs: Pairs
    true_in_test: NDArray[np.bool_]
    extracted_in_test: NDArray[np.bool_]
    accuracy: PatchAccuracy


def compare_patches(
    true: Patches,
    extracted: Patches,
    seen: NDArray[np.bool_],
    known: NDArray[np.bool_],
    *,
    pixel_m2: float,
    least_iou: float = LEAST_IOU,
) -> Comparison:
    """Match the patches of a whole image, and count those of the test.

    A true patch belongs to the test when training saw no pixel of it and most of it has data; an extracted one when
    most of it lies where training saw nothing and labels tell. One that was matched with a true patch that training
    saw, or lies mostly on such patches, is left out with it: it is neither right nor wrong.

    Parameters
    ----------
    seen : what training saw. known : what has data and is labelled; both of the shape of the grid.
    """
    pairs = match(true, extracted, least_iou)
    trained, with_data = true.pixels_in(seen), true.pixels_in(known) > true.pixels / 2
    in_test = (trained == 0) & with_data
    aside = np.concatenate([[False], ~in_test])[true.numbers]
    counted = extracted.pixels_in(~seen & known) > extracted.pixels / 2
    counted &= extracted.pixels_in(aside) <= extracted.pixels / 2
    counted[pairs.extracted[~in_test[pairs.true]]] = False

    found_as, iou, similarity = np.zeros(len(true), np.uint8), np.zeros(len(true)), np.zeros(len(true))
    found_as[pairs.true], iou[pairs.true] = extracted.classes[pairs.extracted], pairs.iou
    similarity[pairs.true] = area_similarity(
        true.pixels[pairs.true].astype(np.float64), extracted.pixels[pairs.extracted].astype(np.float64)
    )
    right = np.zeros(len(extracted), bool)
    right[pairs.extracted] = True
    accuracy = PatchAccuracy(
        true.classes[in_test],
        found_as[in_test],
        iou[in_test],
        similarity[in_test],
        pixel_m2 * true.pixels[in_test],
        extracted.classes[counted],
        right[counted],
        left_out=int((trained > 0).sum()),
        cut=int(((trained > 0) & (trained < true.pixels)).sum()),
        unseen=int(((trained == 0) & ~with_data).sum()),
    )
    return Comparison(true, extracted, pairs, in_test, counted, accuracy)


def _mean(values: NDArray[np.bool_] | Floats) -> float:
    """NaN of none."""
    return float(values.mean()) if values.size else float("nan")
