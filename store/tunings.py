"""What segmentation suits the labels of an area: kept beside the releases, one file a tuning, and never inside one."""

import logging
import os
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.home import Home

VERSION = 1
# Some fifty kilobytes are written; a file of megabytes is something else, and is not read into memory.
_MOST_BYTES = 2_000_000


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TriedPair(_Kept):
    """difference : mean over patches of |A_seg − A_ref| / A_ref, which is to be least. iou : mean, 0–1.

    objects : mean number of objects that make up a patch.
    """

    shape: float
    compactness: float
    difference: float
    iou: float
    objects: float


class Level(_Kept):
    """local_variance : mean over objects of the standard deviation within. rate : of its change against the level
    before, per cent; None for the first. per_patch : mean number of objects that make up a patch.
    """

    scale: float
    objects: int
    local_variance: float
    rate: float | None
    per_patch: float
    candidate: bool


class Curve(_Kept):
    """Levels of rising scale, `step` apart. scale : the one chosen among the candidates, None without any."""

    step: int
    scale: float | None
    levels: list[Level] = Field(min_length=1)


class Tuning(_Kept):
    """key : hash of everything that it was made from, hexadecimal. dates : of the images that were looked at.

    windows : the most patches that were asked for of each date; patches : how many there were. weights : of the bands,
    empty for equal ones. at_scale : at which pairs were tried. shape, compactness : the best pair.
    """

    version: int = VERSION
    area: str
    key: str = Field(pattern=r"^[0-9a-f]{12,}$")
    made: datetime
    engine_version: str
    dates: list[date]
    windows: int
    patches: int
    weights: list[float]
    at_scale: float
    shape: float
    compactness: float
    pairs: list[TriedPair] = Field(min_length=1)
    curves: list[Curve]


def keep_tuning(home: Home, tuning: Tuning) -> Path:
    """Write a tuning, whole or not at all, in the place of an earlier one of the same inputs; returns its file."""
    path = home.tunings(tuning.area) / f"{tuning.key[:12]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(tuning.model_dump_json(), encoding="utf-8")
    os.replace(partial, path)
    return path


def read_tunings(home: Home, area: str) -> list[Tuning]:
    """The tunings of an area, the newest first. What is not one, or of another version, is left out."""
    found = []
    for path in sorted(home.tunings(area).glob("*.json")):
        try:
            stat = path.stat()
        except OSError:  # taken away since
            continue
        tuning = _read(path, stat.st_size, stat.st_mtime_ns)
        if tuning is not None and tuning.area == area:
            found.append(tuning)
    return sorted(found, key=lambda tuning: tuning.made, reverse=True)


@lru_cache(maxsize=256)
def _read(path: Path, size: int, _changed: int) -> Tuning | None:
    """Once for each state of a file: pages ask anew with every click, and a damaged one is logged once."""
    if size > _MOST_BYTES:
        logging.warning("%s is too large for a tuning, and is left out", path)
        return None
    try:
        kept = Tuning.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        logging.warning("%s is no tuning, and is left out: %s", path, error)
        return None
    return kept if kept.version == VERSION else None
