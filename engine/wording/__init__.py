"""Sentences from codes and parameters, in the reader's language: the one place where facts become words.

Texts go through gettext with English as the message; `use_language` sets the language of the current thread of work.
Numbers carry their unit, and their uncertainty where there is one; minus is a minus sign.
"""

from engine.wording import dossiers
from engine.wording.cadastres import note
from engine.wording.language import gettext, joined, language, ngettext, use_language
from engine.wording.names import (
    activity_name,
    change_facts,
    change_name,
    class_name,
    layer_name,
    reference_name,
    state_name,
    unit_name,
)
from engine.wording.numbers import day, hectares, hectares_with_margin, number, percent, period, place, rate
from engine.wording.statements import convention, patch_statement, pixel_statement
from engine.wording.verdicts import area_range, outside_range, reason, validity, verdict_name

__all__ = [
    "activity_name",
    "area_range",
    "change_facts",
    "change_name",
    "class_name",
    "convention",
    "day",
    "dossiers",
    "gettext",
    "hectares",
    "hectares_with_margin",
    "joined",
    "language",
    "layer_name",
    "ngettext",
    "note",
    "number",
    "outside_range",
    "patch_statement",
    "percent",
    "period",
    "pixel_statement",
    "place",
    "rate",
    "reason",
    "reference_name",
    "state_name",
    "unit_name",
    "use_language",
    "validity",
    "verdict_name",
]
