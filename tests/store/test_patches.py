"""One filter for list, map and counts: as plain Python would have it, and as an address keeps it."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.patches import SUSPECTED, PatchFilter
from store.reader import ReleaseReader
from store.rows import Patch

WORDS = st.text(st.characters(codec="utf-8", exclude_characters=",\x00"), max_size=8)
CODES = st.lists(WORDS.filter(bool), max_size=3, unique=True).map(tuple)
FILTERS = st.builds(
    PatchFilter,
    text=WORDS,
    classes=CODES,
    activities=CODES,
    changes=CODES,
    verdicts=CODES,
    suspected=st.sampled_from(["", "certain", "doubtful"]),
    sure=st.floats(0, 1),
    since=st.none() | st.dates(),
    until=st.none() | st.dates(),
    began=st.none() | st.dates(),
    within=st.none() | st.just((104.2, 26.5, 104.20341, 1e-07 + 26.5)),
    least_m2=st.floats(0, 1e9),
    case=st.sampled_from(["", "none", "open", "confirmed"]),
    among=st.none() | CODES,
    but=CODES,
)
# State of the cases, by patch.
CASES = {f"P-{number:07d}": state for number, state in enumerate(["open", "confirmed"] * 60, start=1)}

ASKED = [
    PatchFilter(),
    PatchFilter(text="p-00001"),
    PatchFilter(text="P-0000123"),
    PatchFilter(classes=("iron_pit", "clay_pit")),
    PatchFilter(activities=("negative",)),
    PatchFilter(activities=("decorrelated", "not_observable"), changes=("new", "gone")),
    PatchFilter(verdicts=("no_permit:certain",)),
    PatchFilter(verdicts=("no_permit:", "inside:doubtful")),
    PatchFilter(suspected="certain"),
    PatchFilter(suspected="doubtful"),
    PatchFilter(sure=0.9, activities=("positive", "negative")),
    PatchFilter(since=date(2020, 6, 1), until=date(2020, 12, 31)),
    PatchFilter(began=date(2020, 6, 1)),
    PatchFilter(within=(104.2, 26.88, 104.21, 26.9)),
    PatchFilter(least_m2=5_000.0, classes=("gangue_dump",)),
    PatchFilter(case="confirmed").of_cases(CASES),
    PatchFilter(case="none", classes=("gangue_dump",)).of_cases(CASES),
    PatchFilter(text="nothing like it"),
    PatchFilter(text="%_'"),
    PatchFilter(case="closed").of_cases(CASES),
]


def naive(reader: ReleaseReader, patch: Patch, chosen: PatchFilter) -> bool:
    verdicts = [(one.kind, one.certainty or "") for one in reader.verdicts(patch.patch_id)]
    wanted = [tuple(one.split(":")) for one in chosen.verdicts]
    against = {certainty for kind, certainty in verdicts if kind in SUSPECTED}
    days = [day for day in (patch.day, patch.lost_last) if day is not None]
    turned = max(days, default=None)
    began = [day for day in (patch.day if patch.turn == "onset" else None, patch.lost_first) if day is not None]
    return all(
        [
            chosen.text.lower() in f"{patch.patch_id} {patch.name}".lower(),
            not chosen.classes or patch.mine_class in chosen.classes,
            not chosen.activities or patch.activity in chosen.activities,
            not chosen.changes or patch.change in chosen.changes,
            not wanted or any(kind == k and how in ("", h) for kind, how in wanted for k, h in verdicts),
            chosen.suspected != "certain" or "certain" in against,
            chosen.suspected != "doubtful" or against == {"doubtful"},
            (patch.class_confidence or 0.0) >= chosen.sure,
            chosen.since is None or (turned is not None and turned >= chosen.since),
            chosen.until is None or (turned is not None and turned <= chosen.until),
            chosen.began is None or (bool(began) and min(began).replace(day=1) == chosen.began),
            chosen.within is None or inside(patch, chosen.within),
            patch.area_m2 >= chosen.least_m2,
            not chosen.case or CASES.get(patch.patch_id, "none") == chosen.case,
        ]
    )


def inside(patch: Patch, box: tuple[float, ...]) -> bool:
    lon, lat = (patch.west + patch.east) / 2, (patch.south + patch.north) / 2
    return box[0] <= lon < box[2] and box[1] <= lat < box[3]


@pytest.mark.parametrize("chosen", ASKED, ids=lambda chosen: chosen.to_query() or "all")
def test_a_filter_leaves_what_it_says(chosen: PatchFilter, crowd: ReleaseReader) -> None:
    wanted = [patch.patch_id for patch in crowd.patches() if naive(crowd, patch, chosen)]
    assert [patch.patch_id for patch in crowd.patches(chosen)] == wanted
    assert crowd.patch_count(chosen) == len(wanted)
    assert crowd.patch_ids(chosen) == sorted(wanted)
    places = {name: crowd.patch_place(name, chosen) for name in wanted[:5] + wanted[-5:]}
    assert places == {name: wanted.index(name) for name in places}


def test_what_is_asked_differs_on_this_release(crowd: ReleaseReader) -> None:
    """Else the test above would prove little."""
    counts = [crowd.patch_count(chosen) for chosen in ASKED]
    assert all(0 < count < 400 for count in counts[1:-3])
    assert counts[-3:] == [0, 0, 0]


def test_a_permit_s_number_finds_the_patches_that_it_speaks_of(permitted_reader: ReleaseReader) -> None:
    verdict = next(one for one in permitted_reader.verdicts() if one.permits)
    found = permitted_reader.patch_ids(PatchFilter(text=verdict.permits[0]))
    assert found == sorted({one.patch_id for one in permitted_reader.verdicts() if verdict.permits[0] in one.permits})


def test_pages_are_the_list_in_pieces(crowd: ReleaseReader) -> None:
    whole = crowd.patches()
    assert [patch.attention for patch in whole] == sorted((patch.attention for patch in whole), reverse=True)
    pieces = [patch for start in range(0, 400, 90) for patch in crowd.patches(offset=start, limit=90)]
    assert pieces == whole
    assert crowd.patch("P-0000007") == next(patch for patch in whole if patch.patch_id == "P-0000007")
    assert crowd.patch("P-9") is None
    assert crowd.patch_place("P-9") is None


def test_attention_is_the_sum_of_its_points(crowd: ReleaseReader) -> None:
    for patch in crowd.patches(limit=20):
        assert patch.attention == pytest.approx(sum(crowd.attention(patch.patch_id).values()))


@pytest.mark.parametrize("what", ["mine_class", "activity", "change"])
def test_counts_are_those_of_the_patches(what: str, crowd: ReleaseReader) -> None:
    chosen = PatchFilter(suspected="certain")
    assert crowd.counts(what) == Counter(getattr(patch, what) for patch in crowd.patches())
    assert crowd.counts(what, chosen) == Counter(getattr(patch, what) for patch in crowd.patches(chosen))


@given(FILTERS)
def test_an_address_keeps_a_filter(chosen: PatchFilter) -> None:
    assert PatchFilter.from_query(chosen.to_query()) == chosen


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "began=June",
        "within=1,2",
        "within=9,9,8,8",
        "sure=nan",
        "least_m2=-1",
        "suspected=all",
        "what=ever",
        "&&&",
        "sure=1e999",
        "=",
    ],
)
def test_what_cannot_be_read_in_an_address_is_left_out(query: str) -> None:
    assert replace(PatchFilter.from_query(query), sure=0.0, least_m2=0.0) == PatchFilter()
