"""The register of permits of an area: read before the long work, and held against the patches at its end."""

from pathlib import Path

from engine.area import Area
from engine.permits.reading import read_register
from engine.permits.register import Register
from engine.vectors import vector_files


def open_register(area: Area) -> Register | None:
    """The register; None in an area without one."""
    options = area.options.permits
    return read_register(options, area.folder) if options else None


def register_files(area: Area) -> list[Path]:
    options = area.options.permits
    return vector_files(area.folder / options.path) if options else []


def check_permits(area: Area) -> str:
    """Read the register; a summary, empty without one."""
    register = open_register(area)
    if register is None:
        return ""
    summary = f"permits: {len(register.permits)}"
    if missing := len(register.without_dates):
        summary += f", {missing} of them without dates"
    if missing := len(register.without_outline):
        summary += f", {missing} of them without an outline"
    return summary
