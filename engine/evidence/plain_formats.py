"""Selections as KML, GPX, CSV, XLSX and GeoParquet."""

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

_KML, _GPX = "http://www.opengis.net/kml/2.2", "http://www.topografix.com/GPX/1/1"
_NAMED_BY = ("patch_id", "number", "name")  # columns that may name a row, the first that is there
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # in XML
_WHEN = datetime.datetime(1980, 1, 1)
_LONGEST_CELL = 32_767  # letters that Excel takes


def kml(frame: gpd.GeoDataFrame, name: str) -> bytes:
    """One placemark a row, its columns as extended data; degrees."""
    root = ET.Element("kml", xmlns=_KML)
    document = ET.SubElement(root, "Document")
    _text(document, "name", name)
    for row, shape in _rows(frame):
        mark = ET.SubElement(document, "Placemark")
        _text(mark, "name", _name(row))
        data = ET.SubElement(mark, "ExtendedData")
        for column, value in row.items():
            if value is not None:
                _text(ET.SubElement(data, "Data", name=_FORBIDDEN.sub("", column)), "value", _said(value))
        if shape is not None:
            _kml_shape(mark, shape)
    return _xml(root)


def _kml_shape(parent: ET.Element, shape: Any) -> None:
    parts = shapely.get_parts(shapely.orient_polygons(shape, exterior_cw=False))
    within = ET.SubElement(parent, "MultiGeometry") if len(parts) > 1 else parent
    for part in parts:
        polygon = ET.SubElement(within, "Polygon")
        for place, ring in [
            ("outerBoundaryIs", part.exterior),
            *(("innerBoundaryIs", hole) for hole in part.interiors),
        ]:
            line = ET.SubElement(ET.SubElement(polygon, place), "LinearRing")
            _text(line, "coordinates", " ".join(f"{lon:.7f},{lat:.7f}" for lon, lat in shapely.get_coordinates(ring)))


def gpx(frame: gpd.GeoDataFrame, name: str) -> bytes:
    """A waypoint in each patch and its rings as a track, to walk to and along; degrees."""
    root = ET.Element("gpx", xmlns=_GPX, version="1.1", creator="Pitwatch")
    _text(ET.SubElement(root, "metadata"), "name", name)
    there = [(row, shape) for row, shape in _rows(frame) if shape is not None]
    for row, shape in there:
        point = shape.representative_point()
        mark = ET.SubElement(root, "wpt", lat=f"{point.y:.7f}", lon=f"{point.x:.7f}")
        _text(mark, "name", _name(row))
        _text(
            mark, "desc", "; ".join(f"{column}: {_said(value)}" for column, value in row.items() if value is not None)
        )
    for row, shape in there:
        track = ET.SubElement(root, "trk")
        _text(track, "name", _name(row))
        for part in shapely.get_parts(shape):
            for ring in (part.exterior, *part.interiors):
                segment = ET.SubElement(track, "trkseg")
                for lon, lat in shapely.get_coordinates(ring):
                    ET.SubElement(segment, "trkpt", lat=f"{lat:.7f}", lon=f"{lon:.7f}")
    return _xml(root)


def csv_text(frame: gpd.GeoDataFrame) -> bytes:
    """With the geometry as WKT; a byte-order mark lets Excel read the letters, and no cell is a formula."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    columns = [str(column) for column in frame.columns.drop(frame.geometry.name)]
    writer.writerow([*(_harmless(column) for column in columns), "wkt"])
    for row, shape in _rows(frame):
        wkt = "" if shape is None else shapely.to_wkt(shape, rounding_precision=8)
        writer.writerow(
            [*(_harmless(_said(value)) if isinstance(value, str) else _said(value) for value in row.values()), wkt]
        )
    return ("\ufeff" + file.getvalue()).encode()


def xlsx(frame: gpd.GeoDataFrame, name: str) -> bytes:
    """One sheet without geometry but with the middle of each row's; dates as dates, texts always as texts."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", "_", name)[:31] or "selection")
    sheet.freeze_panes = "A2"
    degrees = frame if frame.crs is None else frame.to_crs("EPSG:4326")
    columns = [str(column) for column in frame.columns.drop(frame.geometry.name)]
    append_row(sheet, (*columns, "longitude", "latitude"), bold=True)
    for row, shape in _rows(degrees):
        point = None if shape is None else shape.representative_point()
        place = [None, None] if point is None else [round(point.x, 7), round(point.y, 7)]
        append_row(sheet, (*row.values(), *place))
    return saved(book)


def append_row(sheet: Any, values: Iterable[Any], *, bold: bool = False) -> None:
    """Dates as dates, texts always as texts."""
    sheet.append([_cell(sheet, value, bold=bold) for value in values])


def saved(book: Workbook) -> bytes:
    """The workbook as a file, the same bytes each time."""
    book.properties.creator = "Pitwatch"
    book.properties.created = book.properties.modified = _WHEN
    file = io.BytesIO()
    book.save(file)
    return _undated(file.getvalue())


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, value=None)
    if isinstance(value, str):
        cell.value = _FORBIDDEN.sub("", value)[:_LONGEST_CELL]
        cell.data_type = "s"  # whatever it begins with, it is no formula
        cell.quotePrefix = True
    else:
        cell.value = value
    if isinstance(value, datetime.date):
        cell.number_format = "yyyy-mm-dd"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _undated(book: bytes) -> bytes:
    """The archive with its entries' dates fixed, and without the time of saving."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                when = f"{_WHEN:%Y-%m-%dT%H:%M:%SZ}".encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + when, content)
            fixed = zipfile.ZipInfo(entry.filename, _WHEN.timetuple()[:6])
            fixed.compress_type, fixed.create_system = zipfile.ZIP_DEFLATED, 3
            target.writestr(fixed, content)
    return file.getvalue()


def geoparquet(frame: gpd.GeoDataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file, index=False, compression="zstd")
    return file.getvalue()


def _rows(frame: gpd.GeoDataFrame) -> Iterator[tuple[dict[str, Any], Any]]:
    rows = frame.drop(columns=frame.geometry.name).to_dict("records")
    for row, shape in zip(rows, frame.geometry, strict=True):
        yield {str(name): None if _missing(value) else value for name, value in row.items()}, shape


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value != value


def _name(row: dict[str, Any]) -> str:
    return next((_said(row[column]) for column in _NAMED_BY if row.get(column)), "")


def _said(value: Any) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, datetime.date) else str(value)


def _harmless(text: str) -> str:
    """A text that a spreadsheet would run as a formula, marked as text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = _FORBIDDEN.sub("", text)


def _xml(root: ET.Element) -> bytes:
    ET.indent(root, " ")
    page: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return page + b"\n"
