"""The overview's figures, against the same counted patch by patch."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from store.casebook import Casebook
from store.cases import Author
from store.patches import SUSPECTED, PatchFilter
from store.reader import ReleaseReader
from store.summaries import CaseFigures


def test_figures(crowd: ReleaseReader) -> None:
    patches, figures = crowd.patches(), crowd.figures()
    moving = [one for one in patches if one.activity in ("negative", "positive", "settlement")]
    assert figures.patches == 400
    assert figures.active == sum(one.activity in ("negative", "positive", "decorrelated") for one in patches)
    assert figures.moving == len(moving)
    assert figures.fastest == max((one.extreme_rate or 0.0 for one in moving), key=abs)
    new = [one for one in patches if one.change == "new"]
    assert figures.new == (len(new), pytest.approx(sum(one.change_m2 or 0.0 for one in new)))
    assert figures.latest == date(2021, 11, 6)
    assert figures.area_m2 == pytest.approx(sum(one.area_m2 for one in patches))


def test_suspected_and_doubtful_are_told_apart_and_ground_is_counted_once(crowd: ReleaseReader) -> None:
    against = [one for one in crowd.verdicts() if one.kind in SUSPECTED]
    certain = {one.patch_id for one in against if one.certainty == "certain"}
    doubtful = {one.patch_id for one in against} - certain
    figures = crowd.figures()
    assert figures.certain is not None and figures.doubtful is not None
    for found, names in ((figures.certain, certain), (figures.doubtful, doubtful)):
        assert found.patches == len(names) > 0
        largest: Counter[str] = Counter()
        for one in against:
            if one.patch_id in names:
                largest[one.patch_id] = max(largest[one.patch_id], one.likely_m2 or 0.0)  # type: ignore[assignment]
        assert found.likely_m2 == pytest.approx(sum(largest.values()))
        assert found.least_m2 < found.likely_m2 < found.most_m2


def test_onsets_are_dated_by_the_earlier_of_motion_and_loss(crowd: ReleaseReader) -> None:
    begun: Counter[tuple[date, str]] = Counter()
    for one in crowd.patches():
        days = [day for day in (one.day if one.turn == "onset" else None, one.lost_first) if day]
        if days:
            begun[min(days).replace(day=1), one.mine_class] += 1
    assert {(row.month, row.mine_class): row.patches for row in crowd.onsets()} == begun


def test_growth_is_the_difference_of_the_outlines(crowd: ReleaseReader) -> None:
    sums = crowd.areas_by_class()
    for row in crowd.growth():
        first, last = (sums[row.mine_class, day] for day in (date(2019, 5, 18), date(2021, 11, 6)))
        assert row.gained_m2 == pytest.approx(last[0] - first[0])
        assert row.margin_m2 == pytest.approx((first[1] ** 2 + last[1] ** 2) ** 0.5)


def test_where_patches_lie(crowd: ReleaseReader) -> None:
    cells = crowd.concentration(12)
    assert sum(cell.patches for cell in cells) == 400
    figures = crowd.figures()
    assert figures.certain is not None and figures.doubtful is not None
    assert sum(cell.suspected for cell in cells) == figures.certain.patches + figures.doubtful.patches
    for cell in cells:
        within = (cell.west, cell.south, cell.east, cell.north)
        assert crowd.patch_count(PatchFilter(within=within)) == cell.patches


def test_a_month_and_a_class_of_the_onsets_are_a_list(crowd: ReleaseReader) -> None:
    for row in crowd.onsets():
        assert crowd.patch_count(PatchFilter(classes=(row.mine_class,), began=row.month)) == row.patches


@pytest.mark.parametrize("column", ["mine_class", "activity"])
def test_areas_of_classes_and_activities_come_to_the_figures(column: str, crowd: ReleaseReader) -> None:
    extents = crowd.extents(column)
    assert {one.code: one.patches for one in extents} == crowd.counts(column)
    assert sum(one.area_m2 or 0.0 for one in extents) == pytest.approx(crowd.figures().area_m2)


def test_an_area_without_outlines_by_date_has_no_extent(reader: ReleaseReader) -> None:
    assert [(one.patches, one.area_m2) for one in reader.extents("activity")] == [(1, None)]


def test_suspected_ground_by_kind_is_that_of_the_verdicts(crowd: ReleaseReader) -> None:
    sums = {row.kind: row.likely_m2 for row in crowd.verdict_sums() if row.certainty == "certain"}
    found = crowd.suspected_ground(PatchFilter())
    assert found == pytest.approx({kind: sums[kind] for kind in found}) and set(found) == set(sums) & set(SUSPECTED)
    first = crowd.patch_ids(PatchFilter(suspected="certain"))[0]
    own = [one for one in crowd.verdicts(first) if one.kind in SUSPECTED and one.certainty == "certain"]
    assert crowd.suspected_ground(PatchFilter(among=(first,))) == pytest.approx(
        {one.kind: one.likely_m2 or 0.0 for one in own}
    )


def test_short_lists_are_in_order(crowd: ReleaseReader) -> None:
    expired, outside, newest = crowd.longest_after_expiry(5), crowd.largest_outside(5), crowd.newest(5)
    assert {one.kind for one in expired} == {"after_expiry"}
    assert [one.likely_m2 for one in outside] == sorted((one.likely_m2 or 0.0 for one in outside), reverse=True)
    days = [one.turned for one in crowd.patches() if one.turned]
    assert [one.turned for one in newest] == sorted(days, reverse=True)[:5]


def test_cross_counts(crowd: ReleaseReader) -> None:
    for column in ("activity", "change"):
        wanted = Counter((one.mine_class, getattr(one, column)) for one in crowd.patches())
        assert crowd.cross_counts(column) == wanted


def test_an_area_of_radar_alone_has_no_figures_of_images(reader: ReleaseReader) -> None:
    figures = reader.figures()
    assert (figures.patches, figures.active, figures.tested) == (1, 1, 0)
    assert figures.area_m2 is figures.new is figures.certain is figures.latest is None
    assert reader.growth() == []


def test_figures_of_cases_are_of_the_suspected_and_of_all_that_is_open(crowd: ReleaseReader, book: Casebook) -> None:
    first, second, *others = crowd.patch_ids(PatchFilter(suspected="certain"))
    by = Author("Li Na")
    book.enter(book.open("crowded", first, by=by, release="r1"), "confirm", by=by, text="seen")
    late = book.open("crowded", second, by=by, release="r1")
    book.enter(late, "assign", by=by, assignee="Wu Bo", due=date(2021, 1, 1))
    book.open("crowded", "gone from the release", by=by, release="r0")
    figures = crowd.case_figures(book.cases("crowded"), date(2021, 1, 2))
    assert figures.confirmed is not None and figures.unopened is not None
    own = [one for one in crowd.verdicts(first) if one.kind in SUSPECTED and one.certainty == "certain"]
    assert figures.confirmed.patches == 1
    assert figures.confirmed.likely_m2 == pytest.approx(max(one.likely_m2 or 0.0 for one in own))
    assert figures.unopened.patches == len(others)
    assert (figures.live, figures.overdue) == (3, 1)
    assert crowd.case_figures(book.cases("crowded"), date(2021, 1, 1)).overdue == 0


def test_without_a_register_cases_are_counted_alone(reader: ReleaseReader, book: Casebook) -> None:
    book.open("metropolitan", "M1345.B1", by=Author("Li Na"), release="r1")
    assert reader.case_figures(book.cases(), date(2021, 1, 1)) == CaseFigures(None, None, 1, 0)


@pytest.fixture
def book(tmp_path: Path) -> Casebook:
    return Casebook(f"sqlite:///{tmp_path}/book.sqlite")
