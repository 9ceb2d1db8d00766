"""What differs between two releases of an area: patches, their totals by class, and how the releases were made."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from store.queries import Queries
from store.rows import Step

File = tuple[str, str]  # its name and its sha256
Verdicts = tuple[tuple[str, str | None], ...]
# In this order they are told; all but the first two are fields of `PatchFacts`.
PATCH_DIFFERENCES = ("new", "gone", "mine_class", "activity", "change", "verdicts")


@dataclass(frozen=True)
class PatchFacts:
    """What is compared of a patch. area_m2 : on its latest date. activity, change : None where it was not looked at.

    verdicts : (kind, certainty), sorted.
    """

    name: str
    mine_class: str
    area_m2: float
    activity: str | None
    change: str | None
    verdicts: Verdicts


@dataclass(frozen=True)
class PatchDifference:
    """what : one of `PATCH_DIFFERENCES`. before, after : None in the release that does not have the patch."""

    patch_id: str
    what: str
    before: PatchFacts | None
    after: PatchFacts | None


@dataclass(frozen=True)
class ClassTotals:
    """Number of patches of a class and their area in m², in both releases."""

    mine_class: str
    patches_before: int
    patches_after: int
    before_m2: float
    after_m2: float


@dataclass(frozen=True)
class MadeDifference:
    """what : parameter (dotted where it lies within others), library or file; empty for a step.

    kind : step_added, step_removed, parameter, version or input. steps : all of which it is true.
    before, after : as text, None where there is none.
    """

    kind: str
    steps: tuple[str, ...]
    what: str
    before: str | None
    after: str | None


class FactQueries(Queries):
    """The queries of a release that comparing asks."""

    def patch_facts(self) -> dict[str, PatchFacts]:
        """By identifier."""
        verdicts: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
        for row in self._rows("SELECT patch_id, kind, certainty FROM verdict ORDER BY patch_id, kind"):
            verdicts[row["patch_id"]].append((row["kind"], row["certainty"]))
        rows = self._rows(
            """SELECT patch_id, name, mine_class, area_m2, activity, change
               FROM patch LEFT JOIN activity USING (patch_id) ORDER BY patch_id"""
        )
        return {
            row["patch_id"]: PatchFacts(
                **{key: value for key, value in row.items() if key != "patch_id"},
                verdicts=tuple(verdicts.get(row["patch_id"], ())),
            )
            for row in rows
        }


def patch_differences(before: Mapping[str, PatchFacts], after: Mapping[str, PatchFacts]) -> list[PatchDifference]:
    """New patches, then those that are gone, then what changed of the others; within these by identifier."""
    found = [
        PatchDifference(name, what, before.get(name), after.get(name))
        for name in before.keys() | after.keys()
        for what in _differing(before.get(name), after.get(name))
    ]
    return sorted(found, key=lambda one: (PATCH_DIFFERENCES.index(one.what), one.patch_id))


def _differing(before: PatchFacts | None, after: PatchFacts | None) -> Iterator[str]:
    if before is None or after is None:
        yield "new" if before is None else "gone"
        return
    yield from (what for what in PATCH_DIFFERENCES[2:] if getattr(before, what) != getattr(after, what))


def class_totals(before: Mapping[str, PatchFacts], after: Mapping[str, PatchFacts]) -> list[ClassTotals]:
    """By class, those of either release."""
    sums: dict[str, list[list[float]]] = defaultdict(lambda: [[], []])
    for side, facts in enumerate((before, after)):
        for patch in facts.values():
            sums[patch.mine_class][side].append(patch.area_m2)
    return [
        ClassTotals(name, len(areas[0]), len(areas[1]), sum(areas[0]), sum(areas[1]))
        for name, areas in sorted(sums.items())
    ]


def made_differences(
    before: Sequence[Step],
    after: Sequence[Step],
    inputs_before: Sequence[Mapping[str, Any]],
    inputs_after: Sequence[Mapping[str, Any]],
) -> list[MadeDifference]:
    """Steps, parameters, versions and inputs that differ; what is alike in several steps is told once.

    inputs : rows with step, file and sha256. Of a step that only one release has nothing else is told.
    """
    earlier, later = {step.name: step for step in before}, {step.name: step for step in after}
    found = [MadeDifference("step_added", (name,), "", None, None) for name in later if name not in earlier]
    found += [MadeDifference("step_removed", (name,), "", None, None) for name in earlier if name not in later]
    steps: dict[tuple[str, str, str | None, str | None], list[str]] = defaultdict(list)
    files_before, files_after = _by_step(inputs_before), _by_step(inputs_after)
    for name in (name for name in later if name in earlier):
        old, new = earlier[name], later[name]
        files_old, files_new = files_before.get(name, []), files_after.get(name, [])
        sides: list[tuple[str, Mapping[str, str | None], Mapping[str, str | None]]] = [
            ("parameter", dict(_flat(old.parameters)), dict(_flat(new.parameters))),
            ("version", old.versions, new.versions),
            ("input", _compared(files_old, files_new), _compared(files_new, files_old)),
        ]
        for kind, own, others in sides:
            for what in sorted(own.keys() | others.keys()):
                if own.get(what) != others.get(what):
                    steps[kind, what, own.get(what), others.get(what)].append(name)
    grouped = [MadeDifference(kind, tuple(names), what, old, new) for (kind, what, old, new), names in steps.items()]
    # Of equal kinds in the order in which steps ran.
    order = ("parameter", "input", "version")
    return found + sorted(grouped, key=lambda one: order.index(one.kind))


def _by_step(inputs: Sequence[Mapping[str, Any]]) -> dict[str, list[File]]:
    files: dict[str, list[File]] = defaultdict(list)
    for row in inputs:
        files[row["step"]].append((row["file"], row["sha256"]))
    return files


def _compared(own: Sequence[File], other: Sequence[File]) -> dict[str, str]:
    """file -> sha256, without what only lies elsewhere in the other release.

    A step that need not run again goes on telling of where its files lay: it asks for their last names and contents
    alone. Files outside the area's folder may share a name, and stand together then.
    """
    paths, contents = {file for file, _ in other}, {(PurePath(file).name, digest) for file, digest in other}
    files: dict[str, list[str]] = defaultdict(list)
    for file, digest in own:
        if file in paths or (PurePath(file).name, digest) not in contents:
            files[file].append(digest)
    return {file: ", ".join(sorted(digests)) for file, digests in files.items()}


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str | None]]:
    """Parameters within parameters, by dotted names. None is as good as a parameter that is not there."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif value is not None:
            yield f"{prefix}{name}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
