"""The texts of the app go through gettext, and the catalogue for translators holds all of them."""

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
