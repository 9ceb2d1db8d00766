"""The annex of a dossier: corners, provenance, hashes."""

import json
from collections.abc import Mapping, Sequence

from reportlab.platypus import Flowable, KeepTogether, PageBreak

from engine import wording
from engine.evidence.body import MOST_PERMITS
from engine.evidence.case import Case, StepTaken
from engine.evidence.corners import Corner, corners_of, crs_name
from engine.evidence.sheet import beside, gap, heading, more, part, room, table, text
from engine.wording import dossiers, number

_MOST_CORNERS, _MOST_INPUTS = 60, 40
_WIDE = {True: [19, 20, 19, 18], False: [30, 30]}  # columns of coordinates, mm
_LONGEST = 420  # letters of a step's parameters
_FIGURES = {
    "overall": "accuracy_overall",
    "producers_accuracy": "producers_accuracy",
    "users_accuracy": "users_accuracy",
}


def corner_pages(case: Case) -> list[Flowable]:
    """The corners of the patch and of the permits concerned, in the register's system and in degrees."""
    within = case.register_crs or case.crs
    caption = "corners" if case.register_crs else "corners_no_crs"
    content: list[Flowable] = [
        PageBreak(),
        *heading("corners"),
        text(dossiers.caption(caption, crs=crs_name(within)), "quiet"),
        gap(3),
    ]
    content += _corners(dossiers.label("patch_corners"), corners_of(case.geometry, "EPSG:4326", within))
    for permit in case.concerned[:MOST_PERMITS]:
        title = dossiers.label("permit_corners").format(permit=permit.number)
        if permit.as_read is not None and case.register_crs:
            content += _corners(title, corners_of(permit.as_read, case.register_crs, within))
        elif permit.geometry is not None:
            content += _corners(title, corners_of(permit.geometry, "EPSG:4326", within))
    return [*content, *more(min(len(case.concerned), MOST_PERMITS), len(case.concerned), "corners.csv")]


def _corners(title: str, corners: Sequence[Corner]) -> list[Flowable]:
    """In two columns side by side, to save paper."""
    shown = list(corners[:_MOST_CORNERS])
    several = len({corner.ring for corner in corners}) > 1
    metres = bool(shown) and shown[0].x is not None
    codes = [
        *(["ring"] if several else []),
        "corner",
        *(["easting", "northing"] if metres else []),
        "longitude",
        "latitude",
    ]
    widths = [7, 8, 18, 19, 18, 15] if several and metres else [*([10] if several else []), 9, *_WIDE[metres]]
    half = len(shown) if len(shown) < 8 else -(-len(shown) // 2)
    parts = [shown[:half], shown[half:]]
    header = [dossiers.label(code) for code in codes]
    sides = [
        table(header, [_corner_row(c, several, metres) for c in side], widths, right=range(len(codes)), style="small")
        if side
        else ""
        for side in parts
    ]
    content: list[Flowable] = [part(title), gap(1), beside([sides[0], "", sides[1]], (85, 4, 85))]
    if len(corners) > len(shown):
        content += [gap(1), text(dossiers.more_rows(len(shown), len(corners), "corners.csv"), "quiet")]
    return [*content, gap(4)]


def _corner_row(corner: Corner, several: bool, metres: bool) -> list[str]:
    row = [str(corner.ring)] if several else []
    row.append(str(corner.number))
    if metres and corner.x is not None and corner.y is not None:
        row += [f"{corner.x:.2f}", f"{corner.y:.2f}"]
    return [*row, f"{corner.lon:.6f}", f"{corner.lat:.6f}"]


def provenance_pages(case: Case) -> list[Flowable]:
    """Data, accuracy, steps and inputs."""
    made = case.release
    release = dossiers.caption(
        "release",
        release=made["id"],
        day=wording.day(made["created"].date()),
        version=made["engine_version"],
        key=made["content_key"][:16] + "…",
    )
    return [
        PageBreak(),
        *heading("provenance"),
        text(release),
        gap(3),
        *_data(case),
        *_accuracy(case),
        *_steps(case),
        *_inputs(case),
    ]


def _data(case: Case) -> list[Flowable]:
    known = case.provenance
    lines = [
        dossiers.caption(
            "bands", day=wording.day(day), pixel=number(pixel, 0 if pixel >= 2 else 1), bands=", ".join(bands)
        )
        for day, bands, pixel in known.images
    ] or [dossiers.caption("no_images")]
    if case.radar is not None:
        used, pairs = known.pairs
        radar = case.radar
        period = wording.period(radar["first_date"], radar["last_date"])
        lines += [
            dossiers.caption(
                "pairs", used=number(used), all=number(pairs), dates=number(len(known.acquisitions)), period=period
            ),
            dossiers.caption(
                "wavelength",
                wavelength=number(100 * radar["wavelength_m"], 2),
                incidence=number(radar["incidence_deg"], 1),
            ),
            dossiers.caption("radar_dates", dates=", ".join(day.isoformat() for day in known.acquisitions)),
        ]
    return [part(dossiers.label("data")), *(text(line, "cell") for line in lines), gap(4)]


def _accuracy(case: Case) -> list[Flowable]:
    found = case.provenance.extraction
    content: list[Flowable] = [part(dossiers.label("accuracy"))]
    if case.positional_error_m is not None:
        content.append(text(dossiers.caption("position", error=number(case.positional_error_m, 1)), "cell"))
    if found is None:
        return [*content, gap(4)] if len(content) > 1 else []
    content += [
        text(dossiers.caption("boundary", error=number(found["boundary_error_m"], 1)), "cell"),
        text(
            dossiers.caption(
                "model",
                model=found["model"],
                sha256=found["sha256"],
                threshold=number(found["threshold"], 2),
                share=number(found["least_share"], 2),
            ),
            "cell",
        ),
        gap(1.5),
    ]
    rows = _figures(found["metrics"])
    if rows:
        header = ["", dossiers.label("labelled"), *(dossiers.label(code) for code in _FIGURES.values()), "F1", "κ"]
        content.append(table(header, rows, (60, 24, 26, 26, 26, 10, 10), right=range(1, 7)))
    return [*content, gap(4)]


def _figures(metrics: Mapping[str, float]) -> list[list[str]]:
    parts = list(dict.fromkeys(name.split(".")[0] for name in metrics))
    rows = []
    for one in parts:
        values = [metrics.get(f"{one}.{name}") for name in (*_FIGURES, "f1", "kappa")]
        cells = ["–" if value is None else number(value, 3) for value in values]
        rows.append([dossiers.accuracy_part(one), number(metrics.get(f"{one}.pixels", 0)), *cells])
    return rows


def _steps(case: Case) -> list[Flowable]:
    rows = [
        (step.name, f"{step.finished:%Y-%m-%d %H:%M}", _parameters(step), step.versions.get("code", ""))
        for step in case.provenance.steps
    ]
    versions = {
        name: value for step in case.provenance.steps for name, value in step.versions.items() if name != "code"
    }
    header = [*(dossiers.label(code) for code in ("step", "done_on", "parameters")), "code"]
    words = ", ".join(f"{name} {value}" for name, value in sorted(versions.items()))
    return [
        room(35),
        part(dossiers.label("processing")),
        text(words, "quiet"),
        gap(1),
        table(header, rows, (30, 24, 96, 24), style="small"),
        gap(4),
    ]


def _parameters(step: StepTaken) -> str:
    words = json.dumps(step.parameters, ensure_ascii=False, sort_keys=True, default=str).strip("{}").replace('"', "")
    return words if len(words) <= _LONGEST else words[:_LONGEST] + "…"


def _inputs(case: Case) -> list[Flowable]:
    inputs = case.provenance.inputs
    # A stack has files for each of hundreds of pairs, which only the table of the archive lists.
    few = len(inputs) <= _MOST_INPUTS
    listed = [one for one in inputs if few or one.step != "stack"][:_MOST_INPUTS]
    rows = [(one.step, one.file, one.sha256) for one in listed]
    header = [dossiers.label(code) for code in ("step", "file", "sha256")]
    listing = table(header, rows, (24, 66, 84), style="small")
    content: list[Flowable] = [room(35), part(dossiers.label("inputs")), gap(1), listing]
    if len(inputs) > len(listed):
        content += [gap(1), text(dossiers.more_rows(len(listed), len(inputs), "inputs.csv"), "quiet")]
    return [*content, gap(4)]


def hash_pages(hashes: Mapping[str, str]) -> list[Flowable]:
    """The files that go with the PDF, by their hashes."""
    rows = [(name, dossiers.file_note(name), sha256) for name, sha256 in hashes.items()]
    header = [dossiers.label("file"), "", dossiers.label("sha256")]
    note = text(dossiers.caption("hashes"), "quiet")
    return [KeepTogether([*heading("hashes"), note, gap(2), table(header, rows, (36, 54, 84), style="small")])]
