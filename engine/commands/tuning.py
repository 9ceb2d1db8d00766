"""A tuning as it is kept beside the releases, from the tables that its step wrote."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from engine.objects.scale import STEPS
from engine.pipeline.optical import TUNING_SCALE
from engine.steps import StepRecord
from store.tunings import Curve, Level, TriedPair, Tuning


def tuning_to_keep(area: str, record: StepRecord, folder: Path) -> Tuning:
    """record, folder : of the step, as `tune_area` gives them."""
    report, parameters = record.report, record.parameters
    held_out = set((parameters["reference"] or {}).get("held_out_dates", ()))
    return Tuning(
        area=area,
        key=record.key,
        made=datetime.fromisoformat(record.finished),
        engine_version=record.versions["engine"],
        dates=[date.fromisoformat(day) for day in parameters["labels"] if day not in held_out],
        windows=parameters["windows"],
        patches=report["patches"],
        weights=list(parameters["weights"]),
        at_scale=TUNING_SCALE,
        shape=report["shape"],
        compactness=report["compactness"],
        pairs=[TriedPair.model_validate(row) for row in _rows(folder / "tuning.csv")],
        curves=[
            Curve(
                step=step,
                scale=report["scales"][str(step)],
                levels=[Level.model_validate(row) for row in _rows(folder / f"scales-{step}.csv")],
            )
            for step in STEPS
        ],
    )


def _rows(path: Path) -> list[dict[str, object]]:
    """The rows of a table, None where nothing is known."""
    table = pd.read_csv(path)
    return [dict(row) for row in table.astype(object).replace({np.nan: None}).to_dict("records")]
