"""How well the verdicts on permits hold against what is true, on simulated areas.

    python -m benchmarks.permit_verdicts AREA ... [--work FOLDER] [--json]

AREA is a folder that `python -m engine simulate weining` made. Patches are those of the reference interpretation, with
an interpreter's errors; motion comes from the area's interferograms through the engine's own steps, whose products are
kept in the work folder. Only patches that can be matched to true ones are counted: what the interpreter overlooked is
no matter of permits, and is counted apart. Prints the figures for all of those, and for those whose class the
interpreter did not mistake; `--json` adds them as one JSON object in the last line.
"""

import argparse
import datetime
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS
from rich.console import Console
from rich.table import Table
from shapely.geometry.base import BaseGeometry

from engine.activity.steps import ACTIVITY, COURSES
from engine.area import Area, read_area
from engine.blocks import Workers
from engine.likeness import likeness
from engine.patches.changes import ChangeOptions, Ground
from engine.patches.tracking import track
from engine.permits.comparison import compare
from engine.permits.options import ZoneOptions
from engine.permits.precision import Precision, precision_of
from engine.permits.reading import read_cadastre
from engine.permits.registering import make_register
from engine.permits.subjects import Subject, subjects
from engine.permits.zones import read_zones
from engine.pipeline.radar import classify, radar_steps
from engine.steps import Progress, Workspace

METRIC = "EPSG:4544"
# A patch and a true one are the same when they share more than this of both together.
SAME = 0.4
SPATIAL = ("inside", "crosses", "no permit", "exploration only", "other mineral", "prohibited zone", "missing dates")
TEMPORAL = ("after expiry", "before start", "renewal pending", "not reclaimed")
UNDATED = {"no_dates", "first_day_missing", "last_day_missing"}
# Reasons by which the product says that it could not date what the case is about.
UNTOLD = {
    "after expiry": {"expired_within_growth", "expired_without_sign"},
    "before start": {"not_begun_without_sign", "begun_within_growth"},
}
BEYOND = 2.0  # times ε: what lies further outside has to be found


@dataclass
class Tally:
    """Of one kind, over all areas. true : those beyond 2ε. found : of them. given : verdicts of the kind, certain ones.
    right : of them. within, doubtful : true ones within ε, and how many of those read doubtful. untold : not tested,
    and said why. areas, held : areas that are stated, and those whose range holds the true one."""

    true: int = 0
    found: int = 0
    given: int = 0
    right: int = 0
    within: int = 0
    doubtful: int = 0
    untold: int = 0
    areas: int = 0
    held: int = 0
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("areas", type=Path, nargs="+")
    parser.add_argument("--work", type=Path, default=Path("var/permit-verdicts"))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    every, same = _tallies(), _tallies()
    counts: Counter[str] = Counter()
    for folder in given.areas:
        counts += assess(folder, given.work / folder.name, every, same)
    console = Console(width=140)
    for tallies, which in ((every, "classes as interpreted"), (same, "patches of the right class")):
        console.print(_table(f"Spatial kinds, {which}", SPATIAL, tallies))
        console.print(_table(f"Temporal kinds, {which}", TEMPORAL, tallies))
    print(f"true patches: {dict(counts)}")
    for kind, tally in every.items():
        for line in tally.wrong:
            print(f"{kind}: {line}")
    if given.json:
        figures = {"every": every, "same_class": same}
        print(json.dumps({name: {kind: vars(one) for kind, one in those.items()} for name, those in figures.items()}))


def _tallies() -> dict[str, Tally]:
    return {kind: Tally() for kind in (*SPATIAL, *TEMPORAL)}


def assess(folder: Path, work: Path, every: dict[str, Tally], same: dict[str, Tally]) -> Counter[str]:
    """Add one area's figures; returns how many true patches were matched, and why others were not."""
    area = read_area(folder)
    register = make_register(read_cadastre(folder / "permits" / "permits.gpkg"))[0]
    zones = ZoneOptions(path=Path("permits/ecological_zone.gpkg"), name="名称", since="批准时间")
    assert area.options.permits is not None
    options = area.options.permits.model_copy(update={"zones": (zones,)})
    precision = precision_of(options, register.crs, pixel_m=1.0)
    tables = patch_tables(area, precision, work)
    those = subjects(tables)
    found = compare(those, register, read_zones(options.zones, folder), options, precision=precision)
    return compare_with_truth(folder, those, found.verdicts, precision, every, same)


def patch_tables(area: Area, precision: Precision, work: Path) -> dict[str, pd.DataFrame]:
    """Patches of the reference interpretation of both images, and the motion at them, laid out as the store's."""
    assert area.options.imagery is not None
    drawn = {
        image.date: gpd.read_file(area.folder / str(image.labels)).to_crs("EPSG:4326").assign(confidence=1.0)
        for image in area.options.imagery.images
    }
    drawn = {day: table[table.geometry.is_valid & ~table.geometry.is_empty] for day, table in drawn.items()}
    covers = {day: table.union_all() for day, table in drawn.items()}

    def look(day: datetime.date, ground: BaseGeometry) -> Ground:
        """An interpreter is sure of what was drawn and of what was not."""
        return Ground(1.0, ground.intersection(covers[day]).area / ground.area)

    images = {image.date: area.folder / image.path for image in area.options.imagery.images}

    def alike(first: datetime.date, last: datetime.date, crs: CRS, ground: BaseGeometry) -> float:
        return likeness(images[first], images[last], ground, crs)

    nothing = gpd.GeoDataFrame({"patch_id": []}, geometry=[], crs="EPSG:4326")
    tracked = track(drawn, nothing, look, alike, boundary_error_m=precision.outline_m / 2, options=ChangeOptions())
    work.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(work, {}, Progress(work / "status.json", lambda _: None))
    radar = radar_steps(area, workspace, Workers("threads", 1))
    assert radar is not None
    classify(tracked.patches, radar, work, area)
    noise = json.loads((radar.velocity / "noise.json").read_text())
    return {
        "patch": tracked.patches,
        "outline": tracked.outlines,
        "sighting": tracked.sightings,
        "activity": gpd.read_parquet(work / ACTIVITY),
        "course": pd.read_parquet(work / COURSES),
        "acquisition": pd.DataFrame({"date": list(noise), "noise_mm": list(noise.values())}),
    }


def match(folder: Path, shapes: Mapping[str, BaseGeometry]) -> dict[int, str]:
    """Patch of each true one: that whose outline is most like what the last image shows.

    shapes : the latest outline of each patch, in degrees.
    """
    seen = [gpd.read_file(folder / "truth" / f"patches_{year}.gpkg") for year in (2021, 2019)]
    true = pd.concat([seen[0], seen[1][~seen[1]["number"].isin(seen[0]["number"])]], ignore_index=True)
    outlines = gpd.GeoSeries(dict(shapes), crs="EPSG:4326").to_crs(METRIC)
    claims = []
    for row in true.itertuples():
        for at in outlines.sindex.query(row.geometry, predicate="intersects"):
            shape = outlines.iloc[at]
            shared = shape.intersection(row.geometry).area
            alike = shared / (shape.area + row.geometry.area - shared)
            claims.append((alike, int(row.number), str(outlines.index[at])))
    matched: dict[int, str] = {}
    for share, number, name in sorted(claims, reverse=True):
        if share > SAME and number not in matched and name not in matched.values():
            matched[number] = name
    return matched


def compare_with_truth(
    folder: Path,
    those: list[Subject],
    verdicts: gpd.GeoDataFrame,
    precision: Precision,
    every: dict[str, Tally],
    same: dict[str, Tally],
) -> Counter[str]:
    truth = pd.read_csv(folder / "truth" / "verdicts.csv")
    first = truth.groupby("patch").first()
    subject_of = {one.patch_id: one for one in those}
    matched = match(folder, {one.patch_id: one.latest.shape for one in those})
    counts = Counter({"overlooked": len(first) - len(matched)})
    own = {name: table.to_dict("records") for name, table in verdicts.groupby("patch_id")}
    for number, name in matched.items():
        subject = subject_of[name]
        if first["as_of"][number] != str(subject.latest.date):  # judged by another image than the truth is about
            counts["overlooked in one image"] += 1
            continue
        right = first["mine_class"][number] == subject.mine_class
        counts["matched" if right else "of another class"] += 1
        true = {row["verdict"]: row for row in truth[truth["patch"] == number].to_dict("records")}
        said = {kind: row for row in own[name] for kind in _kinds(row)}
        codes = {reason["code"] for row in own[name] for reason in json.loads(row["reasons"])}
        where = f"{folder.name} patch {number} ({name}), true {_facts(true)}, said {_said(said)} {sorted(codes)}"
        for tallies in (every, same) if right else (every,):
            for kind, tally in tallies.items():
                _count(tally, kind, true, said, codes, precision, where)
    return counts


def _kinds(row: dict[str, Any]) -> list[str]:
    """The truth's words for a verdict."""
    if row["kind"] != "not_tested":
        return [str(row["kind"]).replace("_", " ")]
    codes = {reason["code"] for reason in json.loads(row["reasons"])}
    return ["missing dates"] if codes & UNDATED else []


def _count(
    tally: Tally,
    kind: str,
    true: dict[str, Any],
    said: dict[str, Any],
    codes: set[str],
    precision: Precision,
    where: str,
) -> None:
    row, verdict = true.get(kind), said.get(kind)
    sure = verdict is not None and verdict["certainty"] != "doubtful"
    if row is not None:
        beyond = abs(row["beyond_m"]) if row["beyond_m"] == row["beyond_m"] else None
        if row["certainty"] == "doubtful" or (beyond is not None and beyond <= precision.total_m):
            tally.within += 1
            doubtful = any(one["certainty"] == "doubtful" for one in said.values())
            tally.doubtful += doubtful
            if not doubtful:
                tally.wrong.append(f"within ε and not doubtful, {where}")
        elif beyond is None or beyond > BEYOND * precision.total_m:
            tally.true += 1
            tally.found += sure
            untold = not sure and bool(codes & UNTOLD.get(kind, set()))
            tally.untold += untold
            if not sure and not untold:
                tally.wrong.append(f"missed, {where}")
    if sure:
        tally.given += 1
        tally.right += row is not None
        if row is None:
            tally.wrong.append(f"wrong, {where}")
    if verdict is not None and row is not None and verdict["likely_m2"] == verdict["likely_m2"] and kind != "inside":
        tally.areas += 1
        tally.held += bool(verdict["least_m2"] <= row["outside_m2"] <= verdict["most_m2"])


def _facts(true: dict[str, Any]) -> str:
    return ", ".join(f"{kind} ({row['certainty']}, {row['beyond_m']} m, {row['case']})" for kind, row in true.items())


def _said(said: dict[str, Any]) -> str:
    return ", ".join(f"{kind} ({row['certainty']}, {row['distance_m']:.1f} m)" for kind, row in said.items())


def _table(title: str, kinds: tuple[str, ...], tallies: dict[str, Tally]) -> Table:
    table = Table(title=title)
    for column in ("kind", "beyond 2ε", "found", "recall", "not tested", "given", "right", "precision"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    for column in ("within ε", "read doubtful", "areas", "in range"):
        table.add_column(column, justify="right")
    for kind in kinds:
        one = tallies[kind]
        table.add_row(
            kind,
            *(str(number) for number in (one.true, one.found)),
            _share(one.found, one.true),
            *(str(number) for number in (one.untold, one.given, one.right)),
            _share(one.right, one.given),
            *(str(number) for number in (one.within, one.doubtful, one.areas)),
            _share(one.held, one.areas),
        )
    return table


def _share(some: int, of: int) -> str:
    return f"{100 * some / of:.1f} %" if of else "–"


if __name__ == "__main__":
    main()
