"""The register that an area names, read and understood."""

from pathlib import Path

from engine.errors import InputError
from engine.permits.cadastre import Choices
from engine.permits.options import PermitOptions
from engine.permits.quality import QualityReport
from engine.permits.reading import read_cadastre
from engine.permits.register import Register
from engine.permits.registering import make_register

# What the reader and the maker of registers call a choice, and the option in which an area makes it.
_OPTIONS = {"layer": "permits.layer", "encoding": "permits.encoding", "CRS": "permits.crs"}


def open_register(
    options: PermitOptions, folder: Path, *, near: tuple[float, float] | None = None
) -> tuple[Register, QualityReport]:
    """Read an area's register, and the report of its quality.

    Parameters
    ----------
    folder : the area's, to which the path is relative. near : longitude and latitude of the area; coordinate reference
    systems that put the register close to it are named first where it does not say its own.

    Raises
    ------
    InputError
        For a file that cannot be read, that leaves open what an option can say, that lacks a column, in which no permit
        has a number, or in which no kind that is to allow extraction occurs.
    """
    path = folder / options.path
    if not path.is_file():
        raise InputError("the file does not exist", file=path, field="permits.path", mend="correct the path")
    choices = Choices(
        layer=options.layer, encoding=options.encoding, crs=options.crs, override_crs=options.crs is not None
    )
    try:
        cadastre = read_cadastre(path, choices, near=near)
        mapping = None if options.columns is None else options.columns.mapping()
        register, report = make_register(cadastre, mapping)
        _require_numbers(register, options)
        _require_kinds(register, options)
    except InputError as error:
        field = _OPTIONS.get(error.field or "", error.field)
        raise InputError(error.problem, file=path, field=field, mend=error.mend) from None
    return register, report


def _require_numbers(register: Register, options: PermitOptions) -> None:
    """Refuse a column of numbers that an area names, and in which there is none: another must be meant."""
    if options.columns is not None and register.unnumbered == len(register.permits):
        raise InputError(
            "no permit has a number",
            field=options.columns.number,
            mend="name the column by which permits are told apart",
        )


def _require_kinds(register: Register, options: PermitOptions) -> None:
    """Refuse kinds that allow extraction of which the register has none: then nothing at all would be permitted."""
    kinds = set(register.permits["kind"])
    if options.extraction_kinds and not set(options.extraction_kinds) & kinds:
        there = ", ".join(repr(kind) for kind in sorted(kinds)[:20])
        raise InputError(
            f"none of {', '.join(options.extraction_kinds)} occurs in it",
            field="permits.extraction_kinds",
            mend=f"take some of: {there}",
        )
