"""What is counted of one image, part by part; counts of several images and areas add up."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.assessment.accuracy import Comparison, PatchAccuracy, compare_patches
from engine.assessment.confusion import Confusion
from engine.assessment.patches import extracted_patches
from engine.assessment.truth import CONTEXTS, Truth
from engine.patches.labels import UNLABELLED
from engine.patches.parts import TRAINED, UNSEEN_BOTH, UNSEEN_DATE, UNSEEN_GROUND, parts_of

ELSEWHERE = "elsewhere"
TESTS = (UNSEEN_GROUND, UNSEEN_BOTH, ELSEWHERE)  # roles in which training saw nothing of the ground


@dataclass(frozen=True)
class Lookalike:
    """Pixels of ground that looks like a mine, and how many of them were taken for one."""

    pixels: int
    flagged: int

    def __add__(self, other: "Lookalike") -> "Lookalike":
        return Lookalike(self.pixels + other.pixels, self.flagged + other.flagged)


Counted = TypeVar("Counted", Confusion, Lookalike)


@dataclass(frozen=True)
class PartCounts:
    """All that is counted of images of one role.

    classes : names by code, background first. patches : None where patches are not held apart (ground that training
    saw). ground : kind of ground -> mines against background. lookalikes : kind -> pixels.
    """

    role: str
    dates: tuple[datetime.date, ...]
    classes: tuple[str, ...]
    pixels: Confusion
    patches: PatchAccuracy | None
    ground: Mapping[str, Confusion]
    lookalikes: Mapping[str, Lookalike]

    def __add__(self, other: "PartCounts") -> "PartCounts":
        if (self.role, self.classes) != (other.role, other.classes):
            raise ValueError(f"{self.role} of {self.classes} and {other.role} of {other.classes} do not add up")
        patches = [one for one in (self.patches, other.patches) if one is not None]
        return PartCounts(
            self.role,
            tuple(sorted({*self.dates, *other.dates})),
            self.classes,
            self.pixels + other.pixels,
            reduce(lambda one, two: one + two, patches) if patches else None,
            _added(self.ground, other.ground),
            _added(self.lookalikes, other.lookalikes),
        )


def pooled(parts: Iterable[PartCounts]) -> list[PartCounts]:
    """The sums of parts of one role, those that test before those that training saw."""
    found: dict[str, PartCounts] = {}
    for part in parts:
        found[part.role] = found[part.role] + part if part.role in found else part
    return [found[role] for role in (*TESTS, UNSEEN_DATE, TRAINED) if role in found]


def _added(one: Mapping[str, Counted], other: Mapping[str, Counted]) -> dict[str, Counted]:
    """By kind; a kind that one of the two does not have is the other's."""
    found = dict(one)
    for kind, counted in other.items():
        found[kind] = found[kind] + counted if kind in found else counted
    return found


def count_image(
    mask: NDArray[np.uint8],
    truth: Truth,
    seen: NDArray[np.bool_] | None,
    *,
    day: datetime.date,
    held_out: bool,
    classes: tuple[str, ...],
    pixel_m2: float,
    least_area_m2: float,
) -> tuple[list[PartCounts], Comparison]:
    """The counts of each part of an image, and its patches.

    Parameters
    ----------
    mask : codes of what was extracted, 0 for none, UNLABELLED for no data. seen : ground that the model's training saw;
    None for a model that was trained in another place. held_out : whether training left the image's date out.
    least_area_m2 : extracted patches that are smaller are dropped (METHOD §3); pixels count all the same.
    """
    known = (truth.labels != UNLABELLED) & (mask != UNLABELLED)
    trained_on = np.zeros(mask.shape, bool) if seen is None else seen
    extracted = extracted_patches(mask, least_area_m2 / pixel_m2)
    compared = compare_patches(truth.patches, extracted, trained_on, known, pixel_m2=pixel_m2)
    parts = []
    for role, where in _roles(trained_on, held_out=held_out, elsewhere=seen is None):
        inside = where & known
        if not inside.any():
            continue
        tested = role in TESTS
        ground, lookalikes = _hard_ground(mask, truth, inside) if tested else ({}, {})
        parts.append(
            PartCounts(
                role,
                (day,),
                classes,
                Confusion.of(truth.labels[inside], mask[inside], len(classes)),
                compared.accuracy if tested else None,
                ground,
                lookalikes,
            )
        )
    return parts, compared


def _roles(seen: NDArray[np.bool_], *, held_out: bool, elsewhere: bool) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    if elsewhere:
        yield ELSEWHERE, ~seen
    else:
        yield from parts_of(seen, held_out=held_out)


def _hard_ground(
    mask: NDArray[np.uint8], truth: Truth, inside: NDArray[np.bool_]
) -> tuple[dict[str, Confusion], dict[str, Lookalike]]:
    """Mines against background by kind of ground, and what looks like a mine, within a part of an image."""
    ground: dict[str, Confusion] = {}
    lookalikes: dict[str, Lookalike] = {}
    if truth.context is not None:
        for code, kind in CONTEXTS.items():
            there = inside & (truth.context == code)
            ground[kind] = Confusion.of(truth.labels[there], mask[there], 256).mines
    if truth.lookalikes is not None:
        clear = inside & (truth.labels == 0)
        kinds = len(truth.kinds) + 1
        pixels = np.bincount(truth.lookalikes[clear], minlength=kinds)
        flagged = np.bincount(truth.lookalikes[clear & (mask > 0)], minlength=kinds)
        for code, kind in enumerate(truth.kinds, start=1):
            lookalikes[kind] = Lookalike(int(pixels[code]), int(flagged[code]))
    return ground, lookalikes
