"""What lists are ordered and filtered by repeats what the other tables say."""

from datetime import date

import pandas as pd

from engine.publish.attention import with_order


def test_it_repeats_attention_days_and_verdicts() -> None:
    day, lost = date(2020, 5, 1), date(2020, 7, 1)
    tables = {
        "patch": pd.DataFrame({"patch_id": ["A", "B", "C"]}),
        "attention": pd.DataFrame({"patch_id": ["A", "A", "B"], "part": ["x", "y", "x"], "points": [1.5, 2.0, 4.0]}),
        "course": pd.DataFrame({"patch_id": ["A", "B", "C"], "day": [day, None, None]}),
        "activity": pd.DataFrame({"patch_id": ["A", "B", "C"], "lost_last": [lost, None, lost]}),
        "verdict": pd.DataFrame(
            [
                ("A", "crosses", "doubtful"),
                ("A", "not_tested", None),
                ("A", "after_expiry", "certain"),
                ("B", "not_tested", None),
            ],
            columns=["patch_id", "kind", "certainty"],
        ),
    }
    found = with_order(tables).set_index("patch_id")
    assert list(found["attention"]) == [3.5, 4.0, 0.0]
    assert found.loc["A", "turned"] == found.loc["C", "turned"] == lost and pd.isna(found.loc["B", "turned"])
    assert list(found["verdicts"]) == [["after_expiry:certain", "crosses:doubtful"], ["not_tested:"], []]


def test_without_radar_and_permits_there_is_nothing_to_repeat() -> None:
    tables = {"patch": pd.DataFrame({"patch_id": ["A"]}), "attention": pd.DataFrame()}
    found = with_order(tables)
    assert (found["attention"][0], found["verdicts"][0]) == (0.0, []) and pd.isna(found["turned"][0])
