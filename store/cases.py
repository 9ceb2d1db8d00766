"""A case: how far it has come, what can be done with it, and its trail. `store/casebook.py` keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class State(StrEnum):
    """How far a case has come."""

    OPEN = "open"  # suspected, and nobody has looked yet
    CHECKING = "checking"  # someone is at it
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    CLOSED = "closed"  # it was confirmed, and what had to be done is done


# Someone has still to do something about it.
LIVE = (State.OPEN, State.CHECKING, State.CONFIRMED)


@dataclass(frozen=True)
class Step:
    """What can be done with a case. before : in these states. after : the state that it leads to, None for the same.

    reason : whether the one who does it must say why.
    """

    before: tuple[State, ...]
    after: State | None
    reason: bool


STEPS: Mapping[str, Step] = {
    "take": Step((State.OPEN,), State.CHECKING, reason=False),
    "confirm": Step((State.OPEN, State.CHECKING), State.CONFIRMED, reason=True),
    "dismiss": Step((State.OPEN, State.CHECKING), State.DISMISSED, reason=True),
    "close": Step((State.CONFIRMED,), State.CLOSED, reason=True),
    "reopen": Step((State.CONFIRMED, State.DISMISSED, State.CLOSED), State.OPEN, reason=True),
    "assign": Step(LIVE, None, reason=False),
    "note": Step(tuple(State), None, reason=True),
    "photo": Step(tuple(State), None, reason=False),  # its text is the caption
}


@dataclass(frozen=True)
class Author:
    """Who enters something. identity : what the identity provider knows a person by; empty where nobody signs in."""

    name: str
    identity: str = ""
    role: str = ""


@dataclass(frozen=True)
class Case:
    """A case as it stands.

    patch : identifier within the area. release : that it was opened on. suspicion : what spoke against the patch then,
    "kind:certainty" each. assignee : by name, empty for nobody. due : the day until which it is to be done. version :
    rises with every entry. changed_at : UTC.
    """

    id: int
    area: str
    patch: str
    state: State
    release: str
    suspicion: tuple[str, ...]
    assignee: str
    due: date | None
    opened_at: datetime
    opened_by: str
    changed_at: datetime
    changed_by: str
    version: int

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    def is_overdue(self, today: date) -> bool:
        return self.is_live and self.due is not None and self.due < today


@dataclass(frozen=True)
class Entry:
    """A line of a case's trail: who did what when (UTC), and why. step : one of STEPS, or "open".

    assignee, due : as they were afterwards.
    """

    version: int
    at: datetime
    by: str
    identity: str
    role: str
    step: str
    state: State
    text: str
    assignee: str
    due: date | None


class CasebookError(Exception):
    """The casebook cannot be used, or an entry cannot be made; the message is for developers and logs."""


class CaseChanged(CasebookError):
    """Someone else has made an entry in the meantime. case : as it stands now. since : what they have done."""

    def __init__(self, case: Case, since: Sequence[Entry]) -> None:
        super().__init__(f"case {case.id} is at version {case.version} by now")
        self.case, self.since = case, tuple(since)


class PhotoKept(CasebookError):
    """A photo that is to be added is in the case already. file : as it is called now."""

    def __init__(self, file: str) -> None:
        super().__init__(f"the case has the photo {file} already")
        self.file = file
