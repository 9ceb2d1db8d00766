"""Which objects are mine patches (the paper, §2.4; METHOD §3).

An object that meets the preliminary mask is kept when the mask covers enough of it; how much is enough, total-area
control says (`control.py`). Kept neighbours of one class merge into patches. What is removed stays in the table of
objects, with the reason.

Objects have sharper outlines than a network, and a network knows better what is a mine. So where it is known how far
outlines of the mask lie off, objects move them by no more than that; the paper's objects decide everywhere.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field
from scipy.ndimage import label

from engine.objects.measuring import Flags, Floats, Labels, Objects, area_sums, measure_objects, of_pixels
from engine.objects.settled import settled_pixels
from engine.options import Options, Share


class RefinementOptions(Options):
    """least_share : of an object that the mask must cover, p*, for when there is no reference to find it on.

    The paper found 0.215 on its own area; half is what anyone would take who has none. least_area_m2 : smaller patches
    are removed. least_piece : so are those that come from a region of the mask which has left a larger patch of the
    same class, and are less than this share of it: what the network found once is not two mines.
    land_cover : a map in codes, relative to the area's folder; the ground of `unmined` codes has no mines (built-up,
    cropland and water in those of ESA WorldCover).
    screening : whether regions of the mask that look like no mine are removed first (`screening.py`), as the training
    ground tells, and what the model brings along; where neither tells enough, none are.
    land_cover_rule : "half" removes objects of which more than half is such ground, before they merge; "any", as the
    paper has it, patches that meet any of it. Maps err along edges and in small things, so that "any" takes mines, too.
    whole_objects : whether objects are kept or removed whole, as in the paper, though the model tells how far its
    outlines lie off.
    """

    least_share: Share = 0.5
    least_area_m2: float = Field(default=50.0, ge=0)
    least_piece: Share = 0.25
    land_cover: Path | None = None
    unmined: tuple[int, ...] = (40, 50, 80)
    land_cover_rule: Literal["half", "any"] = "half"
    screening: bool = True
    whole_objects: bool = False


class Reason(StrEnum):
    """What became of an object that meets the mask."""

    KEPT = "kept"
    PART = "part"  # the mask covers too little of it; what lies well within the mask stays
    LOW_SHARE = "low_share"  # the mask covers too little of it
    LAND_COVER = "land_cover"  # it lies on ground without mines
    SMALL = "small"  # the patch that it belongs to is too small, or a lesser piece of a larger one
    UNLIKE = "unlike"  # what the mask had there looks like no mine


@dataclass(frozen=True)
class Refinement:
    """Patches, and what led to them.

    patches : shape (rows, cols), 0 where there is none, numbered from 1 by their first pixel in row-major order.
    patch_table : patch, class_code, confidence (mean probability over its area, 0 to 1; NaN where none was
    known), area_m2.
    object_table : the objects that meet the mask: label, area_m2, intersection_m2, share, class_code, kept (whole or in
    part), reason, patch (0 for none; one of them, where parts of it are in several).
    meeting : how many patches meet ground without mines, after "half" and before small ones go: what "any" takes.
    """

    patches: Labels
    patch_table: pd.DataFrame
    object_table: pd.DataFrame
    meeting: int


def refine(
    labels: Labels,
    mask: Flags,
    classes: NDArray[np.uint8],
    probability: NDArray[np.floating],
    pixel_areas: Floats,
    options: RefinementOptions,
    unmined: Flags | None = None,
    reach: float | None = None,
) -> Refinement:
    """Make patches of the objects of which the mask covers enough.

    Parameters
    ----------
    labels : objects, shape (rows, cols), each connected by its pixels' sides; 0 for none.
    mask : the preliminary mask. classes : the most probable of the mines' classes (1, 2, …), read under the mask.
    probability : of a mine of any class, 0 to 1, NaN where it is not known. All of the shape of `labels`.
    pixel_areas : as in `measure_objects`. options : with the p* that was found, where one was.
    unmined : ground without mines by the land cover, shape of `labels`; None without such a map.
    reach : how far from an outline of the mask objects decide, pixels; everywhere for None.

    Raises
    ------
    ValueError
        When a pixel of the mask has no class.
    """
    if (classes[mask] == 0).any():
        raise ValueError("a pixel of the mask has class 0, background")
    areas = of_pixels(pixel_areas, labels.shape)
    objects = measure_objects(labels, mask, areas)
    enough = (objects.intersection > 0) & (objects.share >= options.least_share)
    object_classes = _majority(labels, mask, classes, areas)
    ground = np.zeros(labels.shape, bool) if unmined is None else unmined
    barred = np.zeros(enough.size, bool)
    if options.land_cover_rule == "half":
        barred = 2 * area_sums(labels, areas * ground, enough.size) > objects.area

    codes = _looked_up(np.where(enough & ~barred, object_classes, 0), labels)
    if reach is not None:
        settled = settled_pixels(mask, reach)
        codes[settled] = np.where(mask[settled], _looked_up(np.where(barred, 0, object_classes), labels[settled]), 0)
    merged = _merge_neighbours(codes)
    on_ground = np.unique(merged[ground & (merged > 0)])
    if options.land_cover_rule == "any":
        gone = np.isin(merged, on_ground) & (merged > 0)
        barred[labels[gone] - 1] = True
        merged = np.where(gone, 0, merged)
    patches = _remove_small(merged, areas, options.least_area_m2)
    patches = _remove_pieces(patches, codes, mask, areas, options.least_piece)
    patch_of = np.zeros(enough.size, np.int32)
    patch_of[labels[patches > 0] - 1] = patches[patches > 0]

    return Refinement(
        patches=patches,
        patch_table=_describe_patches(patches, codes, probability, areas),
        object_table=_describe_objects(objects, object_classes, enough, barred, patch_of),
        meeting=on_ground.size,
    )


def with_unlike(object_table: pd.DataFrame, unlike: Objects) -> pd.DataFrame:
    """The table of a `Refinement`, and in it the objects that only regions meet which were removed before it.

    unlike : their `intersection` is with these regions.
    """
    labels = np.flatnonzero(unlike.intersection > 0) + 1
    labels = labels[~np.isin(labels, object_table["label"])]
    more = pd.DataFrame(
        {
            "label": labels,
            "area_m2": unlike.area[labels - 1],
            "intersection_m2": unlike.intersection[labels - 1],
            "share": unlike.share[labels - 1],
            "class_code": np.uint8(0),
            "kept": False,
            "reason": str(Reason.UNLIKE),
            "patch": np.int32(0),
        }
    )
    return pd.concat([object_table, more], ignore_index=True).sort_values("label", ignore_index=True)


def _majority(labels: Labels, mask: Flags, classes: NDArray[np.uint8], areas: Floats) -> NDArray[np.uint8]:
    """The class with most area under the mask in each object, the lower code of equals; 0 where there is none."""
    codes = int(classes.max(initial=0)) + 1
    pair, place = np.unique(labels[mask].astype(np.int64) * codes + classes[mask], return_inverse=True)
    area = np.bincount(place, weights=areas[mask])
    owner, code = np.divmod(pair, codes)
    order = np.lexsort((code, -area, owner))
    owners, first = np.unique(owner[order], return_index=True)
    majority = np.zeros(int(labels.max(initial=0)) + 1, np.uint8)
    majority[owners] = code[order][first]
    return majority[1:]


def _looked_up(of_objects: NDArray[np.uint8], labels: Labels) -> NDArray[np.uint8]:
    """What is known of the objects 1 to n, pixel by pixel; 0 for none."""
    return np.concatenate([np.zeros(1, of_objects.dtype), of_objects])[labels]


def _merge_neighbours(codes: NDArray[np.uint8]) -> Labels:
    """Connect (by sides) the pixels of one class, 0 for none; number what results by its first pixel."""
    merged, found = np.zeros(codes.shape, np.int32), 0
    for code in np.unique(codes[codes > 0]):
        parts, count = label(codes == code)
        merged[parts > 0] = parts[parts > 0] + found
        found += count
    return _renumber(merged)


def _remove_small(patches: Labels, areas: Floats, least_area_m2: float) -> Labels:
    sizes = area_sums(patches, areas, int(patches.max(initial=0)))
    large = np.concatenate([[False], sizes >= least_area_m2])
    return _renumber(np.where(large[patches], patches, 0))


def _remove_pieces(
    patches: Labels, classes: NDArray[np.integer], mask: Flags, areas: Floats, least_share: float
) -> Labels:
    """Without those that are less than a share of the largest of their class and region of the mask (8 neighbours).

    A patch belongs to the region in which most of it lies.
    """
    regions, count = label(mask, np.ones((3, 3)))
    inside = (patches > 0) & mask
    pairs, place = np.unique(patches[inside].astype(np.int64) * (count + 1) + regions[inside], return_inverse=True)
    patch, region = np.divmod(pairs, count + 1)
    by_area = np.lexsort((np.bincount(place, weights=areas[inside]), patch))
    last = np.flatnonzero(np.diff(patch[by_area], append=-1))  # of each patch, the region that holds most of it
    owners, home = patch[by_area][last], region[by_area][last]
    code = np.zeros(int(patches.max(initial=0)) + 1, np.int64)
    code[patches[inside]] = classes[inside]
    _, group = np.unique(home * (code.max() + 1) + code[owners], return_inverse=True)
    sizes = area_sums(patches, areas, code.size - 1)[owners - 1]
    largest = np.zeros(group.max(initial=-1) + 1)
    np.maximum.at(largest, group, sizes)
    kept = np.zeros(code.size, bool)
    kept[owners] = sizes >= least_share * largest[group]
    return _renumber(np.where(kept[patches], patches, 0))


def _renumber(patches: Labels) -> Labels:
    """From 1 by first pixel, none left out."""
    present, first = np.unique(patches, return_index=True)
    numbers = np.zeros(int(patches.max(initial=0)) + 1, np.int32)
    by_first_pixel = present[np.argsort(first)]
    by_first_pixel = by_first_pixel[by_first_pixel > 0]
    numbers[by_first_pixel] = np.arange(1, by_first_pixel.size + 1)
    return numbers[patches]


def _describe_objects(
    objects: Objects, object_classes: NDArray[np.uint8], enough: Flags, barred: Flags, patch_of: Labels
) -> pd.DataFrame:
    kept = patch_of > 0
    reasons = {Reason.KEPT: kept & enough, Reason.PART: kept, Reason.LOW_SHARE: ~enough, Reason.LAND_COVER: barred}
    table = pd.DataFrame(
        {
            "label": np.arange(1, enough.size + 1),
            "area_m2": objects.area,
            "intersection_m2": objects.intersection,
            "share": objects.share,
            "class_code": object_classes,
            "kept": kept,
            "reason": np.select(list(reasons.values()), [str(reason) for reason in reasons], str(Reason.SMALL)),
            "patch": patch_of,
        }
    )
    return table[objects.intersection > 0].reset_index(drop=True)


def _describe_patches(
    patches: Labels, codes: NDArray[np.uint8], probability: NDArray[np.floating], areas: Floats
) -> pd.DataFrame:
    count = int(patches.max(initial=0))
    class_codes = np.zeros(count, np.uint8)
    class_codes[patches[patches > 0] - 1] = codes[patches > 0]
    known = np.isfinite(probability)
    weight = area_sums(patches, areas * known, count)
    total = area_sums(patches, areas * np.where(known, probability, 0.0), count)
    confidence = np.divide(total, weight, out=np.full(count, np.nan), where=weight > 0)
    return pd.DataFrame(
        {
            "patch": np.arange(1, count + 1),
            "class_code": class_codes,
            "confidence": confidence,
            "area_m2": area_sums(patches, areas, count),
        }
    )
