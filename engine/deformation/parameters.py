"""Parameter files of radar processors: lines of a key and its value."""

import re
from pathlib import Path
from typing import Literal

import numpy as np

from engine.errors import InputError


def read_parameters(path: Path, separator: Literal[":", "=", " "] = ":") -> dict[str, str]:
    """A parameter file as key -> text (value and unit): `key: value`, `key=value` or `KEY  value`."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise InputError("the file does not exist", file=path, mend="supply the parameter file") from None
    line = r"^[ \t]*(\S+)[ \t]+(.*)$" if separator == " " else rf"^([^{separator}\n]+){separator}(.*)$"
    return {key.strip(): value.strip() for key, value in re.findall(line, text, flags=re.MULTILINE)}


def number(parameters: dict[str, str], key: str, path: Path, *, positive: bool = False) -> float:
    """The number of an entry, without its unit. positive : whether it has to be."""
    try:
        value = float(parameters[key].split()[0])
    except KeyError:
        raise InputError("the entry is missing", file=path, field=key, mend="add it to the parameter file") from None
    except (ValueError, IndexError):
        raise InputError(
            f"'{parameters[key]}' is no number", file=path, field=key, mend="correct the parameter file"
        ) from None
    if not np.isfinite(value) or (positive and value <= 0):
        raise InputError(f"{value:g} is no measure", file=path, field=key, mend="correct the parameter file")
    return value
