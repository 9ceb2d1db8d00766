"""A cadastre file of whatever form, read as it stands: nothing is decided yet of what its columns mean."""

from collections.abc import Sequence
from pathlib import Path

from engine.errors import InputError
from engine.permits.cadastre import Cadastre, Choices
from engine.permits.intake.confinement import prepare, private_folder, read_confined, take_answer
from engine.permits.intake.limits import LIMITS, Limits

_PARTS = frozenset({".shx", ".dbf", ".prj", ".cpg"})  # beside a .shp


def read_cadastre(
    path: Path | Sequence[Path],
    choices: Choices | None = None,
    *,
    near: tuple[float, float] | None = None,
    limits: Limits = LIMITS,
) -> Cadastre:
    """Read a cadastre.

    The file is opened in another process, which cannot take more than its limits; nothing of it stays behind.

    Parameters
    ----------
    path : of a shapefile (zipped, loose, or all its parts), GeoPackage, GeoJSON, KML, KMZ, GeoParquet, or of a table
    (CSV, TSV, XLSX) with corners or WKT. Of a loose shapefile that is named alone, the parts beside it are read, too.
    choices : what a person says of it. near : longitude and latitude of the place in question; systems that put the
    file close to it are guessed first.

    Raises
    ------
    InputError
        When the file cannot be read, holds no polygons, asks for more than the limits, or leaves open which layer is
        meant. A missing coordinate reference system is no error: the cadastre then lists those that are possible.
    """
    paths = parts_of(path) if isinstance(path, Path) else list(path)
    if not paths:
        raise InputError("no file was given", mend="supply one")
    with private_folder() as folder:
        request = prepare(paths, folder, choices=choices or Choices(), near=near, limits=limits)
        read_confined([folder], limits.seconds)
        return take_answer(folder, request)


def parts_of(path: Path) -> list[Path]:
    """A file, and the parts beside it where it is a loose shapefile."""
    if path.suffix.lower() != ".shp" or not path.is_file():
        return [path]
    return [
        path,
        *sorted(
            other
            for other in path.parent.iterdir()
            if other.stem.casefold() == path.stem.casefold() and other.suffix.lower() in _PARTS
        ),
    ]
