"""What a reader of a register should know of it, whether of its file or of its columns and cells."""

from collections.abc import Mapping
from typing import Any

from engine.wording.cadastres import note as cadastre_note
from engine.wording.quality import quality_note


def note(code: str, parameters: Mapping[str, Any]) -> str:
    """The sentence of a note."""
    return cadastre_note(code, parameters) or quality_note(code, parameters)
