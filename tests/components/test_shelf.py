"""What is kept of an upload when its session has ended, and for whom."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from components.permits import shelf
from components.permits.draft import Draft
from store.cases import Author

DRAFT = Draft("strzegom", "permits.zip", (("permits.zip", b"PK"),), encoding="gb18030")


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    shelf._kept.clear()
    yield
    shelf._kept.clear()


def signed_in(monkeypatch: pytest.MonkeyPatch, author: Author | None) -> None:
    monkeypatch.setattr(shelf.sign_in, "is_open", lambda: False)
    monkeypatch.setattr(shelf.sign_in, "author", lambda _name: author)


def test_a_draft_comes_back_as_it_was_left_without_what_was_computed() -> None:
    shelf.keep(DRAFT)
    draft = replace(DRAFT, crs="EPSG:2177", step="check", made={"cadastre": ((), "large")})
    shelf.keep(draft)
    found = shelf.taken_up(DRAFT.token)
    assert found == draft
    assert found is not None
    assert found.token == DRAFT.token
    assert found.made == {}
    assert len(shelf._kept) == 1


def test_what_is_no_token_finds_nothing() -> None:
    shelf.keep(DRAFT)
    assert [shelf.taken_up(token) for token in ("", "../registers", DRAFT.token[:-1], DRAFT.token + "/")] == [None] * 4
    assert len({Draft("strzegom", "permits.zip").token for _ in range(100)}) == 100
    assert DRAFT.token not in repr(DRAFT)


def test_a_draft_is_its_owner_s_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(monkeypatch, Author("Li Na", "id-1", "analyst"))
    shelf.keep(DRAFT)
    assert shelf.taken_up(DRAFT.token) == DRAFT
    # Of the same name is not the same person; nor is who has signed out, or has no identity.
    for other in (Author("Li Na", "id-2", "analyst"), Author("Li Na", "", "analyst"), None):
        signed_in(monkeypatch, other)
        assert shelf.taken_up(DRAFT.token) is None


def test_nothing_is_kept_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for nobody in (Author("Li Na", "", "analyst"), None):
        signed_in(monkeypatch, nobody)
        shelf.keep(DRAFT)
    assert not shelf._kept


def test_a_draft_is_gone_after_some_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.keep(DRAFT)
    monkeypatch.setattr(shelf.time, "monotonic", lambda: shelf._kept[DRAFT.token].until)
    assert shelf.taken_up(DRAFT.token) is None
    assert not shelf._kept


def test_the_oldest_give_way_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_MOST_BYTES", 25)
    drafts = [Draft("strzegom", "permits.zip", (("permits.zip", bytes(10)),)) for _ in range(3)]
    for draft in drafts:
        shelf.keep(draft)
    assert [shelf.taken_up(draft.token) is not None for draft in drafts] == [False, True, True]
    shelf.keep(Draft("strzegom", "large.zip", (("large.zip", bytes(26)),)))
    assert not shelf._kept
