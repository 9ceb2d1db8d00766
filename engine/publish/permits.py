"""The register and the verdicts, as rows of a release."""

import geopandas as gpd
import pandas as pd

from engine.permits.steps import PERMITS, VERDICTS
from engine.products import Products
from engine.publish.parts import flat_with_bounds


def permit_rows(products: Products) -> pd.DataFrame:
    return flat_with_bounds(gpd.read_parquet(products.verdicts / PERMITS))


def verdict_rows(products: Products) -> pd.DataFrame:
    verdicts = gpd.read_parquet(products.verdicts / VERDICTS)
    columns = pd.DataFrame(verdicts.drop(columns="geometry"))
    return columns.assign(register=products.register, outside=verdicts.geometry.to_wkb())
