"""What is true of each patch against the register, by the rules of METHOD §7: computed from true outlines and days."""

import csv
import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from engine.simulate.measures import geodesic_m2, greatest_distance, polygons_of
from engine.simulate.plan import Patch, Plan
from engine.simulate.register.permits import (
    PERIOD,
    POSITIONAL_ERROR_M,
    Permit,
    PermitCase,
    PermitKind,
    PermitStatus,
    Register,
    Zone,
)
from engine.simulate.register.working_time import Sight, last_sight, working_time
from engine.simulate.vectors import dates, texts, write_geopackage

_DAY = datetime.timedelta(days=1)
# No permit farther away has anything to do with a patch, not even one that was shifted.
NEAR_M = 150.0


@dataclass(frozen=True)
class PatchVerdict:
    """One thing that is true of a patch.

    verdict : a case, but never `shifted`: a permit that was moved shows as `crosses` or `no permit`. `missing dates` is
    what METHOD calls not tested. permits : numbers of the records that it rests on. ground : where no permit of the
    mineral was valid; for a prohibited zone, what lies in it. outside_m2 : its geodesic area. beyond_m : greatest
    distance outside the valid permits, or the depth in the zone; negative is room that is left. since : first day of
    what is illicit, with evidence in the period. certain : beyond the positional error. as_of : the image that it is
    about. illicit : "yes", "no" or "open" (renewal, or dates that nobody has).
    """

    patch: int
    verdict: PermitCase
    certain: bool
    permits: tuple[str, ...]
    ground: BaseGeometry
    as_of: datetime.date
    since: datetime.date | None = None
    beyond_m: float | None = None
    illicit: str = "yes"
    outside_m2: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "outside_m2", geodesic_m2(self.ground))


def true_verdicts(plan: Plan, register: Register) -> list[PatchVerdict]:
    """All that is true of each patch, patch by patch."""
    tree = shapely.STRtree([permit.outline for permit in register.permits])
    return [
        verdict
        for patch in plan.patches
        for verdict in judge(
            patch, [register.permits[at] for at in sorted(tree.query(patch.ground.buffer(NEAR_M)))], register.zones
        )
    ]


def judge(patch: Patch, permits: Sequence[Permit], zones: Sequence[Zone] = ()) -> list[PatchVerdict]:
    """All that is true of one patch. permits : at least those within NEAR_M of it."""
    sight = last_sight(patch)
    mining = [permit for permit in permits if permit.kind is PermitKind.MINING and _touches(permit, sight)]
    matching = [permit for permit in mining if permit.allows(patch.mine_class)]
    live = [permit for permit in matching if permit.valid_on(sight.date)]
    found = _early(patch, matching, sight)
    if live:
        found.append(_against_boundary(patch, live, sight))
    else:
        found += _lapsed(patch, matching, sight)
        found += _beside_the_point(patch, mining, permits, sight)
        if not found:
            found.append(_without(patch, permits, sight))
    return found + [verdict for zone in zones if (verdict := _in_zone(patch, zone, sight))]


def _touches(permit: Permit, sight: Sight) -> bool:
    return bool(permit.outline.intersection(sight.outline).area > 0)


def _against_boundary(patch: Patch, live: list[Permit], sight: Sight) -> PatchVerdict:
    allowed = shapely.union_all([permit.outline for permit in live])
    outside = polygons_of(sight.outline.difference(allowed))
    beyond = greatest_distance(sight.outline, allowed)
    moved = any(permit.shift_m is not None for permit in live)
    return PatchVerdict(
        patch.number,
        PermitCase.CROSSES if beyond > 0 else PermitCase.INSIDE,
        certain=abs(beyond) > POSITIONAL_ERROR_M,
        permits=_numbers(live),
        ground=outside,
        as_of=sight.date,
        since=(patch.started or PERIOD[0]) if beyond > 0 and not moved else None,
        beyond_m=beyond,
        illicit="yes" if beyond > 0 and not moved else "no",
    )


def _early(patch: Patch, matching: list[Permit], sight: Sight) -> list[PatchVerdict]:
    """Work before the permit began, and while no other was valid."""
    work = working_time(patch)
    if work is None:
        return []
    late = [permit for permit in matching if permit.valid_to and permit.valid_from and permit.valid_from > work.first]
    if not late or any(permit.valid_on(work.first) for permit in matching):
        return []
    return [
        PatchVerdict(
            patch.number, PermitCase.BEFORE_START, True, _numbers(late), sight.outline, sight.date, since=work.first
        )
    ]


def _lapsed(patch: Patch, matching: list[Permit], sight: Sight) -> list[PatchVerdict]:
    """Of permits that had expired by the image: work since then, a renewal that was accepted, duties not met."""
    lapsed = [permit for permit in matching if permit.valid_from and permit.valid_to and permit.valid_to < sight.date]
    if not lapsed:
        return []
    last = max(lapsed, key=lambda permit: permit.valid_to or datetime.date.min)
    assert last.valid_to is not None
    work, found = working_time(patch), []
    since = max(last.valid_to + _DAY, work.first) if work and work.last > last.valid_to else None
    if last.status is PermitStatus.RENEWAL:
        verdict = (PermitCase.RENEWAL_PENDING, True, (last.number,), sight.outline, sight.date)
        return [PatchVerdict(patch.number, *verdict, since=since, illicit="open")]
    for case, day in (
        (PermitCase.AFTER_EXPIRY, since),
        (PermitCase.NOT_RECLAIMED, last.reclaim_by + _DAY if last.reclaim_by else None),
    ):
        if day is not None and day <= sight.date:
            found.append(PatchVerdict(patch.number, case, True, (last.number,), sight.outline, sight.date, since=day))
    return found


def _beside_the_point(
    patch: Patch, mining: list[Permit], permits: Sequence[Permit], sight: Sight
) -> list[PatchVerdict]:
    """Permits that are there and allow nothing of the kind: without dates, of another mineral, for exploration."""
    undated = [permit for permit in mining if permit.valid_from is None or permit.valid_to is None]
    other = [permit for permit in mining if permit.valid_on(sight.date) and not permit.allows(patch.mine_class)]
    exploring = [
        permit
        for permit in permits
        if permit.kind is PermitKind.EXPLORATION and permit.valid_on(sight.date) and _touches(permit, sight)
    ]
    known = (patch.number, sight.outline, sight.date, patch.started or PERIOD[0])
    if undated:
        number, outline, date, _ = known
        return [PatchVerdict(number, PermitCase.MISSING_DATES, True, _numbers(undated), outline, date, illicit="open")]
    for case, those in (
        (PermitCase.OTHER_MINERAL, other),
        (PermitCase.EXPLORATION_ONLY, exploring if not mining else []),
    ):
        if those:
            number, outline, date, since = known
            return [PatchVerdict(number, case, True, _numbers(those), outline, date, since=since)]
    return []


def _without(patch: Patch, permits: Sequence[Permit], sight: Sight) -> PatchVerdict:
    near = [
        permit
        for permit in permits
        if permit.kind is PermitKind.MINING and permit.valid_on(sight.date) and permit.allows(patch.mine_class)
    ]
    apart = min((permit.outline.distance(sight.outline) for permit in near), default=np.inf)
    moved = [permit for permit in permits if permit.shift_m is not None and _covered(permit, sight)]
    return PatchVerdict(
        patch.number,
        PermitCase.NO_PERMIT,
        certain=bool(apart > POSITIONAL_ERROR_M),
        permits=(),
        ground=sight.outline,
        as_of=sight.date,
        since=None if moved else patch.started or PERIOD[0],
        illicit="no" if moved else "yes",
    )


def _covered(permit: Permit, sight: Sight) -> bool:
    """Whether a patch lies where a permit was before it was moved."""
    assert permit.shift_m is not None
    east, north = permit.shift_m
    place = shapely.transform(permit.outline, lambda at: at - (east, north))
    return bool(place.contains(sight.outline))


def _in_zone(patch: Patch, zone: Zone, sight: Sight) -> PatchVerdict | None:
    inside = polygons_of(sight.outline.intersection(zone.outline))
    if inside.is_empty:
        return None
    outside = shapely.difference(sight.outline.envelope.buffer(1_000.0), zone.outline)
    depth = greatest_distance(inside, outside) if not outside.is_empty else np.inf
    since = max(patch.started or PERIOD[0], zone.since)
    verdict = (PermitCase.PROHIBITED_ZONE, bool(depth > POSITIONAL_ERROR_M), (zone.name,), inside, sight.date)
    return PatchVerdict(patch.number, *verdict, since=since, beyond_m=float(depth))


def _numbers(permits: Sequence[Permit]) -> tuple[str, ...]:
    return tuple(sorted(permit.number for permit in permits))


def write_verdicts(plan: Plan, register: Register, folder: Path) -> list[PatchVerdict]:
    """Write `verdicts.csv`, and `verdicts.gpkg` with the ground of those that have any."""
    verdicts = true_verdicts(plan, register)
    patches = {patch.number: patch for patch in plan.patches}
    rows = [_row(verdict, patches[verdict.patch], register) for verdict in verdicts]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "verdicts.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    shown = [at for at, verdict in enumerate(verdicts) if not verdict.ground.is_empty]
    columns = {
        "patch": np.array([verdicts[at].patch for at in shown], np.int32),
        **{
            name: texts([rows[at][name] or None for at in shown])
            for name in ("case", "verdict", "certainty", "permits")
        },
        "illicit": texts([verdicts[at].illicit for at in shown]),
        "outside_m2": np.array([round(verdicts[at].outside_m2, 2) for at in shown]),
        "since": dates([verdicts[at].since for at in shown]),
    }
    write_geopackage(folder / "verdicts.gpkg", columns, [verdicts[at].ground for at in shown])
    return verdicts


def _row(verdict: PatchVerdict, patch: Patch, register: Register) -> dict[str, str]:
    case = register.cases[verdict.patch]
    moved = next((permit.shift_m for permit in register.permits if permit.shift_m), None)
    shift = moved if case is PermitCase.SHIFTED else None
    return {
        "patch": str(verdict.patch),
        "mine_class": patch.mine_class.title,
        "case": case.value,
        "verdict": verdict.verdict.value,
        "certainty": "certain" if verdict.certain else "doubtful",
        "illicit": verdict.illicit,
        "permits": ";".join(verdict.permits),
        "outside_m2": f"{verdict.outside_m2:.2f}",
        "beyond_m": "" if verdict.beyond_m is None else f"{verdict.beyond_m:.2f}",
        "since": verdict.since.isoformat() if verdict.since else "",
        "as_of": verdict.as_of.isoformat(),
        "shift_east_m": f"{shift[0]:.2f}" if shift else "",
        "shift_north_m": f"{shift[1]:.2f}" if shift else "",
        "role": patch.role or "",
    }
