"""What the days of permits say against a patch: work after the last or before the first, ground not restored."""

import datetime
from collections.abc import Sequence

from engine.permits.meanings import PermitStatus
from engine.permits.subjects import Subject
from engine.permits.validity import Reason, Terms
from engine.permits.verdicts.kinds import Area, Certainty, Verdict, VerdictKind
from engine.permits.work import Sign

_DAY = datetime.timedelta(days=1)


def before_start(matching: Sequence[Terms], signs: Sequence[Sign], day: datetime.date, area: Area) -> Verdict | None:
    """Work before a permit began, and while no other can have been valid."""
    for sign in sorted(signs, key=lambda one: one.by):
        late = [one for one in matching if one.valid_from is not None and one.valid_from > sign.by]
        if late and _without_permit(sign, matching):
            first = min(one.valid_from for one in late if one.valid_from is not None)
            reason = Reason(f"{sign.code}_before", _dated(sign) | {"permits": _numbers(late), "first": str(first)})
            return Verdict(VerdictKind.BEFORE_START, Certainty.CERTAIN, (reason,), day, area, tuple(_numbers(late)))
    return None


def lapsed(
    subject: Subject,
    expired: Sequence[Terms],
    matching: Sequence[Terms],
    signs: Sequence[Sign],
    day: datetime.date,
    grace: datetime.timedelta,
    area: Area,
) -> tuple[list[Verdict], list[Reason]]:
    """Of permits that had run out by a day: verdicts, and what could not be told."""
    last = max(expired, key=lambda one: one.valid_to or datetime.date.min)
    assert last.valid_to is not None
    end, permits = last.valid_to, (last.number,)
    known = {"permit": last.number, "last": str(end)}
    after = max(
        (one for one in signs if one.after >= end and _without_permit(one, matching)),
        key=lambda one: one.after,
        default=None,
    )
    days = (after.after - end).days + 1 if after else None
    since = end + _DAY
    if last.word is PermitStatus.RENEWAL_PENDING:
        reasons = [Reason("renewal_accepted", known | {"status": last.status})]
        reasons += [_after(after, last, days)] if after and days else []
        return [
            Verdict(VerdictKind.RENEWAL_PENDING, Certainty.CERTAIN, tuple(reasons), day, area, permits, since, days)
        ], []
    found, open_points = [], []
    if after and days:
        why = (_after(after, last, days),)
        found.append(Verdict(VerdictKind.AFTER_EXPIRY, Certainty.CERTAIN, why, day, area, permits, since, days))
    elif subject.growth is not None and subject.growth.after < end < subject.growth.by:
        growth = subject.growth
        open_points.append(Reason("expired_within_growth", known | _dated(Sign("growth", growth.after, growth.by))))
    else:
        open_points.append(Reason("expired_without_sign", known))
    duty = _not_reclaimed(subject, last, signs, day, grace)
    if duty is not None:
        reason, due, certainty = duty
        found.append(Verdict(VerdictKind.NOT_RECLAIMED, certainty, (reason,), day, area, permits, since=due + _DAY))
    return found, open_points


def _not_reclaimed(
    subject: Subject, last: Terms, signs: Sequence[Sign], day: datetime.date, grace: datetime.timedelta
) -> tuple[Reason, datetime.date, Certainty] | None:
    """Why ground counts as not restored, since when it should be, and how sure that is: a term that the permit does not
    state is what is usual."""
    assert last.valid_to is not None
    stated = last.reclaim_by is not None
    due = last.reclaim_by or min(last.valid_to, datetime.date.max - grace) + grace
    if due >= day or subject.latest.date is None:
        return None
    known = {"permit": last.number, "last": str(last.valid_to), "due": str(due), "date": str(day)}
    certainty = Certainty.CERTAIN if stated else Certainty.DOUBTFUL
    if subject.stands:
        return Reason("still_bare" if stated else "still_bare_after_grace", known), due, certainty
    if any(sign.after >= due for sign in signs):
        return Reason("still_worked" if stated else "still_worked_after_grace", known), due, certainty
    return None


def _without_permit(sign: Sign, matching: Sequence[Terms]) -> bool:
    """Whether none of the permits can have been valid while there was work."""
    return not any(
        (one.valid_from is None or one.valid_from <= sign.by) and (one.valid_to is None or one.valid_to > sign.after)
        for one in matching
    )


def _after(sign: Sign, last: Terms, days: int | None) -> Reason:
    known = {"permit": last.number, "last": str(last.valid_to), "days": days}
    return Reason(f"{sign.code}_after", _dated(sign) | known)


def _dated(sign: Sign) -> dict[str, str]:
    return {"after": str(sign.after), "by": str(sign.by)}


def _numbers(terms: Sequence[Terms]) -> list[str]:
    return [one.number for one in terms]
