"""What a file is, told from how it begins: what it is called may be wrong, or meant to mislead."""

from pathlib import Path

from engine.errors import InputError

_HEAD = 4096
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"AC10", "a drawing (DWG)"),
    (b"\xd0\xcf\x11\xe0", "an old Office file (.xls, .doc)"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"II*\0", "a raster (TIFF)"),
    (b"MM\0*", "a raster (TIFF)"),
)
_MENDS = {
    "a RAR archive": "unpack it, and supply the shapefile's parts or a zip of them",
    "a 7z archive": "unpack it, and supply the shapefile's parts or a zip of them",
    "a gzip archive": "unpack it, and supply what is in it",
    "an old Office file (.xls, .doc)": "save the table as .xlsx or CSV",
    "a drawing (DWG)": "export the outlines as polygons to a shapefile or GeoPackage",
}
_TEXT = (".csv", ".tsv", ".txt", ".tab")
READ = "a shapefile (zipped or loose), GeoPackage, GeoJSON, KML, KMZ, GeoParquet, CSV or XLSX"


def form_of(path: Path, name: str) -> str:
    """ "zip", "shapefile", "geopackage", "geojson", "kml", "parquet" or "text".

    Raises
    ------
    InputError
        For a file that is empty, or of no form that is read here.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    suffix = Path(name).suffix.lower()
    if not head:
        raise InputError("it is empty (0 bytes)", mend="supply it again; it was perhaps cut off on its way")
    for beginning, form in (
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
        (b"\x00\x00\x27\x0a", "shapefile"),
        (b"SQLite format 3\0", "geopackage"),
        (b"PAR1", "parquet"),
    ):
        if head.startswith(beginning):
            return form
    for beginning, what in _OTHERS:
        if head.startswith(beginning):
            raise InputError(f"it is {what}", mend=_MENDS.get(what, f"supply {READ}"))
    return _text_form(head, suffix)


def _text_form(head: bytes, suffix: str) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    start = start.replace(b"\0", b"").lstrip()
    if start.startswith(b"<"):
        if suffix not in (".kml", ".xml"):
            raise InputError(
                f"it is called '{suffix}' and holds something else (it begins as XML)", mend=f"supply {READ}"
            )
        return "kml"
    if start.startswith((b"{", b"[")) and suffix not in _TEXT:
        return "geojson"
    if suffix in _TEXT:
        return "text"
    if suffix in (".geojson", ".json"):
        raise InputError("it is no JSON", mend="supply it again, or export it anew")
    raise InputError(f"it is called '{suffix}' and holds something else", mend=f"supply {READ}")
