"""Stacks of processors whose names say what each file is, and which bring their own metadata: HyP3, LiCSAR, ISCE-2.

Their readers take them as they were delivered, rasters of different size included, so that the area file needs to say
no more than what they are and where.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.errors import InputError
from engine.survey.files import Entry, Listing, Unused
from engine.survey.labels import MASK
from engine.survey.notes import Notes
from engine.survey.stacks import Stack, common_folder, reader_of
from engine.survey.toml import Line

# Of a frame of LiCSAR: track, direction, place.
_FRAME = re.compile(r"(?<!\d)\d{3}[AD]_\d{5}_\d{6}")
_HEADING = re.compile(rb"^Heading:\s*(-?\d+)", re.MULTILINE)
_HYP3 = b"Reference Granule:"
_NOT_READ = "beside the phase, and not read: geometry and masks are taken from one product alone, and others not needed"


# By what the names of unwrapped phase end in.
_FORMS = {"_unw_phase.tif": "hyp3", ".geo.unw.tif": "licsar", ".unw.geo": "isce"}
PRODUCTS = frozenset(_FORMS.values())
# Of one stack, above the folders of its pairs, as LiCSAR and topsStack name it.
_PAIRS_FOLDER = "interferograms"


def _orbit(form: str, path: Path, known: Mapping[Path, Entry]) -> str | None:
    """What tells stacks of one form apart, empty where nothing does; None for what is of another form after all."""
    if form == "hyp3":
        parameters = known.get(path.with_name(f"{path.name.removesuffix('_unw_phase.tif')}.txt"))
        if parameters is None or _HYP3 not in parameters.head:
            return None
        heading = _HEADING.search(parameters.head)
        return "" if heading is None else "ascending" if abs(int(heading[1])) < 90 else "descending"
    frame = _FRAME.search(path.as_posix()) if form == "licsar" else None
    above = path.parents[1]
    return frame[0] if frame else str(above) if above.name == _PAIRS_FOLDER else ""


def find_product_stacks(listing: Listing, unused: Unused) -> tuple[list[Stack], set[Path]]:
    """A stack for each processor, and each orbit or frame where that can be told; and the folders in which other
    finders have nothing to look for. What the reader refuses is left to them.
    """
    known = {entry.path: entry for entry in listing.entries}
    found: dict[tuple[str, str], list[Path]] = {}
    for path in known:
        form = next((form for suffix, form in _FORMS.items() if path.name.endswith(suffix)), None)
        if form and (orbit := _orbit(form, path, known)) is not None:
            found.setdefault((form, orbit), []).append(path)
    stacks: list[Stack] = []
    taken: set[Path] = set()
    for (form, _), paths in found.items():
        folder = common_folder(paths)
        others = [path for (name, _), own in found.items() if name == form and own is not paths for path in own]
        if any(path.is_relative_to(folder) for path in others):
            taken |= {path.parent for path in paths}
            for path in paths:
                unused.add(path, "products of several orbits lie in one folder: give each orbit one of its own")
        elif stack := _stack(form, _whole(form, folder, others, listing.root), paths, listing, unused):
            taken |= {path.parent for path in stack.files}
            stacks.append(stack)
    return stacks, taken


def _whole(form: str, folder: Path, others: Sequence[Path], root: Path) -> Path:
    """Up from the pairs to where the frame's geometry and baselines are as well, short of other stacks; HyP3's products
    have all of it in themselves.
    """
    if form != "hyp3":
        for above in folder.parents:
            if not above.is_relative_to(root) or any(path.is_relative_to(above) for path in others):
                break
            folder = above
    return folder


def _stack(form: str, folder: Path, unwrapped: Sequence[Path], listing: Listing, unused: Unused) -> Stack | None:
    lines = [
        Line("format", form),
        Line("path", folder.relative_to(listing.root), "folder of the products, as they were delivered"),
    ]
    if form == "hyp3":
        lines.append(Line("water_mask", True, "false where the products' map of water is out of date", active=False))
    reader = reader_of(lines, listing.root)
    try:
        interferograms, grid, wavelength = reader.interferograms, reader.grid, reader.radar.wavelength
        files = frozenset(path for item in interferograms for path in item.files)
        beside = frozenset(reader.files) - files
    except InputError:
        return None
    products = {path.parent for path in unwrapped}
    for entry in listing.entries:
        if entry.path.parent in products and entry.path not in files | beside and not entry.is_text:
            if unused.reasons.get(entry.path) == MASK:
                del unused.reasons[entry.path]  # nobody has to name it: the reader finds one by itself
            unused.add(entry.path, _NOT_READ)
    for path in beside:
        unused.reasons.pop(path, None)  # others have no use for a mask, say
    pairs = tuple(item.pair for item in interferograms)
    return Stack(form, folder, pairs, grid, lines, files, beside, wavelength, Notes())
