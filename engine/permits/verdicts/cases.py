"""One patch against the permits that bear on it: what each of them allows there, and why not."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from shapely.geometry.base import BaseGeometry

from engine.permits.meanings import PermitKind
from engine.permits.minerals import class_minerals
from engine.permits.register import Register
from engine.permits.subjects import Subject
from engine.permits.validity import OpenEnds, Reason, Standing, Terms, open_end, standing_on, terms_of
from engine.permits.verdicts.ground import Contacts
from engine.permits.work import Sign


@dataclass(frozen=True)
class Case:
    """outline : in metres. day : on which permits must be valid; dated : whether the outline is known to be of it.

    contacts, zones : those that bear on it, by their place. signs : of work, dated.
    """

    subject: Subject
    outline: BaseGeometry
    day: datetime.date
    dated: bool
    contacts: Contacts
    zones: Sequence[int]
    signs: Sequence[Sign]

    @property
    def degrees(self) -> BaseGeometry:
        """The outline in EPSG:4326."""
        return self.subject.latest.shape

    @property
    def when(self) -> Reason:
        return Reason("judged" if self.dated else "judged_undated", {"date": self.day.isoformat()})

    @property
    def since(self) -> datetime.date | None:
        """The first day on which an image shows it."""
        return self.subject.outlines[0].date

    def worked_before(self, day: datetime.date) -> bool:
        """Whether work is dated before a day."""
        return any(sign.by < day for sign in self.signs)

    @cached_property
    def yields(self) -> frozenset[str] | None:
        """Groups of the minerals of its class; None where the class is not known."""
        return class_minerals(self.subject.mine_class)


class Permits:
    """The terms of a register's permits, by their place in it."""

    def __init__(self, register: Register, extraction_kinds: Collection[str]) -> None:
        table = register.permits
        self.terms: list[Terms] = [terms_of(row, extraction_kinds) for row in table.itertuples()]
        self._ends = OpenEnds(bool(table["valid_from"].isna().all()), bool(table["valid_to"].isna().all()))
        self._without_outline = register.without_outline
        self._known: dict[tuple[int, datetime.date], tuple[Standing, Reason | None]] = {}

    def of(self, permits: Sequence[int]) -> list[Terms]:
        return [self.terms[at] for at in permits]

    def numbers(self, permits: Sequence[int]) -> list[str]:
        return [self.terms[at].number for at in permits]

    def digs(self, at: int) -> bool:
        """Whether it is a permit for extraction at all."""
        return self.terms[at].role is PermitKind.EXTRACTION

    def explores(self, at: int) -> bool:
        return self.terms[at].role is PermitKind.EXPLORATION

    def stands(self, at: int, case: Case, standing: Standing) -> bool:
        return self._on(at, case)[0] is standing

    def fits(self, at: int, case: Case) -> bool | None:
        """Whether it is for what a mine of the patch's class yields; None where that cannot be told."""
        own, allowed = case.yields, self.terms[at].minerals
        return bool(own & allowed) if own and allowed else None

    def allows(self, at: int, case: Case) -> bool:
        """Whether it allows to dig there on the day, as far as can be told."""
        return self.digs(at) and self.fits(at, case) is not False and self.stands(at, case, Standing.VALID)

    def why_not(self, permits: Sequence[int], case: Case) -> list[Reason]:
        """Why permits allow none of it: how each stands on the day, and what it is for where that will not do."""
        said = [reason for at in permits for reason in (self._on(at, case)[1], self._beside_the_point(at, case))]
        return [reason for reason in said if reason is not None]

    def undated(self, permits: Sequence[int], case: Case) -> list[Reason]:
        """What is missing to tell whether permits are valid."""
        if self._ends.first and self._ends.last:
            return [Reason("register_without_dates")]
        return self.why_not(permits, case)

    def open_ends(self, permits: Sequence[int]) -> list[Reason]:
        return [reason for at in permits if (reason := open_end(self.terms[at]))]

    def nowhere(self) -> list[Reason]:
        """Permits that could lie anywhere."""
        return [Reason("without_outline", {"count": self._without_outline})] if self._without_outline else []

    def untested(self, live: Sequence[int], case: Case) -> list[Reason]:
        """What could not be tested of permits that are valid: mineral, depth, work before they began.

        Of a class that may yield anything, or an area's own, there is no mineral to compare.
        """
        reasons = []
        for at in live:
            terms, known = self.terms[at], {"permit": self.terms[at].number}
            if case.yields and self.fits(at, case) is None:
                reasons.append(Reason("mineral_not_tested", known | {"mineral": terms.mineral}))
            if terms.has_elevations:
                reasons.append(Reason("depth_not_tested", known))
            growth, first = case.subject.growth, terms.valid_from
            if growth is not None and first is not None and growth.after < first <= growth.by:
                dated = {"first": str(first), "after": str(growth.after), "by": str(growth.by)}
                reasons.append(Reason("begun_within_growth", known | dated))
            elif first is not None and case.since is not None and case.since < first and not case.worked_before(first):
                reasons.append(Reason("begun_without_sign", known | {"first": str(first), "date": str(case.since)}))
        return reasons

    def _on(self, at: int, case: Case) -> tuple[Standing, Reason | None]:
        key = at, case.day
        if key not in self._known:
            self._known[key] = standing_on(self.terms[at], case.day, self._ends)
        return self._known[key]

    def _beside_the_point(self, at: int, case: Case) -> Reason | None:
        """Why a permit that is valid allows nothing of the kind."""
        terms = self.terms[at]
        if not self.digs(at):
            code = "explores" if self.explores(at) else "other_kind"
            return Reason(code, {"permit": terms.number, "kind": terms.kind})
        if self.fits(at, case) is False:
            said = {"permit": terms.number, "mineral": terms.mineral, "mine_class": case.subject.mine_class}
            return Reason("other_mineral", said)
        return None
