"""A table of pairs beside GeoTIFFs: their files and perpendicular baselines."""

from pathlib import Path

import numpy as np
import pytest

from engine.deformation.geotiff import GeoTiffStack
from engine.deformation.network import NetworkOptions, choose_pairs
from engine.deformation.pair_table import read_pair_table
from engine.deformation.stack import DatePair, GeoTiffOptions
from engine.errors import InputError
from tests.engine.conftest import DATES, PAIRS, UTM, phases, subsidence, write_geotiffs, write_tif


def stack(folder: Path, **options: object) -> GeoTiffStack:
    return GeoTiffStack(GeoTiffOptions(format="geotiff", path=Path("stack"), incidence_deg=37.0, **options), folder)


def table(folder: Path, text: str) -> Path:
    (path := folder / "pairs.csv").write_text(text, encoding="utf-8")
    return path


def first_two(line: str) -> str:
    return f"{DATES[0]},{DATES[1]},{line}"


def test_it_gives_interferograms_their_baselines(tmp_path: Path) -> None:
    write_geotiffs(tmp_path, phases(subsidence()))
    lines = [f"{pair.first},{pair.second},{10.5 * number}" for number, pair in enumerate(PAIRS)]
    table(tmp_path, "\n".join(["first,second,perpendicular_baseline_m", *lines[::-1]]))
    items = stack(tmp_path, pairs=Path("pairs.csv")).interferograms
    assert [item.perpendicular_baseline for item in items] == [10.5 * number for number in range(len(PAIRS))]


def test_baselines_choose_the_pairs_of_the_network(tmp_path: Path) -> None:
    write_geotiffs(tmp_path, phases(subsidence()))
    far = [f"{pair}\t{150 if pair.days > 12 else 50}" for pair in PAIRS]
    table(tmp_path, "\n".join(["date12\tbperp", *far]))
    items = stack(tmp_path, pairs=Path("pairs.csv")).interferograms
    within = choose_pairs(items, NetworkOptions(max_perpendicular_m=100))
    assert {item.pair for item in within} == {pair for pair in PAIRS if pair.days == 12}


def test_files_of_any_name_are_a_stack(tmp_path: Path) -> None:
    made = phases(subsidence())
    lines = []
    for number, (pair, phase) in enumerate(made.items()):
        write_tif(tmp_path / "stack" / "in" / f"ifg {number}.tif", phase, UTM)
        write_tif(tmp_path / "stack" / "in" / f"coh {number}.tif", np.full(phase.shape, 0.5, np.float32), UTM)
        lines.append(f'{pair.first:%Y%m%d};{pair.second:%Y%m%d};"in/ifg {number}.tif";in/coh {number}.tif;"{number},5"')
    table(tmp_path, "\n".join(["Reference date;Secondary date;Unwrapped;Coherence;B perp (m)", *lines]))
    reader = stack(tmp_path, pairs=Path("pairs.csv"))
    assert [item.pair for item in reader.interferograms] == list(PAIRS)
    assert [item.perpendicular_baseline for item in reader.interferograms] == [n + 0.5 for n in range(len(PAIRS))]
    np.testing.assert_array_equal(reader.phase(reader.interferograms[3]), made[PAIRS[3]])
    assert float(reader.coherence(reader.interferograms[3]).mean()) == 0.5
    assert tmp_path / "pairs.csv" in reader.files


def test_pairs_without_files_in_it_are_as_they_were_found(tmp_path: Path) -> None:
    write_geotiffs(tmp_path, phases(subsidence()))
    table(tmp_path, f"pair baseline\n{PAIRS[1]} nan\n{PAIRS[0]} -20\n20300101_20300113 5\n")
    items = stack(tmp_path, pairs=Path("pairs.csv")).interferograms
    assert [item.pair for item in items] == list(PAIRS)
    assert [item.perpendicular_baseline for item in items[:3]] == [-20.0, None, None]


def test_lines_that_are_empty_are_none(tmp_path: Path) -> None:
    path = table(tmp_path, f"\ufefffirst,second,bperp\n\n{first_two('12.5')}\n,,\n")
    found = read_pair_table(path, tmp_path)
    assert list(found) == [DatePair(DATES[0], DATES[1])]
    assert found[DatePair(DATES[0], DATES[1])].perpendicular_baseline == 12.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("first,second\n" + first_two(""), "other columns (first, second)"),
        ("first,bperp\n2020-01-01,5", "other columns"),
        ("first,second,bperp,perp\n" + first_two("5,5"), "other columns"),
        ("first,second,bperp\n", "has no pair"),
        ("first,second,bperp\n2020-01-13,2020-01-01,5", "line 2: the pair's dates are not in order"),
        ("first,second,bperp\n2020-01-13,,5", "line 2: '2020-01-13' is not two dates"),
        ("first,second,bperp\n\n" + first_two("far"), "line 3: 'far' is no perpendicular baseline"),
        ("first,second,bperp\n" + first_two("inf"), "line 2: 'inf' is no perpendicular baseline"),
        ("first,second,bperp\n" + first_two("5") + "\n" + first_two("6"), "line 3: 20200101_20200113 stands above"),
        ("first,second,unwrapped\n" + first_two("no.tif"), "line 2: there is no file"),
        ("first,second,unwrapped\n" + first_two(""), "line 2: 20200101_20200113 has no unwrapped file"),
        ("first,second,bperp\n" + f"{DATES[0]}", "line 2"),
        ("first,second,bperp\n" + first_two("12,5"), "line 2: 4 cells under 3 names"),
        ("first,second,bperp\n" + first_two('"5') + "\n" + first_two("6"), "line 3: 20200101_20200113 stands above"),
    ],
)
def test_what_is_wrong_in_it_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = table(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_pair_table(path, tmp_path)
    assert said in caught.value.problem
    assert caught.value.file == path
    assert caught.value.field == "stack.pairs"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00first", None])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "pairs.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="table of pairs"):
        read_pair_table(path, tmp_path)
