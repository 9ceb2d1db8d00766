"""From a survey to area files in the folder: each whole or not at all, and none over one that is there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from engine.area import AREA_FILE, read_area
from engine.errors import InputError
from engine.survey.area_file import area_text
from engine.survey.notes import Notes
from engine.survey.places import Place, Survey, require_something
from engine.survey.stacks import common_folder

_SOURCE = "SOURCE.md"
# Texts that say where data come from, the likeliest first.
_SOURCE_NAMES = ("source", "quelle", "readme", "attribution", "licence", "license", "copying", "copyright")
_SOURCE_SUFFIXES = ("", ".md", ".txt", ".rst")


@dataclass
class Written:
    """An area file, the text it names as its source, and what is to be said of it."""

    place: Place
    file: Path
    source: Path
    source_is_new: bool
    notes: Notes = field(default_factory=Notes)


def write_areas(survey: Survey) -> list[Written]:
    """Write an area file for every place: area.toml for the one, NAME.toml for several.

    Raises
    ------
    InputError
        When nothing was found, or an area file is there already.
    """
    require_something(survey)
    root = survey.root
    several = len(survey.places) > 1
    plans = []
    for place in survey.places:
        file = root / (f"{place.name}.toml" if several else AREA_FILE)
        source, is_new = _source(place, root, several)
        plans.append(Written(place, file, source, is_new))
    for path in [root / AREA_FILE, *(plan.file for plan in plans)]:
        if os.path.lexists(path):
            raise InputError(
                "an area file is there already, and is not overwritten",
                file=path,
                mend="remove or rename it, and run the command again",
            )
    with _all_or_nothing() as write:
        for plan in plans:
            if plan.source_is_new:
                write(plan.source, _source_template(plan))
            for stack in plan.place.stacks:
                plan.notes.extend(stack.notes)
            _say_what_is_missing(plan)
            text = area_text(plan.place, plan.source.relative_to(root), root, plan.notes)
            write(plan.file, text)
            read_area(plan.file)
    return plans


def _say_what_is_missing(plan: Written) -> None:
    place, missing = plan.place, plan.notes.missing
    if place.imagery and not place.model:
        bands = ", ".join(place.imagery.bands)
        missing.append(
            f"a model for these bands ({bands}): no shipped one fits; train one with `python -m engine train`, or give "
            "outlines" + (" (they are there, and are used)" if place.outlines else "; the images are shown alone")
        )
    if place.stack and not place.imagery and not place.outlines:
        missing.append("outlines of the mines: the motion is shown alone")
    if plan.source_is_new:
        missing.append(f"origin and licence of the data: fill in {plan.source.name}, which the app shows")
    if not place.permits:
        missing.append('a register of permits: verdicts read "permits not tested"')


def _source(place: Place, root: Path, several: bool) -> tuple[Path, bool]:
    """The text on the data's origin nearest to them, from their folder up; else the path of one to be written."""
    folder = common_folder(place.files)
    for own in (folder, *folder.parents):
        if not own.is_relative_to(root):
            break
        found = [path for path in own.iterdir() if _is_source(path, root)]
        if found:
            return min(found, key=_likeliness), False
    name = f"{place.name}.{_SOURCE}" if several else _SOURCE
    while os.path.lexists(root / name):  # something that cannot be read as text bears the name
        name = f"area-{name}"
    return root / name, True


def _is_source(path: Path, root: Path) -> bool:
    if not path.name.lower().startswith(_SOURCE_NAMES) or path.suffix.lower() not in _SOURCE_SUFFIXES:
        return False
    try:
        return (
            path.is_file() and path.resolve().is_relative_to(root.resolve()) and bool(path.read_text("utf-8").strip())
        )
    except (OSError, UnicodeDecodeError):
        return False


def _likeliness(path: Path) -> tuple[int, str]:
    name = path.name.lower()
    return next(number for number, start in enumerate(_SOURCE_NAMES) if name.startswith(start)), name


def _source_template(plan: Written) -> str:
    what = []
    if plan.place.imagery:
        what.append(f"Images ({len(plan.place.imagery.images)})")
    what += [f"Interferograms ({len(stack.pairs)})" for stack in plan.place.stacks]
    if plan.place.outlines:
        what.append("Outlines of the mines")
    lines = [f"- {kind}: origin and licence not stated yet; attribution: not stated yet" for kind in what]
    return (
        f"# Sources of {plan.place.title}\n\nTo be filled in: who made the data, where they were obtained, under which "
        "licence, and how they are to be attributed.\n\n" + "\n".join(lines) + "\n"
    )


@contextmanager
def _all_or_nothing() -> Iterator["_Writer"]:
    writer = _Writer()
    try:
        yield writer
    except BaseException:
        for path in writer.written:
            path.unlink(missing_ok=True)
        raise


class _Writer:
    """Writes files whole, never over another; knows which it has written."""

    def __init__(self) -> None:
        self.written: list[Path] = []

    def __call__(self, path: Path, text: str) -> None:
        try:
            with NamedTemporaryFile(
                "w", dir=path.parent, prefix=".init-", encoding="utf-8", newline="\n", delete=False
            ) as partial:
                partial.write(text)
            whole = Path(partial.name)
            try:
                whole.chmod(0o644)
                os.link(whole, path)  # unlike a rename, this fails where something has come into the way
            finally:
                whole.unlink()
        except FileExistsError:
            raise InputError(
                "it is there already, and is not overwritten", file=path, mend="remove or rename it"
            ) from None
        except OSError as error:
            raise InputError(
                f"it cannot be written ({error.strerror})", file=path, mend="give yourself the right to write there"
            ) from None
        self.written.append(path)
