"""What changed of a patch between two dates, beyond what the uncertainty of its outlines explains (METHOD §6).

Two outlines of ground on which nothing has changed differ by strips along the boundary, since each was drawn, or grew
from objects, by itself. Ground that was gained or lost is wider than they are: so what is narrower is left aside, and
the rest is counted. And it looks otherwise than before: where the images have the same pattern on both dates, one of
the outlines is wrong, and nothing has changed.
"""

import datetime
import math
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field
from shapely.geometry.base import BaseGeometry

from engine.options import Options, Share
from engine.vectors import polygons_in

# Strips count as change that hold a disc of so many boundary errors in radius. Two outlines that each stray by one part
# by two of √2 at one place (95 %); the widest place of a whole boundary is farther.
_WIDE = 3.0
# So many times the margin an area has to change by where no strip is wide: growth all round.
_ALL_ROUND = 2.0
# Share of a change of the area that the probabilities of both dates have to bear out.
_BORNE_OUT = 0.5


# Correlation of the images from which ground counts as what it was. Chosen on simulated areas: of pieces that outlines
# disagree on, 92 of 100 that had not changed are above it, and fewer than one of 100 that had (docs/activity.md).
_ALIKE = 0.7

# How alike both images are on a piece of ground, −1 to 1; NaN where that is not known.
LooksAlike = Callable[[BaseGeometry], float]


class ChangeOptions(Options):
    """boundary_error_m : how far an outline may lie from the true one; by default what was measured when the model was
    trained, or half a pixel of the images.

    overlap : outlines of two dates are one patch when they share more than this of the smaller. seen_share : of a
    patch's ground, that an image must show for the patch to be looked for on its date. doubtful_probability : where no
    outline was found, but the model's mean probability over the ground is this high, nothing is said to be new or gone.
    """

    boundary_error_m: float | None = Field(default=None, gt=0)
    overlap: Share = 0.3
    seen_share: Share = 0.8
    doubtful_probability: Share = 0.25


class ChangeKind(StrEnum):
    NEW = "new"
    GONE = "gone"
    GROWN = "grown"
    SHRUNK = "shrunk"
    PASSING = "passing"  # neither on the first nor on the last date, but between them
    UNCHANGED = "unchanged"
    UNDETERMINED = "undetermined"


class Ground(NamedTuple):
    """What an image shows of a piece of ground: the share of it that was seen, the mean probability of a mine there."""

    seen: float
    probability: float


class Measured(NamedTuple):
    """A patch on one date, m².

    outline : in metres, None where none was found. margin : what its area changes by when the whole outline moves by
    the boundary error. expected : the sum of the probabilities over the ground of all dates, which does not depend on
    where outlines were drawn.
    """

    date: datetime.date
    outline: BaseGeometry | None
    area: float
    margin: float
    expected: float
    ground: Ground


class Change(NamedTuple):
    """Area gained (negative: lost) between the first and the last date seen, and its margin, m²."""

    kind: ChangeKind
    area: float
    margin: float


def change_between(
    first: Measured, last: Measured, alike: LooksAlike, boundary_error_m: float, options: ChangeOptions
) -> Change:
    """What happened between two dates on which a patch's ground was seen."""
    if first.outline is None or last.outline is None:
        return _came_or_went(first, last, alike, options)
    change = _of_outlines(first, last, first.outline, last.outline, alike, boundary_error_m)
    # Where either date shows only a part of the ground, a part of the patch may have been missed.
    if min(first.ground.seen, last.ground.seen) < options.seen_share:
        return change._replace(kind=ChangeKind.UNDETERMINED)
    # Outlines follow objects, which may take in a piece of ground on one date and leave it out on another: then the
    # probabilities know little or nothing of the change.
    borne_out = (last.expected - first.expected) / change.area if change.area else 0.0
    if change.kind is not ChangeKind.UNCHANGED and borne_out < _BORNE_OUT:
        return change._replace(kind=ChangeKind.UNDETERMINED)
    return change


def _came_or_went(first: Measured, last: Measured, alike: LooksAlike, options: ChangeOptions) -> Change:
    """A patch without an outline on one of the dates, or on both."""
    area, margin = last.area - first.area, math.hypot(first.margin, last.margin)
    absent = [one for one in (first, last) if one.outline is None]
    if any(one.outline is not None and alike(one.outline) >= _ALIKE for one in (first, last)):
        return _as_it_was(area, margin)
    doubtful = any(one.ground.probability >= options.doubtful_probability for one in absent)
    if len(absent) == 2:
        return Change(ChangeKind.UNDETERMINED if doubtful else ChangeKind.PASSING, area, margin)
    kind = ChangeKind.NEW if first.outline is None else ChangeKind.GONE
    return Change(ChangeKind.UNDETERMINED if doubtful or abs(area) <= margin else kind, area, margin)


def _of_outlines(
    first: Measured,
    last: Measured,
    before: BaseGeometry,
    after: BaseGeometry,
    alike: LooksAlike,
    boundary_error_m: float,
) -> Change:
    """Ground gained less ground lost, of wide strips; or, where there are none, the difference of the two areas."""
    more, less = after.difference(before), before.difference(after)
    gained, lost = (_wide(piece, _WIDE * boundary_error_m) for piece in (more, less))
    area = gained.area - lost.area
    margin = math.sqrt(2) * boundary_error_m * (gained.length + lost.length)
    if abs(area) <= margin:
        gained, lost, area = more, less, last.area - first.area
        margin = _ALL_ROUND * math.hypot(first.margin, last.margin)
    if abs(area) <= margin:
        return Change(ChangeKind.UNCHANGED, area, margin)
    if alike(gained if area > 0 else lost) >= _ALIKE:
        return _as_it_was(area, margin)
    return Change(ChangeKind.GROWN if area > 0 else ChangeKind.SHRUNK, area, margin)


def _as_it_was(area: float, margin: float) -> Change:
    """Outlines disagree by an area on which the images show no change."""
    return Change(ChangeKind.UNCHANGED, 0.0, max(abs(area), margin))


def _wide(shape: BaseGeometry, radius: float) -> BaseGeometry:
    """Those parts that a disc of this radius fits into (a morphological opening; Serra 1982)."""
    # Where two outlines follow the same pixels for a while, their difference has lines among its polygons.
    ground = polygons_in(shape)
    return ground.buffer(-radius, quad_segs=4).buffer(radius, quad_segs=4).intersection(ground)
