"""What an area says of its register of permits."""

import codecs
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from engine.options import Options

Column = Annotated[str, Field(min_length=1)]


class PermitColumns(Options):
    """The register's own names of its columns; only `number` must be there.

    number : by which a permit is named; rows of one number are one permit. mine, holder, mineral : for people.
    kind : what it is a permit for, such as extraction or exploration. status : as the register says it.
    valid_from, valid_to : the first and the last day, as dates or as text (2020-12-31, 2020/12/31, 20201231).
    """

    number: Column
    mine: Column | None = None
    holder: Column | None = None
    mineral: Column | None = None
    kind: Column | None = None
    status: Column | None = None
    valid_from: Column | None = None
    valid_to: Column | None = None


class PermitOptions(Options):
    """A register of permits, and how patches are held against it (METHOD §7).

    path : of a shapefile (loose or zipped), GeoPackage or GeoJSON, relative to the area's folder. layer : of a file
    with several. encoding : of a shapefile's texts, such as "GB18030", where no .cpg says it.
    positional_error_m : how far outlines and permits together may lie off; what lies outside by less is doubtful.
    extraction_kinds : values of the column `kind` that allow extraction; without any, every kind does.
    """

    path: Path
    columns: PermitColumns
    layer: str | None = None
    encoding: str | None = None
    positional_error_m: Annotated[float, Field(ge=0)] = 5.0
    extraction_kinds: tuple[str, ...] = ()

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, name: str | None) -> str | None:
        try:
            return name if name is None else codecs.lookup(name).name
        except LookupError:
            raise ValueError(f"no encoding '{name}' is known; try GB18030 or UTF-8") from None

    @model_validator(mode="after")
    def _kinds_have_a_column(self) -> Self:
        if self.extraction_kinds and self.columns.kind is None:
            raise ValueError("extraction_kinds are given, and columns.kind does not say which column holds the kind")
        return self
