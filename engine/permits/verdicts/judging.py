"""Patches held against permits and zones: which verdicts each of them gets."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import geopandas as gpd
import numpy as np
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from engine.permits.meanings import PermitKind
from engine.permits.minerals import class_minerals
from engine.permits.options import PermitOptions
from engine.permits.precision import Precision
from engine.permits.register import Register
from engine.permits.subjects import Subject
from engine.permits.validity import OpenEnds, Reason, Standing, open_end, standing_on, terms_of
from engine.permits.verdicts.duties import before_start, lapsed
from engine.permits.verdicts.ground import NOTHING, Contacts, Ground
from engine.permits.verdicts.kinds import Area, Certainty, Verdict, VerdictKind, not_tested
from engine.permits.work import Sign, signs_of_work


@dataclass(frozen=True)
class _Case:
    """One patch: its outline in metres, the day on which permits must be valid, and the permits that bear on it.

    dated : whether its outline is known to be of that day.
    """

    subject: Subject
    outline: BaseGeometry
    day: datetime.date
    dated: bool
    contacts: Contacts
    zones: Sequence[int]

    @property
    def when(self) -> Reason:
        return Reason("judged" if self.dated else "judged_undated", {"date": self.day.isoformat()})

    @cached_property
    def signs(self) -> list[Sign]:
        return signs_of_work(self.subject)


class Judge:
    """Holds patches against a register and zones, both already near them.

    Parameters
    ----------
    register, zones : see `Register` and `engine.permits.zones`. crs : see `Ground`. last_date : the day that counts for
    outlines without a date.
    """

    def __init__(
        self,
        register: Register,
        zones: gpd.GeoDataFrame,
        options: PermitOptions,
        crs: CRS,
        precision: Precision,
        last_date: datetime.date,
    ) -> None:
        permits = register.permits
        self._ground = Ground(permits, zones, crs, precision)
        self._terms = [terms_of(row, options.extraction_kinds) for row in permits.itertuples()]
        self._ends = OpenEnds(bool(permits["valid_from"].isna().all()), bool(permits["valid_to"].isna().all()))
        self._zones = list(zip(zones["name"], zones["since"], strict=True))
        self._without_outline = register.without_outline
        self._grace = datetime.timedelta(days=options.reclaim_grace_days)
        self._last_date = last_date
        self._standing = cache(lambda index, day: standing_on(self._terms[index], day, self._ends))

    def judge(self, subjects: Sequence[Subject]) -> list[list[Verdict]]:
        """The verdicts on each of some patches, at least one, and at most one of each kind."""
        shapes = np.empty(len(subjects), object)
        shapes[:] = [subject.latest.shape for subject in subjects]
        outlines = self._ground.in_metres(shapes)
        contacts, zones = self._ground.contacts(outlines), self._ground.zones_under(outlines)
        return [
            self._judge(
                _Case(
                    subject=subject,
                    outline=outline,
                    day=subject.latest.date or self._last_date,
                    dated=subject.latest.date is not None,
                    contacts=near,
                    zones=under,
                )
            )
            for subject, outline, near, under in zip(subjects, outlines, contacts, zones, strict=True)
        ]

    def _judge(self, case: _Case) -> list[Verdict]:
        mining = [at for at in case.contacts.touching if self._terms[at].role is PermitKind.EXTRACTION]
        matching = [
            at for at in mining if self._yields(at, case) is not False and not self._is(at, case, Standing.VOID)
        ]
        live = [at for at in matching if self._is(at, case, Standing.VALID)]
        found: list[Verdict] = []
        missing: list[Reason] = []
        if live:
            found.append(self._against_boundary(case, live))
            early = self._early(case, matching, self._all_of(case)) if case.signs else None
            found += [early] if early else []
            missing += self._unknown_minerals(case, live) + self._depths(live)
        else:
            found, missing = self._without_live(case, mining, matching)
        found += [verdict for zone in case.zones if (verdict := self._in_zone(case, zone))]
        if missing:
            named = tuple(dict.fromkeys(str(one.parameters["permit"]) for one in missing if "permit" in one.parameters))
            found.append(not_tested(*missing, date=case.day, permits=named))
        return [verdict.dated_by(case.when) for verdict in _one_of_each(found)]

    def _is(self, at: int, case: _Case, standing: Standing) -> bool:
        return bool(self._standing(at, case.day)[0] is standing)

    def _yields(self, at: int, case: _Case) -> bool | None:
        """Whether a permit is for what a mine of the patch's class yields; None where that cannot be told."""
        own, allowed = class_minerals(case.subject.mine_class), self._terms[at].minerals
        return bool(own & allowed) if own and allowed else None

    # Where a permit is valid

    def _against_boundary(self, case: _Case, live: Sequence[int]) -> Verdict:
        numbers, error = self._numbers(live), self._ground.precision.total_m
        inside = Reason("lies_inside", {"permits": numbers})
        ends = [reason for at in live if (reason := open_end(self._terms[at]))]
        if case.contacts.covering & set(live):
            area = Area(0.0, 0.0, 0.0, 0.0, None)
            return self._verdict(VerdictKind.INSIDE, Certainty.CERTAIN, [inside, *ends], case, area, live)
        reach = self._ground.within_reach(case.outline)
        valid = [at for at in reach if at in live or self._would_allow(at, case)]
        excess = self._ground.outside(case.outline, valid)
        area = self._ground.measure(excess, case.outline, case.subject.latest.shape)
        if area.likely_m2 <= NOTHING:
            why = [inside, *ends] if excess.room else [inside, Reason("little_room", {"error_m": error}), *ends]
            sure = Certainty.CERTAIN if excess.room else Certainty.DOUBTFUL
            return self._verdict(VerdictKind.INSIDE, sure, why, case, area, live)
        beyond = [at for at in case.contacts.touching if at not in valid and self._ground.shares(excess.likely, at)]
        rest = [*ends, *self._why_not(beyond, case), *self._nowhere()]
        if (area.distance_m or 0.0) <= error:
            why = [Reason("within_error", {"permits": numbers, "error_m": error, "area_m2": area.likely_m2}), *rest]
            return self._verdict(VerdictKind.CROSSES, Certainty.DOUBTFUL, why, case, area, [*live, *beyond])
        why = [Reason("reaches_outside", {"permits": numbers, "distance_m": area.distance_m})]
        why += [] if set(live) & set(case.contacts.touching) else [Reason("overlap_within_error", {"error_m": error})]
        why += rest
        return self._verdict(VerdictKind.CROSSES, Certainty.CERTAIN, why, case, area, [*live, *beyond])

    def _would_allow(self, at: int, case: _Case) -> bool:
        return (
            self._terms[at].role is PermitKind.EXTRACTION
            and self._yields(at, case) is not False
            and self._is(at, case, Standing.VALID)
        )

    # Where none is

    def _without_live(
        self, case: _Case, mining: Sequence[int], matching: Sequence[int]
    ) -> tuple[list[Verdict], list[Reason]]:
        """What permits that are there and not valid say of a patch; where there are none, that."""
        area = self._outside(case)
        early = self._early(case, matching, area)
        found = [early] if early else []
        missing: list[Reason] = []
        expired = [self._terms[at] for at in matching if self._is(at, case, Standing.EXPIRED)]
        undated = [at for at in mining if self._is(at, case, Standing.UNDATED)]
        if expired and not undated:
            terms = [self._terms[at] for at in matching]
            late, missing = lapsed(case.subject, expired, terms, case.signs, case.day, self._grace, area)
            found += late
        if not early:
            ahead = [self._terms[at] for at in matching if self._is(at, case, Standing.NOT_BEGUN)]
            missing += [
                Reason("not_begun_without_sign", {"permit": one.number, "first": str(one.valid_from)}) for one in ahead
            ]
        if undated:
            dateless = self._ends.first and self._ends.last
            return found, missing + ([Reason("register_without_dates")] if dateless else self._why_not(undated, case))
        found += self._beside_the_point(case, mining, area)
        if not found and not missing:
            grazing = [at for at in case.contacts.beside if self._would_allow(at, case)]
            grazing = [at for at in grazing if self._ground.shares(case.outline, at)]
            found.append(self._against_boundary(case, grazing) if grazing else self._no_permit(case, area))
        return found, missing

    def _early(self, case: _Case, matching: Sequence[int], area: Area) -> Verdict | None:
        return before_start([self._terms[at] for at in matching], case.signs, case.day, area)

    def _beside_the_point(self, case: _Case, mining: Sequence[int], area: Area) -> list[Verdict]:
        """Permits that are valid and allow nothing of the kind: of another mineral, for exploration."""
        other = [at for at in mining if self._is(at, case, Standing.VALID)]
        exploring = [
            at
            for at in case.contacts.touching
            if self._terms[at].role is PermitKind.EXPLORATION and self._is(at, case, Standing.VALID)
        ]
        if other:
            kind, those = VerdictKind.OTHER_MINERAL, other
        elif exploring and not mining:
            kind, those = VerdictKind.EXPLORATION_ONLY, exploring
        else:
            return []
        return [self._verdict(kind, Certainty.CERTAIN, self._why_not(those, case), case, area, those)]

    def _no_permit(self, case: _Case, area: Area) -> Verdict:
        beside = [at for at in case.contacts.beside if self._would_allow(at, case)]
        others = [at for at in case.contacts.touching if at not in beside]
        why = [Reason("none_valid", {"date": case.day.isoformat()})]
        if beside:
            error = self._ground.precision.total_m
            why.append(Reason("beside", {"permits": self._numbers(beside), "error_m": error}))
        why += [*self._why_not(others, case), *self._nowhere()]
        sure = Certainty.DOUBTFUL if beside else Certainty.CERTAIN
        return self._verdict(VerdictKind.NO_PERMIT, sure, why, case, area, [*beside, *others])

    def _outside(self, case: _Case) -> Area:
        """What of a patch lies outside the permits that are valid and perhaps beside it."""
        beside = [at for at in case.contacts.beside if self._would_allow(at, case)]
        if not beside:
            return self._all_of(case)
        excess = self._ground.outside(case.outline, beside)
        return self._ground.measure(excess, case.outline, case.subject.latest.shape)

    def _all_of(self, case: _Case) -> Area:
        return self._ground.whole(case.outline, case.subject.latest.shape)

    # Zones, and what is not tested

    def _in_zone(self, case: _Case, zone: int) -> Verdict | None:
        name, since = self._zones[zone]
        if since is not None and since > case.day:
            return None
        excess = self._ground.in_zone(case.outline, zone)
        if excess.likely_m2 <= NOTHING:
            return None
        error = self._ground.precision.total_m
        area = self._ground.measure(excess, case.outline, case.subject.latest.shape)
        deep = area.distance_m is None or area.distance_m > error
        known = {"zone": str(name), "area_m2": area.likely_m2}
        why = [Reason("in_zone", known) if since is None else Reason("in_zone_since", known | {"since": str(since)})]
        why += [] if deep else [Reason("zone_within_error", {"error_m": error})]
        sure = Certainty.CERTAIN if deep else Certainty.DOUBTFUL
        return Verdict(VerdictKind.PROHIBITED_ZONE, sure, tuple(why), case.day, area, since=since)

    def _unknown_minerals(self, case: _Case, live: Sequence[int]) -> list[Reason]:
        """Of the permits that a patch lies on: those of which nobody can tell whether their mineral is its own.

        Of a class that yields anything, or an area's own, there is nothing to compare.
        """
        if class_minerals(case.subject.mine_class) is None:
            return []
        unknown = [self._terms[at] for at in live if self._yields(at, case) is None]
        return [Reason("mineral_not_tested", {"permit": one.number, "mineral": one.mineral}) for one in unknown]

    def _depths(self, live: Sequence[int]) -> list[Reason]:
        """Where permits say how deep may be dug: that nothing here measures how deep it is."""
        stated = [self._terms[at] for at in live if self._terms[at].has_elevations]
        return [Reason("depth_not_tested", {"permit": one.number}) for one in stated]

    def _why_not(self, permits: Sequence[int], case: _Case) -> list[Reason]:
        """Why permits allow none of it, one reason each."""
        reasons = []
        for at in permits:
            terms, why = self._terms[at], self._standing(at, case.day)[1]
            if terms.role is PermitKind.EXPLORATION:
                why = why or Reason("explores", {"permit": terms.number, "kind": terms.kind})
            elif terms.role is not PermitKind.EXTRACTION:
                why = why or Reason("other_kind", {"permit": terms.number, "kind": terms.kind})
            elif self._yields(at, case) is False:
                mined = {"permit": terms.number, "mineral": terms.mineral, "mine_class": case.subject.mine_class}
                why = why or Reason("other_mineral", mined)
            reasons += [why] if why else []
        return reasons

    def _nowhere(self) -> list[Reason]:
        return [Reason("without_outline", {"count": self._without_outline})] if self._without_outline else []

    def _numbers(self, permits: Sequence[int]) -> list[str]:
        return [self._terms[at].number for at in permits]

    def _verdict(
        self,
        kind: VerdictKind,
        certainty: Certainty,
        reasons: Sequence[Reason],
        case: _Case,
        area: Area,
        permits: Sequence[int],
    ) -> Verdict:
        return Verdict(kind, certainty, tuple(reasons), case.day, area, tuple(self._numbers(permits)))


def _one_of_each(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """At most one verdict of a kind: of several zones the one with most ground, with the reasons of all."""
    kinds: dict[VerdictKind, Verdict] = {}
    for one in sorted(verdicts, key=lambda one: -(one.area.likely_m2 if one.area else 0.0)):
        kinds[one.kind] = kinds[one.kind].and_why(list(one.reasons)) if one.kind in kinds else one
    return [kinds[kind] for kind in VerdictKind if kind in kinds]
