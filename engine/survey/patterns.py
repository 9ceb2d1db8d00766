"""File name patterns that select certain files of a folder and no others."""

import re
from collections.abc import Callable, Collection, Iterator
from itertools import islice, takewhile
from pathlib import Path
from typing import NamedTuple

from engine.deformation.finding import files_below

NOTHING = "no-such-file"  # a pattern that matches nothing
_MOST = 50_000  # files that are looked at to see what a pattern matches


class Chosen(NamedTuple):
    """A pattern, and what it matches besides the files that are wanted."""

    pattern: str
    besides: frozenset[Path]


def choose_pattern(
    folder: Path, wanted: Collection[Path], default: str, counts: Callable[[Path], bool] = lambda _: True
) -> Chosen:
    """A pattern that matches the wanted files, and as few others as can be.

    Parameters
    ----------
    folder : below which, at any depth, the pattern will be looked for.
    wanted : files in it; none gives a pattern that matches nothing.
    default : tried first. counts : which other files would be read if they matched.
    """
    goal = frozenset(wanted)
    best: Chosen | None = None
    for pattern in dict.fromkeys([default, *(_patterns(goal) if goal else [NOTHING])]):
        matched = frozenset(
            path for path in islice(files_below(folder, pattern), _MOST) if path in goal or counts(path)
        )
        if not goal <= matched:
            continue
        chosen = Chosen(pattern, matched - goal)
        if not chosen.besides:
            return chosen
        if best is None or len(chosen.besides) < len(best.besides):
            best = chosen
    return best or Chosen("*", frozenset())


def _patterns(wanted: frozenset[Path]) -> Iterator[str]:
    """Patterns from what the names have in common, the simpler ones first."""
    names = sorted(path.name for path in wanted)
    if len(names) == 1:
        yield escaped(names[0])
    start, end = _common_start(names), _common_end(names)
    head, tail = start.rstrip("0123456789"), end.lstrip("0123456789")
    middle = _common_word([name[len(start) : len(name) - len(end)] for name in names])
    yield f"*{escaped(tail)}"
    yield f"{escaped(head)}*{escaped(tail)}"
    if middle:
        yield f"*{escaped(middle)}*{escaped(tail)}"
        yield f"{escaped(head)}*{escaped(middle)}*{escaped(tail)}"
    yield f"{escaped(head)}[0-9]*{escaped(tail)}"
    yield f"{escaped(start)}*{escaped(end)}"
    # The same in capitals and small letters.
    lower = [name.lower() for name in names]
    tail = _common_end(lower).lstrip("0123456789")
    head = _common_start(lower).rstrip("0123456789")
    yield f"*{_either_case(tail)}"
    yield f"{_either_case(head)}*{_either_case(tail)}"
    # Only of a folder of that name.
    folders = {path.parent.name for path in wanted}
    if len(folders) == 1 and (folder := folders.pop()):
        yield f"{escaped(folder)}/*{_either_case(tail)}"
        yield f"{escaped(folder)}/{_either_case(head)}*{_either_case(tail)}"


def _common_start(names: list[str]) -> str:
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same)


def _common_end(names: list[str]) -> str:
    return _common_start([name[::-1] for name in names])[::-1]


def _common_word(names: list[str]) -> str:
    """The longest run of letters that all names have."""
    words = sorted(set(re.findall(r"[A-Za-z]{2,}", names[0])), key=lambda word: (-len(word), word))
    return next((word for word in words if all(word in name for name in names)), "")


def escaped(name: str) -> str:
    """A name as a pattern that matches it literally."""
    return re.sub(r"([*?\[])", r"[\1]", name)


def _either_case(name: str) -> str:
    return "".join(
        f"[{letter.lower()}{letter.upper()}]" if letter.isascii() and letter.isalpha() else escaped(letter)
        for letter in name
    )


def family(name: str) -> str:
    """A name without what tells the members of a series apart: the parts of it that hold numbers."""
    return "_".join("#" if any(letter.isdigit() for letter in part) else part for part in re.split(r"[-_.\s]+", name))
