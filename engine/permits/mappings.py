"""What a person said of a register's columns, remembered for the next register with the same columns."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from engine.permits.columns import KEPT_COLUMNS
from engine.permits.fields import Field

_FOLDER = "mappings"


def remember(folder: Path, columns: Iterable[str], mapping: Mapping[Field, str]) -> None:
    """Keep the mapping of a register with these columns, in whatever order; it replaces an earlier one.

    Parameters
    ----------
    folder : of the area's registers.
    """
    path = _path(folder, columns)
    path.parent.mkdir(parents=True, exist_ok=True)
    said = json.dumps({str(field): column for field, column in mapping.items()}, ensure_ascii=False)
    with NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=".", suffix=".partial", delete=False
    ) as file:
        file.write(said)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, path)


def remembered(folder: Path, columns: Iterable[str]) -> dict[Field, str] | None:
    """What was kept for a register with these columns; None where nothing was, or it cannot be read."""
    names = set(columns)
    try:
        said = json.loads(_path(folder, names).read_text(encoding="utf-8"))
        mapping = {Field(field): column for field, column in said.items()}
    except (OSError, ValueError, AttributeError):
        return None
    return mapping if names >= set(mapping.values()) else None


def _path(folder: Path, columns: Iterable[str]) -> Path:
    names = sorted({str(column) for column in columns} - KEPT_COLUMNS)
    digest = hashlib.sha256(json.dumps(names, ensure_ascii=False).encode()).hexdigest()
    return folder / _FOLDER / f"{digest[:32]}.json"
