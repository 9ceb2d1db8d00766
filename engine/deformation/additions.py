"""Pairs that come to a stack or leave it: what was laid down of the others is taken over, and not read again.

The rasters of a pair hold as long as nothing has changed that they were made from: the pair's own files, by their
sha256, and what all pairs share, which is grid, radar, masks, options and versions. Where any of the latter has
changed, all is read anew.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from engine.deformation.checks import check_coherence, check_phase
from engine.deformation.mintpy_files import StackFile
from engine.deformation.stack import DatePair, Interferogram, StackReader
from engine.grid import Block, Grid

# What a stack leaves of itself beside its rasters.
STACK_FACTS = "stack.json"


class LaidPair(NamedTuple):
    """One pair as it is laid down, and what is told of it.

    phase : radians; coherence : 0 to 1, None where it is not read; both of the grid's shape, NaN for no data.
    median : of the phase, radians. valid_share : of the frame's pixels, with phase. mean_coherence : where it is read.
    """

    phase: NDArray[np.float32]
    coherence: NDArray[np.float32] | None
    median: float
    valid_share: float
    mean_coherence: float | None


def read_pair(
    reader: StackReader, interferogram: Interferogram, *, coherent: bool, masked: NDArray[np.bool_]
) -> LaidPair:
    """Read and check a pair's rasters.

    coherent : whether coherence is read, too. masked : of the grid's shape, where neither is kept (`Geometry.masked`).

    Raises
    ------
    InputError
        For rasters that cannot be used.
    """
    phase = reader.phase(interferogram)
    phase[masked] = np.nan
    check_phase(phase, interferogram)
    coherence = reader.coherence(interferogram) if coherent else None
    if coherence is not None:
        coherence[masked] = np.nan
        check_coherence(coherence, interferogram)
    valid = np.isfinite(phase)
    return LaidPair(
        phase,
        coherence,
        float(np.median(phase[valid])),
        float(valid.mean()),
        # 0 is no coherence that was measured: processors leave it where they have no data.
        None if coherence is None else float(np.mean(coherence[coherence > 0])),
    )


@dataclass(frozen=True)
class Provenance:
    """What the files of a stack are known by, and where the stack lies that was made of them last.

    digest : gives the sha256 of a file. shared : by name and as JSON, what goes for all pairs beside grid, radar, masks
    and whether coherence is read: options and versions. former : folder of the last stack; None where nothing is to be
    taken over.
    """

    digest: Callable[[Path], str]
    shared: Mapping[str, Any]
    former: Path | None = None

    def origin(self, reader: StackReader, *, coherent: bool, masked: NDArray[np.bool_]) -> "Origin":
        """What a stack of this reader is made from, as its files are now.

        Raises
        ------
        InputError
            For a file that cannot be read.
        """
        own = {
            "grid": reader.grid.describe(),
            "radar": vars(reader.radar),
            "coherence": coherent,
            "masks": hashlib.sha256(np.packbits(masked).tobytes()).hexdigest(),
        }
        files = {str(item.pair): [self.digest(path) for path in item.files] for item in reader.interferograms}
        return Origin(_flat({**self.shared, **own}), files)


@dataclass(frozen=True)
class Origin:
    """What a stack was made from.

    shared : by dotted name, what goes for all pairs. files : sha256 of the files of each pair, pairs in their order.
    """

    shared: dict[str, Any]
    files: dict[str, list[str]]


@dataclass(frozen=True)
class FormerStack:
    """What the stack that was laid down last can give.

    numbers : in that stack, of the pairs whose rasters still hold. unfit : why there is none of them, where one would
    expect some.
    """

    file: StackFile | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    unfit: str | None = None

    @classmethod
    def find(cls, folder: Path | None, origin: Origin) -> Self:
        """The last stack, held against what the next one is made from."""
        if folder is None:
            return cls()
        file = StackFile(folder)
        try:
            facts = json.loads((folder / STACK_FACTS).read_text())
            before = Origin(**facts["origin"])
            whole = [str(item.pair) for item in file.interferograms] == list(before.files)
        except (OSError, ValueError, KeyError, TypeError):  # HDF5 refuses a file that was cut short
            whole = False
        if not whole:
            return cls(unfit="the stack that was laid down before cannot be read")
        names = sorted(before.shared.keys() | origin.shared.keys())
        if changed := [name for name in names if before.shared.get(name) != origin.shared.get(name)]:
            return cls(unfit=f"changed since: {', '.join(changed)}")
        numbers = {
            pair: number for number, (pair, files) in enumerate(before.files.items()) if files == origin.files.get(pair)
        }
        return cls(file, facts, numbers)

    def take(self, pair: DatePair, grid: Grid) -> LaidPair | None:
        """A pair as it was laid down, None where that does not hold any more or cannot be read."""
        number = self.numbers.get(str(pair))
        if self.file is None or number is None:
            return None
        whole, means = Block(0, grid.rows, 0, grid.cols), self.facts["mean_coherences"]
        try:
            phase = self.file.phase([number], whole)[0]
            coherence = None if means is None else self.file.coherence([number], whole)[0]
        except OSError:  # a bad place on the disk; the pair's own files are still there
            return None
        facts = self.facts["medians"][number], self.facts["valid_shares"][number]
        return LaidPair(phase, coherence, *facts, None if means is None else means[number])


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Tables within tables as one, by dotted names."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {prefix + name: value}
    return found
