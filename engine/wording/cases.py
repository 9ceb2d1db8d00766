"""What is said of cases: their states, what can be done with one, and what was."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from engine.wording.language import gettext as _
from engine.wording.language import ngettext
from engine.wording.numbers import day, number


def case_state_name(state: str) -> str:
    return {
        "open": _("to be checked"),
        "checking": _("being checked"),
        "confirmed": _("confirmed"),
        "dismissed": _("dismissed"),
        "closed": _("closed"),
    }[state]


def case_step_name(step: str) -> str:
    """As a button has it."""
    return {
        "open": _("Open a case"),
        "take": _("I check it"),
        "confirm": _("Confirm"),
        "dismiss": _("Dismiss"),
        "close": _("Close"),
        "reopen": _("Open again"),
        "assign": _("Assign"),
        "note": _("Note"),
        "photo": _("Add photos"),
    }[step]


def case_step_meaning(step: str) -> str:
    return {
        "open": case_opening_meaning(1),
        "take": _("You are looking into it, and others need not."),
        "confirm": _("The suspicion is right: it was seen on the ground, or is proven otherwise."),
        "dismiss": _("The suspicion is wrong, or nothing is to be done about it."),
        "close": _("What had to be done about it is done."),
        "reopen": _("It has to be looked at once more."),
        "assign": _("Who looks at it, and until when."),
        "note": _("What others should know; the state stays as it is."),
        "photo": _("What was seen on the ground. Each file is kept as it is, and stays in the case."),
    }[step]


def case_opening_meaning(patches: int) -> str:
    """What it means to open a case for each of some patches."""
    return ngettext(
        "Someone has to look at this patch. From then on everyone sees how far that has come.",
        "Someone has to look at each of these {count} patches. From then on everyone sees how far that has come.",
        patches,
    ).format(count=number(patches))


def case_reason_label(step: str) -> str:
    """What is asked for with a step."""
    return {
        "confirm": _("What was found, and how"),
        "dismiss": _("Why"),
        "close": _("What was done"),
        "reopen": _("Why"),
        "note": _("Note"),
        "photo": _("What they show"),
    }.get(step, _("Remark, if any"))


def case_entry(entry: Mapping[str, Any], photos: int = 0) -> str:
    """What someone did, after their name. entry : fields of the store's `Entry`. photos : how many came with it."""
    if entry["step"] == "photo":
        return ngettext("added {count} photo", "added {count} photos", photos).format(count=number(photos))
    if entry["step"] == "assign":
        to = entry["assignee"] or _("nobody")
        if entry["due"] is None:
            return _("assigned it to {person}, without a day").format(person=to)
        return _("assigned it to {person}, until {day}").format(person=to, day=day(entry["due"]))
    return {
        "open": _("opened the case"),
        "take": _("took it on"),
        "confirm": _("confirmed it"),
        "dismiss": _("dismissed it"),
        "close": _("closed it"),
        "reopen": _("opened it again"),
        "note": _("noted"),
    }[entry["step"]]


def case_outcome(state: str, trail: Sequence[Mapping[str, Any]]) -> str:
    """Who confirmed or dismissed a case, and when; empty while nobody has. trail : fields of the store's `Entry`."""
    step = {"confirmed": "confirm", "closed": "confirm", "dismissed": "dismiss"}.get(state)
    for entry in reversed(trail):
        if entry["step"] == step:
            said = _("Confirmed on {day} by {person}.") if step == "confirm" else _("Dismissed on {day} by {person}.")
            return said.format(day=day(entry["at"].date()), person=entry["by"])
    return ""


def person_role_name(role: str) -> str:
    """Of someone who signs in; as it stands where there is no such role any more."""
    return {
        "administrator": _("administrator"),
        "analyst": _("analyst"),
        "manager": _("manager"),
        "inspector": _("inspector"),
    }.get(role, role)


def moment(at: datetime) -> str:
    """A moment that is given in UTC, to the minute."""
    return f"{day(at.date())} {at:%H:%M} UTC"


def case_due(due: date | None, *, overdue: bool) -> str:
    """The day until which a case is to be done; empty for none."""
    if due is None:
        return ""
    return _("{day}, overdue").format(day=day(due)) if overdue else day(due)
