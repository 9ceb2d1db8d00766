"""The network: which pairs are chosen, and whether they hold together."""

import csv
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from engine.deformation.network import Network, NetworkOptions, choose_pairs, date_baselines
from engine.deformation.stack import DatePair, Interferogram
from engine.errors import InputError
from tests.conftest import ROOT

DAYS = [date(2020, 1, 1) + timedelta(days=12 * number) for number in range(8)]
BASELINES = ROOT.parent / "shared" / "data" / "network" / "weining_baselines.csv"


def pairs_of(*numbers: tuple[int, int]) -> tuple[DatePair, ...]:
    return tuple(DatePair(DAYS[first], DAYS[second]) for first, second in numbers)


def interferograms(*numbers: tuple[int, int], baseline: float | None = None) -> list[Interferogram]:
    return [Interferogram(pair, Path(f"{pair}.tif"), None, baseline) for pair in pairs_of(*numbers)]


def chosen(available: Sequence[Interferogram], **options: object) -> list[tuple[int, int]]:
    pairs = [item.pair for item in choose_pairs(available, NetworkOptions(**options))]  # type: ignore[arg-type]
    return [(DAYS.index(pair.first), DAYS.index(pair.second)) for pair in pairs]


def numbers() -> st.SearchStrategy[list[tuple[int, int]]]:
    """Any network between some of eight dates."""
    return st.lists(st.sampled_from(list(combinations(range(8), 2))), min_size=1, unique=True)


CHAIN = [(0, 1), (1, 2), (2, 3)]


def test_all_pairs_are_chosen_where_nothing_is_asked() -> None:
    assert chosen(interferograms(*CHAIN, (0, 3))) == [*CHAIN, (0, 3)]


def test_a_pair_as_long_as_the_limit_is_chosen() -> None:
    available = interferograms(*CHAIN, (0, 3))  # 12, 12, 12 and 36 days
    assert chosen(available, max_days=36) == [*CHAIN, (0, 3)]
    assert chosen(available, max_days=35) == CHAIN


def test_baselines_count_by_their_size() -> None:
    near, far = interferograms(*CHAIN, baseline=-99.0), interferograms((0, 3), baseline=-101.0)
    assert chosen(near + far, max_perpendicular_m=100.0) == CHAIN


def test_a_baseline_that_is_not_known_cannot_be_held_against_a_limit() -> None:
    with pytest.raises(InputError) as refused:
        choose_pairs(interferograms(*CHAIN), NetworkOptions(max_perpendicular_m=100.0))
    assert refused.value.field == "network.max_perpendicular_m"
    assert refused.value.file == Path("20200101_20200113.tif")


def test_a_date_that_is_excluded_takes_its_pairs_along() -> None:
    assert chosen(interferograms(*CHAIN, (0, 2), (0, 3)), exclude_dates=(DAYS[1],)) == [(2, 3), (0, 2), (0, 3)]


def test_no_pair_left_is_refused() -> None:
    with pytest.raises(InputError, match=r"no pair is left\. Mend: relax the thresholds of \[network\]"):
        choose_pairs(interferograms(*CHAIN), NetworkOptions(max_days=1))


def test_two_acquisitions_give_no_series() -> None:
    with pytest.raises(InputError, match="2 acquisitions give no series"):
        choose_pairs(interferograms((0, 1)), NetworkOptions())


def test_a_network_that_falls_apart_is_refused_with_its_groups() -> None:
    with pytest.raises(InputError) as refused:
        choose_pairs(interferograms((0, 1), (1, 3), (4, 6), (5, 7), (4, 7)), NetworkOptions())
    assert refused.value.field == "network"
    assert "2 groups" in refused.value.problem
    assert "2020-01-01 … 2020-02-06 (3 dates); 2020-02-18 … 2020-03-25 (4 dates)" in refused.value.problem
    assert "add interferograms" in refused.value.mend


def test_dates_and_years_count_from_the_first() -> None:
    network = Network(pairs_of((3, 5), (1, 3)))
    assert network.dates == (DAYS[1], DAYS[3], DAYS[5])
    np.testing.assert_allclose(network.years, np.array([0, 24, 48]) / 365.25)


@given(numbers())
def test_the_incidence_matrix_takes_differences(links: list[tuple[int, int]]) -> None:
    network = Network(pairs_of(*links))
    days = np.array([day.toordinal() for day in network.dates], float)
    np.testing.assert_array_equal(network.incidence_matrix @ days, [pair.days for pair in network.pairs])
    np.testing.assert_array_equal(network.incidence_matrix.sum(axis=1), 0)


@given(numbers(), st.data())
def test_groups_are_what_the_rank_of_the_network_says(links: list[tuple[int, int]], data: st.DataObject) -> None:
    """A graph of n nodes in c connected components has an incidence matrix of rank n − c."""
    network = Network(pairs_of(*links))
    used = np.array(data.draw(st.lists(st.booleans(), min_size=len(links), max_size=len(links))))
    labels = network.groups(used)
    rank = int(np.linalg.matrix_rank(network.incidence_matrix[used])) if used.any() else 0
    assert labels.max() + 1 == len(network.dates) - rank
    assert all(labels[first] == labels[second] for first, second in network.edges[used])


@pytest.mark.skipif(not BASELINES.is_file(), reason="weining_baselines.csv is not here")
def test_the_paper_s_network_is_chosen_by_its_limits() -> None:
    """334 pairs of at most 60 days and 111.46 m between 89 acquisitions (METHOD §5)."""
    with BASELINES.open() as file:
        places = {date.fromisoformat(row["date"]): float(row["bperp_m"]) for row in csv.DictReader(file)}
    available = [
        Interferogram(DatePair(first, second), Path("x.tif"), None, places[second] - places[first])
        for first, second in combinations(sorted(places), 2)
    ]
    pairs = choose_pairs(available, NetworkOptions(max_days=60, max_perpendicular_m=111.46))
    across = np.abs([item.perpendicular_baseline or np.nan for item in pairs])
    assert len(pairs) == 334
    assert np.mean([item.pair.days for item in pairs]) == pytest.approx(35.96, abs=0.005)
    assert (across.mean(), across.max(), across.min()) == pytest.approx((48.30, 111.44, 1.97), abs=0.005)


# Ways of selecting


def stack_of(dates: int, seed: int = 1) -> list[Interferogram]:
    """All pairs of dates twelve days apart, with baselines and mean coherence."""
    generator = np.random.default_rng(seed)
    days = [date(2020, 1, 1) + timedelta(days=12 * number) for number in range(dates)]
    baselines = generator.normal(scale=50, size=dates)
    return [
        Interferogram(
            DatePair(days[i], days[j]),
            Path(f"{i}-{j}.tif"),
            perpendicular_baseline=float(baselines[j] - baselines[i]),
            mean_coherence=float(generator.uniform(0.2, 0.9)),
        )
        for i, j in combinations(range(dates), 2)
    ]


def test_sequential_pairs_join_each_date_with_those_before_it() -> None:
    chosen = choose_pairs(stack_of(8), NetworkOptions(select="sequential", neighbours=2))
    gaps = np.diff(Network(tuple(item.pair for item in chosen)).edges)
    assert len(chosen) == 7 + 6
    assert set(gaps.ravel()) == {1, 2}


def test_delaunay_pairs_are_the_edges_of_triangles_that_hold_no_other_date() -> None:
    available = stack_of(9)
    chosen = choose_pairs(available, NetworkOptions(select="delaunay"))
    network = Network(tuple(item.pair for item in available))
    baselines = date_baselines(available, network, field="network.select")
    years = network.years * (np.ptp(baselines) / network.years[-1])
    triangles = Delaunay(np.stack([years, baselines], axis=1)).simplices
    edges = {tuple(sorted(edge)) for corners in triangles for edge in combinations(corners, 2)}
    found = {tuple(map(int, edge)) for edge, item in zip(network.edges, available, strict=True) if item in chosen}
    assert found == {tuple(map(int, edge)) for edge in edges}


@pytest.mark.parametrize("least", [0.0, 0.6, 1.0])
def test_coherent_pairs_and_the_most_coherent_tree_are_kept(least: float) -> None:
    available = stack_of(10)
    chosen = choose_pairs(available, NetworkOptions(select="coherence", min_coherence=least))
    assert Network(tuple(item.pair for item in chosen)).groups().max() == 0
    tree = [item for item in chosen if item.mean_coherence < least]
    assert {item.pair for item in available if item.mean_coherence >= least} <= {item.pair for item in chosen}
    assert len(tree) <= 9
    if least == 1.0:  # a tree of the least sum of inverse coherence (Kruskal)
        joined, best = {day: {day} for item in available for day in item.pair}, set()
        for item in sorted(available, key=lambda one: -one.mean_coherence):
            one, other = (joined[day] for day in item.pair)
            if one is not other:
                best.add(item.pair)
                one |= other
                for day in other:
                    joined[day] = one
        assert {item.pair for item in chosen} == best


@pytest.mark.parametrize("select", ["delaunay", "coherence"])
def test_a_way_of_selecting_says_what_it_misses(select: str) -> None:
    bare = [Interferogram(item.pair, item.unwrapped) for item in stack_of(5)]
    with pytest.raises(InputError, match="select"):
        choose_pairs(bare, NetworkOptions(select=select))


def test_thresholds_hold_before_pairs_are_selected() -> None:
    chosen = choose_pairs(stack_of(8), NetworkOptions(select="sequential", neighbours=5, max_days=24))
    assert max(item.pair.days for item in chosen) == 24
