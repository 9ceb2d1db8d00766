"""The order of the triage list: how much a patch asks to be looked at, in points whose parts are shown.

Every part grows, or stays, as what it is made of grows, and parts add up. So a patch that is worse in one respect and
no better in any other never stands further down. 100 points at most; weights are a judgement, not a measurement:

| part | points | of what |
| --- | --- | --- |
| verdict | 0–40 | the gravest verdict against the patch, half of it where doubtful; less where the outline is unsure |
| ground | 0–15 | ground that the verdicts are about, by its logarithm: 100 m² are 4, 10 ha and more are 15 |
| activity | 0–15 | motion or loss of coherence in the patch, times the confidence of the class |
| rate | 0–10 | the median rate of the moving ground, up to 20 mm/yr |
| recent | 0–8 | how late motion began, turned faster or made a step, or coherence was lost, within the series |
| change | 0–12 | new or grown ground, up to 2 ha |
"""

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

# Of each kind of verdict, with what weighs most in law first.
_VERDICTS = {
    "no_permit": 40.0,
    "prohibited_zone": 40.0,
    "after_expiry": 36.0,
    "before_start": 36.0,
    "crosses": 30.0,
    "exploration_only": 28.0,
    "other_mineral": 26.0,
    "not_reclaimed": 18.0,
    "renewal_pending": 4.0,
}
_DOUBTFUL = 0.5
_GROUND, _FULL_GROUND_M2, _LEAST_GROUND_M2 = 15.0, 1e5, 25.0
_ACTIVITY = {"negative": 15.0, "positive": 15.0, "decorrelated": 15.0, "settlement": 3.0, "not_observable": 1.0}
_RATE, _FULL_RATE = 10.0, 20.0
_RECENT = 8.0
_RECENT_TURNS = ("onset", "faster", "step", "reversal")
_CHANGE, _FULL_CHANGE_M2 = 12.0, 2e4
_WORK = ("negative", "positive", "decorrelated")


def attention(
    patch: Mapping[str, Any], verdicts: Iterable[Mapping[str, Any]], period: tuple[date, date] | None
) -> dict[str, float]:
    """Points by part, those above 0 alone.

    Parameters
    ----------
    patch : columns of the store's tables patch, activity and course; missing or None where nothing is known.
    verdicts : on the patch, columns of the table verdict.
    period : first and last date of the radar's series; None without radar.
    """
    against = [one for one in verdicts if one["kind"] in _VERDICTS]
    parts = {
        "verdict": max((_weight(one) for one in against), default=0.0) * _outline(patch),
        "ground": max((_of_ground(one.get("likely_m2")) for one in against), default=0.0),
        "activity": _of_activity(patch),
        "rate": _of_rate(patch),
        "recent": _recent(patch, period),
        "change": _of_change(patch),
    }
    return {name: round(points, 2) for name, points in parts.items() if points > 0}


def _weight(verdict: Mapping[str, Any]) -> float:
    return _VERDICTS[verdict["kind"]] * (_DOUBTFUL if verdict["certainty"] == "doubtful" else 1.0)


def _outline(patch: Mapping[str, Any]) -> float:
    """What is left of the points of a verdict on an outline that a model found: half, where it was not sure at all."""
    confidence = _number(patch.get("confidence"))
    return 1.0 if confidence is None else 0.5 + 0.5 * confidence


def _number(value: Any) -> float | None:
    """A number, None where it is not known."""
    return None if value is None or value != value else float(value)


def _of_ground(square_metres: Any) -> float:
    ground = _number(square_metres) or 0.0
    scale = math.log1p(_FULL_GROUND_M2 / _LEAST_GROUND_M2)
    return _GROUND * min(1.0, math.log1p(max(ground, 0.0) / _LEAST_GROUND_M2) / scale)


def _of_activity(patch: Mapping[str, Any]) -> float:
    points = _ACTIVITY.get(patch.get("activity") or "", 0.0)
    confidence = _number(patch.get("class_confidence"))
    return points * confidence if confidence is not None and patch["activity"] in _WORK else points


def _of_rate(patch: Mapping[str, Any]) -> float:
    rate = _number(patch.get("median_rate"))
    if patch.get("activity") not in _WORK or rate is None:
        return 0.0
    return _RATE * min(1.0, abs(rate) / _FULL_RATE)


def _recent(patch: Mapping[str, Any], period: tuple[date, date] | None) -> float:
    if period is None or patch.get("activity") not in _WORK or period[1] <= period[0]:
        return 0.0
    days = [patch.get("lost_first"), patch.get("day") if patch.get("turn") in _RECENT_TURNS else None]
    known = [day for day in days if isinstance(day, date) and day == day]  # pandas' NaT is a date, and no day
    passed = [(day - period[0]) / (period[1] - period[0]) for day in known]
    return _RECENT * min(1.0, max([0.0, *passed]))


def _of_change(patch: Mapping[str, Any]) -> float:
    gained = _number(patch.get("change_m2"))
    if patch.get("change") not in ("new", "grown") or gained is None:
        return 0.0
    return _CHANGE * min(1.0, max(0.0, gained) / _FULL_CHANGE_M2)
