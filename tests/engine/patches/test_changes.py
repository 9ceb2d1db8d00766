"""What changed of a patch: ground gained and lost, apart from what two outlines of the same ground differ by."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, Point, Polygon, box
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from engine.patches.changes import Change, ChangeKind, ChangeOptions, Ground, Measured, change_between

FIRST, LAST = datetime.date(2019, 6, 1), datetime.date(2021, 6, 1)
ERROR = 1.5
SEEN = Ground(1.0, 0.0)
PIT = box(0, 0, 150, 100)


def measured(outline: BaseGeometry | None, *, sure: float = 0.9, ground: Ground = SEEN) -> Measured:
    area, length = (0.0, 0.0) if outline is None else (outline.area, outline.length)
    return Measured(FIRST, outline, area, ERROR * length, sure * area, ground)


def change(before: Measured, after: Measured, *, alike: float = 0.1) -> Change:
    """`alike` : how alike both images are wherever they are held against each other."""

    def looks_alike(ground: BaseGeometry) -> float:
        assert ground.area > 0
        return alike

    return change_between(before, after._replace(date=LAST), looks_alike, ERROR, ChangeOptions())


def test_a_strip_all_round_is_no_growth() -> None:
    """Drawn too wide by a little more than what both outlines stray: the areas alone would say that it has grown."""
    wide = PIT.buffer(2.5)
    assert change(measured(PIT), measured(wide)).kind is ChangeKind.UNCHANGED


def test_a_broad_piece_at_one_side_is_growth_and_strips_do_not_count() -> None:
    piece = box(150, 20, 180, 80)
    narrower = PIT.buffer(-1.0)  # the other interpreter draws closer
    found = change(measured(PIT), measured(narrower.union(piece)))
    assert found.kind is ChangeKind.GROWN
    assert found.area == pytest.approx(piece.area, rel=0.03)
    assert found.margin < 0.3 * piece.area


def test_growth_all_round_beyond_all_doubt_is_growth() -> None:
    """No strip of it is wide, but no two hands differ by so much everywhere."""
    found = change(measured(PIT), measured(PIT.buffer(4.4, join_style="mitre")))
    assert found.kind is ChangeKind.GROWN
    assert found.area == pytest.approx(4.4 * PIT.length, rel=0.05)


def test_the_same_outline_beside_itself_is_unchanged() -> None:
    assert change(measured(PIT), measured(translate(PIT, 3, 3))).kind is ChangeKind.UNCHANGED


def test_lines_among_the_polygons_of_a_difference_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """GEOS leaves them where outlines follow the same pixels; of a narrow triangle among them nothing wide is left."""
    line, sliver = LineString([(0, 0), (90, 0.001)]), Polygon([(0, 0), (90, 0), (90, 0.5)])
    wider = PIT.union(box(150, 0, 170, 100))
    plain = change(measured(PIT), measured(wider))
    exact = type(PIT).difference

    def with_lines(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
        return GeometryCollection([line, sliver, *getattr(exact(one, other), "geoms", [exact(one, other)])])

    monkeypatch.setattr(type(PIT), "difference", with_lines)
    assert change(measured(PIT), measured(PIT)).kind is ChangeKind.UNCHANGED
    found = change(measured(PIT), measured(wider))
    assert (found.kind, found.area) == (plain.kind, pytest.approx(plain.area, rel=0.01))


def test_what_was_gained_on_one_side_and_lost_on_the_other_is_counted_against_each_other() -> None:
    gained, lost = box(150, 0, 170, 100), box(0, 0, 60, 100)
    found = change(measured(PIT), measured(PIT.difference(lost).union(gained)))
    assert found.kind is ChangeKind.SHRUNK
    assert found.area == pytest.approx(gained.area - lost.area, rel=0.05)


def test_growth_that_the_probabilities_do_not_bear_out_is_undetermined() -> None:
    before, grown = measured(PIT), measured(PIT.union(box(150, 0, 200, 100)))
    assert change(before, grown).kind is ChangeKind.GROWN
    assert change(before, grown._replace(expected=before.expected + 300)).kind is ChangeKind.UNDETERMINED
    assert change(before, grown._replace(expected=before.expected - 4_000)).kind is ChangeKind.UNDETERMINED


@pytest.mark.parametrize(
    ("before", "after"),
    [(PIT, PIT.union(box(150, 0, 200, 100))), (PIT, PIT.buffer(4.4, join_style="mitre")), (PIT, None), (None, PIT)],
)
def test_what_looks_as_it_did_has_not_changed(before: BaseGeometry | None, after: BaseGeometry | None) -> None:
    """One of the outlines is wrong, or was overlooked; how far they disagree is said as the margin."""
    first, last = measured(before), measured(after)
    assert change(first, last).kind is not ChangeKind.UNCHANGED
    assert change(first, last, alike=float("nan")).kind is not ChangeKind.UNCHANGED
    found = change(first, last, alike=0.9)
    assert (found.kind, found.area) == (ChangeKind.UNCHANGED, 0.0)
    assert found.margin >= abs(last.area - first.area) * 0.9


def test_a_patch_half_outside_an_image_is_undetermined() -> None:
    half = measured(box(0, 0, 75, 100), ground=Ground(0.5, 0.45))
    assert change(half, measured(PIT)).kind is ChangeKind.UNDETERMINED


@settings(deadline=None)
@given(sizes=st.tuples(st.integers(5, 300), st.integers(5, 300)), shift=st.integers(-40, 40))
def test_the_other_way_round_the_change_is_the_opposite(sizes: tuple[int, int], shift: int) -> None:
    one, other = measured(Point(0, 0).buffer(sizes[0])), measured(Point(shift, 0).buffer(sizes[1]))
    there, back = change(one, other), change(other, one)
    opposite = {ChangeKind.GROWN: ChangeKind.SHRUNK, ChangeKind.SHRUNK: ChangeKind.GROWN}
    assert back.kind == opposite.get(there.kind, there.kind)
    assert back.area == pytest.approx(-there.area)
    assert back.margin == pytest.approx(there.margin)
