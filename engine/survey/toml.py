"""TOML, written so that whatever stands in a name cannot break out of its string or comment."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from engine.survey.files import printable

_COMMENT_COLUMN = 40


@dataclass(frozen=True)
class Line:
    """A key with its value. comment : behind it. active : false for one that is commented out."""

    key: str
    value: Any
    comment: str = ""
    active: bool = True

    def __str__(self) -> str:
        text = f"{'' if self.active else '# '}{self.key} = {literal(self.value)}"
        return f"{text:<{_COMMENT_COLUMN}} {comment(self.comment)}" if self.comment else text


def literal(value: Any) -> str:
    """A value as TOML writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case date():
            return value.isoformat()
        case Path():
            return literal(value.as_posix())
        case dict():
            inside = ", ".join(f"{literal(str(key))} = {literal(own)}" for key, own in value.items())
            return f"{{ {inside} }}"
        case list() | tuple():
            return f"[{', '.join(literal(part) for part in value)}]"
        case _:
            # JSON's escapes are TOML's; DEL alone is a control character that JSON lets pass.
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def comment(text: str) -> str:
    """A comment on one line."""
    return f"# {printable(text)}"


def comments(texts: Iterable[str]) -> list[str]:
    """Sentences as lines of comment, broken at a hundred columns or so."""
    return [comment(line) for text in texts for line in _wrapped(printable(text))]


def _wrapped(text: str, width: int = 110) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines
