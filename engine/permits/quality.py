"""The quality report of a register: what was read, mended, guessed and refused, and how its areas agree."""

import datetime
import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from engine.permits.cadastre import Heading, Note
from engine.permits.fields import Field
from engine.permits.meanings import kind_of, status_of
from engine.permits.quantities import SQUARE_METRES, Floats
from engine.permits.register import Register

_SOME, _MUCH = 0.01, 0.10  # of the area of an outline
_WORST = 50  # permits whose areas differ most
_UNIT_FITS = 0.05  # logarithm of a ratio up to which it is that of two units


@dataclass(frozen=True)
class ColumnRead:
    """A column under the name that the engine uses. how : "alias", "prefix", "values" or "chosen". filled : how many
    of its cells say something."""

    field: Field
    column: str
    how: str
    confidence: float
    samples: tuple[str, ...]
    filled: int


@dataclass(frozen=True)
class AreaDifference:
    number: str
    declared_m2: float
    geodesic_m2: float


@dataclass(frozen=True)
class Areas:
    """Areas as declared against those of the outlines. ratio : the middle one, declared by geodesic. over_1_percent,
    over_10_percent : how many differ by more. worst : those that differ by more than 1 %, the most first."""

    compared: int
    ratio: float
    over_1_percent: int
    over_10_percent: int
    worst: tuple[AreaDifference, ...]


@dataclass(frozen=True)
class QualityReport:
    """name, sha256, form, layer, encoding, crs : of the file, as in its cadastre. rows : records in it. left_over : its
    columns that nothing was made of. statuses, kinds : how many permits are of each, as understood. areas : None where
    nothing could be compared. counts : of permits, and of what is odd about them."""

    name: str
    sha256: str
    form: str
    layer: str
    encoding: str | None
    crs: str
    rows: int
    columns: tuple[ColumnRead, ...]
    left_over: tuple[str, ...]
    notes: tuple[Note, ...]
    statuses: dict[str, int]
    kinds: dict[str, int]
    areas: Areas | None
    counts: dict[str, int]

    @property
    def mapping(self) -> dict[Field, str]:
        return {column.field: column.column for column in self.columns}

    @property
    def mapped_unaided(self) -> int:
        """How many columns were found without help."""
        return sum(column.how != "chosen" for column in self.columns)

    def under(self, heading: Heading) -> tuple[Note, ...]:
        return tuple(note for note in self.notes if note.heading is heading)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "QualityReport":
        """Raises ValueError, KeyError or TypeError for a text that is no report."""
        said: dict[str, Any] = json.loads(text)
        areas = said.pop("areas")
        return cls(
            **said
            | {
                "columns": tuple(_column(one) for one in said["columns"]),
                "left_over": tuple(said["left_over"]),
                "notes": tuple(_note(one) for one in said["notes"]),
            },
            areas=areas and Areas(**areas | {"worst": tuple(AreaDifference(**one) for one in areas["worst"])}),
        )


def _column(said: dict[str, Any]) -> ColumnRead:
    return ColumnRead(**said | {"field": Field(said["field"]), "samples": tuple(said["samples"])})


def _note(said: dict[str, Any]) -> Note:
    return Note(Heading(said["heading"]), said["code"], said["parameters"], tuple(said["rows"]))


def compare_areas(permits: pd.DataFrame, geodesic_m2: Floats) -> tuple[Areas | None, list[Note]]:
    """Declared areas against those of the outlines, and what follows from it."""
    declared = permits["declared_m2"].to_numpy(float)
    both = np.flatnonzero((declared > 0) & (geodesic_m2 > 0))
    if not len(both):
        return None, []
    ratios = declared[both] / geodesic_m2[both]
    off = np.abs(ratios - 1)
    order = [place for place in np.argsort(-np.abs(np.log(ratios)), kind="stable") if off[place] > _SOME][:_WORST]
    numbers = permits["number"].to_numpy()[both]
    areas = Areas(
        len(both),
        float(np.median(ratios)),
        int((off > _SOME).sum()),
        int((off > _MUCH).sum()),
        tuple(
            AreaDifference(str(numbers[place]), float(declared[both][place]), float(geodesic_m2[both][place]))
            for place in order
        ),
    )
    return areas, _notes_on_areas(areas)


def _notes_on_areas(areas: Areas) -> list[Note]:
    counts = {"compared": areas.compared, "some": areas.over_1_percent, "much": areas.over_10_percent}
    notes = [Note(Heading.READ, "areas_compared", {**counts, "ratio": round(areas.ratio, 4)})]
    for one, a in SQUARE_METRES.items():
        for other, b in SQUARE_METRES.items():
            if one != other and abs(np.log(areas.ratio * b / a)) < _UNIT_FITS:
                notes.append(Note(Heading.GUESSED, "area_unit_suspect", {"read": one, "meant": other}))
    return notes


def count_terms(permits: pd.DataFrame) -> tuple[dict[str, int], dict[str, int]]:
    """How many permits are of each status and of each kind, the most first."""
    statuses = Counter(str(status_of(text)) for text in permits["status"])
    kinds = Counter(str(kind_of(text)) for text in permits["kind"])
    return dict(statuses.most_common()), dict(kinds.most_common())


def count_on(register: Register, day: datetime.date) -> dict[str, int]:
    """How many permits are "valid", "expired", "not_begun", "without_dates" on a day, by their dates alone."""
    first = register.permits["valid_from"].fillna(datetime.date.min)
    last = register.permits["valid_to"].fillna(datetime.date.max)
    without = register.permits["valid_from"].isna() & register.permits["valid_to"].isna()
    expired, not_begun = (last < day) & ~without, (first > day) & (last >= day) & ~without
    counts = {"expired": int(expired.sum()), "not_begun": int(not_begun.sum()), "without_dates": int(without.sum())}
    return {"valid": len(register.permits) - sum(counts.values()), **counts}
