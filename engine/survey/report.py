"""What `init` says on the terminal: what was found, assumed, missing and left aside, and what to do next."""

import shlex
from collections.abc import Iterator, Sequence

from engine.area import AREA_FILE
from engine.survey.files import MAX_FILES, Unused, printable, shown
from engine.survey.places import Place, Survey
from engine.survey.stacks import FORMS
from engine.survey.writing import Written

_LABEL = 16
_FEW = 3  # names that are listed of files with one reason


def found_text(survey: Survey) -> str:
    """What lies in the folder, place by place."""
    return "\n".join(_found(survey))


def _found(survey: Survey) -> Iterator[str]:
    yield f"{printable(str(survey.root))}: looked at {survey.files} files"
    if not survey.whole:
        yield f"  and stopped there: a folder of more than {MAX_FILES} files is not looked through; name a part of it"
    for place in survey.places:
        yield f"\nFound: {printable(place.title)}"
        yield from _place(place, survey)
    yield from _left_aside(survey.unused)


def _place(place: Place, survey: Survey) -> Iterator[str]:
    root = survey.root
    if imagery := place.imagery:
        listed = ", ".join(str(image.day) for image in imagery.images[:12]) + (
            " ..." if len(imagery.images) > 12 else ""
        )
        height, width = imagery.grid.pixel_size
        yield _item("images", f"{len(imagery.images)}, of {listed}")
        yield _item(
            "",
            f"{imagery.images[0].facts.bands} bands ({', '.join(map(printable, imagery.bands))}), "
            f"{imagery.grid.rows} x {imagery.grid.cols} pixels of {max(height, width):.3g} m",
        )
        if imagery.labels:
            days = ", ".join(str(day) for day in sorted(imagery.labels))
            yield _item("labels", f"of {days}, codes {', '.join(str(code) for code in imagery.label_codes[:20])}")
        if place.model:
            used = "finds the patches" if place.finds_patches else "fits, and is ready to be switched on"
            yield _item("model", f"{printable(place.model.name)} {used}")
    for stack in place.stacks:
        span = stack.network.dates
        form = FORMS[stack.form]
        wavelength = f", wavelength {stack.wavelength * 100:.3f} cm" if stack.wavelength else ""
        yield _item(
            "interferograms" if stack is place.stack else "other direction",
            f"{len(stack.pairs)} pairs ({form}) between {len(span)} dates, {span[0]} to {span[-1]}",
        )
        where = shown(stack.folder, root)
        yield _item("", f"{stack.grid.rows} x {stack.grid.cols} pixels{wavelength}, in {where}/")
    if outlines := place.outlines:
        layer = f", layer {printable(outlines.layer)}" if outlines.layer else ""
        inside = outlines.within(place.grid)
        yield _item(
            "outlines", f"{inside} of {len(outlines.outlines)} in the frame, {shown(outlines.path, root)}{layer}"
        )
        if place.model:
            yield _item("", "patches are these; a model fits too: switch [patches] off and [extraction] on to use it")
    for register in place.permits:
        yield _item(
            "permits",
            f"{register.within(place.grid)} in the frame, {shown(register.path, root)}; switch [permits] on to hold "
            "patches against them",
        )


def _left_aside(unused: Unused) -> Iterator[str]:
    if not unused.reasons:
        return
    yield "\nNot used"
    by_reason: dict[str, list[str]] = {}
    for path, why in sorted(unused.reasons.items()):
        by_reason.setdefault(why, []).append(shown(path, unused.root))
    for why, names in by_reason.items():
        few = ", ".join(names[:_FEW])
        more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
        yield f"  - {few}{more}: {printable(why)}"


def written_text(written: Sequence[Written], survey: Survey) -> str:
    """What was written, what it assumes and lacks, and the next commands."""
    return "\n".join(_written(written, survey))


def _written(written: Sequence[Written], survey: Survey) -> Iterator[str]:
    root = survey.root
    for heading, kind in (("Assumed, please check", "assumed"), ("Missing", "missing")):
        texts = [
            (f"{plan.file.name}: " if len(written) > 1 else "") + text
            for plan in written
            for text in getattr(plan.notes, kind)
        ]
        if texts:
            yield f"\n{heading}"
            yield from (f"  - {printable(text)}" for text in texts)
    yield "\nWritten"
    for plan in written:
        yield f"  {shown(plan.file, root)}" + (f", {shown(plan.source, root)}" if plan.source_is_new else "")
    yield "\nNext"
    for plan in written:
        target = shlex.quote(str(root if plan.file.name == AREA_FILE else plan.file))
        if plan.notes.to_fill_in:
            yield f"  fill in {' and '.join(plan.notes.to_fill_in)} in {shown(plan.file, root)}, then"
        yield f"  python -m engine check {printable(target)}"
        yield f"  python -m engine run {printable(target)}"


def _item(label: str, text: str) -> str:
    return f"  {label:<{_LABEL}}{text}"
