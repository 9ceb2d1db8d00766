"""Patches held against permits and zones: which verdicts each of them gets."""

import datetime
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
from pyproj import CRS

from engine.permits.options import PermitOptions
from engine.permits.precision import Precision
from engine.permits.register import Register
from engine.permits.subjects import Subject
from engine.permits.validity import Reason, Standing
from engine.permits.verdicts.cases import Case, Permits
from engine.permits.verdicts.duties import before_start, lapsed
from engine.permits.verdicts.ground import NOTHING, Ground
from engine.permits.verdicts.kinds import Area, Certainty, Verdict, VerdictKind, not_tested
from engine.permits.work import signs_of_work


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
        self._ground = Ground(register.permits, zones, crs, precision)
        self._permits = Permits(register, options.extraction_kinds)
        self._zones = list(zip(zones["name"], zones["since"], strict=True))
        self._grace = datetime.timedelta(days=options.reclaim_grace_days)
        self._error, self._last_date = precision.total_m, last_date

    def judge(self, subjects: Sequence[Subject]) -> list[list[Verdict]]:
        """The verdicts on each of some patches, at least one, and at most one of each kind."""
        shapes = np.empty(len(subjects), object)
        shapes[:] = [subject.latest.shape for subject in subjects]
        outlines = self._ground.in_metres(shapes)
        contacts, zones = self._ground.contacts(outlines), self._ground.zones_under(outlines)
        cases = [
            Case(
                subject=subject,
                outline=outline,
                day=subject.latest.date or self._last_date,
                dated=subject.latest.date is not None,
                contacts=near,
                zones=under,
                signs=signs_of_work(subject, self._ground.precision.outline_m),
            )
            for subject, outline, near, under in zip(subjects, outlines, contacts, zones, strict=True)
        ]
        return [self._judge(case) for case in cases]

    def _judge(self, case: Case) -> list[Verdict]:
        permits = self._permits
        mining = [at for at in case.contacts.touching if permits.digs(at)]
        matching = [
            at for at in mining if permits.fits(at, case) is not False and not permits.stands(at, case, Standing.VOID)
        ]
        live = [at for at in matching if permits.stands(at, case, Standing.VALID)]
        if live:
            found, missing = [self._against_boundary(case, live)], permits.untested(live, case)
            found += self._early(case, matching) if case.signs else []
        else:
            found, missing = self._without_live(case, mining, matching)
        found += [verdict for zone in case.zones if (verdict := self._in_zone(case, zone))]
        if missing:
            named = tuple(dict.fromkeys(str(one.parameters["permit"]) for one in missing if "permit" in one.parameters))
            found.append(not_tested(*missing, date=case.day, permits=named))
        return [verdict.dated_by(case.when) for verdict in _one_of_each(found)]

    def _against_boundary(self, case: Case, live: Sequence[int]) -> Verdict:
        """Inside the permits that are valid, or across their boundary."""
        permits, numbers = self._permits, self._permits.numbers(live)
        inside = [Reason("lies_inside", {"permits": numbers}), *permits.open_ends(live)]
        if case.contacts.covering & set(live):
            area = Area(0.0, 0.0, 0.0, 0.0, None)
            return self._verdict(VerdictKind.INSIDE, Certainty.CERTAIN, inside, case, area, live)
        valid = [at for at in self._ground.within_reach(case.outline) if permits.allows(at, case)]
        excess = self._ground.outside(case.outline, valid)
        area = self._ground.measure(excess, case.outline, case.degrees)
        if area.likely_m2 <= NOTHING:
            inside += [] if excess.room else [Reason("little_room", {"error_m": self._error})]
            sure = Certainty.CERTAIN if excess.room else Certainty.DOUBTFUL
            return self._verdict(VerdictKind.INSIDE, sure, inside, case, area, live)
        beyond = [at for at in case.contacts.touching if at not in valid and self._ground.shares(excess.likely, at)]
        known = {"permits": numbers, "error_m": self._error}
        if (area.distance_m or 0.0) <= self._error:
            sure, why = Certainty.DOUBTFUL, [Reason("within_error", known | {"area_m2": area.likely_m2})]
        else:
            far = {"permits": numbers, "distance_m": area.distance_m}
            sure, why = Certainty.CERTAIN, [Reason("reaches_outside", far)]
            if not set(live) & set(case.contacts.touching):
                why.append(Reason("overlap_within_error", {"error_m": self._error}))
        why += [*permits.open_ends(live), *permits.why_not(beyond, case), *permits.nowhere()]
        return self._verdict(VerdictKind.CROSSES, sure, why, case, area, [*live, *beyond])

    def _without_live(
        self, case: Case, mining: Sequence[int], matching: Sequence[int]
    ) -> tuple[list[Verdict], list[Reason]]:
        """What permits that are there and not valid say of a patch, and what could not be told."""
        permits = self._permits
        found, missing = self._early(case, matching), list[Reason]()
        expired = [at for at in matching if permits.stands(at, case, Standing.EXPIRED)]
        undated = [at for at in mining if permits.stands(at, case, Standing.UNDATED)]
        if expired and not undated:
            terms, area = permits.of(matching), self._outside(case)
            late, missing = lapsed(case.subject, permits.of(expired), terms, case.signs, case.day, self._grace, area)
            found += late
        if not any(one.kind is VerdictKind.BEFORE_START for one in found):
            ahead = permits.of([at for at in matching if permits.stands(at, case, Standing.NOT_BEGUN)])
            missing += [
                Reason("not_begun_without_sign", {"permit": one.number, "first": str(one.valid_from)}) for one in ahead
            ]
        if undated:
            return found, missing + permits.undated(undated, case)
        found += self._beside_the_point(case, mining)
        return found if found or missing else [self._no_permit(case)], missing

    def _early(self, case: Case, matching: Sequence[int]) -> list[Verdict]:
        """Work before a permit began."""
        if not case.signs:
            return []
        area = self._ground.whole(case.outline, case.degrees)
        early = before_start(self._permits.of(matching), case.signs, case.day, area)
        return [early] if early else []

    def _beside_the_point(self, case: Case, mining: Sequence[int]) -> list[Verdict]:
        """Permits that are valid and allow nothing of the kind: of another mineral, for exploration."""
        permits = self._permits
        kind, those = VerdictKind.OTHER_MINERAL, [at for at in mining if permits.stands(at, case, Standing.VALID)]
        if not mining:
            kind = VerdictKind.EXPLORATION_ONLY
            exploring = [at for at in case.contacts.touching if permits.explores(at)]
            those = [at for at in exploring if permits.stands(at, case, Standing.VALID)]
        if not those:
            return []
        why, area = permits.why_not(those, case), self._outside(case)
        return [self._verdict(kind, Certainty.CERTAIN, why, case, area, those)]

    def _no_permit(self, case: Case) -> Verdict:
        """Nothing covers it; or a permit does so by less than the error, and then it is across its boundary."""
        permits = self._permits
        beside = [at for at in case.contacts.beside if permits.allows(at, case)]
        if grazing := [at for at in beside if self._ground.shares(case.outline, at)]:
            return self._against_boundary(case, grazing)
        why = [Reason("none_valid", {"date": case.day.isoformat()})]
        if beside:
            why.append(Reason("beside", {"permits": permits.numbers(beside), "error_m": self._error}))
        others = list(case.contacts.touching)
        why += [*permits.why_not(others, case), *permits.nowhere()]
        sure = Certainty.DOUBTFUL if beside else Certainty.CERTAIN
        return self._verdict(VerdictKind.NO_PERMIT, sure, why, case, self._outside(case), [*beside, *others])

    def _outside(self, case: Case) -> Area:
        """What of a patch lies outside the permits that are valid and perhaps beside it."""
        beside = [at for at in case.contacts.beside if self._permits.allows(at, case)]
        if not beside:
            return self._ground.whole(case.outline, case.degrees)
        return self._ground.measure(self._ground.outside(case.outline, beside), case.outline, case.degrees)

    def _in_zone(self, case: Case, zone: int) -> Verdict | None:
        name, since = self._zones[zone]
        if since is not None and since > case.day:
            return None
        excess = self._ground.in_zone(case.outline, zone)
        if excess.likely_m2 <= NOTHING:
            return None
        area = self._ground.measure(excess, case.outline, case.degrees)
        known = {"zone": str(name), "area_m2": area.likely_m2}
        why = [Reason("in_zone", known) if since is None else Reason("in_zone_since", known | {"since": str(since)})]
        sure = Certainty.CERTAIN
        if area.distance_m is not None and area.distance_m <= self._error:
            why.append(Reason("zone_within_error", {"error_m": self._error}))
            sure = Certainty.DOUBTFUL
        return Verdict(VerdictKind.PROHIBITED_ZONE, sure, tuple(why), case.day, area, since=since)

    def _verdict(
        self,
        kind: VerdictKind,
        certainty: Certainty,
        reasons: Sequence[Reason],
        case: Case,
        area: Area,
        permits: Sequence[int],
    ) -> Verdict:
        return Verdict(kind, certainty, tuple(reasons), case.day, area, tuple(self._permits.numbers(permits)))


def _one_of_each(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """At most one verdict of a kind: of several zones the one with most ground, with the reasons of all."""
    kinds: dict[VerdictKind, Verdict] = {}
    for one in sorted(verdicts, key=lambda one: -(one.area.likely_m2 if one.area else 0.0)):
        kinds[one.kind] = kinds[one.kind].and_why(list(one.reasons)) if one.kind in kinds else one
    return [kinds[kind] for kind in VerdictKind if kind in kinds]
