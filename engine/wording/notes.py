"""Sentences of everything that a reader of a register should know."""

from collections.abc import Mapping
from typing import Any

from engine.wording import cadastres, quality


def note(code: str, parameters: Mapping[str, Any]) -> str:
    """The sentence of a note, of the reading of a file or of the making of its register.

    Raises
    ------
    KeyError
        For a code that nothing writes.
    """
    return cadastres.note(code, parameters) or quality.quality_note(code, parameters)
