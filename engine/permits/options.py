"""What an area says of its register of permits."""

import codecs
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from engine.options import Options, Positive
from engine.permits.fields import Field as Canonical


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
    valid_from, valid_to : the first and the last day, in any form that can be told. validity : both in one column.
    issued : the day of issue. area : as declared. top, bottom : elevations between which may be dug, m; elevations :
    both in one column. reclaim_by : the day on which the ground has to be restored.
    """

    number: Column
    mine: Column | None = None
    holder: Column | None = None
    mineral: Column | None = None
    kind: Column | None = None
    status: Column | None = None
    valid_from: Column | None = None
    valid_to: Column | None = None
    validity: Column | None = None
    issued: Column | None = None
    area: Column | None = None
    top: Column | None = None
    bottom: Column | None = None
    elevations: Column | None = None
    reclaim_by: Column | None = None

    def mapping(self) -> dict[Canonical, str]:
        """The column of each field that has one."""
        return {Canonical(name): column for name, column in self.model_dump(exclude_none=True).items()}


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


class JudgingOptions(Options):
    """How patches are held against permits (METHOD §7).

    image_error_m, boundary_error_m, datum_error_m, confidence_factor : standard errors and factor of `Precision`; by
    default what is known of the images, of the outlines, and of the register's datum.
    extraction_kinds : values of the column `kind` that allow extraction; without any, the words of the register decide.
    reclaim_grace_days : after the last day of a permit that does not say by when its ground has to be restored.
    """

    image_error_m: NotNegative | None = None
    boundary_error_m: NotNegative | None = None
    datum_error_m: NotNegative | None = None
    confidence_factor: Positive = 2.0
    extraction_kinds: tuple[str, ...] = ()
    reclaim_grace_days: Annotated[int, Field(ge=0)] = 730


class PermitOptions(JudgingOptions):
    """A register of permits, and how patches are held against it.

    path : of the file, relative to the area's folder. columns : what its columns mean; where none is named, it is told
    by their names and values. layer : of a file with several. encoding : of its texts, such as "GB18030", where it does
    not say it. crs : such as "EPSG:4544", where it does not say it, or says the wrong one. zones : in which nothing may
    be mined.
    """

    path: Path
    columns: PermitColumns | None = None
    layer: str | None = None
    encoding: Encoding | None = None
    crs: str | None = None
    zones: tuple[ZoneOptions, ...] = ()

    @model_validator(mode="after")
    def _kinds_have_a_column(self) -> Self:
        if self.extraction_kinds and self.columns is not None and self.columns.kind is None:
            raise ValueError("extraction_kinds are given, and columns.kind does not say which column holds the kind")
        return self
