"""The register of permits of an area and its zones, read before the long work."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from engine.area import Area
from engine.deformation.readers import open_stack
from engine.imagery import open_source
from engine.permits import opening
from engine.permits.cadastre import Heading
from engine.permits.options import JudgingOptions
from engine.permits.precision import Precision
from engine.permits.quality import QualityReport
from engine.permits.register import Register
from engine.permits.versions import read_version, version_file, versions
from engine.permits.zones import read_zones, zone_files
from engine.vectors import vector_files
from engine.wording import note
from engine.wording.quality import field_name, how_known
from store.home import Home

_ODD = {
    "without_dates": "without dates",
    "without_outline": "without an outline",
    "unnumbered": "without a number",
    "ambiguous": "with the number of another",
    "joined": "of several rows",
    "mended": "with a mended outline",
}


@dataclass(frozen=True)
class OpenedRegister:
    """The register of an area with the zones in which nothing may be mined.

    name : of its file, or of the saved version. version : its identifier; None for one that area.toml names. files :
    that it was read from.
    """

    register: Register
    report: QualityReport
    zones: gpd.GeoDataFrame
    options: JudgingOptions
    name: str
    version: str | None
    files: tuple[Path, ...]

    def facts(self, precision: Precision) -> dict[str, Any]:
        """What the release says of it."""
        return {
            "name": self.name,
            "sha256": self.report.sha256,
            "crs": self.register.crs,
            "permits": len(self.register.permits),
            "version": self.version,
            "report": self.register.report(),
            "error_m": precision.total_m,
        }


def open_register(area: Area, home: Home) -> OpenedRegister | None:
    """The register that was saved last in the app, else the one that area.toml names; None in an area without one."""
    options, folder = area.options.permits, home.registers(area.name)
    zones = read_zones(options.zones if options else (), area.folder)
    of_zones = zone_files(options.zones, area.folder) if options else []
    if saved := versions(folder):
        register, report, version = read_version(folder, saved[0].id)
        files = (version_file(folder, version.id), *of_zones)
        judging = _for_kinds(options or JudgingOptions(), register)
        return OpenedRegister(register, report, zones, judging, version.name, version.id, files)
    if options is None:
        return None
    register, report = opening.open_register(options, area.folder, near=_middle(area))
    files = (*vector_files(area.folder / options.path), *of_zones)
    return OpenedRegister(register, report, zones, options, str(options.path), None, files)


def _for_kinds(options: JudgingOptions, register: Register) -> JudgingOptions:
    """The options without kinds that were named for another register: none of its own would allow extraction."""
    if set(options.extraction_kinds) & set(register.permits["kind"]):
        return options
    return options.model_copy(update={"extraction_kinds": ()})


def _middle(area: Area) -> tuple[float, float] | None:
    """Longitude and latitude of the first image, or else of the stack; None in an area of outlines alone."""
    options = area.options
    if options.imagery:
        grid = open_source(options.imagery.in_order[0], options.imagery, area.folder).grid
    elif options.stack:
        grid = open_stack(options.stack, area.folder).grid
    else:
        return None
    west, south, east, north = grid.bounds_lonlat
    return (west + east) / 2, (south + north) / 2


def check_permits(area: Area, home: Home) -> str:
    """Read the register and the zones; a summary, empty without one."""
    opened = open_register(area, home)
    if opened is None:
        return ""
    found = list(_lines(opened.report))
    return "\n".join([*found, f"  prohibited zones: {len(opened.zones)}"] if len(opened.zones) else found)


def _lines(report: QualityReport) -> Iterator[str]:
    """Counts, guessed columns, and what was mended, guessed or refused in words."""
    said = [f"{report.counts[name]} {what}" for name, what in _ODD.items() if report.counts.get(name)]
    yield f"permits: {report.counts['permits']}" + (f" ({', '.join(said)})" if said else "")
    for column in report.columns:
        if column.how != "chosen":
            yield f"  {field_name(column.field)}: column '{column.column}', {how_known(column.how)}"
    for heading in (Heading.MENDED, Heading.GUESSED, Heading.REFUSED):
        for one in report.under(heading):
            yield f"  {heading}: {note(one.code, one.parameters)}"
