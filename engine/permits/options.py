"""What an area says of its register of permits."""

import codecs
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from engine.options import Options, Positive


def _known_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"no encoding '{name}' is known; try GB18030 or UTF-8") from None


Column = Annotated[str, Field(min_length=1)]
Encoding = Annotated[str, AfterValidator(_known_encoding)]
NotNegative = Annotated[float, Field(ge=0)]


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


class ZoneOptions(Options):
    """A layer of zones in which nothing may be mined.

    path : of a GeoPackage, shapefile or GeoJSON, relative to the area's folder. name, since : its columns of the zones'
    names and of the day from which each is in force; without that column they always were. layer : of a file with
    several. encoding : of a shapefile's texts. crs : where the file does not say it, such as "EPSG:4544".
    """

    path: Path
    name: Column | None = None
    since: Column | None = None
    layer: str | None = None
    encoding: Encoding | None = None
    crs: str | None = None


class PermitOptions(Options):
    """A register of permits, and how patches are held against it (METHOD §7).

    path : of a shapefile (loose or zipped), GeoPackage or GeoJSON, relative to the area's folder. layer : of a file
    with several. encoding : of a shapefile's texts, such as "GB18030", where no .cpg says it.
    extraction_kinds : values of the column `kind` that allow extraction; without any, the words of the register decide.
    zones : in which nothing may be mined.

    image_error_m, boundary_error_m, datum_error_m, confidence_factor : standard errors and factor of `Precision`; the
    first two are by default what is known of the images and of the outlines.
    reclaim_grace_days : after the last day of a permit that does not say by when its ground has to be restored.
    """

    path: Path
    columns: PermitColumns
    layer: str | None = None
    encoding: Encoding | None = None
    image_error_m: NotNegative | None = None
    boundary_error_m: NotNegative | None = None
    datum_error_m: NotNegative = 1.3
    confidence_factor: Positive = 2.0
    extraction_kinds: tuple[str, ...] = ()
    zones: tuple[ZoneOptions, ...] = ()
    reclaim_grace_days: Annotated[int, Field(ge=0)] = 730

    @model_validator(mode="after")
    def _kinds_have_a_column(self) -> Self:
        if self.extraction_kinds and self.columns.kind is None:
            raise ValueError("extraction_kinds are given, and columns.kind does not say which column holds the kind")
        return self
