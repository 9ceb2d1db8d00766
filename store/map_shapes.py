"""The table from which the map's tiles are cut: shapes in the order in which zooming in shows them."""

import duckdb

# Along a tile's side. Of patches that are smaller than such a cell one a cell is drawn, that which asks for the most
# attention: the rest would be a blur, and a tile of a whole province would hold them all.
CELLS = 32
# From here on all patches are drawn; the map enlarges these tiles when it goes on.
DEEPEST = 16


def cell_degrees(zoom: int) -> float:
    """Side of a cell at a zoom level. A cell of one level is four of the next, so what is drawn stays drawn."""
    return float(360.0 / 2**zoom / CELLS)


def write_map_shapes(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the table map_shape of a release from its tables patch, outline, activity and verdict."""
    connection.execute(
        """CREATE TEMP TABLE shown AS
           SELECT patch_id, west, south, east, north, attention, greatest(east - west, north - south) AS size,
                  NULL::INTEGER AS least_zoom, ST_Hilbert(geometry) AS place
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
    connection.execute(
        """INSERT INTO map_shape
           SELECT layer, patch_id, name, activity, change, date, kind, certainty, least_zoom, size,
                  west, south, east, north, shape
           FROM (
               SELECT 'patches' AS layer, patch_id, name, activity, change, NULL AS date, NULL AS kind,
                      NULL AS certainty, geometry AS shape
               FROM patch LEFT JOIN activity USING (patch_id)
               UNION ALL  -- the patch is the latest outline, so that of the last image is drawn already
               SELECT 'outlines', patch_id, NULL, NULL, change, date::VARCHAR, NULL, NULL, outline.geometry
               FROM outline JOIN patch USING (patch_id) WHERE date < (SELECT max(date) FROM image)
               UNION ALL
               SELECT 'clusters', patch_id, NULL, activity, NULL, NULL, NULL, NULL, cluster
               FROM activity WHERE cluster IS NOT NULL
               UNION ALL
               SELECT 'outside', patch_id, NULL, NULL, NULL, NULL, kind, certainty, outside
               FROM verdict WHERE outside IS NOT NULL
           ) JOIN shown USING (patch_id)
           ORDER BY layer, least_zoom, place"""
    )
    connection.execute("DROP TABLE shown")
