"""The order of the triage list, as rows of a release."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from engine.attention import attention

_PARTS = ("activity", "course")


def attention_table(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Points of every patch by part, from a release's tables."""
    radar = tables.get("radar")
    period = None if radar is None or radar.empty else (radar["first_date"].iloc[0], radar["last_date"].iloc[0])
    facts: dict[str, dict[str, Any]] = {}
    for name in ("patch", *_PARTS):
        for row in _rows(tables.get(name)):
            facts.setdefault(row["patch_id"], {}).update(row)
    verdicts: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(tables.get("verdict")):
        verdicts.setdefault(row["patch_id"], []).append(row)
    return pd.DataFrame(
        [
            {"patch_id": patch_id, "part": part, "points": points}
            for patch_id, patch in facts.items()
            for part, points in attention(patch, verdicts.get(patch_id, []), period).items()
        ],
        columns=["patch_id", "part", "points"],
    )


def _rows(table: pd.DataFrame | None) -> list[dict[str, Any]]:
    return (
        [] if table is None else [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    )
