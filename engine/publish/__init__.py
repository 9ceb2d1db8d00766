"""From the products of the steps to a release, whole or not at all."""

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd

from engine import __version__
from engine.area import Area
from engine.patches.steps import PATCHES
from engine.products import Products
from engine.publish.attention import attention_table, with_order
from engine.publish.optical import optical_part
from engine.publish.parts import Part, Row, flat_with_bounds
from engine.publish.permits import permit_tables
from engine.publish.radar import radar_part
from engine.steps import StepRecord
from store.home import Home
from store.release import SCHEMA_VERSION, begin, check, new_release_id, publish, write_tables


def publish_release(area: Area, products: Products, records: Sequence[StepRecord], home: Home, key: str) -> str:
    """Write, check and publish a release; returns its identifier. On any error the last good one stays current."""
    release_id = new_release_id(home, area.name)
    folder = begin(home, area.name, release_id)
    try:
        parts = []
        if products.optical is not None:
            parts.append(optical_part(products.optical, products.patches, products.surface, folder))
        if products.radar is not None and products.activity is not None:
            parts.append(radar_part(area, products.radar, products.activity, folder))
        layers = [layer for part in parts for layer in part.layers]
        names = dict.fromkeys(name for part in parts for name in part.tables)
        tables = {name: pd.concat([part.tables[name] for part in parts if name in part.tables]) for name in names} | {
            "release": pd.DataFrame([_release_row(area, parts, release_id, key)]),
            "layer": pd.DataFrame({"position": position, **layer} for position, layer in enumerate(layers)),
            "patch": _patches(products),
            **permit_tables(products),
            "step": _steps(records),
            "input": _inputs(records, area),
        }
        tables["attention"] = attention_table(tables)
        tables["patch"] = with_order(tables)
        write_tables(folder, tables)
        check(folder, tables)
        publish(home, area.name, release_id, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return release_id


def _release_row(area: Area, parts: Sequence[Part], release_id: str, key: str) -> Row:
    return {
        "id": release_id,
        "area": area.name,
        "title": area.options.title,
        "created": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        "schema_version": SCHEMA_VERSION,
        "engine_version": __version__,
        "content_key": key,
        "attribution": area.options.attribution,
        "source": area.source,
        "first_date": min(part.dates[0] for part in parts),
        "last_date": max(part.dates[1] for part in parts),
        "west": min(part.bounds.west for part in parts),
        "south": min(part.bounds.south for part in parts),
        "east": max(part.bounds.east for part in parts),
        "north": max(part.bounds.north for part in parts),
    }


def _patches(products: Products) -> pd.DataFrame:
    patches = gpd.read_parquet(products.patches / PATCHES)
    return flat_with_bounds(patches.drop(columns="mended"))


def _steps(records: Sequence[StepRecord]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "position": position,
            "name": record.name,
            "finished": datetime.fromisoformat(record.finished).replace(tzinfo=None),
            "seconds": record.seconds,
            "peak_memory_bytes": record.peak_memory,
            "parameters": json.dumps(record.parameters),
            "versions": json.dumps(record.versions),
            "report": json.dumps(record.report),
        }
        for position, record in enumerate(records)
    )


def _inputs(records: Sequence[StepRecord], area: Area) -> pd.DataFrame:
    folder = area.folder.resolve()

    def relative(file: str) -> str:
        path = Path(file).resolve()
        return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name

    return pd.DataFrame(
        [
            {"step": record.name, "file": relative(file), "sha256": digest}
            for record in records
            for file, digest in record.inputs.items()
        ]
    )
