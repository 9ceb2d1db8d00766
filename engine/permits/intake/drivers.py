"""The drivers of GDAL that may open a file somebody sent. Holds no import of GDAL: they are chosen before it loads."""

ALLOWED = frozenset({"ESRI Shapefile", "GPKG", "GeoJSON"})
# All others that the wheels of pyogrio bring: some open whatever address a text names.
SKIPPED = (
    *("MEM", "PCIDSK", "PDS4", "VICAR", "PDF", "MBTiles", "EEDA", "OGCAPI", "GDALG", "MapInfo File", "LVBAG"),
    *("S57", "DGN", "OGR_VRT", "VRT", "CSV", "", "GML", "GPX", "KML", "LIBKML", "GeoJSONSeq", "ESRIJSON"),
    *("TopoJSON", "OGR_GMT", "SQLite", "WAsP", "OpenFileGDB", "DXF", "FlatGeobuf", "GeoRSS", "VFK", "PGDUMP"),
    *("OSM", "GPSBabel", "OGR_PDS", "WFS", "OAPIF", "EDIGEO", "Idrisi", "ODS", "XLSX", "Elasticsearch"),
    *("Carto", "AmigoCloud", "SXF", "Selafin", "JML", "PLSCENES", "CSW", "VDV", "MVT", "NGW", "MapML", "GTFS"),
    *("PMTiles", "JSONFG", "MiraMonVector", "ADBC", "AVCBin", "AVCE00", "AIVector", "HTTP"),
)


def environment() -> dict[str, str]:
    """What GDAL must find set when it loads."""
    skipped = ",".join(SKIPPED)
    return {
        "OGR_SKIP": skipped,
        "GDAL_SKIP": skipped,
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_HTTP_TIMEOUT": "1",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "OGR_SQLITE_LOAD_EXTENSIONS": "",
        "OGR_SQLITE_PRAGMA": "trusted_schema=0",
        "OGR_GEOJSON_MAX_OBJ_SIZE": "200",
        "PROJ_NETWORK": "OFF",
        "CPL_LOG": "/dev/null",
        "SHAPE_RESTORE_SHX": "YES",
    }
