"""The register of permits of an area: read before the long work, and held against the patches at its end."""

from pathlib import Path

from engine.area import Area
from engine.permits.opening import read_register
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
    odd = {
        "without dates": register.without_dates,
        "without an outline": register.without_outline,
        "without a number": register.unnumbered,
        "with the number of another": register.ambiguous,
    }
    said = [f"{count} {what}" for what, count in odd.items() if count]
    return f"permits: {len(register.permits)}" + (f" ({', '.join(said)})" if said else "")
