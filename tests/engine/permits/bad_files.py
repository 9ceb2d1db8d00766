"""A folder of files that no one should have to trust: python -m tests.engine.permits.bad_files FOLDER.

Each comes with a part of the message that it must get, or with "" where it must be read all the same.
"""

import io
import json
import sqlite3
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import shapely

SECRET = "the-secret-of-this-machine"
ONE, TWO = shapely.box(104.20, 26.80, 104.21, 26.81), shapely.box(104.22, 26.80, 104.23, 26.81)
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
RING = "<coordinates>104.2,26.8 104.21,26.8 104.21,26.81 104.2,26.8</coordinates>"
POLYGON = f"<Polygon><outerBoundaryIs><LinearRing>{RING}</LinearRing></outerBoundaryIs></Polygon>"


@dataclass(frozen=True)
class Bad:
    """message : a part of it; "" where the file reads."""

    path: Path
    message: str


def make(folder: Path) -> list[Bad]:
    """Write all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder.parent / "secret.csv"
    secret.write_text(f'name,WKT\n{SECRET},"{ONE.wkt}"\n', encoding="utf-8")
    good = _good(folder.parent / "good")
    found = []
    for maker in (_zips, _disguised, _shapefiles, _geopackages, _geojson, _tables, _workbooks, _kml, _others):
        for name, content, message in maker(good, secret):
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            if isinstance(content, dict):
                for suffix, data in content.items():
                    path.with_suffix(suffix).write_bytes(data)
            else:
                path.write_bytes(content)
            found.append(Bad(path, message))
    assert len({bad.path for bad in found}) == len(found)
    return found


Good = dict[str, bytes]
Made = Iterator[tuple[str, bytes | dict[str, bytes], str]]


def _good(folder: Path) -> Good:
    """Good files to spoil, by name."""
    folder.mkdir(exist_ok=True)
    table = gpd.GeoDataFrame({"permit": ["C1", "C2"], "holder": ["A", "B"]}, geometry=[ONE, TWO], crs="EPSG:4326")
    table.to_file(folder / "permits.shp")
    table.to_file(folder / "permits.gpkg", layer="permits")
    points = table.assign(geometry=shapely.points([[104.2, 26.8], [104.3, 26.8]]))
    points.to_file(folder / "points.shp")
    table.assign(geometry=table.geometry.boundary).to_file(folder / "lines.shp")
    points.to_file(folder / "points.gpkg")
    table.iloc[:0].to_file(folder / "empty.gpkg", geometry_type="Polygon")
    table.iloc[:0].to_file(folder / "empty.shp", geometry_type="Polygon")
    table.to_parquet(folder / "permits.parquet")
    table.drop(columns="geometry").to_parquet(folder / "plain.parquet")
    book = openpyxl.Workbook()
    book.active.append(["permit", "WKT"])
    book.active.append(["C1", ONE.wkt])
    book.save(folder / "permits.xlsx")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _parts(good: Good, stem: str = "permits", **other: bytes | None) -> dict[str, bytes]:
    """The parts of a shapefile, some replaced, or left out where None."""
    parts = {f".{suffix}": good[f"{stem}.{suffix}"] for suffix in ("shp", "shx", "dbf", "prj")}
    parts |= {f".{suffix}": data for suffix, data in other.items() if data is not None}
    return {suffix: data for suffix, data in parts.items() if suffix[1:] not in other or other[suffix[1:]] is not None}


def _zip(files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if change:
                change(info)
            archive.writestr(info, data)
    return buffer.getvalue()


def _shapefile(good: Good, stem: str = "permits") -> dict[str, bytes]:
    return {f"permits{suffix}": data for suffix, data in _parts(good, stem).items()}


def _zips(good: Good, secret: Path) -> Made:
    zeros = bytes(40 * 2**20)
    bomb = _zip({f"{number}.shp": zeros for number in range(3)})
    yield "bomb.zip", bomb, "unpacks to"
    yield "nested_bomb.zip", _zip({"inner.zip": bomb}), "supply inner.zip by itself"
    yield "nested_beside.zip", _zip({"inner.zip": bomb, **_shapefile(good)}), ""
    lying = bytearray(_zip({"permits.shp": zeros}))
    place = lying.rindex(b"PK\x01\x02")
    lying[place + 24 : place + 28] = struct.pack("<I", 1000)
    yield "lying_size.zip", bytes(lying), "damaged"
    yield "many_members.zip", _zip({f"{number}.txt": b"" for number in range(6000)}), "files in it"
    yield "traversal.zip", _zip({"../../permits.shp": b"x", **_shapefile(good)}), "outside its folder"
    yield "backslashes.zip", _zip({"..\\..\\permits.shp": b"x"}), "outside its folder"
    yield "absolute.zip", _zip({"/etc/permits.shp": b"x"}), "outside its folder"
    yield "drive.zip", _zip({"C:/permits.shp": b"x"}), "outside its folder"

    def link(info: zipfile.ZipInfo) -> None:
        info.external_attr = 0o120777 << 16

    yield "symlink.zip", _zip({"permits.shp": str(secret).encode()}, link), "link to another"
    encrypted = bytearray(_zip(_shapefile(good)))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = encrypted.find(mark)
        while at >= 0:
            encrypted[at + place] |= 1
            at = encrypted.find(mark, at + 4)
    yield "encrypted.zip", bytes(encrypted), "without a password"
    whole = _zip(_shapefile(good))
    yield "truncated.zip", whole[: len(whole) // 2], "damaged or cut off"
    spoilt = bytearray(whole)
    spoilt[60:90] = b"\xff" * 30
    yield "spoilt.zip", bytes(spoilt), "damaged or cut off"
    yield from _without_permits(good)
    yield "vrt_within.zip", _zip({"permits.shp": _vrt(secret)}), "is no shapefile"
    yield "vrt_as_json_within.zip", _zip({"permits.geojson": _vrt(secret)}), "begins as XML"
    yield "two_alike.zip", _zip({f"{stem}{s}": d for stem in "ab" for s, d in _parts(good).items()}), "2 layers"


def _without_permits(good: Good) -> Made:
    """Archives in which nothing is read, with what is in them; and those that only look so."""
    macos = {f"__MACOSX/._{name}": b"\0\5\x16\7" for name in _shapefile(good)}
    yield "scan.zip", _zip({"scans/permit 1.pdf": b"%PDF"}), "it holds: scans/permit 1.pdf"
    yield "scan_mend.zip", _zip({"permit.pdf": b"%PDF"}), "one row a corner"
    yield "pictures.zip", _zip({f"{number}.jpg": b"" for number in range(9)}), "3.jpg, 4.jpg and 4 more"
    yield "old_table.zip", _zip({"permits.xls": b"x"}), "Mend: save the table as .xlsx or CSV"
    yield "geodatabase.zip", _zip({f"p.gdb/a0{n}.gdbtable": b"" for n in range(9)}), "it holds: p.gdb. Mend: export"
    yield "empty_archive.zip", _zip({}), "there is no file in it"
    yield "folders.zip", _zip({"a/": b"", "a/b/": b""}), "there is no file in it"
    yield "only_macos.zip", _zip({**macos, ".DS_Store": b""}), "what the system adds (__MACOSX, .DS_Store)"
    yield "beside_macos.zip", _zip({**_shapefile(good), **macos}), ""
    yield "only_dbf.zip", _zip({"permits.dbf": good["permits.dbf"]}), "without its .shp, where the outlines are"
    yield "nested_rar.zip", _zip({"in.rar": b"Rar!"}), "unpack all of them"
    yield "nested_two.zip", _zip({"1.zip": b"", "2.zip": b""}), "supply the one with the permits by itself"
    yield "control_letters.zip", _zip({"a\x1b[31m.pdf": b""}), "a?[31m.pdf"
    yield "note.zip", _zip({"readme.txt": b"hello\n", "scan.pdf": b""}), "readme.txt: it has a heading and no row below"
    yield "one_spoilt.zip", _zip({**_shapefile(good), "b.shp": b""}), "b.shp: its .shp is empty"


def _vrt(secret: Path) -> bytes:
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
        '<GeometryType>wkbPolygon</GeometryType><GeometryField encoding="WKT" field="WKT"/></OGRVRTLayer>'
        "</OGRVRTDataSource>"
    ).encode()


def _disguised(good: Good, secret: Path) -> Made:
    for suffix in ("geojson", "gpkg", "csv", "zip", "xlsx", "parquet", "json"):
        yield f"vrt.{suffix}", _vrt(secret), "begins as XML"
    yield "vrt.shp", _vrt(secret), "begins as XML"
    yield "vrt.kml", _vrt(secret), "no KML"
    yield "vrt_blank.geojson", b"\xef\xbb\xbf \n " + _vrt(secret), "begins as XML"
    yield "address.csv", f"permit,WKT\n/vsicurl/http://127.0.0.1/x,{secret}\n".encode(), "no coordinates"
    yield "address.txt", str(secret).encode(), "no row below it"
    yield "driver.json", f"GeoJSON:{secret}".encode(), "no JSON"
    for suffix, beginning, message in (
        ("rar", b"Rar!\x1a\x07\x00", "RAR archive"),
        ("7z", b"7z\xbc\xaf\x27\x1c", "7z archive"),
        ("dwg", b"AC1032", "drawing"),
        ("pdf", b"%PDF-1.7", "a PDF"),
        ("exe", b"MZ\x90\x00", "a program"),
        ("xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "old Office file"),
        ("png", b"\x89PNG\r\n", "a picture"),
    ):
        yield f"renamed_{suffix}.zip", beginning + bytes(2000), message
    yield "renamed_pdf.shp", b"%PDF-1.7" + bytes(2000), "a PDF"
    yield "unknown.zip", b"\x01\x02\x03" * 500, "holds something else"


def _shapefiles(good: Good, secret: Path) -> Made:
    shp, dbf = good["permits.shp"], good["permits.dbf"]
    yield "zero.shp", {".shp": b""}, "0 bytes"
    yield "zero_dbf.shp", _parts(good, dbf=b""), "its .dbf is empty"
    yield "zero_shx.shp", _parts(good, shx=b""), ""
    yield "zero_prj.shp", _parts(good, prj=b""), ""
    yield "zero_dbf.zip", _zip({"a.shp": shp, "a.dbf": b""}), "its .dbf is empty"
    yield "without_dbf.shp", _parts(good, dbf=None), ""
    yield "truncated.shp", _parts(good, shp=shp[:-40]), "cut off"
    longer = bytearray(shp)
    longer[24:28] = struct.pack(">i", 2**28)
    yield "lying_length.shp", _parts(good, shp=bytes(longer)), "cut off"
    record = bytearray(shp)
    record[104:108] = struct.pack(">i", 2**30)
    yield "lying_record.shp", _parts(good, shp=bytes(record)), "damaged after record"
    parts = bytearray(shp)
    parts[144:152] = struct.pack("<ii", 2**30, 2**30)
    yield "lying_parts.shp", _parts(good, shp=bytes(parts)), "not a readable shapefile"
    short = bytearray(dbf)
    short[4:8] = struct.pack("<I", 7)
    yield "dbf_count.shp", _parts(good, dbf=bytes(short)), "do not belong together"
    yield "dbf_cut.shp", _parts(good, dbf=dbf[:-100]), "cut off"
    noise = bytearray(dbf)
    noise[8:12] = b"\xff\xff\xff\xff"
    yield "dbf_header.shp", _parts(good, dbf=bytes(noise)), "cut off"
    yield "nonsense_prj.shp", _parts(good, prj=b'PROJCS["nonsense'), "cannot be understood"
    yield "other_prj.shp", _parts(good, prj=_gauss_krueger()), "cannot lie in"
    yield "points.shp", _parts(good, "points"), "points"
    yield "lines.shp", _parts(good, "lines"), "lines"
    yield "empty_layer.shp", _parts(good, "empty"), "no record"
    yield "without_shp.dbf", dbf, "its .shp is missing"


def _gauss_krueger() -> bytes:
    from pyproj import CRS

    return CRS.from_epsg(4544).to_wkt("WKT1_ESRI").encode()


def _geopackages(good: Good, secret: Path) -> Made:
    whole = good["permits.gpkg"]
    yield "zero.gpkg", b"", "0 bytes"
    yield "truncated.gpkg", whole[: len(whole) // 2], "damaged"
    yield "header_only.gpkg", b"SQLite format 3\0" + bytes(84), "damaged"
    yield "noise.gpkg", whole[:2000] + bytes(range(256)) * 40 + whole[12240:], "damaged"
    yield "plain.gpkg", _sqlite(b"", "CREATE TABLE permits (a)"), "no GeoPackage"
    yield "points.gpkg", good["points.gpkg"], "points"
    yield "empty.gpkg", good["empty.gpkg"], "no record"
    yield "trigger.gpkg", _sqlite(whole, "CREATE TRIGGER t INSERT ON permits BEGIN DELETE FROM permits; END"), ""
    yield (
        "virtual_text.gpkg",
        _sqlite(
            whole,
            "PRAGMA writable_schema = ON",
            "INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, "
            f"'CREATE VIRTUAL TABLE v USING VirtualText(''{secret}'', ''UTF-8'')')",
        ),
        "from elsewhere",
    )
    yield (
        "view.gpkg",
        _sqlite(
            whole,
            "ALTER TABLE permits RENAME TO other",
            "CREATE VIEW permits AS SELECT * FROM other",
        ),
        "no layer with outlines",
    )


def _sqlite(whole: bytes, *statements: str) -> bytes:
    """A database after some statements."""
    with closing(sqlite3.connect(":memory:")) as database:
        if whole:
            database.deserialize(whole)
        database.create_function("ST_IsEmpty", 1, lambda _: 0)
        for name in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0.0)
        for statement in statements:
            database.execute(statement)
        database.commit()
        return database.serialize()


def _features(*shapes: Any, **more: Any) -> bytes:
    features = [{"type": "Feature", "properties": {"permit": "C1"}, "geometry": shape} for shape in shapes]
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


def _polygon(*corners: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(corners)]}


def _geojson(good: Good, secret: Path) -> Made:
    square = _polygon([104, 26], [104.1, 26], [104.1, 26.1], [104, 26.1], [104, 26])
    yield "zero.geojson", b"", "0 bytes"
    yield "not_json.geojson", b"permits: many", "no JSON"
    yield "cut.geojson", _features(square)[:-30], "no JSON"
    yield "array.geojson", b"[1, 2, 3]", "no GeoJSON"
    yield "other.json", b'{"name": "x"}', "no GeoJSON"
    yield "depth.geojson", b'{"type":"FeatureCollection","features":' + b"[" * 100_000, "nested too deeply"
    deep = b'{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":' + b"[" * 200 + b"]" * 200
    yield "deep.geojson", deep + b"}}", "not a readable GeoJSON"
    nan = _features(_polygon([104, 26], [float("nan"), 26], [104.1, 26.1], [104, 26]))
    yield "nan.geojson", nan, "no polygon"
    yield "nan_beside.geojson", _features(square, _polygon([104, 26], [float("nan"), 26], [1, 1], [104, 26])), ""
    yield "huge.geojson", _features(_polygon([1e300, 1e300], [2e300, 1e300], [2e300, 2e300], [1e300, 1e300])), ""
    yield "off_the_globe.geojson", _features(_polygon([500, 500], [600, 500], [600, 600], [500, 500])), ""
    words = _features(_polygon(["a", "b"], ["c", "d"], ["e", "f"], ["a", "b"]))
    yield "words.geojson", words, "not a readable GeoJSON"
    yield "numbers.geojson", _features(7, 8), "no polygon"
    yield "features.geojson", b'{"type":"FeatureCollection","features":7}', "no list"
    yield "no_features.geojson", _features(), "no record"
    yield "null_shapes.geojson", _features(None, None), "no polygon"
    yield "points.geojson", _features({"type": "Point", "coordinates": [104, 26]}), "points"
    line = {"type": "LineString", "coordinates": [[104, 26], [105, 27]]}
    yield "lines.geojson", _features(line), "lines"
    yield "unclosed.geojson", _features(_polygon([104, 26], [104.1, 26], [104.1, 26.1])), ""
    yield "flat.geojson", _features(_polygon([104, 26], [104.1, 26], [104, 26], [104, 26])), "no polygon"
    yield "topology.json", b'{"type":"Topology","objects":{},"arcs":[]}', "TopoJSON"
    named = {"type": "name", "properties": {"name": "EPSG:4544"}}
    yield "wrong_crs.geojson", _features(square, crs=named), "cannot lie in"
    angles = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    ring = shapely.Polygon(np.column_stack([104 + np.cos(angles) / 10, 26 + np.sin(angles) / 10]))
    million = io.BytesIO()
    gpd.GeoDataFrame(geometry=[ring], crs="EPSG:4326").to_parquet(million)
    yield "million.parquet", million.getvalue(), ""


def _tables(good: Good, secret: Path) -> Made:
    yield "zero.csv", b"", "0 bytes"
    yield "blank.csv", b"\n\n ,,\n", "table is empty"
    yield "no_coordinates.csv", b"permit,holder\nC1,A\n", "no coordinates"
    yield "only_heading.csv", b"permit,X,Y\n", "no row below it"
    yield "two_corners.csv", b"permit,lon,lat\nC1,104,26\nC1,105,27\n", "three corners"
    yield "letters.csv", b"permit,X,Y\nC1,104.1,26\nC1,abc,27\nC1,104.3,26.5\n", "row 2"
    yield "half_corner.csv", b"permit,X,Y\nC1,104.1,26\nC1,,27\nC1,104.3,26.5\n", "one coordinate"
    yield "binary.csv", bytes(range(256)) * 20, "no text"
    yield "bad_wkt.csv", b'permit,WKT\nC1,"POLYGON((1 2, 3"\nC2,"POLYGON((x y))"\n', "no polygon"
    yield "point_wkt.csv", b'permit,WKT\nC1,"POINT(104 26)"\n', "no coordinates"
    yield "wide.csv", b",".join(b"a%d" % number for number in range(5000)) + b"\n" + b"1," * 5000, "columns"
    table = "许可证号,X,Y\nC1,104.1,26\nC1,104.2,26\nC1,104.2,26.1\n"
    yield "utf16.csv", table.encode("utf-16"), ""
    yield "utf16_unmarked.csv", table.replace("许可证号", "permit").encode("utf-16-le"), ""
    yield "srid.csv", f'permit,WKT\nC1,"SRID=999999;{ONE.wkt}"\n'.encode(), "cannot be understood"
    yield "infinite.csv", b"permit,lon,lat\nC1,1e999,26\nC1,104,27\nC1,105,27\n", "no polygon"
    quoted = b'permit,WKT\nC1,"POLYGON((1 1,2 1,2 2,1 1))\nC2,\n' + b"x" * 200_000
    yield "open_quote.csv", quoted, "no polygon"


def _workbook(*rows: list[Any]) -> bytes:
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


def _rezip(whole: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        return _zip({n: change(archive.read(n)) if n == name else archive.read(n) for n in archive.namelist()})


def _workbooks(good: Good, secret: Path) -> Made:
    sheet, whole = "xl/worksheets/sheet1.xml", good["permits.xlsx"]
    entity = f'<!DOCTYPE x [<!ENTITY s SYSTEM "file://{secret}">]>'.encode()
    yield "zero.xlsx", b"", "0 bytes"
    yield "empty_sheet.xlsx", _workbook(), "empty"
    yield "no_coordinates.xlsx", _workbook(["permit", "holder"], ["C1", "A"]), "no coordinates"
    yield (
        "xxe.xlsx",
        _rezip(whole, sheet, lambda xml: xml.replace(b"<worksheet", entity + b"<worksheet", 1)),
        "entities",
    )
    yield "broken.xlsx", _rezip(whole, sheet, lambda xml: xml[:200]), "damaged"
    yield "no_sheet.xlsx", _zip({"xl/workbook.xml": b"<x/>"}), "damaged"
    yield "bomb.xlsx", _rezip(whole, sheet, lambda _: bytes(200 * 2**20)), "unpacks to"
    yield "truncated.xlsx", whole[:-300], "damaged or cut off"


def _kml(good: Good, secret: Path) -> Made:
    placemark = f"<Placemark><name>A</name>{POLYGON}</Placemark>"
    yield "zero.kml", b"", "0 bytes"
    xxe = f'<!DOCTYPE k [<!ENTITY s SYSTEM "file://{secret}">]>'
    outside = f"<?xml version='1.0'?>{xxe}" + KML.format(placemark.replace("A", "&s;"))
    yield "xxe.kml", outside.encode(), "entities"
    yield "xxe16.kml", outside.encode("utf-16"), "entities"
    entities = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    laughs = f'<!DOCTYPE k [<!ENTITY a "ha">{entities}]>' + KML.format("<Placemark><name>&j;</name></Placemark>")
    yield "laughs.kml", laughs.encode(), "entities"
    yield "cut.kml", KML.format(placemark)[:-20].encode(), "does not end as it begins"
    yield "gml.kml", b"<FeatureCollection/>", "no KML"
    yield "nothing.kml", KML.format("").encode(), "no record"
    yield (
        "points.kml",
        KML.format("<Placemark><Point><coordinates>1,2</coordinates></Point></Placemark>").encode(),
        "points",
    )
    yield "words.kml", KML.format(placemark.replace("104.2,", "a,")).encode(), "no polygon"
    link = f"<NetworkLink><Link><href>file://{secret}</href></Link></NetworkLink>"
    yield "network_link.kml", KML.format(link).encode(), "no record"
    yield "depth.kml", KML.format("<Folder>" * 5000 + "</Folder>" * 5000).encode(), "nested too deeply"
    yield "without_kml.kmz", _zip({"image.png": b"x"}), "it holds: image.png"
    yield "xxe.kmz", _zip({"doc.kml": outside.encode()}), "entities"
    yield "encoding.kml", b"<?xml version='1.0' encoding='utf-7'?>+ADw-kml/>", "no record"


def _others(good: Good, secret: Path) -> Made:
    yield "truncated.parquet", good["permits.parquet"][:-200], "damaged"
    yield "plain.parquet", good["plain.parquet"], "without outlines"
    yield "wrong_suffix.zip", good["permits.gpkg"], ""
    yield "wrong_suffix.geojson", good["permits.parquet"], ""
    yield "..%2f..%2fetc%2fpasswd;$(id).geojson", good["permits.gpkg"], ""
    yield "no suffix", b"x" * 100, "holds something else"


if __name__ == "__main__":
    for bad in make(Path(sys.argv[1])):
        print(f"{bad.path.name}: {bad.message or 'reads'}")
