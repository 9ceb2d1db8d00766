"""Sentences from codes and parameters, in the reader's language: the one place where facts become words.

Texts go through gettext with English as the message; `use_language` sets the language of the current thread of work.
Numbers carry their unit, and their uncertainty where there is one; minus is a minus sign.
"""

from engine.wording import dossiers
from engine.wording.accuracy import ground_name, role_name
from engine.wording.cadastres import cadastre_form
from engine.wording.cases import (
    case_due,
    case_entry,
    case_opening_meaning,
    case_outcome,
    case_reason_label,
    case_state_name,
    case_step_meaning,
    case_step_name,
    moment,
    person_role_name,
)
from engine.wording.courses import turn_facts, turn_name
from engine.wording.differences import made_difference_name, patch_difference_name
from engine.wording.language import LANGUAGES, gettext, joined, language, ngettext, use_language
from engine.wording.names import (
    activity_name,
    attention_name,
    category_name,
    change_facts,
    change_name,
    class_name,
    correction_name,
    form_name,
    layer_name,
    reference_name,
    state_name,
    unit_name,
)
from engine.wording.notes import note
from engine.wording.numbers import day, ground, hectares, hectares_with_margin, number, percent, period, place, rate
from engine.wording.overview import (
    Figure,
    notable_words,
    overview_column,
    overview_figures,
    overview_heading,
    overview_notes,
)
from engine.wording.photos import photo_facts, photo_far, photo_problem, photo_taken
from engine.wording.quality import (
    field_name,
    heading_name,
    how_known,
    kind_name,
    register_change_name,
    status_name,
)
from engine.wording.statements import convention, patch_statement, pixel_statement
from engine.wording.verdicts import (
    area_range,
    outside_range,
    reason,
    validity,
    verdict_change_name,
    verdict_name,
    verdict_title,
)

__all__ = [
    "LANGUAGES",
    "Figure",
    "activity_name",
    "area_range",
    "attention_name",
    "cadastre_form",
    "case_due",
    "case_entry",
    "case_opening_meaning",
    "case_outcome",
    "case_reason_label",
    "case_state_name",
    "case_step_meaning",
    "case_step_name",
    "category_name",
    "change_facts",
    "change_name",
    "class_name",
    "convention",
    "correction_name",
    "day",
    "dossiers",
    "field_name",
    "form_name",
    "gettext",
    "ground",
    "ground_name",
    "heading_name",
    "hectares",
    "hectares_with_margin",
    "how_known",
    "joined",
    "kind_name",
    "language",
    "layer_name",
    "made_difference_name",
    "moment",
    "ngettext",
    "notable_words",
    "note",
    "number",
    "outside_range",
    "overview_column",
    "overview_figures",
    "overview_heading",
    "overview_notes",
    "patch_difference_name",
    "patch_statement",
    "percent",
    "period",
    "person_role_name",
    "photo_facts",
    "photo_far",
    "photo_problem",
    "photo_taken",
    "pixel_statement",
    "place",
    "rate",
    "reason",
    "reference_name",
    "register_change_name",
    "role_name",
    "state_name",
    "status_name",
    "turn_facts",
    "turn_name",
    "unit_name",
    "use_language",
    "validity",
    "verdict_change_name",
    "verdict_name",
    "verdict_title",
]
