"""When work can be seen at a patch: by its motion, or by its growth between the two images."""

import datetime
from typing import NamedTuple

from shapely.geometry.base import BaseGeometry

from engine.simulate.frame import EPOCHS
from engine.simulate.plan import Activity, Change, MotionKind, Patch
from engine.simulate.register.permits import PERIOD

_WORKING = {Activity.EXTRACTION, Activity.TIPPING, Activity.REMOVAL, Activity.DIGGING}
# Kinds that ground goes through by itself.
_NATURAL = {MotionKind.NONE, MotionKind.SEASONAL, MotionKind.DECAY}
_SINGLE = {MotionKind.STEP, MotionKind.VIOLENT}


class WorkingTime(NamedTuple):
    """From the first to the last day on which it goes on."""

    first: datetime.date
    last: datetime.date


def working_time(patch: Patch) -> WorkingTime | None:
    """What an authority could see of work at a patch; None where nothing moves or grows.

    What moves slowly before the day of an onset does not count. Levelling is what the law asks for, and settlement goes
    on without anybody: neither is work (METHOD §6).
    """
    motion, first, last = patch.motion, patch.started or PERIOD[0], PERIOD[1]
    moves = patch.activity in _WORKING and motion.kind not in _NATURAL
    grows = patch.change in {Change.GROWN, Change.NEW}
    if moves and motion.day is not None:
        if motion.kind is MotionKind.ONSET or (motion.kind in _SINGLE and patch.started is None):
            first = motion.day
        if motion.kind is MotionKind.STOP:
            last = motion.day
        elif motion.kind is MotionKind.STEP and not grows:
            last = max(first, motion.day)
        elif motion.kind is MotionKind.VIOLENT and motion.until is not None:
            last = max(first, motion.until)
    elif not moves and grows:
        last = EPOCHS[1].date
    return WorkingTime(first, last) if (moves or grows) and first < EPOCHS[1].date else None


class Sight(NamedTuple):
    """A patch as the last image that shows it has it."""

    outline: BaseGeometry
    date: datetime.date


def last_sight(patch: Patch) -> Sight:
    """The 2021 image's, of a patch that is gone by then the 2019 image's.

    Raises
    ------
    ValueError
        For a patch without any outline.
    """
    for outline, epoch in ((patch.after, EPOCHS[1]), (patch.before, EPOCHS[0])):
        if outline is not None:
            return Sight(outline, epoch.date)
    raise ValueError(f"patch {patch.number} has no outline in either year")
