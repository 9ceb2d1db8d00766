"""What the app asks of patches: one, a page of the list, and counts, all of them through one filter."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from store.cases import State
from store.queries import Queries, remembered
from store.rows import Patch


@dataclass(frozen=True)
class PatchFilter:
    """Which patches are meant; nothing given is all of them.

    text : part of an identifier or a name, or the number of a permit that a verdict rests on. classes, activities,
    changes : codes, any of which; an activity may be empty for none. verdicts : "kind:certainty", or "kind:" for any
    certainty. sure : least confidence of the activity, 0–1. since, until : first and last day of the last turn of the
    motion or loss of coherence. began : first day of the month in which motion began or coherence was lost, whichever
    was first. within : west, south, east, north in degrees, of the middle of a patch. least_m2 : of the latest outline.
    suspected : "certain", "doubtful" (doubtful alone) or empty. case : "none" for patches without a case, a state of
    theirs, or empty for any; a release knows no cases, so `of_cases` says which patches these are: among, but :
    identifiers, None and () for all.
    """

    text: str = ""
    classes: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    suspected: str = ""
    sure: float = 0.0
    since: date | None = None
    until: date | None = None
    began: date | None = None
    within: tuple[float, ...] | None = None
    least_m2: float = 0.0
    case: str = ""
    among: tuple[str, ...] | None = None
    but: tuple[str, ...] = ()

    def of_cases(self, states: Mapping[str, str]) -> "PatchFilter":
        """With the patches that `case` means. states : of the cases by patch."""
        if not self.case:
            return self
        if self.case == WITHOUT:
            return replace(self, but=tuple(sorted(states)))
        return replace(self, among=tuple(sorted(patch for patch, state in states.items() if state == self.case)))

    def __bool__(self) -> bool:
        return self != PatchFilter()

    def to_query(self) -> str:
        """As the query of an address; empty for all."""
        given = [(field.name, getattr(self, field.name)) for field in fields(self)]
        said = [(name, value) for name, value in given if value != getattr(_ALL, name)]
        # A tuple of nothing, or of the one empty code, is a comma: an empty value is left out by who reads it.
        return urlencode(
            [
                (name, (",".join(map(str, value)) or ",") if isinstance(value, tuple) else str(value))
                for name, value in said
            ]
        )

    @classmethod
    def from_query(cls, query: str) -> "PatchFilter":
        """What `to_query` wrote; what cannot be read is left out, since people mend addresses by hand."""
        found = cls()
        for name, text in parse_qsl(query):
            if (read := _READ.get(name)) is not None and (value := read(text)) is not None:
                found = replace(found, **{name: value})
        return found


def _codes(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.split(",")))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in _codes(text) if name)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < math.inf else None


def _box(text: str) -> tuple[float, ...] | None:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (west, south, east, north) if -180 <= west < east <= 180 and -90 <= south < north <= 90 else None


# In `PatchFilter.case`.
WITHOUT = "none"
_ALL = PatchFilter()
_READ: Mapping[str, Any] = {
    "text": str,
    **dict.fromkeys(("classes", "activities", "changes", "verdicts"), _codes),
    "suspected": lambda text: text if text in ("certain", "doubtful") else None,
    **dict.fromkeys(("since", "until", "began"), _day),
    "within": _box,
    **dict.fromkeys(("sure", "least_m2"), _number),
    "case": lambda text: text if text in (WITHOUT, *State) else None,
    **dict.fromkeys(("among", "but"), _names),
}

# What speaks against a patch.
SUSPECTED = (
    *("no_permit", "crosses", "prohibited_zone", "after_expiry", "before_start"),
    *("other_mineral", "exploration_only", "not_reclaimed"),
)

# The day on which a patch began, by `course` and `activity`; NULL for one of which the radar tells none.
BEGAN = "least(CASE WHEN turn = 'onset' THEN day END, lost_first)"

_ROW = """
    SELECT patch.* EXCLUDE (geometry, verdicts), activity.* EXCLUDE (patch_id, cluster, lost_sure_until),
           course.* EXCLUDE (patch_id, annual_mm, noise_mm, walk_mm, p_value, cusum_p, sure_from, sure_until),
           surface, texture_ratio, ndvi_change
    FROM patch LEFT JOIN activity USING (patch_id) LEFT JOIN course USING (patch_id) LEFT JOIN surface USING (patch_id)
"""
_ORDER = "ORDER BY attention DESC, patch_id"


class PatchQueries(Queries):
    """The queries of a release that are about patches. Lists are in order of attention (`engine/attention.py`), those
    of equal attention by identifier."""

    def patches(self, chosen: PatchFilter = _ALL, *, offset: int = 0, limit: int | None = None) -> list[Patch]:
        """A page of those that the filter leaves; all of them by default."""
        where, parameters = self.condition(chosen)
        query = f"""WITH page AS (SELECT patch_id FROM patch WHERE {where} {_ORDER} LIMIT ? OFFSET ?)
                    {_ROW} WHERE patch_id IN (FROM page) {_ORDER}"""
        return [Patch(**row) for row in self._rows(query, [*parameters, limit, offset])]

    def patch(self, patch_id: str) -> Patch | None:
        rows = self._rows(f"{_ROW} WHERE patch_id = ?", [patch_id])
        return Patch(**rows[0]) if rows else None

    @remembered
    def patch_count(self, chosen: PatchFilter = _ALL) -> int:
        where, parameters = self.condition(chosen)
        count: int = self._rows(f"SELECT count(*) AS patches FROM patch WHERE {where}", parameters)[0]["patches"]
        return count

    @remembered
    def patch_place(self, patch_id: str, chosen: PatchFilter = _ALL) -> int | None:
        """How many stand before a patch in the list that the filter leaves; None where it is not among them."""
        where, parameters = self.condition(chosen)
        rows = self._rows(
            f"""WITH one AS (SELECT attention AS points, patch_id AS own FROM patch WHERE patch_id = ? AND {where})
                SELECT count(*) FILTER (attention > points OR (attention = points AND patch_id < own)) AS place
                FROM patch, one WHERE {where} HAVING count(*) > 0""",
            [patch_id, *parameters, *parameters],
        )
        return rows[0]["place"] if rows else None

    @remembered
    def patch_ids(self, chosen: PatchFilter = _ALL) -> list[str]:
        where, parameters = self.condition(chosen)
        return [
            row["patch_id"]
            for row in self._rows(f"SELECT patch_id FROM patch WHERE {where} ORDER BY patch_id", parameters)
        ]

    @remembered
    def patch_changes(self) -> dict[str, str | None]:
        """Change of each patch, in order of attention."""
        rows = self._rows(f"SELECT patch_id, change FROM patch {_ORDER}")
        return {row["patch_id"]: row["change"] for row in rows}

    @remembered
    def counts(self, what: str, chosen: PatchFilter = _ALL) -> dict[str, int]:
        """Patches by "mine_class", "activity", "change" or "verdicts" (of which a patch has several); "" for none."""
        column = {
            "activity": "coalesce(activity, '')",
            "change": "coalesce(change, '')",
            "verdicts": "unnest(verdicts)",
        }
        where, parameters = self.condition(chosen)
        rows = self._rows(
            f"""SELECT code, count(*) AS patches
                FROM (SELECT {column.get(what, "mine_class")} AS code
                      FROM patch LEFT JOIN activity USING (patch_id) WHERE {where})
                GROUP BY code ORDER BY code""",
            parameters,
        )
        return {row["code"]: row["patches"] for row in rows}

    @staticmethod
    def condition(chosen: PatchFilter) -> tuple[str, list[Any]]:
        """A filter as SQL over the table patch, with its parameters."""
        parts: list[tuple[str, list[Any]]] = []
        if text := chosen.text.strip():
            parts.append(
                (
                    """(contains(lower(patch_id || ' ' || name), lower(?))
                        OR patch_id IN (SELECT patch_id FROM verdict WHERE list_contains(permits, ?)))""",
                    [text, text],
                )
            )
        for column, codes in (("mine_class", chosen.classes), ("change", chosen.changes)):
            if codes:
                parts.append((f"list_contains(?, coalesce({column}, ''))", [list(codes)]))
        if chosen.activities:
            of_activity = "SELECT patch_id FROM activity WHERE list_contains(?, activity)"
            parts.append((f"patch_id IN ({of_activity})", [list(chosen.activities)]))
        if chosen.verdicts:
            exact = [one for one in chosen.verdicts if not one.endswith(":") or one == "not_tested:"]
            kinds = [one for one in chosen.verdicts if one not in exact]
            parts.append(
                (
                    "(list_has_any(verdicts, ?) OR list_has_any(list_transform(verdicts, x -> x[:instr(x, ':')]), ?))",
                    [exact, kinds],
                )
            )
        certain, doubtful = ([f"{kind}:{how}" for kind in SUSPECTED] for how in ("certain", "doubtful"))
        if chosen.suspected == "certain":
            parts.append(("list_has_any(verdicts, ?)", [certain]))
        if chosen.suspected == "doubtful":
            parts.append(("(list_has_any(verdicts, ?) AND NOT list_has_any(verdicts, ?))", [doubtful, certain]))
        if chosen.sure > 0:
            parts.append(("patch_id IN (SELECT patch_id FROM activity WHERE class_confidence >= ?)", [chosen.sure]))
        if chosen.since is not None:
            parts.append(("turned >= ?", [chosen.since]))
        if chosen.until is not None:
            parts.append(("turned <= ?", [chosen.until]))
        if chosen.began is not None:
            of_month = f"""SELECT patch_id FROM activity FULL JOIN course USING (patch_id)
                           WHERE date_trunc('month', {BEGAN}) = ?"""
            parts.append((f"patch_id IN ({of_month})", [chosen.began]))
        if chosen.within is not None:
            middle = "(west + east) / 2 >= ? AND (south + north) / 2 >= ? AND (west + east) / 2 < ?"
            parts.append((f"({middle} AND (south + north) / 2 < ?)", list(chosen.within)))
        if chosen.least_m2 > 0:
            parts.append(("area_m2 >= ?", [chosen.least_m2]))
        if chosen.among is not None:
            parts.append(("list_contains(?, patch_id)", [list(chosen.among)]))
        if chosen.but:
            parts.append(("NOT list_contains(?, patch_id)", [list(chosen.but)]))
        return " AND ".join(part for part, _given in parts) or "true", [
            each for _part, given in parts for each in given
        ]
