"""What a permit allows, and how it stands on a day."""

import datetime
import math
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.permits.meanings import PermitKind, PermitStatus, kind_of, status_of
from engine.permits.minerals import mineral_groups


@dataclass(frozen=True)
class Reason:
    """Why, as a code with parameters (plain JSON values); `engine.wording` makes the sentence."""

    code: str
    parameters: dict[str, Any] = field(default_factory=dict)


class Standing(StrEnum):
    """UNDATED : a day is missing that would decide. VOID : it never gave a right, or has lost it."""

    VALID = "valid"
    EXPIRED = "expired"
    NOT_BEGUN = "not_begun"
    UNDATED = "undated"
    VOID = "void"


_VOID = {
    PermitStatus.WITHDRAWN: "withdrawn",
    PermitStatus.SUSPENDED: "suspended",
    PermitStatus.APPLICATION: "application",
}


@dataclass(frozen=True)
class Terms:
    """What a permit allows, and when; a day that is not known is None.

    role : extraction, exploration, or what allows neither. minerals : groups of what it is for; empty where it says
    nothing that is understood. kind, mineral, status : as the register says. has_elevations : whether it says between
    which elevations may be dug.
    """

    number: str
    role: PermitKind = PermitKind.EXTRACTION
    kind: str = ""
    mineral: str = ""
    minerals: frozenset[str] = frozenset()
    status: str = ""
    word: PermitStatus = PermitStatus.UNKNOWN
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None
    reclaim_by: datetime.date | None = None
    has_elevations: bool = False


def terms_of(row: Any, extraction_kinds: Collection[str] = ()) -> Terms:
    """The terms of a row of a register (PERMIT_COLUMNS).

    extraction_kinds : values of the column `kind` that allow extraction; without any, the words decide, and a kind that
    is not understood allows it: a register of mining permits need not say so in each row.
    """
    kind, mineral, status = str(row.kind), str(row.mineral), str(row.status)
    return Terms(
        number=str(row.number),
        role=_role(kind, extraction_kinds),
        kind=kind,
        mineral=mineral,
        minerals=mineral_groups(mineral),
        status=status,
        word=status_of(status),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        reclaim_by=row.reclaim_by,
        has_elevations=not (_missing(row.top_m) and _missing(row.bottom_m)),
    )


def _role(kind: str, extraction_kinds: Collection[str]) -> PermitKind:
    said = kind_of(kind)
    if not extraction_kinds:
        return PermitKind.EXTRACTION if said is PermitKind.UNKNOWN else said
    if kind in extraction_kinds:
        return PermitKind.EXTRACTION
    return said if said is PermitKind.EXPLORATION else PermitKind.OTHER


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


@dataclass(frozen=True)
class OpenEnds:
    """Which days no permit of a register states: then they count as long past, or as never to come, and that is said.

    In a register that does state them, a cell that is empty leaves open what only that day could say.
    """

    first: bool = False
    last: bool = False


def standing_on(terms: Terms, day: datetime.date, ends: OpenEnds = OpenEnds()) -> tuple[Standing, Reason | None]:
    """How a permit stands on a day, and why it is not valid; its kind and its mineral are not looked at.

    The days decide over the words: an office is slow to mark what has expired.
    """
    first, last, number = terms.valid_from, terms.valid_to, {"permit": terms.number}
    if code := _VOID.get(terms.word):
        return Standing.VOID, Reason(code, {**number, "status": terms.status})
    if first is not None and last is not None and last < first:
        return Standing.VOID, Reason(
            "ends_before_it_begins", {**number, "first": first.isoformat(), "last": last.isoformat()}
        )
    if last is not None and last < day:
        return Standing.EXPIRED, Reason("expired", {**number, "last": last.isoformat()})
    if first is not None and first > day:
        return Standing.NOT_BEGUN, Reason("not_begun", {**number, "first": first.isoformat()})
    if first is None and last is None:
        return Standing.UNDATED, Reason("no_dates", number)
    if first is None and not ends.first:
        return Standing.UNDATED, Reason("first_day_missing", number)
    if last is None and not ends.last:
        return Standing.UNDATED, Reason("last_day_missing", number)
    return Standing.VALID, None


def open_end(terms: Terms) -> Reason | None:
    """What a valid permit leaves open; None where both its days are known."""
    if terms.valid_from is None:
        return Reason("no_first_day", {"permit": terms.number})
    if terms.valid_to is None:
        return Reason("no_last_day", {"permit": terms.number})
    return None
