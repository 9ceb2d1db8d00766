"""A connection for reading reaches its own database and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from store.database import connect_for_reading, connect_for_writing

# {} is a folder with files that a reader must not reach.
READS = [
    "FROM read_csv('{}/secret.csv')",
    "FROM '{}/secret.csv'",
    "FROM read_text('{}/secret.csv')",
    "FROM glob('{}/*')",
    "FROM ST_Read('{}/secret.geojson')",
    "FROM ST_Read_Meta('{}/secret.geojson')",
    "FROM ST_Read('/vsisubfile/0_500,{}/secret.geojson')",
    "ATTACH '{}/other.duckdb' (READ_ONLY)",
]
WRITES = [
    "INSERT INTO known VALUES (2)",
    "UPDATE known SET number = 2",
    "DROP TABLE known",
    "CREATE TABLE more (number INTEGER)",
    "COPY known TO '{}/out.csv'",
    "COPY (SELECT ST_Point(1, 2)) TO '{}/out.geojson' (FORMAT gdal, DRIVER 'GeoJSON')",
    "EXPORT DATABASE '{}/out'",
]
SETTINGS = [
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "RESET lock_configuration",
    "SET geometry_always_xy = false",
    "SET allowed_directories = ['/']",
    "SET log_query_path = '{}/out.log'",
    "PRAGMA threads = 1",
    "INSTALL httpfs",
    "LOAD httpfs",
]
# Sydney's easting and northing in UTM zone 56 south.
SYDNEY = "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_Point(151.2, -33.9), 'EPSG:4326', 'EPSG:32756') AS p)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database, and beside it files that it must not reach."""
    folder = tmp_path_factory.mktemp("database")
    for name in ("known", "other"):
        connection = connect_for_writing(folder / f"{name}.duckdb")
        connection.execute("CREATE TABLE known AS SELECT 1 AS number")
        connection.close()
    (folder / "secret.csv").write_text("word\nopen sesame\n")
    point = '{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}'
    (folder / "secret.geojson").write_text(f'{{"type": "FeatureCollection", "features": [{point}]}}')
    return folder


@pytest.fixture(scope="module")
def locked(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect_for_reading(folder / "known.duckdb")
    yield connection
    connection.close()


def test_without_the_lock_files_are_reached(folder: Path) -> None:
    with connect_for_writing(Path(":memory:")) as free:
        assert all(free.execute(query.format(folder)).fetchall() is not None for query in READS)


@pytest.mark.parametrize("query", [*READS, *WRITES, *SETTINGS])
def test_a_reader_is_locked_down(query: str, folder: Path, locked: duckdb.DuckDBPyConnection) -> None:
    refused = "disabled|read-only|locked|Could not open GDAL dataset"
    with locked.cursor() as cursor, pytest.raises(duckdb.Error, match=refused):
        cursor.execute(query.format(folder))
    assert not list(folder.glob("out*"))


def test_spatial_works_and_takes_longitude_first(locked: duckdb.DuckDBPyConnection) -> None:
    assert locked.execute(SYDNEY).fetchone() == pytest.approx((333_569, 6_247_473), abs=1)


def test_cursors_take_longitude_first_too(locked: duckdb.DuckDBPyConnection) -> None:
    with locked.cursor() as cursor:
        assert cursor.execute(SYDNEY).fetchone() == pytest.approx((333_569, 6_247_473), abs=1)
