"""The register, the zones and the verdicts, as rows of a release."""

import json

import geopandas as gpd
import pandas as pd

from engine.permits.steps import PERMITS, REGISTER, VERDICTS, ZONES
from engine.products import Products
from engine.publish.parts import flat_with_bounds


def permit_tables(products: Products) -> dict[str, pd.DataFrame]:
    """The tables register, permit, zone and verdict."""
    folder = products.verdicts
    zones, verdicts = gpd.read_parquet(folder / ZONES), gpd.read_parquet(folder / VERDICTS)
    columns = pd.DataFrame(verdicts.drop(columns="geometry"))
    tables = {
        "permit": flat_with_bounds(gpd.read_parquet(folder / PERMITS)),
        "zone": pd.DataFrame(zones.drop(columns="geometry")).assign(geometry=zones.geometry.to_wkb()),
        "verdict": columns.assign(register=products.register, outside=verdicts.geometry.to_wkb()),
    }
    if (folder / REGISTER).exists():
        facts = json.loads((folder / REGISTER).read_text(encoding="utf-8"))
        tables["register"] = pd.DataFrame([facts | {"version": None, "report": json.dumps(facts["report"])}])
    return tables
