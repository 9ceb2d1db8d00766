"""The table from which the map's tiles are cut: shapes in the order in which zooming in shows them."""

import duckdb

# Along a tile's side. Of patches that are smaller than such a cell one a cell is drawn, that which asks for the most
# attention: the rest would be a blur, and a tile of a whole province would hold them all.
CELLS = 32
# From here on all patches are drawn; the map enlarges these tiles when it goes on.
DEEPEST = 16
# Along a Hilbert curve through the release: without bounds the curve is the world's, and too coarse for a province.
_PLACE = "ST_Hilbert(geometry, (SELECT ST_Extent(ST_MakeEnvelope(west, south, east, north)) FROM release))"
_LEAST_PERMIT = 96  # times into a tile's side: smaller permits are no more than a dot


def cell_degrees(zoom: int) -> float:
    """Side of a cell at a zoom level. A cell of one level is four of the next, so what is drawn stays drawn."""
    return float(360.0 / 2**zoom / CELLS)


def write_map_shapes(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the table map_shape of a release from its tables patch, outline, activity and verdict."""
    connection.execute(
        f"""CREATE TEMP TABLE shown AS
           SELECT patch_id, west, south, east, north, attention, greatest(east - west, north - south) AS size,
                  NULL::INTEGER AS least_zoom, {_PLACE} AS place
           FROM patch"""
    )
    for zoom in range(DEEPEST):
        cell = cell_degrees(zoom)
        connection.execute(
            f"""UPDATE shown SET least_zoom = {zoom}
                WHERE least_zoom IS NULL AND (size > {cell} OR patch_id IN (
                    SELECT arg_max(patch_id, attention) FROM shown WHERE size <= {cell}
                    GROUP BY floor(west / {cell}), floor(south / {cell})))"""
        )
    connection.execute(f"UPDATE shown SET least_zoom = {DEEPEST} WHERE least_zoom IS NULL")
    columns = "name, activity, change, date, kind, certainty, number, mine, valid_from, valid_to, since"
    connection.execute(
        f"""INSERT INTO map_shape
            SELECT layer, patch_id, {columns}, least_zoom,
                   ST_XMin(shape), ST_YMin(shape), ST_XMax(shape), ST_YMax(shape), shape
            FROM (SELECT * REPLACE (ST_Transform(shape, 'EPSG:4326', 'EPSG:3857') AS shape) FROM (
                SELECT 'patches' AS layer, patch_id, name, activity, change, least_zoom, place, geometry AS shape
                FROM shown JOIN patch USING (patch_id) LEFT JOIN activity USING (patch_id)
                UNION ALL BY NAME -- the patch is the latest outline, so that of the last image is drawn already
                SELECT 'outlines' AS layer, patch_id, change, date::VARCHAR AS date,
                       {_zoom("size", CELLS)} AS least_zoom, place, outline.geometry AS shape
                FROM outline JOIN shown USING (patch_id) JOIN patch USING (patch_id)
                WHERE date < (SELECT max(date) FROM image)
                UNION ALL BY NAME
                SELECT 'clusters' AS layer, patch_id, activity, {_zoom("size", CELLS)} AS least_zoom, place,
                       cluster AS shape
                FROM activity JOIN shown USING (patch_id)
                UNION ALL BY NAME
                SELECT 'outside' AS layer, patch_id, kind, certainty, {_zoom("size", CELLS)} AS least_zoom, place,
                       outside AS shape
                FROM verdict JOIN shown USING (patch_id)
                UNION ALL BY NAME
                SELECT 'permits' AS layer, number, mine, valid_from::VARCHAR AS valid_from,
                       valid_to::VARCHAR AS valid_to,
                       {_zoom("greatest(east - west, north - south)", _LEAST_PERMIT)} AS least_zoom,
                       {_PLACE} AS place, geometry AS shape
                FROM permit
                UNION ALL BY NAME
                SELECT 'zones' AS layer, name, since::VARCHAR AS since, 0 AS least_zoom,
                       {_PLACE} AS place, geometry AS shape
                FROM zone
            ) WHERE shape IS NOT NULL)
            ORDER BY layer, least_zoom, place"""
    )
    connection.execute("DROP TABLE shown")


def _zoom(size: str, cells: int) -> str:
    """SQL for the least zoom level at which what is of this size, degrees, is larger than a tile's side over `cells`.

    At the deepest level all is.
    """
    return f"greatest(0, least({DEEPEST}, floor(log2(360.0 / {cells} / greatest({size}, 1e-9))) + 1))::INTEGER"
