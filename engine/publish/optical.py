"""What the images show, as rows and layers of a release."""

import json
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd

from engine.activity.surface import SURFACE
from engine.imagery import PICTURE
from engine.patches.inference import PROBABILITY
from engine.patches.steps import OUTLINES, SIGHTINGS
from engine.products import ExtractionProducts, OpticalProducts
from engine.publish.grounds import ground_layers
from engine.publish.parts import Part, Row, sequential, share_file
from store.release import LAYERS


def optical_part(products: OpticalProducts, patches: Path, surface: Path | None, folder: Path) -> Part:
    """Put the pictures and probabilities into a release's folder; returns its tables and layers."""
    layers: list[Row] = []
    images: list[Row] = []
    for day, image in products.images.items():
        stamp = f"{day:%Y%m%d}"
        picture = share_file(image / PICTURE, folder / LAYERS, f"image-{stamp}.tif")
        layers.append({"name": f"image-{stamp}", "file": picture, "unit": "1", "palette": "picture"})
        report = products.reports[day]
        images.append(
            {
                "date": day,
                "layer": f"image-{stamp}",
                "probability": None,
                "bands": report["bands"],
                "pixel_m": products.grid.pixel_size[0],
                "valid_share": report["valid_share"],
                **products.grid.bounds_lonlat._asdict(),
            }
        )
    tables = {}
    if products.extraction is not None:
        layers += _probability_layers(products.extraction, folder)
        grounds, tables["category"] = ground_layers(products.extraction, products.grid, folder / LAYERS)
        layers += grounds
        for row in images:
            row["probability"] = _probability_name(row["date"])
        tables["extraction"] = _extraction(products.extraction)
        tables["outline"] = _outlines(patches)
        tables["sighting"] = pd.read_parquet(patches / SIGHTINGS)
    if surface is not None:
        tables["surface"] = pd.read_parquet(surface / SURFACE)
    days = list(products.images)
    return Part(
        tables={"image": pd.DataFrame(images), **tables},
        layers=layers,
        bounds=products.grid.bounds_lonlat,
        dates=(days[0], days[-1]),
    )


def _probability_name(day: date) -> str:
    return f"probability-{day:%Y%m%d}"


def _probability_layers(extraction: ExtractionProducts, folder: Path) -> list[Row]:
    return [
        {
            "name": _probability_name(day),
            "file": share_file(path / PROBABILITY, folder / LAYERS, f"{_probability_name(day)}.tif"),
            **sequential("%", 0.0, 100.0),
        }
        for day, path in extraction.probabilities.items()
    ]


def _extraction(extraction: ExtractionProducts) -> pd.DataFrame:
    checkpoint = extraction.checkpoint
    return pd.DataFrame(
        [
            {
                "model": checkpoint.description.name,
                "sha256": checkpoint.sha256,
                "classes": list(checkpoint.description.classes[1:]),
                "threshold": extraction.threshold,
                "least_share": extraction.least_share,
                "boundary_error_m": extraction.boundary_error_m,
                "metrics": json.dumps(checkpoint.description.metrics),
            }
        ]
    )


def _outlines(patches: Path) -> pd.DataFrame:
    outlines = gpd.read_parquet(patches / OUTLINES)
    return pd.DataFrame(outlines.drop(columns="geometry")).assign(geometry=outlines.geometry.to_wkb())
