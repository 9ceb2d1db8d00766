"""The overview's charts: what a bar counts is what its list holds, in colours that are read on any ground."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from components import charts, overview_charts
from components.linked_charts import Part, with_areas
from components.overview_charts import _PATTERNS
from engine import wording
from store.home import Home
from store.patches import SUSPECTED, PatchFilter
from store.reader import ReleaseReader, current_release
from web.palette import CLASS_COLOURS, CLASS_PATTERNS, VERDICT_COLOURS

Drawn = tuple[go.Figure, Sequence[Sequence[Part]]]
DrawnBy = Callable[[Callable[[], object]], Drawn]


@pytest.fixture
def crowd(crowded: Home) -> ReleaseReader:
    found = current_release(crowded, "crowded")
    assert found is not None
    return found


@pytest.fixture
def drawn_by(monkeypatch: pytest.MonkeyPatch) -> DrawnBy:
    """The chart that a call puts on the page, and what its parts open."""
    kept: list[Drawn] = []

    def keep(figure: go.Figure, _name: str, parts: Sequence[Sequence[Part]], *_given: Any, **_named: Any) -> None:
        kept.append((figure, parts))

    for module in (charts, overview_charts):
        monkeypatch.setattr(module, "linked_chart", keep)

    def draw(call: Callable[[], object]) -> Drawn:
        call()
        return kept.pop()

    return draw


def test_kinds_of_one_colour_are_told_apart_by_their_patterns() -> None:
    looks = [(VERDICT_COLOURS[kind], _PATTERNS.get(kind, "")) for kind in SUSPECTED]
    assert len(set(looks)) == len(looks)


def test_classes_are_told_apart_in_grey() -> None:
    assert len(set(CLASS_PATTERNS)) == len(CLASS_PATTERNS) == len(CLASS_COLOURS)


@pytest.mark.parametrize(
    ("chart", "axis"),
    [(charts.activity_chart, "x"), (charts.change_chart, "x"), (overview_charts.onset_chart, "y")],
)
def test_a_bar_opens_as_many_patches_as_it_counts(
    chart: Callable[[ReleaseReader], None], axis: str, crowd: ReleaseReader, drawn_by: DrawnBy
) -> None:
    figure, parts = drawn_by(lambda: chart(crowd))
    counted = [list(trace[axis]) for trace in figure.data]
    assert counted == [[crowd.patch_count(part.show) for part in trace] for trace in parts]
    assert sum(map(sum, counted)) > 100


def test_a_square_opens_the_patches_in_it(crowd: ReleaseReader, drawn_by: DrawnBy) -> None:
    figure, [parts] = drawn_by(lambda: overview_charts.concentration_chart(crowd))
    assert [crowd.patch_count(part.show) for part in parts] == [part.cells[1] for part in parts]
    assert len(figure.data[0].x) == len(parts)


def test_a_patch_whose_middle_is_out_of_the_frame_is_shown(reader: ReleaseReader, drawn_by: DrawnBy) -> None:
    figure, _parts = drawn_by(lambda: overview_charts.concentration_chart(reader))
    [x], [y] = figure.data[0].x, figure.data[0].y
    assert figure.layout.xaxis.range[0] < x < figure.layout.xaxis.range[1]
    assert figure.layout.yaxis.range[0] < y < figure.layout.yaxis.range[1]


def test_growth_of_a_class_opens_the_class(crowd: ReleaseReader, drawn_by: DrawnBy) -> None:
    _figure, [parts] = drawn_by(lambda: overview_charts.growth_chart(crowd))
    assert [part.show for part in parts] == [PatchFilter(classes=(row.mine_class,)) for row in crowd.growth()]


def test_confirmed_ground_stands_beside_the_suspected(crowd: ReleaseReader, drawn_by: DrawnBy) -> None:
    first, *_others = crowd.patch_ids(PatchFilter(suspected="certain"))
    states = {first: "confirmed"}
    figure, parts = drawn_by(lambda: overview_charts.history_chart([crowd, crowd], states))
    assert all(list(trace.x[1]) == ["suspected", "confirmed"] * 2 for trace in figure.data)
    confirmed = sum(trace.y[-1] for trace in figure.data) * 1e4
    assert confirmed == pytest.approx(sum(crowd.suspected_ground(PatchFilter(among=(first,))).values()))
    for *_earlier, suspected, own in parts:
        assert crowd.patch_count(own.show.of_cases(states)) <= 1 < crowd.patch_count(suspected.show)
        assert own.show == replace(suspected.show, case="confirmed")
        assert own.release is None  # the page's own; an earlier one would be named


@pytest.mark.parametrize("dark", [False, True])
def test_the_most_stands_out_from_the_ground_of_either_theme(
    dark: bool, crowd: ReleaseReader, drawn_by: DrawnBy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scale runs from navy to yellow."""
    for module in ("components.overview_charts.is_dark", "components.chart_settings.is_dark"):
        monkeypatch.setattr(module, lambda: dark)
    marker = drawn_by(lambda: overview_charts.concentration_chart(crowd))[0].data[0].marker
    assert marker.reversescale is not dark
    assert marker.line.width > 0
    bars = drawn_by(lambda: overview_charts.growth_chart(crowd))[0].data[0].error_x
    assert bars.color == ("#d0d0d0" if dark else "#444444")


def test_areas_in_a_table_are_in_hectares_and_in_chinese_with_mu(request: pytest.FixtureRequest) -> None:
    request.addfinalizer(lambda: wording.use_language("en"))
    for language, said in (("en", "2.50"), ("zh", "2.50（38）")):
        wording.use_language(language)
        styled = with_areas(pd.DataFrame({"class": ["a"], "area": [25_000.0]}), ["area"])
        assert styled.data.iloc[0, 1] == 2.5  # sorted as a number
        assert said in styled.to_html()
