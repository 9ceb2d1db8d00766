"""Signs of work, dated by what the engine measures.

A sign says that there was work at some time after one day and not after another. What is no sign of it is left out:
ground settles by itself after a mine closes, and moves with the seasons (METHOD §6).
"""

import datetime
import math
from typing import NamedTuple

from engine.grid import WGS84
from engine.permits.subjects import Movement, Subject

# Words of classes, in English and Chinese.
_DUMPS = frozenset({"dump", "dumps", "heap", "heaps", "tip", "tips", "spoil", "tailings", "waste"})
_DUMPS_WITHOUT_SPACES = ("排土", "矸石", "堆")


class Sign(NamedTuple):
    """Work at some time after a day and not after another. code : growth, motion or loss (of coherence)."""

    code: str
    after: datetime.date
    by: datetime.date


def signs_of_work(subject: Subject, outline_m: float) -> list[Sign]:
    """All that dates work at a patch, by what was measured; empty where nothing does.

    outline_m : by which an outline may be too wide or too narrow (`Precision`). Growth has to be more than two such
    outlines, of two days and perhaps of two interpreters, explain.

    Uplift of a dump is tipping. Sinking is digging, or carrying away, only where an image still shows the mine, and not
    graded, and the sinking neither fades nor slows, or together with growth: closed mines sink by themselves, and what
    levels them is no mining.
    """
    found = []
    growth = subject.growth
    grew = growth is not None and growth.gained_m2 > outline_m * _perimeters(subject)
    if growth is not None and grew:
        found.append(Sign("growth", growth.after, growth.by))
    movement = subject.movement
    if movement is not None:
        if _moves_by_work(subject, movement, grew=grew):
            found += [Sign("motion", *span) for span in movement.moved]
        if grew or _at_work(subject):
            found += [Sign("loss", *span) for span in movement.lost]
    return found


def is_dump(mine_class: str) -> bool:
    """Whether a class, by its key or title, is of what is heaped up, and not of what is dug."""
    words = mine_class.lower().replace("_", " ")
    return not _DUMPS.isdisjoint(words.split()) or any(word in words for word in _DUMPS_WITHOUT_SPACES)


def _perimeters(subject: Subject) -> float:
    """Of the first and of the last outline, m; as errors that have nothing to do with one another add up."""
    shapes = [one.shape for one in (subject.outlines[0], *subject.outlines[1:][-1:])]
    return math.hypot(*(abs(WGS84.geometry_length(shape.boundary)) for shape in shapes))


def _moves_by_work(subject: Subject, movement: Movement, *, grew: bool) -> bool:
    if movement.activity == "positive":
        return is_dump(subject.mine_class)
    return movement.activity == "negative" and (grew or (_at_work(subject) and not movement.slows))


def _at_work(subject: Subject) -> bool:
    return subject.stands and not subject.restored
