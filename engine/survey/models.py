"""Models that fit an area's bands: those that ship with Pitwatch, and those that lie in the folder."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from engine.survey.files import Listing, Unused

SHIPPED = Path(__file__).parents[2] / "models"
_SUFFIX, _HEADER = ".safetensors", "pitwatch"


@dataclass(frozen=True)
class Model:
    """name : as `extraction.model` takes it. threshold : the model's own; None where its header gives none."""

    name: str
    bands: tuple[str, ...]
    classes: tuple[str, ...]
    threshold: float | None = None


def find_models(listing: Listing, unused: Unused) -> list[Model]:
    """Every checkpoint whose header says what it is for; the folder's own come first.

    The header alone is read, so that nobody has to wait for torch; whether the weights are whole is a run's business.
    """
    found = []
    for entry in listing.entries:
        if entry.suffix != _SUFFIX:
            continue
        if header := _header(entry.path):
            found.append(_model(entry.path.relative_to(listing.root).as_posix(), header))
        else:
            unused.add(entry.path, "weights without a header of Pitwatch's: supply what `python -m engine train` wrote")
    for path in sorted(SHIPPED.glob(f"*{_SUFFIX}")):
        if header := _header(path):
            found.append(_model(path.stem, header))
    return found


def _header(path: Path) -> dict[str, Any] | None:
    try:
        with safe_open(path, framework="numpy") as file:
            header = json.loads((file.metadata() or {}).get(_HEADER, "null"))
    except (SafetensorError, OSError, ValueError):
        return None
    return header if isinstance(header, dict) and isinstance(header.get("bands"), list) else None


def _model(name: str, header: dict[str, Any]) -> Model:
    bands = (band.get("name", "") if isinstance(band, dict) else band for band in header["bands"])
    classes, threshold = tuple(str(one) for one in header.get("classes", ())), header.get("threshold")
    own = float(threshold) if isinstance(threshold, int | float) else None
    return Model(name, tuple(str(band) for band in bands), classes, own)


def fitting(models: Sequence[Model], bands: Sequence[str]) -> Model | None:
    """The first model whose bands are all among those of the images."""
    return next((model for model in models if model.bands and set(model.bands) <= set(bands)), None)
