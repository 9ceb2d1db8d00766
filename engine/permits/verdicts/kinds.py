"""What a verdict is: a kind, how sure it is, why, and what ground it is about."""

import datetime
from dataclasses import dataclass, replace
from enum import StrEnum

from shapely.geometry.base import BaseGeometry

from engine.permits.validity import Reason


class VerdictKind(StrEnum):
    INSIDE = "inside"
    CROSSES = "crosses"
    NO_PERMIT = "no_permit"
    AFTER_EXPIRY = "after_expiry"
    BEFORE_START = "before_start"
    RENEWAL_PENDING = "renewal_pending"
    OTHER_MINERAL = "other_mineral"
    EXPLORATION_ONLY = "exploration_only"
    PROHIBITED_ZONE = "prohibited_zone"
    NOT_RECLAIMED = "not_reclaimed"
    NOT_TESTED = "not_tested"


class Certainty(StrEnum):
    """DOUBTFUL : the positional error, or what a date leaves open, may turn the verdict round."""

    CERTAIN = "certain"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True)
class Area:
    """Ground that a verdict is about: m² at least, likely and at most, on the ellipsoid.

    distance_m : from the permits to the place furthest from them, of a zone from its boundary to the place deepest in
    it; None where there is no boundary to measure from. geometry : of the likely area, EPSG:4326; None for nothing.
    """

    least_m2: float
    likely_m2: float
    most_m2: float
    distance_m: float | None
    geometry: BaseGeometry | None


@dataclass(frozen=True)
class Verdict:
    """date : of the outline that was judged. area : outside every valid permit, of a zone inside it. permits : numbers
    of those that the reasons rest on. since : day from which the ground is illicit, where it is known. days : after the
    last day of the permit on which, at least, work was still going on.
    """

    kind: VerdictKind
    certainty: Certainty | None
    reasons: tuple[Reason, ...]
    date: datetime.date | None = None
    area: Area | None = None
    permits: tuple[str, ...] = ()
    since: datetime.date | None = None
    days: int | None = None

    def and_why(self, reasons: list[Reason]) -> "Verdict":
        """The same with more reasons."""
        return replace(self, reasons=(*self.reasons, *reasons))

    def dated_by(self, when: Reason) -> "Verdict":
        """The same, with the day that it was judged on as the first reason."""
        return replace(self, reasons=(when, *self.reasons))


def not_tested(*reasons: Reason, date: datetime.date | None = None, permits: tuple[str, ...] = ()) -> Verdict:
    """What can be said where something is missing: nothing, and what that is."""
    return Verdict(VerdictKind.NOT_TESTED, None, reasons, date, permits=permits)


def without_register() -> Verdict:
    return not_tested(Reason("no_register"))
