"""The texts of the app go through gettext, and the catalogue for translators holds all of them."""

import ast

from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

from tests.conftest import ROOT

KEYWORDS = {"_": None, "ngettext": (1, 2)}


def test_the_catalogue_is_up_to_date() -> None:
    navigation = str(ROOT / "navigation.py")
    found = {text[1] for text in extract_from_file("python", navigation, keywords=KEYWORDS)}
    for folder in ("engine/wording", "components", "pages"):
        found |= {text[2] for text in extract_from_dir(str(ROOT / folder), keywords=KEYWORDS)}
    with (ROOT / "locale" / "pitwatch.pot").open("rb") as file:
        known = {message.id for message in read_po(file) if message.id}
    assert found == known, "run `make catalogue`"


def test_no_text_hides_in_a_format_string() -> None:
    """Babel does not look into them: what is called there would be in nobody's catalogue."""
    paths = [path for folder in ("engine/wording", "components", "pages") for path in (ROOT / folder).rglob("*.py")]
    hidden = [
        f"{path.name}:{call.lineno}"
        for path in paths
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
    ]
    assert hidden == []
