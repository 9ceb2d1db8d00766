"""The text of an area file: what was found, a comment for every key, and optional tables ready to switch on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.activity.options import ActivityOptions
from engine.deformation.inversion import InversionOptions
from engine.deformation.network import NetworkOptions
from engine.objects.refinement import RefinementOptions
from engine.objects.segmentation import SegmentationOptions
from engine.options import Options
from engine.patches.options import ExtractionOptions, SplitOptions
from engine.survey.files import shown
from engine.survey.images import imagery_lines
from engine.survey.notes import Notes
from engine.survey.places import Place
from engine.survey.stacks import Stack
from engine.survey.toml import Line, comment, comments

# Optional tables: of each key what it does, and an example where its default is "not set".
_OPTIONAL: dict[str, tuple[type[Options], dict[str, str], dict[str, Any]]] = {
    "segmentation": (
        SegmentationOptions,
        {
            "scale": "size of the objects that boundaries follow; larger means larger objects",
            "shape": "weight of form against colour, 0 to 0.99",
            "compactness": "within form: compact (1) or smooth (0) outlines",
        },
        {},
    ),
    "refinement": (
        RefinementOptions,
        {
            "least_share": "of an object, that the model's mask must cover for the object to count",
            "least_area_m2": "smaller patches are left out",
            "whole_objects": "objects are kept or removed whole, whatever is known of the model's outlines",
        },
        {},
    ),
    "network": (
        NetworkOptions,
        {
            "max_days": "pairs of more days are left out; without the key all are used",
            "max_perpendicular_m": "greatest perpendicular baseline",
            "exclude_dates": "acquisitions to leave out",
        },
        {"max_days": 60, "max_perpendicular_m": 150.0},
    ),
    "inversion": (
        InversionOptions,
        {
            "weights": 'or "variance", "coherence": these need coherence',
            "reference": "of the frame, or a stable place: [longitude, latitude]",
            "reference_radius_m": "with a place: the median of the pixels this near to it",
            "min_temporal_coherence": "pixels below count as decorrelated, 0 to 1",
            "min_pair_share": "least share of the pairs that a pixel needs",
        },
        {},
    ),
    "activity": (
        ActivityOptions,
        {
            "radius_m": "halo round a patch that is looked at with it",
            "threshold_mm_per_year": "slower than this is no motion",
            "min_cluster_pixels": "pixels that must move together",
            "decorrelated_share": "of a patch, that must be decorrelated for it to count so",
        },
        {},
    ),
}
_LEAST_PIXELS = 5


def area_text(place: Place, source: Path, root: Path, notes: Notes) -> str:
    """The area file of a place. What it assumes is added to the notes."""
    return "\n".join(_lines(place, source, root, notes)) + "\n"


def _lines(place: Place, source: Path, root: Path, notes: Notes) -> Iterator[str]:
    yield comment("Written by `python -m engine init` from what it found in this folder. Every key is explained in")
    yield comment(
        'README.md of Pitwatch, "An area of your own". ASSUMED: please check. TO FILL IN: needed before it runs.'
    )
    yield ""
    yield str(Line("name", place.name, "in paths and addresses: a-z, 0-9, - and _"))
    yield str(Line("title", place.title, "for people"))
    yield str(Line("source", source, "origin, licence and attribution of the data; the app shows it"))
    yield str(Line("attribution", "© ...", "one line, shown on the map", active=False))
    yield from _imagery(place, root, notes)
    yield from _stack(place)
    yield from _patches(place, root)
    yield from _refinement(place, notes)
    yield from _permits(place, root)
    yield from _reference(place)
    yield from _optional(place)


def _imagery(place: Place, root: Path, notes: Notes) -> Iterator[str]:
    if place.imagery is None:
        return
    lines, tables = imagery_lines(place.imagery, root, notes)
    yield from _heading("Images, one a date; all are brought onto the grid of the first.")
    yield "[imagery]"
    yield from map(str, lines)
    for table in tables:
        yield ""
        yield "[[imagery.images]]"
        yield from map(str, table)


def _stack(place: Place) -> Iterator[str]:
    if place.stack is None:
        return
    yield from _heading(
        "Interferograms, unwrapped and geocoded. File names are patterns, looked for at any depth of path."
    )
    yield from _table("stack", place.stack)
    if place.second_stack:
        counts = f"{len(place.stack.pairs)} and {len(place.second_stack.pairs)}"
        yield from _heading(
            "Interferograms from an orbit of the other direction, for rates east and up. The stack with more pairs is "
            f"the first ({counts}): activity and verdicts rest on it. Give [inversion] a stable place that both see as "
            "reference: else these rates are off by a constant."
        )
        yield from _table("second_stack", place.second_stack)


def _table(name: str, stack: Stack) -> Iterator[str]:
    yield from comments(f"TO FILL IN or mend: {text}." for text in stack.notes.missing)
    yield f"[{name}]"
    yield from map(str, stack.lines)


def _patches(place: Place, root: Path) -> Iterator[str]:
    model, outlines = place.model, place.outlines
    if outlines:
        yield from _heading("Outlines of the mines: the activity of each is said.")
        yield "[patches]"
        yield str(Line("path", outlines.path.relative_to(root)))
        if outlines.layer is not None:
            yield str(Line("layer", outlines.layer))
        for key, column in (("id_field", outlines.id_field), ("name_field", outlines.name_field)):
            what = "column of identifiers; without it they are numbered" if key == "id_field" else "column of names"
            example = column or (outlines.columns[0] if outlines.columns else "name")
            yield str(Line(key, example, what, active=column is not None))
        yield str(Line("mine_class", "mine", "what all of them are, in your words", active=False))
    elif not place.imagery:
        yield from _heading("Outlines of the mines (none were found): the activity of each would be said.")
        yield "# [patches]"
        yield str(Line("path", "mines.gpkg", "or .geojson, .shp, .parquet; any CRS", active=False))
    if not place.imagery:
        return
    if model and outlines:
        yield from _heading("Or let a model find the patches in the images: switch this table on and [patches] off.")
    elif model:
        yield from _heading("A model finds the patches in the images. Outlines of your own go into [patches] instead.")
    else:
        yield from _heading(
            "No model fits these bands, so the images are shown alone. Train one with `python -m engine train`, or "
            "give outlines in [patches]."
        )
    off = "" if place.finds_patches else "# "
    yield f"{off}[extraction]"
    active = place.finds_patches
    options = ExtractionOptions(model=model.name if model else "model.safetensors")
    if model and model.threshold is not None:
        options = options.with_threshold(model.threshold)
    yield str(Line("model", options.model, "a shipped model, or a file", active=active))
    what = "probability from which a pixel is a mine's; by itself the model's own"
    yield str(Line("threshold", options.thresholds[1], what, active=False))


def _refinement(place: Place, notes: Notes) -> Iterator[str]:
    """A least area for images whose pixels are coarse beside the default."""
    if (area := _least_area(place)) is None:
        return
    yield from _heading("What becomes of the model's mask.")
    yield "[refinement]"
    yield str(Line("least_area_m2", area, f"ASSUMED: fewer than {_LEAST_PIXELS} pixels are no patch"))
    keys = _OPTIONAL["refinement"][1]
    share = RefinementOptions.model_fields["least_share"].default
    yield str(Line("least_share", share, keys["least_share"], active=False))
    notes.assumed.append(
        f"patches of fewer than {_LEAST_PIXELS} pixels ({area} m²) are none, as the pixels are coarse; lower "
        "least_area_m2 in [refinement] to see smaller ones"
    )


def _least_area(place: Place) -> int | None:
    """m², None where the default is large enough."""
    if not place.finds_patches:
        return None
    height, width = place.grid.pixel_size
    area = round(_LEAST_PIXELS * height * width)
    return area if area > RefinementOptions.model_fields["least_area_m2"].default else None


def _permits(place: Place, root: Path) -> Iterator[str]:
    for number, layer in enumerate(place.permits):
        where, count = shown(layer.path, root), len(layer.outlines)
        yield from _heading(
            f"A register of permits was found: {where} ({count} polygons). To hold patches against it, switch "
            'this on; `check` says what its columns were taken for. Verdicts read "permits not tested" until then.'
        )
        if number:
            continue  # one register an area: the first is as good a guess as any
        yield "# [permits]"
        yield str(Line("path", layer.path.relative_to(root), active=False))
        if layer.layer:
            yield str(Line("layer", layer.layer, active=False))
        yield str(
            Line("datum_error_m", 1.3, "of the permits' own place, one sigma; larger for a guessed datum", active=False)
        )


def _reference(place: Place) -> Iterator[str]:
    if place.imagery is None or not place.imagery.labels:
        return
    codes = place.imagery.label_codes
    yield from _heading(
        "To train a model on the labels, or to assess one: say which codes are mines, and which are surely none. "
        f"Codes found: {', '.join(str(code) for code in codes[:40])}."
    )
    yield "# [reference]"
    if place.imagery.label_field:
        yield str(Line("class_field", place.imagery.label_field, "column of the codes", active=False))
    others = codes[:-1]
    # 0 mostly stands for "not looked at", unless there is nothing else that could be background.
    background = [code for code in others if code != 0] or others
    yield str(Line("classes", {"mine": codes[-1:]}, "CHECK: name of each class -> its codes", active=False))
    yield str(Line("background", background, "CHECK: codes known to be no mine; others say nothing", active=False))
    last, rows = place.imagery.images[-1].day, place.imagery.grid.rows
    yield str(Line("held_out_rows", [[rows - rows // 3, rows]], "no training sees them (half-open)", active=False))
    half = "instead of rows: half of the patches train, evenly spread; the others test"
    yield str(Line("split", {"share": SplitOptions.model_fields["share"].default}, half, active=False))
    yield str(Line("held_out_dates", [last] if len(place.imagery.labels) > 1 else [], "nor these", active=False))
    yield "# [training]"
    yield str(Line("crop", min(256, rows // 4), "edge of the training crops, pixels", active=False))
    yield str(Line("steps", 300, "some minutes on two cores", active=False))


def _optional(place: Place) -> Iterator[str]:
    tables = ["segmentation"] if place.imagery else []
    tables += ["refinement"] if place.imagery and _least_area(place) is None else []
    tables += ["network", "inversion", "activity"] if place.stack else []
    yield from _heading(
        "Optional. What stands here is the default; take away the # of a table and of the keys to change."
    )
    for number, table in enumerate(tables):
        options, keys, examples = _OPTIONAL[table]
        if number:
            yield ""
        yield f"# [{table}]"
        for key, what in keys.items():
            yield str(Line(key, examples.get(key, options.model_fields[key].default), what, active=False))


def _heading(text: str) -> Iterator[str]:
    yield ""
    yield from comments([text])
