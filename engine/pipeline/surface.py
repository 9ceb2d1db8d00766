"""The step that looks at what became of the surface of patches, between the first and the last image."""

import geopandas as gpd

from engine.activity.surface import read_surfaces
from engine.imagery import IMAGE
from engine.patches.steps import OUTLINES
from engine.products import OpticalProducts
from engine.steps import StepRecord, Workspace


def surface_step(optical: OpticalProducts, patches: StepRecord, workspace: Workspace) -> StepRecord | None:
    """None where no model found patches, or there is one image."""
    days = sorted(optical.images)
    if optical.extraction is None or len(days) < 2:
        return None
    first, last = days[0], days[-1]
    outlines = workspace.path(patches) / OUTLINES
    bands = optical.reports[first]["bands"]

    def grounds() -> gpd.GeoDataFrame:
        table = gpd.read_parquet(outlines)
        return table[table["date"].map(str) == str(first)][["patch_id", "geometry"]]

    return workspace.step(
        "surface",
        lambda folder: read_surfaces(
            grounds(), optical.images[first] / IMAGE, optical.images[last] / IMAGE, bands, folder
        ),
        code="activity",
        after=[patches],
        parameters={"first": str(first), "last": str(last), "bands": bands},
    )
