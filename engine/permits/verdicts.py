"""Verdicts of a patch against a register of permits, each a kind with its reasons as codes and parameters."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class VerdictKind(StrEnum):
    NOT_TESTED = "not_tested"


@dataclass(frozen=True)
class Reason:
    """Why, as a code with parameters; `engine.wording` makes the sentence."""

    code: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    kind: VerdictKind
    reasons: tuple[Reason, ...]


def without_register() -> Verdict:
    """What can be said of a patch when there are no permits to hold it against: nothing, and why."""
    return Verdict(VerdictKind.NOT_TESTED, (Reason("no_register"),))
