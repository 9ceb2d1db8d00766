"""Several verdicts on a patch: their order, their signs, and which of them a list shows."""

from typing import Any

from components.verdicts import by_patch, headlines, verdict_badge, verdict_facts, verdict_sign
from store.rows import Verdict
from web.palette import VERDICT_COLOURS, VERDICT_SIGNS


def verdict(patch_id: str, kind: str, certainty: str | None = "certain", area: float | None = 20_000.0) -> Verdict:
    areas: dict[str, Any] = dict.fromkeys(("least_m2", "likely_m2", "most_m2"), area)
    rest: dict[str, Any] = dict.fromkeys(("register", "since", "date", "distance_m", "days"))
    return Verdict(patch_id=patch_id, kind=kind, certainty=certainty, reasons=[], permits=[], **areas, **rest)


def test_what_is_sure_against_a_patch_comes_first_and_what_was_not_tested_last() -> None:
    given = [
        verdict("A", "not_tested", None),
        verdict("A", "inside"),
        verdict("A", "crosses", "doubtful"),
        verdict("A", "not_reclaimed"),
    ]
    order = [one.kind for one in by_patch(given)["A"]]
    assert order == ["not_reclaimed", "crosses", "inside", "not_tested"]
    assert [one.kind for one in headlines(by_patch(given)["A"])] == order[:-1]
    assert headlines(given[:1]) == given[:1]


def test_what_is_doubtful_looks_so_in_sign_and_word() -> None:
    assert verdict_sign("crosses", "doubtful") == f"?{VERDICT_SIGNS['crosses']}"
    assert verdict_badge("crosses", "doubtful").endswith("doubtful: may cross its permit's boundary")
    assert verdict_facts(verdict("A", "crosses", "doubtful")).endswith(" · 2.0 ha")
    assert verdict_facts(verdict("A", "inside")) == "inside a valid permit"


def test_every_kind_has_a_colour_and_no_sign_is_given_twice() -> None:
    assert VERDICT_COLOURS.keys() == VERDICT_SIGNS.keys()
    signs = list(VERDICT_SIGNS.values())
    assert len(set(signs)) == len(signs)
