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


def with_order(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The table patch with what lists are ordered and filtered by, from a release's other tables, attention too.

    It repeats what they say, so that a page of a list, or a tile of the map, asks one table.
    """
    patches = tables["patch"]
    names = pd.Index(patches["patch_id"])
    turned = pd.concat(
        [
            _column(tables.get("course"), "day"),
            _column(tables.get("activity"), "lost_last"),
        ]
    ).dropna()
    return patches.assign(
        attention=_column(tables["attention"], "points").groupby(level=0).sum().reindex(names, fill_value=0.0).array,
        turned=turned.groupby(level=0).max().reindex(names).array,
        verdicts=_verdicts(tables.get("verdict"))
        .reindex(names)
        .map(lambda one: one if isinstance(one, list) else [])
        .array,
    )


def _column(table: pd.DataFrame | None, name: str) -> pd.Series:
    if table is None or table.empty:
        return pd.Series(dtype=object)
    return table.set_index("patch_id")[name]


def _verdicts(table: pd.DataFrame | None) -> pd.Series:
    """Kind and certainty of each patch's verdicts; that something was not tested only where nothing else is said."""
    if table is None or table.empty:
        return pd.Series(dtype=object)
    said = table["kind"] + ":" + table["certainty"].fillna("")
    known = table["kind"] != "not_tested"
    shown = known | ~table["patch_id"].isin(table.loc[known, "patch_id"])
    return said[shown].groupby(table["patch_id"][shown]).agg(sorted)


def _rows(table: pd.DataFrame | None) -> list[dict[str, Any]]:
    return (
        [] if table is None else [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
    )
