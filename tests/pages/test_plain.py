"""Names from data are text, never markup."""

import pytest

from components import plain


@pytest.mark.parametrize("text", ["Pit *7*", "[x](http://elsewhere)", "<b>b</b>", "$a_b$", ":red[no]", "a|b", "`c`"])
def test_nothing_in_a_name_is_markup(text: str) -> None:
    shown = plain.markdown(text)
    assert shown.replace("\\", "") == text
    for number, sign in enumerate(shown):
        if sign in "*_[]<>$:|`":
            assert shown[number - 1] == "\\"


def test_an_ordinary_name_stays_as_it_is() -> None:
    assert plain.markdown("Metropolitan Coal Mine (No. 2)") == "Metropolitan Coal Mine (No. 2)"


def test_plotly_shows_tags_as_text() -> None:
    assert plain.plotly("<a href='x'>pit</a>") == "&lt;a href='x'&gt;pit&lt;/a&gt;"


def test_no_picture_is_fetched_for_a_document() -> None:
    assert (
        plain.without_images("![seen](http://elsewhere/a.png) and ![b][c]")
        == "[seen](http://elsewhere/a.png) and [b][c]"
    )
