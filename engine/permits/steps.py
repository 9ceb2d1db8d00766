"""The step of verdicts, from files to files: every patch held against the register."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from engine.permits.comparison import compare
from engine.permits.options import PermitOptions
from engine.permits.precision import Precision
from engine.permits.register import Register
from engine.permits.subjects import subjects
from engine.permits.zones import no_zones

VERDICTS, PERMITS, ZONES = "verdicts.parquet", "permits.parquet", "zones.parquet"
REGISTER = "register.json"  # what the permits come from; the pipeline writes it, which knows the file


def judge_patches(
    tables: Mapping[str, pd.DataFrame],
    register: Register | None,
    zones: gpd.GeoDataFrame | None,
    options: PermitOptions | None,
    folder: Path,
    *,
    precision: Precision | None = None,
    last_date: datetime.date,
) -> dict[str, Any]:
    """Write the verdicts, the permits and the zones; returns how many there are of each kind, and what the register is.

    Parameters
    ----------
    tables : see `subjects`. register, zones, options, precision : see `compare`. last_date : of all data.

    Raises
    ------
    InputError
        When the register lies elsewhere.
    """
    found = compare(subjects(tables), register, zones, options, precision=precision, last_date=last_date)
    found.verdicts.to_parquet(folder / VERDICTS)
    found.permits.to_parquet(folder / PERMITS)
    (no_zones() if zones is None else zones).to_parquet(folder / ZONES)
    return found.counts() | ({} if register is None else register.report())
