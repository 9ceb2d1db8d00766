"""Sentences: they hold the numbers they were given, with unit and uncertainty, and are no more certain than these."""

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import wording
from engine.activity.scenes import ActivityClass
from engine.deformation.inversion import PixelState
from engine.permits.verdicts.kinds import VerdictKind
from tests.conftest import ROOT

RADAR = {
    "first_date": date(2006, 6, 19),
    "last_date": date(2007, 9, 17),
    "t95": 2.2,
    "threshold": 5.0,
    "wavelength_m": 0.0555,
}
PATCH: dict[str, Any] = {
    "confidence": None,
    "activity": "negative",
    "coherent_pixels": 90,
    "decorrelated_pixels": 0,
    "observed_share": 1.0,
    "cluster_area_m2": 1_240_000.0,
    "cluster_distance_m": 0.0,
    "median_rate": -12.4,
    "extreme_rate": -19.9,
    "standard_error": 0.9,
    "detectable_rate": 3.1,
    "class_confidence": 0.999,
    "lost_first": None,
    "lost_last": None,
    "lost_until_first": None,
    "lost_until_last": None,
    "course": "linear",
    "turn": None,
    "day": None,
    "day_first": None,
    "day_last": None,
    "rate_before": -12.0,
    "rate_after": -12.0,
    "error_before": 0.5,
    "error_after": 0.5,
    "step_mm": None,
    "fading": 0.01,
    "surface": None,
    "texture_ratio": None,
    "ndvi_change": None,
}
PIXEL: dict[str, Any] = {
    "state": "solved",
    "rate": -11.0,
    "standard_error": 1.0,
    "coherence": 0.91,
    "dates": 13,
    "pairs": 17,
    "pairs_used": 17,
    "groups": 1,
}
PERIOD = "19 Jun 2006 – 17 Sep 2007"


def patch(**changed: Any) -> str:
    return wording.patch_statement(PATCH | changed, RADAR)


def pixel(**changed: Any) -> str:
    return wording.pixel_statement(PIXEL | changed, RADAR)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-11.0, 0, "\u221211"),
        (-0.4, 0, "0"),
        (0.0, 1, "0.0"),
        (-0.04, 1, "0.0"),
        (12_345.678, 2, "12,345.68"),
        (0.5, 1, "0.5"),
        (3, 0, "3"),
    ],
)
def test_numbers(value: float, digits: int, text: str) -> None:
    assert wording.number(value, digits) == text


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_a_number_is_read_back_to_its_last_digit(value: float, digits: int) -> None:
    text = wording.number(value, digits)
    assert "-" not in text
    assert text not in ("\u22120", "\u22120." + "0" * digits)
    assert float(text.replace(",", "").replace("\u2212", "-")) == pytest.approx(value, abs=0.5000001 * 10**-digits)


@pytest.mark.parametrize(
    ("square_metres", "text"),
    [(4_200.0, "0.4 ha"), (99_000.0, "9.9 ha"), (100_000.0, "10 ha"), (999_000.0, "100 ha"), (1_240_000.0, "1.2 km²")],
)
def test_areas(square_metres: float, text: str) -> None:
    assert wording.hectares(square_metres) == text


def test_dates_places_and_rates() -> None:
    assert wording.period(RADAR["first_date"], RADAR["last_date"]) == PERIOD  # type: ignore[arg-type]
    assert wording.place(150.9354, -34.1904) == "34.1904° S, 150.9354° E"
    assert wording.place(-0.5, 51.0) == "51.0000° N, 0.5000° W"
    assert wording.rate(-11.2) == "\u221211 mm/yr"
    assert wording.rate(-11.2, 2.4) == "\u221211 ± 2 mm/yr"
    assert wording.percent(0.796) == "80 %"


def test_a_small_margin_is_not_none() -> None:
    assert "± 0 " not in wording.rate(-11.2, 0.4)


def test_a_moving_patch_says_how_much_how_fast_and_when() -> None:
    rate = "\u221212 ± 2 mm/yr (median; fastest \u221220 mm/yr)"
    assert patch() == f"1.2 km² of its ground moves away from the satellite at {rate}, {PERIOD}."
    towards = patch(activity="positive", median_rate=8.0, extreme_rate=11.0)
    assert "moves towards the satellite at 8 ± 2 mm/yr (median; fastest 11 mm/yr)" in towards


def test_motion_beside_a_patch_is_not_said_to_be_in_it() -> None:
    text = patch(activity="no_change", cluster_distance_m=212.3)
    assert text.startswith("No motion beyond")
    assert "212 m outside it begins ground that moves at \u221212 mm/yr (median over 1.2 km²)." in text


# Since when, and how sure

TURNED = {"day": date(2007, 1, 14), "day_first": date(2006, 12, 12), "day_last": date(2007, 2, 20), "rate_after": -9.4}
INTERVAL = "14 Jan 2007 (12 Dec 2006 – 20 Feb 2007)"


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        ("onset", f"It began about {INTERVAL}, at \u22129.4 ± 1.0 mm/yr since."),
        ("stop", f"It stopped about {INTERVAL}, after \u221212.0 ± 1.0 mm/yr."),
        ("slower", f"It turned slower about {INTERVAL}: \u22129.4 ± 1.0 mm/yr, after \u221212.0 ± 1.0 mm/yr."),
        ("reversal", f"It turned round about {INTERVAL}:"),
        ("step", f"It moved by \u22128 mm within days, about {INTERVAL}; a multiple of 28 mm more or less"),
    ],
)
def test_a_turn_is_dated_with_its_interval(turn: str, said: str) -> None:
    assert said in patch(turn=turn, step_mm=-8.2, **TURNED)


def test_without_a_turn_no_day_is_said() -> None:
    assert "about" not in patch()


def test_motion_that_fades_is_said_to_settle_no_surer_than_it_is() -> None:
    text = patch(activity="settlement", rate_before=-20.0, rate_after=-2.0, fading=0.999)
    assert "It sinks ever more slowly, from \u221220 mm/yr to \u22122 mm/yr" in text
    assert "99 % sure" in text


def test_a_loss_of_coherence_is_dated() -> None:
    lost = {"lost_first": date(2007, 1, 2), "lost_last": date(2007, 1, 20)}
    going = patch(activity="decorrelated", decorrelated_pixels=60, **lost)
    assert "Its coherence was lost between 2 Jan 2007 and 20 Jan 2007 and has not come back" in going
    over = patch(activity="decorrelated", **lost, lost_until_first=date(2007, 5, 1), lost_until_last=date(2007, 5, 13))
    assert "came back between 1 May 2007 and 13 May 2007" in over


@pytest.mark.parametrize(("confidence", "said"), [(0.8, True), (0.96, False), (None, False)])
def test_a_class_that_is_not_sure_is_said_to_be_doubtful(confidence: float | None, said: bool) -> None:
    assert ("Doubtful: 80 % sure." in patch(class_confidence=confidence)) is said


def test_in_chinese_nothing_is_left_in_english() -> None:
    wording.use_language("zh")
    try:
        for turn in ("onset", "stop", "faster", "slower", "reversal", "step"):
            assert not re.search("[A-Za-z]{3,}", patch(turn=turn, step_mm=-8.2, **TURNED))
    finally:
        wording.use_language("en")


def test_a_patch_that_has_lost_some_coherence_says_so() -> None:
    assert "The radar has lost 10 % of what it saw of it" in patch(decorrelated_pixels=10)


def test_a_decorrelated_patch_counts_its_pixels() -> None:
    text = patch(activity="decorrelated", decorrelated_pixels=60, coherent_pixels=40)
    assert text == f"Decorrelated: the radar lost 60 of the 100 pixels that it saw of it, {PERIOD}."


def test_a_still_patch_says_what_would_not_have_been_seen() -> None:
    assert patch(activity="no_change", detectable_rate=7.6) == (
        f"No motion beyond ± 5 mm/yr was seen, {PERIOD}; slower than 8 mm/yr would not have been."
    )
    assert "slower than 5 mm/yr" in patch(activity="no_change", detectable_rate=3.1)


def test_a_patch_that_was_not_seen_is_not_called_still() -> None:
    text = patch(activity="not_observable", observed_share=0.1, coherent_pixels=0)
    assert text.startswith("Not observable")
    assert "not the same as still" in text
    assert "%" not in text


@pytest.mark.parametrize(("share", "said"), [(0.24, True), (0.949, True), (0.95, False), (1.0, False)])
def test_a_patch_of_which_a_part_was_seen_says_how_much(share: float, said: bool) -> None:
    assert (f"Only {wording.percent(share)} of its area was seen." in patch(observed_share=share)) is said


def test_a_solved_pixel_says_rate_uncertainty_and_pairs() -> None:
    assert pixel() == (f"\u221211 ± 2 mm/yr along the line of sight (95 %), {PERIOD}; 13 dates from 17 of 17 pairs.")


def test_a_flagged_pixel_says_that_it_is_no_evidence() -> None:
    text = pixel(state="minimum_norm", groups=3, pairs=11)
    assert text.startswith("\u221211 ± 2 mm/yr")
    assert "11 of 17 pairs" in text
    assert "Flagged" in text
    assert "3 groups" in text
    assert "no evidence" in text


@pytest.mark.parametrize("state", ["few_pairs", "dates_missing"])
def test_a_decorrelated_pixel_says_how_many_pairs_it_kept(state: str) -> None:
    text = pixel(state=state, pairs=4, groups=9, rate=None, standard_error=None, coherence=None)
    assert text.startswith("Decorrelated: 4 of 17 pairs have phase at this pixel.")
    assert "falls apart into 9 groups" in text
    assert "mm/yr" not in text


def test_a_pixel_with_too_few_pairs_that_hold_together_is_not_said_to_fall_apart() -> None:
    text = pixel(state="few_pairs", pairs=4, groups=1, rate=None, standard_error=None, coherence=None)
    assert "too few" in text
    assert "falls apart" not in text


def test_a_pixel_whose_pairs_contradict_says_by_how_much() -> None:
    text = pixel(state="low_coherence", pairs=15, coherence=0.412, rate=None, standard_error=None)
    assert "the 15 pairs at this pixel contradict each other (temporal coherence 0.41)" in text


def test_a_pixel_that_was_not_seen() -> None:
    assert "did not see the place, or lost it in every pair" in pixel(state="no_data")


@pytest.mark.parametrize(
    "text",
    [
        pixel(state="few_pairs", pairs=1, groups=12, rate=None, standard_error=None, coherence=None),
        patch(activity="decorrelated", decorrelated_pixels=1, coherent_pixels=0),
    ],
)
def test_one_is_singular(text: str) -> None:
    assert "1 of 17 pairs have" not in text
    assert "the 1 pixels" not in text


def test_counts_take_their_form() -> None:
    assert [wording.ngettext("{n} site", "{n} sites", n).format(n=n) for n in (0, 1, 2)] == [
        "0 sites",
        "1 site",
        "2 sites",
    ]


def test_the_convention_names_sign_angle_and_reference() -> None:
    text = wording.convention("median", 22.9671)
    assert "23.0°" in text
    assert "towards the satellite positive" in text
    assert "the median of the frame" in text
    assert "34.2000° S, 150.9000° E" in wording.convention("150.9, -34.2", 23.0)


def test_every_code_has_a_name() -> None:
    assert all(wording.activity_name(activity) for activity in ActivityClass)
    assert all(wording.state_name(state.name.lower()) for state in PixelState)
    assert all(wording.verdict_name(kind) for kind in VerdictKind)


def test_an_unknown_language_speaks_english() -> None:
    try:
        wording.use_language("xx")
        assert wording.gettext("decorrelated") == "decorrelated"
    finally:
        wording.use_language("en")


# What changed between images


FOUND: dict[str, Any] = {
    "confidence": 0.91,
    "mine_class": "iron_pit",
    "area_m2": 34_000.0,
    "change": "grown",
    "change_from": date(2019, 6, 1),
    "change_to": date(2021, 6, 20),
    "change_m2": 12_300.0,
    "change_margin_m2": 4_100.0,
    "last_seen": date(2021, 6, 20),
    "surface": None,
    "texture_ratio": None,
    "ndvi_change": None,
}


def found(**changed: Any) -> str:
    return wording.patch_statement(FOUND | changed, None)


def test_growth_is_told_with_its_margin_and_both_dates() -> None:
    assert found() == "Iron ore open pit, 3.4 ha: grown by 1.2 ± 0.4 ha from 1 Jun 2019 to 20 Jun 2021."


@pytest.mark.parametrize("change", ["new", "gone", "grown", "shrunk", "passing", "unchanged", "undetermined"])
def test_every_change_has_a_sentence_with_both_dates(change: str) -> None:
    sentence = found(change=change)
    assert "20 Jun 2021" in sentence
    assert ("1 Jun 2019" in sentence) == (change != "gone")  # whose area is of the date on which it was last seen
    assert wording.change_name(change)


@pytest.mark.parametrize(
    ("surface", "said"),
    [
        ("levelled", "Its surface is smoother than it was, as graded ground is (texture 42 % of what it was)."),
        ("solar_station", "Rows of a few metres cover it, as solar panels do."),
        ("revegetated", "It is greener than it was, against the ground beside it (NDVI +0.31)."),
    ],
)
def test_what_became_of_a_surface_is_said_where_nothing_is_dug(surface: str, said: str) -> None:
    told = {"surface": surface, "texture_ratio": 0.42, "ndvi_change": 0.31}
    assert said in found(change="gone", **told)
    assert said not in found(change="grown", **told)


def test_outlines_that_disagree_on_ground_that_looks_as_it_did_are_told() -> None:
    sentence = found(change="unchanged", change_m2=0.0, change_margin_m2=5_000.0)
    assert "differ by 0.5 ha, but what they differ by looks the same in both images" in sentence


def test_with_one_image_nothing_is_said_of_change() -> None:
    one = {"change": None, "change_from": None, "change_to": None, "change_m2": None, "change_margin_m2": None}
    assert found(**one) == "Iron ore open pit, 3.4 ha, on 20 Jun 2021."


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2019, 6, 1), date(2021, 3, 1), True),
        (date(2019, 6, 1), date(2021, 7, 1), False),
        (date(2019, 12, 20), date(2021, 1, 15), False),  # the turn of the year lies between, not a season
    ],
)
def test_images_of_different_seasons_are_said_to_be(first: date, last: date, said: bool) -> None:
    assert ("different seasons" in found(change_from=first, change_to=last)) == said
    assert "different seasons" not in found(change="unchanged", change_from=first, change_to=last)


def test_nothing_measured_is_said_so() -> None:
    assert "Nothing has been measured" in found(confidence=None)


def test_a_class_of_an_area_s_own_is_called_as_it_is() -> None:
    assert found(mine_class="salt pan").startswith("Salt pan, ")


def test_layers_of_images_are_named_with_their_date() -> None:
    assert wording.layer_name("image-20210619") == "Image, 19 Jun 2021"
    assert wording.layer_name("probability-20230301") == "Probability of a mine, 1 Mar 2023"


# Verdicts


DATED = {"permit": "C1", "after": "2019-05-18", "by": "2021-11-06"}
RECLAIM = {"permit": "C1", "last": "2018-12-31", "due": "2019-12-31", "date": "2021-11-06"}
REASONS: dict[str, tuple[dict[str, Any], str]] = {
    "no_register": ({}, "No register of permits has been loaded for this area."),
    "register_without_dates": (
        {},
        "No permit of the register has a date, so that none can be told to be valid on a day. Name the columns of its "
        "dates, if it has any.",
    ),
    "judged": ({"date": "2021-06-19"}, "Judged on its outline of 19 Jun 2021."),
    "judged_undated": (
        {"date": "2021-06-19"},
        "Its outline has no date: it was held against the permits valid on 19 Jun 2021, the last date of the data.",
    ),
    "lies_inside": ({"permits": ["C1", "C2"]}, "It lies inside permits C1, C2."),
    "little_room": ({"error_m": 5.0}, "The room to the boundary is somewhere less than the positional error of ± 5 m."),
    "within_error": (
        {"permits": ["C1"], "area_m2": 3000.0, "error_m": 5.0},
        "It may cross the boundary of permit C1: 0.30 ha lie outside, but nowhere by more than the positional error of "
        "± 5 m.",
    ),
    "reaches_outside": ({"permits": ["C1"], "distance_m": 49.7}, "It reaches 50 m beyond permit C1."),
    "overlap_within_error": (
        {"error_m": 2.5},
        "What lies inside does so by no more than the positional error of ± 2.5 m, and may be outside, too.",
    ),
    "none_valid": ({"date": "2021-06-19"}, "No permit that is valid on 19 Jun 2021 covers any of it."),
    "beside": (
        {"permits": ["C1", "C2"], "error_m": 5.0},
        "No further from it than the positional error of ± 5 m: permits C1, C2.",
    ),
    "expired": ({"permit": "C1", "last": "2020-12-31"}, "On its ground, permit C1 expired on 31 Dec 2020."),
    "not_begun": ({"permit": "C1", "first": "2022-01-01"}, "On its ground, permit C1 does not begin until 1 Jan 2022."),
    "no_dates": (
        {"permit": "C1"},
        "On its ground, permit C1 has no dates, so that it cannot be told to be valid on a day.",
    ),
    "other_kind": (
        {"permit": "C1", "kind": "exploration"},
        "On its ground, permit C1 is of a kind that allows no extraction (exploration).",
    ),
    "first_day_missing": (
        {"permit": "C1"},
        "On its ground, permit C1 has no first day, so that it cannot be told to be valid on a day.",
    ),
    "last_day_missing": (
        {"permit": "C1"},
        "On its ground, permit C1 has no last day, so that it cannot be told to be valid on a day.",
    ),
    "withdrawn": (
        {"permit": "C1", "status": "cancelled"},
        "On its ground, permit C1 has been withdrawn or cancelled (cancelled).",
    ),
    "suspended": ({"permit": "C1", "status": "on hold"}, "On its ground, permit C1 is suspended (on hold)."),
    "application": (
        {"permit": "C1", "status": "requested"},
        "On its ground, permit C1 has been applied for and not granted (requested).",
    ),
    "explores": (
        {"permit": "C1", "kind": "exploration"},
        "On its ground, permit C1 allows exploration and no extraction (exploration).",
    ),
    "other_mineral": (
        {"permit": "C1", "mineral": "gold", "mine_class": "clay_pit"},
        "On its ground, permit C1 is for gold, and not for what a mine of this class yields: clay open pit.",
    ),
    "in_zone": (
        {"zone": "", "area_m2": 3000.0},
        "0.30 ha of it lie in the prohibited zone (without a name).",
    ),
    "in_zone_since": (
        {"zone": "A", "area_m2": 3000.0, "since": "2018-06-30"},
        "0.30 ha of it lie in the prohibited zone A, which has been in force since 30 Jun 2018.",
    ),
    "zone_within_error": (
        {"error_m": 5.0},
        "It reaches into the zone by no more than the positional error of ± 5 m.",
    ),
    "growth_after": (
        DATED | {"last": "2018-12-31", "days": 1200},
        "Permit C1 expired on 31 Dec 2018, and between 18 May 2019 and 6 Nov 2021 the site grew: it was worked at "
        "least 1,200 days after the permit had expired.",
    ),
    "motion_after": (
        DATED | {"last": "2018-12-31", "days": 3},
        "Permit C1 expired on 31 Dec 2018, and the ground inside the site still moved after 18 May 2019: it was worked "
        "at least 3 days after the permit had expired.",
    ),
    "growth_before": (
        DATED | {"permits": ["C1"], "first": "2022-01-01"},
        "Between 18 May 2019 and 6 Nov 2021 the site grew, and permit C1 did not begin until 1 Jan 2022.",
    ),
    "motion_before": (
        DATED | {"permits": ["C1"], "first": "2022-01-01"},
        "Between 18 May 2019 and 6 Nov 2021 the ground inside the site moved, and permit C1 did not begin until 1 Jan "
        "2022.",
    ),
    "renewal_accepted": (
        {"permit": "C1", "last": "2020-12-31", "status": "in renewal"},
        "Permit C1 expired on 31 Dec 2020; a renewal has been accepted (in renewal).",
    ),
    "still_bare": (
        RECLAIM,
        "Permit C1 expired on 31 Dec 2018, and its ground had to be restored by 31 Dec 2019; the image of 6 Nov 2021 "
        "still shows the mine.",
    ),
    "still_bare_after_grace": (
        RECLAIM,
        "Permit C1 expired on 31 Dec 2018 and does not say by when its ground has to be restored; the usual term ended "
        "on 31 Dec 2019, and the image of 6 Nov 2021 still shows the mine.",
    ),
    "still_worked": (
        RECLAIM,
        "Permit C1 expired on 31 Dec 2018, and its ground had to be restored by 31 Dec 2019; it was still worked after "
        "that.",
    ),
    "still_worked_after_grace": (
        RECLAIM,
        "Permit C1 expired on 31 Dec 2018 and does not say by when its ground has to be restored; the usual term ended "
        "on 31 Dec 2019, and it was still worked after that.",
    ),
    "expired_within_growth": (
        DATED | {"last": "2020-12-31"},
        "Permit C1 expired on 31 Dec 2020. The site grew between 18 May 2019 and 6 Nov 2021: whether before or after "
        "the permit expired cannot be told.",
    ),
    "expired_without_sign": (
        {"permit": "C1", "last": "2020-12-31"},
        "Permit C1 expired on 31 Dec 2020. No work after that could be dated: neither growth between two images nor "
        "motion that is surely work.",
    ),
    "not_begun_without_sign": (
        {"permit": "C1", "first": "2022-01-01"},
        "Permit C1 does not begin until 1 Jan 2022. No work before that could be dated: neither growth between two "
        "images nor motion that is surely work.",
    ),
    "begun_without_sign": (
        {"permit": "C1", "first": "2020-01-01", "date": "2019-05-18"},
        "Permit C1 began on 1 Jan 2020, after the image of 18 May 2019 showed the patch. Work before that was not "
        "tested: nothing that was measured dates it.",
    ),
    "begun_within_growth": (
        DATED | {"first": "2020-01-01"},
        "Permit C1 began on 1 Jan 2020. The site grew between 18 May 2019 and 6 Nov 2021: whether before or after the "
        "permit began cannot be told.",
    ),
    "mineral_not_tested": (
        {"permit": "C1", "mineral": "xyz"},
        "The mineral was not compared: permit C1 is for xyz, which is not understood.",
    ),
    "depth_not_tested": (
        {"permit": "C1"},
        "Permit C1 says between which elevations may be dug. Depth was not tested: there are no elevation models of "
        "different years.",
    ),
    "ends_before_it_begins": (
        {"permit": "C1", "first": "2022-01-01", "last": "2020-12-31"},
        "On its ground, permit C1 ends before it begins (1 Jan 2022 to 31 Dec 2020).",
    ),
    "no_first_day": ({"permit": "C1"}, "Of permit C1 the register says no first day; it counts as begun."),
    "no_last_day": ({"permit": "C1"}, "Of permit C1 the register says no last day; it counts as unlimited."),
    "without_outline": (
        {"count": 1},
        "1 permit of the register has no outline and could not be held against it.",
    ),
}


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_has_a_sentence(code: str) -> None:
    parameters, sentence = REASONS[code]
    assert wording.reason(code, parameters) == sentence


def test_no_reason_is_given_that_has_no_sentence() -> None:
    """Codes stand where reasons are made: as they are, in a table, one of two, or after the sign of work."""
    places = [*(ROOT / "engine" / "permits" / "verdicts").glob("*.py"), ROOT / "engine" / "permits" / "validity.py"]
    sources = "".join(path.read_text("utf-8") for path in places)
    given = set(re.findall(r'Reason\(\s*"(\w+)"', sources))
    given |= set(re.findall(r'PermitStatus\.\w+: "(\w+)"', sources))
    given |= {code for pair in re.findall(r'"(\w+)" if \w[\w.()]* else "(\w+)"', sources) for code in pair}
    given |= {f"{sign}_{when}" for when in re.findall(r'Reason\(f"\{\w+\.code\}_(\w+)"', sources) for sign in SIGNS}
    assert given == REASONS.keys()


SIGNS = ("growth", "motion")


def test_a_permit_that_does_not_say_its_mineral_is_said_so() -> None:
    text = wording.reason("mineral_not_tested", {"permit": "C1", "mineral": ""})
    assert text == "The mineral was not compared: permit C1 does not say what it is for."


def test_a_kind_that_is_not_given_is_said_so() -> None:
    assert "(none is given)" in wording.reason("other_kind", {"permit": "C1", "kind": ""})


def test_what_speaks_against_a_patch_is_suspected_and_what_is_not_sure_doubtful() -> None:
    suspected = {kind for kind in VerdictKind if "suspected" in wording.verdict_name(kind)}
    assert set(VerdictKind) - suspected == {"inside", "renewal_pending", "not_tested"}
    for kind in ("inside", "crosses", "no_permit", "prohibited_zone", "not_reclaimed"):
        assert wording.verdict_name(kind, "doubtful").startswith("doubtful: ")
    assert wording.verdict_name("crosses", "doubtful") == "doubtful: may cross its permit's boundary"


@pytest.mark.parametrize(
    ("areas", "said"),
    [
        ((3500.0, 4200.0, 5100.0), "0.42 ha outside (0.35–0.51)"),
        ((231_900.0, 232_500.0, 233_200.0), "23.25 ha outside (23.19–23.32)"),
        ((378_000.0, 383_000.0, 390_000.0), "38.3 ha outside (37.8–39.0)"),
        ((23_700_000.0, 23_772_000.0, 23_807_000.0), "2,377 ha outside (2,370–2,381)"),
        ((506_900.0, 506_900.0, 506_900.0), "50.7 ha outside"),
        ((0.0, 3000.0, 8000.0), "0.30 ha outside (0.00–0.80)"),
    ],
)
def test_what_lies_outside_has_its_range(areas: tuple[float, float, float], said: str) -> None:
    assert wording.outside_range(*areas) == said


def test_validity() -> None:
    first, last = date(2015, 1, 1), date(2025, 12, 31)
    assert wording.validity(first, last) == "1 Jan 2015 – 31 Dec 2025"
    assert wording.validity(first, None) == "from 1 Jan 2015"
    assert wording.validity(None, last) == "until 31 Dec 2025"
    assert wording.validity(None, None) == "no dates"
