"""What is kept of an assessment is what is read, and only of the very model that a release was made with."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from store.assessments import AssessedPart, Assessment, PatchFigures, PixelFigures, keep_assessment, read_assessment
from store.home import Home

SHA256 = "ab" * 32


def figures(patches: int = 4, identified: int = 3) -> PatchFigures:
    return PatchFigures(
        mine_class=None,
        patches=patches,
        identified=identified,
        class_right=2,
        extracted=5,
        right=3,
        similarity=[0.5, 0.75, 1.0],
        iou=[0.4, 0.6, 0.9],
        mean_similarity=0.75,
        mean_similarity_of_all=0.5625,
        mean_iou=0.6333,
        alike=1 / 3,
        missed_m2=[120.0],
    )


def made(**changes: Any) -> Assessment:
    """The paper's cells, its mining split over two classes."""
    pixels = PixelFigures(
        users_accuracy=0.669,
        producers_accuracy=0.797,
        f1=0.727,
        iou=0.572,
        kappa=0.723,
        overall=0.9912,
        pixels=339_912,
    )
    part = AssessedPart(
        role="unseen_ground",
        dates=[date(2019, 5, 18)],
        classes=["background", "coal gangue dump", "clay open pit"],
        cells=[[332_941, 971, 1000], [1000, 3000, 5], [15, 80, 900]],
        figures=pixels,
        patches=[
            figures(),
            figures(3, 2).model_copy(update={"mine_class": "coal gangue dump"}),
            figures(1, 1).model_copy(update={"mine_class": "clay open pit", "mean_iou": None}),
        ],
        left_out=7,
        cut=2,
        without_data=0,
        ground=[],
        lookalikes=[],
    )
    plain: dict[str, Any] = {
        "area": "place",
        "model": "a-model",
        "sha256": SHA256,
        "threshold": 0.5,
        "truth": "simulated",
        "least_area_m2": 50.0,
        "least_iou": 0.2,
        "made": datetime(2026, 11, 24, 12, tzinfo=UTC),
        "engine_version": "0.1.0",
        "parts": [part],
    }
    return Assessment(**plain | changes)


@pytest.fixture
def home(tmp_path: Any) -> Home:
    return Home(tmp_path)


def test_what_was_kept_is_read_back(home: Home) -> None:
    path = keep_assessment(home, made())
    assert path.is_relative_to(home.root)
    assert not path.is_relative_to(home.releases_root)
    assert read_assessment(home, "place", SHA256, 0.5) == made()
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_later_one_takes_its_place(home: Home) -> None:
    keep_assessment(home, made())
    keep_assessment(home, made(truth="interpreted"))
    assert read_assessment(home, "place", SHA256, 0.5) == made(truth="interpreted")


def test_no_figures_of_another_model_or_threshold_are_shown(home: Home) -> None:
    path = keep_assessment(home, made())
    assert read_assessment(home, "place", SHA256, 0.6) is None
    assert read_assessment(home, "place", "cd" * 32, 0.5) is None
    assert read_assessment(home, "elsewhere", SHA256, 0.5) is None
    alike = SHA256[:12] + "cd" * 26  # begins as the other does
    assert read_assessment(home, "place", alike, 0.5) is None
    path.write_text("{")
    assert read_assessment(home, "place", SHA256, 0.5) is None


def test_one_of_another_version_is_none(home: Home) -> None:
    keep_assessment(home, made(version=999))
    assert read_assessment(home, "place", SHA256, 0.5) is None


def test_classes_come_to_the_papers_table() -> None:
    assert made().parts[0].mining_cells == ((3985, 1971), (1015, 332_941))


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError):
        made(colour="blue")
