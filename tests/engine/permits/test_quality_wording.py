"""Every note that the making of a register can leave has a sentence."""

import re
from pathlib import Path

import pytest

from engine.permits import cells, quality, registering
from engine.permits.columns import How
from engine.permits.fields import Field
from engine.permits.meanings import PermitKind, PermitStatus
from engine.wording.quality import field_name, how_known, kind_name, quality_note, status_name

NOTED = re.compile(r'(?:Heading\.\w+, |_refused\()"(\w+)"')
CODES = sorted(
    {
        code
        for module in (cells, quality, registering)
        for code in NOTED.findall(Path(str(module.__file__)).read_text(encoding="utf-8"))
    }
    | {"day_first", "month_first", "dates_serial", "dates_epoch", "date_order_undecided", "date_order_from_others"}
    | {"area_unit_guessed", "area_unit_in_heading"}
    | {"without_number", "number_of_another", "without_outline", "without_dates"}
)
PARAMETERS = {
    **{"field": "valid_to", "column": "到期", "count": 2, "texts": ["soon", "?"], "unit": "ha", "read": "ha"},
    **{"meant": "km2", "sign": ",", "compared": 10, "some": 3, "much": 1, "ratio": 0.9988},
    **{"crs": "Xian 1980", "error_m": 50.0},
}


def test_the_codes_were_found() -> None:
    assert {"not_a_date", "no_number_column", "without_dates", "areas_compared", "rows_joined"} <= set(CODES)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("count", [1, 2])
def test_every_note_has_a_sentence(code: str, count: int) -> None:
    sentence = quality_note(code, {**PARAMETERS, "count": count})
    assert sentence.endswith(("…", "."))
    assert "{" not in sentence


def test_a_sentence_names_the_column_and_the_texts() -> None:
    said = quality_note("not_a_date", {"column": "到期", "count": 2, "texts": ["soon", "?"]})
    assert said == "2 cells in “到期” are no dates and count as empty: “soon”, “?”."


def test_a_code_of_another_room_is_none() -> None:
    with pytest.raises(KeyError):
        quality_note("overlaps", {})


def test_every_field_kind_status_and_way_has_a_name() -> None:
    assert all(field_name(field) for field in Field)
    assert all(kind_name(kind) for kind in PermitKind)
    assert all(status_name(status) for status in PermitStatus)
    assert all(how_known(how) for how in [*How, "chosen"])
