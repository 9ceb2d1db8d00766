"""Stacks of interferograms, whichever form they are in: what all finders share."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, TypeAdapter

from engine.deformation.decomposition import LineOfSight
from engine.deformation.network import Network, NetworkOptions, choose_pairs
from engine.deformation.readers import open_stack
from engine.deformation.stack import AnyStackOptions, DatePair, StackReader
from engine.errors import InputError
from engine.grid import Grid
from engine.survey.files import Unused, printable, shown
from engine.survey.notes import Notes
from engine.survey.patterns import family
from engine.survey.toml import Line

_SENTINEL1 = re.compile(r"(?<![a-z0-9])s1[abc]{0,2}(?![a-z0-9])|sentinel[-_ ]?1|(?<!\d)\d{3}[ad]_\d{5}_\d{6}", re.I)
_LEAST_DATES = 3
_OPTIONS: TypeAdapter[AnyStackOptions] = TypeAdapter(Annotated[AnyStackOptions, Field(discriminator="format")])
# As they are called by people.
FORMS = {"gamma": "GAMMA", "geotiff": "GeoTIFF", "hyp3": "HyP3", "licsar": "LiCSAR", "isce": "ISCE-2"}


@dataclass
class Stack:
    """One stack: where it lies, what it holds, and the keys of [stack] that read it.

    folder : of the stack. files : of its pairs and their parameters; beside : others that something was taken from.
    wavelength : m, None where it is not known.
    """

    form: str
    folder: Path
    pairs: tuple[DatePair, ...]
    grid: Grid
    lines: list[Line]
    files: frozenset[Path]
    beside: frozenset[Path]
    wavelength: float | None
    notes: Notes

    @property
    def network(self) -> Network:
        return Network(self.pairs)

    @property
    def is_long_enough(self) -> bool:
        return len(self.network.dates) >= _LEAST_DATES


def says_sentinel1(paths: Sequence[Path], root: Path) -> bool:
    return any(_SENTINEL1.search(path.relative_to(root).as_posix()) for path in paths)


def one_of_each(found: Mapping[Path, DatePair], root: Path, unused: Unused, what: str = "interferogram") -> list[Path]:
    """Files such that no pair occurs twice.

    Where there are several of one pair, they are the copies or the variants of a stack: names of the kind that most
    files bear, and a folder with as many as possible, are chosen before single files are.
    """
    paths = sorted(found)
    if _no_doubles(paths, found):
        return paths
    families: dict[str, list[Path]] = {}
    for path in paths:
        families.setdefault(family(path.name), []).append(path)
    chosen = max(families.values(), key=lambda own: (len({found[path] for path in own}), "unw" in own[0].name.lower()))
    if not _no_doubles(chosen, found):
        folders = {folder for path in chosen for folder in path.parents if folder.is_relative_to(root)}
        below = {folder: [path for path in chosen if path.is_relative_to(folder)] for folder in sorted(folders)}
        whole = [own for own in below.values() if _no_doubles(own, found)]
        chosen = max(whole, key=len, default=chosen)
    kept: dict[DatePair, Path] = {}
    for path in chosen:
        kept.setdefault(found[path], path)
    for path in paths:
        if (first := kept.get(found[path])) != path:
            beside = f" beside {shown(first, root)}" if first else "; the larger set of such files is used"
            unused.add(path, f"a second {what} of its pair{beside}")
    return sorted(kept.values())


def _no_doubles(paths: Sequence[Path], found: Mapping[Path, DatePair]) -> bool:
    return len({found[path] for path in paths}) == len(paths)


def common_folder(paths: Sequence[Path]) -> Path:
    """The deepest folder that holds all of them."""
    first = paths[0].parent
    return next(folder for folder in (first, *first.parents) if all(path.is_relative_to(folder) for path in paths))


def reader_of(lines: Iterable[Line], root: Path) -> StackReader:
    """What the keys of [stack] read."""
    return open_stack(_OPTIONS.validate_python({line.key: line.value for line in lines if line.active}), root)


def flies_north(stack: Stack, root: Path) -> bool | None:
    """Whether a stack is of an ascending orbit, seen from the west by a radar that looks to the right; None where its
    products do not say from where they see.
    """
    try:
        sight = LineOfSight.of(reader_of(stack.lines, root).geometry(), "stack")
    except InputError:
        return None
    return bool(np.nanmean(sight.east) < 0)


def check_stack(stack: Stack, root: Path) -> None:
    """Read the stack as a run would, short of its pixels; what a run would refuse is noted as missing."""
    reader = reader_of(stack.lines, root)
    try:
        interferograms = reader.interferograms
        _ = reader.grid
        if stack.wavelength is not None:
            _ = reader.radar
        choose_pairs(interferograms, NetworkOptions())
    except InputError as error:
        where = f"{shown(Path(error.file), root)}: " if error.file else ""
        stack.notes.missing.append(f"{where}{printable(error.problem)}; {error.mend}")
