"""The places that a folder holds data of, and what belongs to each."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import InputError
from engine.grid import Grid
from engine.survey.columns import Subject
from engine.survey.dates import dates_in
from engine.survey.files import Unused, list_files, shown
from engine.survey.formats import note_formats
from engine.survey.gamma_stacks import find_gamma_stacks
from engine.survey.geotiff_stacks import find_geotiff_stacks, role_of
from engine.survey.images import Imagery, find_images
from engine.survey.labels import attach_labels, is_label_raster
from engine.survey.models import Model, find_models, fitting
from engine.survey.product_stacks import PRODUCTS, find_product_stacks
from engine.survey.rasters import Facts, overlap, read_rasters
from engine.survey.registers import read_registers
from engine.survey.stacks import Stack, check_stack, common_folder, flies_north
from engine.survey.vectors import VectorLayer, choose_outlines, read_vectors

_LONGEST_NAME = 64


@dataclass
class Place:
    """One place: images or interferograms of it, or both, and what else is there. second_stack : from the other side.
    model : that fits the images.
    """

    imagery: Imagery | None
    stack: Stack | None
    second_stack: Stack | None = None
    outlines: VectorLayer | None = None
    permits: list[VectorLayer] = field(default_factory=list)
    model: Model | None = None
    name: str = ""
    title: str = ""

    @property
    def grid(self) -> Grid:
        """The images' frame where there are some: patches are looked at there."""
        if self.imagery:
            return self.imagery.grid
        assert self.stack is not None
        return self.stack.grid

    @property
    def files(self) -> list[Path]:
        return [
            *(self.imagery.files if self.imagery else []),
            *(path for stack in self.stacks for path in sorted(stack.files)),
            *([self.outlines.path] if self.outlines else []),
        ]

    @property
    def stacks(self) -> list[Stack]:
        return [stack for stack in (self.stack, self.second_stack) if stack]

    @property
    def finds_patches(self) -> bool:
        """Whether the model is to be used: outlines that somebody drew are better known than what a model finds."""
        return self.model is not None and self.outlines is None


@dataclass
class Survey:
    """All that was found in a folder. files : how many were looked at; whole : whether that was all of them."""

    root: Path
    files: int
    whole: bool
    places: list[Place]
    unused: Unused


def survey(root: Path) -> Survey:
    """Look into a folder, without writing anything.

    Raises
    ------
    InputError
        When it is no folder, or cannot be read.
    """
    unused = Unused(root)
    listing = list_files(root, unused)
    rasters = read_rasters(listing, unused)
    registers = read_registers(listing, unused)
    vectors = [*registers, *read_vectors(listing, unused, [register.path for register in registers])]
    groups = find_images(rasters, root, unused)
    attach_labels(rasters, groups, root, unused)
    stacks, taken = find_product_stacks(listing, unused)
    others = [facts for facts in rasters if facts.path.parent not in taken]
    stacks += find_gamma_stacks(listing, [facts.path for facts in rasters], unused)
    stacks += find_geotiff_stacks(others, listing, unused)
    for stack in [stack for stack in stacks if not stack.is_long_enough]:
        count = len(stack.network.dates)
        for path in sorted(stack.files):
            unused.add(path, f"interferograms between {count} dates in all; a series needs three")
        stacks.remove(stack)
    places = _places(groups, stacks, root, unused)
    if any(place.imagery for place in places):
        models = find_models(listing, unused)
        for place in places:
            place.model = fitting(models, place.imagery.bands) if place.imagery else None
    _attach_vectors(vectors, places, root, unused)
    for place in places:
        for stack in place.stacks:
            check_stack(stack, root)
    _name(places, root)
    _note_idle(rasters, places, unused)
    used = {path for place in places for path in (*place.files, *(layer.path for layer in place.permits))}
    note_formats(listing, used, unused)
    return Survey(root, len(listing.entries), listing.whole, places, unused)


def _places(groups: Sequence[Imagery], stacks: Sequence[Stack], root: Path, unused: Unused) -> list[Place]:
    """What overlaps is one place; of several groups of images or stacks of one, the longest is used."""
    members: list[list[Imagery | Stack]] = []
    items: list[Imagery | Stack] = [*groups, *stacks]
    for item in items:
        near = [own for own in members if any(overlap(item.grid, other.grid) for other in own)]
        members = [own for own in members if own not in near] + [[item, *(other for own in near for other in own)]]
    places = []
    for own in members:
        series = [item for item in own if isinstance(item, Imagery)]
        imagery = max(series, key=_length, default=None)
        radar = [item for item in own if isinstance(item, Stack)]
        if imagery:
            radar = [stack for stack in radar if overlap(stack.grid, imagery.grid)]
        stack = max(radar, key=lambda stack: (len(stack.pairs), stack.form == "gamma"), default=None)
        second = _second(stack, radar, root) if stack else None
        for item in own:
            if item is imagery or item is stack or item is second:
                continue
            if isinstance(item, Imagery):
                best = f"{len(imagery.images)} dates of others" if imagery else "others"
                for path in item.files:
                    unused.add(
                        path,
                        f"images whose bands (or their order) or resolution are not those of {best}, which are "
                        "used; bring them together first",
                    )
            else:
                for path in sorted(item.files):
                    unused.add(path, _why_not(stack, root))
        places.append(Place(imagery, stack, second))
    return sorted(places, key=lambda place: place.files[0])


def _second(stack: Stack, radar: Sequence[Stack], root: Path) -> Stack | None:
    """The longest stack of the same processor from an orbit of the other direction."""
    others = [own for own in radar if own is not stack and own.form == stack.form and overlap(own.grid, stack.grid)]
    north = flies_north(stack, root) if others and stack.form in PRODUCTS else None
    opposite = [own for own in others if north is not None and flies_north(own, root) is (not north)]
    return max(opposite, key=lambda own: len(own.pairs), default=None)


def _length(imagery: Imagery) -> tuple[int, int, int]:
    facts = imagery.images[0].facts
    return len(imagery.images), facts.bands, facts.grid.rows * facts.grid.cols


def _why_not(stack: Stack | None, root: Path) -> str:
    if stack is None:
        return "interferograms beside the images' frame"
    return f"another stack of the same place; the one in {shown(stack.folder, root)} ({len(stack.pairs)} pairs) is used"


def _attach_vectors(vectors: Sequence[VectorLayer], places: Sequence[Place], root: Path, unused: Unused) -> None:
    for place in places:
        here = [layer for layer in vectors if layer.within(place.grid)]
        place.permits = [layer for layer in here if layer.subject is Subject.PERMITS]
        labels = [layer for layer in here if layer.subject is Subject.LABELS and place.imagery and not layer.says_mines]
        for layer in labels:
            _attach_labels(layer, place, unused)
        outlines = [layer for layer in here if layer.subject is not Subject.PERMITS and layer not in labels]
        place.outlines = choose_outlines(outlines, place.grid)
        for layer in outlines:
            if layer.is_frame_of(place.grid):
                unused.add(layer.path, "it only says where data lie; it is not taken for outlines of mines")
            elif place.outlines and layer.path != place.outlines.path:
                unused.add(
                    layer.path,
                    f"more polygons beside {shown(place.outlines.path, root)}; an area reads one file of outlines",
                )
    for layer in vectors:
        if not places:
            unused.add(layer.path, "polygons alone; an area needs images or interferograms of their place")
        elif not any(layer.within(place.grid) for place in places):
            west, south, east, north = layer.outlines.total_bounds
            where = f"{west:.2f} to {east:.2f}° E, {south:.2f} to {north:.2f}° N"
            unused.add(layer.path, f"polygons of another place ({where}) than the images and interferograms")


def _attach_labels(layer: VectorLayer, place: Place, unused: Unused) -> None:
    """Polygons of classes belong to the image of the date in their name, or to the only image."""
    assert place.imagery is not None
    days = dates_in(layer.path.name)
    images = [image for image in place.imagery.images if image.day in days]
    if not days and len(place.imagery.images) == 1:
        images = place.imagery.images
    if not images:
        unused.add(layer.path, "polygons of classes, of no image's date: put the image's date into their name")
        return
    if layer.layer is None and images[0].day not in place.imagery.labels:
        place.imagery.labels[images[0].day] = layer.path
        place.imagery.label_field = layer.class_field
        place.imagery.label_codes = list(dict.fromkeys([*place.imagery.label_codes, *layer.classes]))
    else:
        unused.add(layer.path, "further polygons of classes; an image has one file of labels")


def _note_idle(rasters: Sequence[Facts], places: Sequence[Place], unused: Unused) -> None:
    """Say of every raster that nothing was done with, why not."""
    used = {path for place in places for path in place.files}
    for place in places:
        used |= set(place.imagery.labels.values()) if place.imagery else set()
        used |= {path for stack in place.stacks for path in stack.beside}
    for facts in rasters:
        if facts.path in used:
            continue
        if facts.pixels.is_empty:
            why = "not a single pixel of it is data: supply it again, or take it out of the folder"
        elif role := role_of(facts):
            why = f"{role} that no stack in use has a place for"
        elif facts.bands == 2:
            why = "two bands are neither an image nor phase; supply the unwrapped phase alone"
        elif is_label_raster(facts):
            why = "a map of classes of a place and date without an image"
        else:
            why = "it is no image, and neither phase of two dates nor heights or incidence angles of a stack"
        unused.add(facts.path, why)


def _name(places: Sequence[Place], root: Path) -> None:
    """Names that may stand in paths: the folder's own, and of several places that of each one's folder behind it."""
    given = root.resolve().name
    own = [common_folder(place.files).relative_to(root).parts for place in places]
    tops = [parts[:1] for parts in own]
    taken: set[str] = set()
    for place, parts in zip(places, own, strict=True):
        title = given
        if len(places) > 1:
            kind = "images" if place.imagery else "radar"
            title = f"{given} {kind if not parts else parts[0] if tops.count(parts[:1]) == 1 else parts[-1]}"
        name = stem = legal(title)
        number = 2
        while name in taken:
            name, number = f"{stem[: _LONGEST_NAME - 4]}-{number}", number + 1
        taken.add(name)
        place.name, place.title = name, readable(title)


def legal(text: str) -> str:
    """A name of small letters, digits, - and _.

    >>> legal("Größe der Grube (2)"), legal("矿区"), legal("..")
    ('grosse-der-grube-2', 'area', 'area')
    """
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")
    return name[:_LONGEST_NAME].rstrip("-_") or "area"


def readable(text: str) -> str:
    """A title for people, on one line."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).replace("_", " ").split())
    return (words[:1].upper() + words[1:])[:200] or "An area"


def require_something(found: Survey) -> None:
    """Refuse a folder that no area can be made of."""
    if not found.places:
        raise InputError(
            "nothing in it that an area could be made of",
            file=found.root,
            mend="supply images (GeoTIFF of three bands or more, with a CRS and a date in the name) or unwrapped "
            "interferograms of at least three dates (products of HyP3, LiCSAR or ISCE-2 as they were delivered, "
            "GAMMA's *.unw with parameter files, or GeoTIFF with both dates in the name); outlines of mines (GeoJSON, "
            "GeoPackage, shape file, GeoParquet) come on top",
        )
